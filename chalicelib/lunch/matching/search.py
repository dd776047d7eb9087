# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""Edmonds' search: a tree grows from somebody without a group, in a graph without built edges, until it seats them.

It ends well when it meets another person without a group, a group of three (one is taken, two stay) or a pair that can be
joined. It ends badly when it is complete: rescue.py then has one more way, and else closes it.
"""

from __future__ import annotations

import numpy as np

try:
    import cython
except ModuleNotFoundError:
    from chalicelib.lunch.matching import plain as cython

if cython.compiled:
    from cython.cimports.chalicelib.lunch.matching.bits import lowest
    from cython.cimports.chalicelib.lunch.matching.forest import Forest
    from cython.cimports.chalicelib.lunch.matching.near import Near
    from cython.cimports.chalicelib.lunch.matching.people import People
    from cython.cimports.chalicelib.lunch.matching.tables import Tables
else:
    from chalicelib.lunch.matching.bits import lowest
    from chalicelib.lunch.matching.forest import Forest
    from chalicelib.lunch.matching.near import Near
    from chalicelib.lunch.matching.people import People
    from chalicelib.lunch.matching.tables import Tables

from chalicelib.lunch.matching.people import ints

COMPILED: bool = cython.compiled

NEW = cython.declare(cython.int, 0)
OUTER = cython.declare(cython.int, 1)
INNER = cython.declare(cython.int, 2)


@cython.final
@cython.cclass
class Search:
    """Who fits whom, among `open` ones of a `small` graph or at tables, as far as the trees of a forest ask.

    Of each table, seats before `done` are closed, before `passed` labelled in search `when`; in search `since`
    `count` outer people are noted in `outer`, the first `merged` of them in one blossom.
    """

    people: People
    forest: Forest
    trios: cython.bint
    near: Near
    small: cython.bint
    open: cython.ulonglong
    tables: Tables
    done: cython.int[::1]
    passed: cython.int[::1]
    when: cython.int[::1]
    search: cython.int
    outer: cython.int[::1]
    count: cython.int[::1]
    merged: cython.int[::1]
    since: cython.int[::1]
    apart: cython.int[::1]
    token: cython.int

    def __init__(self, people: People, forest: Forest, trios: bool) -> None:
        """
        :param trios: whether groups of three may be taken apart and made, where the rules allow them
        """
        self.people, self.forest, self.trios = people, forest, trios
        self.apart = ints(people.n)
        self.token = self.search = 0
        self.small = False
        self.open = 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def enter_near(self, near: Near, open: cython.ulonglong) -> cython.void:
        """Turn to these of the people of a small graph."""
        self.near = near
        self.open = open
        self.small = True

    def enter(self, tables: Tables) -> None:
        """Turn to the people who sit at these tables."""
        count: int = tables.tables
        self.tables = tables
        self.small = False
        self.done = memoryview(np.array(tables.at))
        self.passed, self.when, self.since = ints(count), ints(count), ints(count)
        self.count, self.merged = ints(count), ints(count)
        self.outer = ints(len(tables.seats))
        self.search = 0

    @cython.cfunc
    @cython.exceptval(-1)
    def grow(self, root: cython.int) -> cython.bint:
        """Grow a tree from `root`: True if that seated them and the tree is forgotten, False if it is complete."""
        forest: Forest = self.forest
        self.search += 1
        forest.plant(root)
        while forest.head < forest.tail:
            forest.head += 1
            if self._look_around(forest.queue[forest.head - 1]):
                forest.forget()
                return True
        return False

    @cython.cfunc
    @cython.exceptval(check=False)
    def close(self) -> cython.void:
        """Close the tree that grew in vain."""
        forest: Forest = self.forest
        one: cython.ulonglong = 1
        i: cython.int
        forest.close()
        if self.small:
            for i in range(forest.marks):
                self.open &= ~(one << self.near.spot[forest.marked[i]])

    @cython.cfunc
    @cython.exceptval(-1)
    def _look_around(self, u: cython.int) -> cython.bint:
        """Look at everybody who fits the outer person u; True if that seated the root."""
        return self._look_near(u) if self.small else self._look_through_tables(u)

    @cython.cfunc
    @cython.exceptval(-1)
    def _look_near(self, u: cython.int) -> cython.bint:
        forest: Forest = self.forest
        near: cython.ulonglong = self.near.near[self.near.spot[u]] & self.open
        x: cython.int
        while near:
            x = self.near.row[lowest(near)]
            near &= near - 1
            if forest.label[x] == OUTER:
                if forest.base(x) != forest.base(u):
                    forest.fold(u, x)
            elif forest.label[x] == NEW and self._meet(u, x):
                return True
        return False

    @cython.cfunc
    @cython.exceptval(-1)
    def _look_through_tables(self, u: cython.int) -> cython.bint:
        tables: Tables = self.tables
        kind: cython.int = tables.row[self.people.kind[u]]
        hours: cython.ulonglong = self.people.free[u]
        row: cython.int
        d: cython.int
        t: cython.int
        i: cython.int
        self.token += 1
        for i in range(self.people.apart_at[u], self.people.apart_at[u + 1]):
            self.apart[self.people.apart[i]] = self.token
        while hours:
            row = lowest(hours) * tables.dishes
            hours &= hours - 1
            for d in range(tables.reach_at[kind], tables.reach_at[kind + 1]):
                t = row + tables.reach[d]
                if tables.at[t] < tables.at[t + 1]:
                    if self._grow(u, t):
                        return True
                    if self.since[t] == self.search:
                        self._shrink(u, t)
        hours = self.people.free[u]
        while hours:
            row = lowest(hours) * tables.dishes
            hours &= hours - 1
            for d in range(tables.own_at[kind], tables.own_at[kind + 1]):
                self._note(u, row + tables.own[d])
        return False

    @cython.cfunc
    @cython.exceptval(-1)
    def _apart(self, u: cython.int, v: cython.int) -> cython.bint:
        """Whether something keeps u, whose list was just marked, and v apart."""
        return self.apart[v] == self.token or (self.people.filtered and self.people.blocked(u, v))

    @cython.cfunc
    @cython.exceptval(-1)
    def _grow(self, u: cython.int, t: cython.int) -> cython.bint:
        """Meet all new people at the table. Only those kept apart from u stay new, so the next look is short."""
        forest: Forest = self.forest
        seats: cython.int[::1] = self.tables.seats
        passed: cython.int = self.passed[t] if self.when[t] == self.search else self.done[t]
        i: cython.int = passed
        x: cython.int
        while i < self.tables.at[t + 1]:
            x = seats[i]
            if forest.label[x] == NEW and forest.closed[x] == 0:
                if self._apart(u, x):
                    i += 1
                    continue
                if self._meet(u, x):
                    return True
            seats[i], seats[passed] = seats[passed], x
            if forest.closed[x]:
                seats[passed], seats[self.done[t]] = seats[self.done[t]], x
                self.done[t] += 1
            passed += 1
            i += 1
        self.passed[t] = passed
        self.when[t] = self.search
        return False

    @cython.cfunc
    @cython.exceptval(-1)
    def _meet(self, u: cython.int, x: cython.int) -> cython.bint:
        """The outer person u meets x, who is new and fits: seat the root, or let x and the partner of x into the tree."""
        forest: Forest = self.forest
        y: cython.int = forest.mate[x]
        if y < 0:
            forest.rematch(forest.mate, u, x)
            forest.mate[x] = u
            return True
        if self.trios and self.people.trios:
            if self.people.two[x] >= 0:
                self.people.pair(y, self.people.two[x])
                self.people.two[x] = -1
                forest.rematch(forest.mate, u, x)
                forest.mate[x] = u
                return True
            if self.people.fit(u, x, y):
                forest.rematch(forest.mate, u, -1)
                self.people.trio(u, x, y)
                return True
        forest.mark(x, INNER)
        forest.mark(y, OUTER)
        forest.link[y] = u
        forest.push(y)
        return False

    @cython.cfunc
    @cython.exceptval(-1)
    def _shrink(self, u: cython.int, t: cython.int) -> cython.int:
        """Close a blossom with every outer person noted at the table who fits u and is not yet in one with u."""
        forest: Forest = self.forest
        outer: cython.int[::1] = self.outer
        first: cython.int = self.tables.at[t]
        j: cython.int
        w: cython.int
        if forest.base(outer[first]) != forest.base(u):
            for j in range(first, first + self.merged[t]):
                if not self._apart(u, outer[j]):
                    forest.fold(u, outer[j])
                    break
        for j in range(first + self.merged[t], first + self.count[t]):
            w = outer[j]
            if forest.base(w) != forest.base(u) and not self._apart(u, w):
                forest.fold(u, w)
            if forest.base(w) == forest.base(outer[first]):
                outer[j], outer[first + self.merged[t]] = outer[first + self.merged[t]], w
                self.merged[t] += 1
        return 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def _note(self, u: cython.int, t: cython.int) -> cython.void:
        """Note the outer person u at the table."""
        forest: Forest = self.forest
        first: cython.int = self.tables.at[t]
        last: cython.int
        if self.since[t] != self.search:
            self.since[t] = self.search
            self.count[t] = self.merged[t] = 0
        last = first + self.count[t]
        self.outer[last] = u
        self.count[t] += 1
        if last == first or forest.base(u) == forest.base(self.outer[first]):
            self.outer[last] = self.outer[first + self.merged[t]]
            self.outer[first + self.merged[t]] = u
            self.merged[t] += 1
