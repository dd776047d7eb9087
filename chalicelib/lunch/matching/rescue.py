# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""The most people matched: Edmonds' search for a way to seat one person more, in a graph without built edges.

From a person without a group an alternating tree grows. It ends well when it meets another such person, a group of
three (one is taken, two stay) or a pair that can be joined. It ends badly when it is complete and no three people of
one blossom save it; then it is closed: no later search needs it, and its inner people are the certificate.
docs/matching.md has the proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

try:
    import cython
except ModuleNotFoundError:
    from chalicelib.lunch.matching import plain as cython

if cython.compiled:
    from cython.cimports.chalicelib.lunch.matching.bits import lowest
    from cython.cimports.chalicelib.lunch.matching.near import Near
    from cython.cimports.chalicelib.lunch.matching.people import People
    from cython.cimports.chalicelib.lunch.matching.tables import Tables
else:
    from chalicelib.lunch.matching.bits import lowest
    from chalicelib.lunch.matching.near import Near
    from chalicelib.lunch.matching.people import People
    from chalicelib.lunch.matching.tables import Tables

from chalicelib.lunch.matching.people import ints
from chalicelib.lunch.matching.tables import shared_tables

COMPILED: bool = cython.compiled

NEW = cython.declare(cython.int, 0)
OUTER = cython.declare(cython.int, 1)
INNER = cython.declare(cython.int, 2)

SMALL = cython.declare(cython.int, 16)
"""Of so few people all threes are tried; of more, only those who share a table."""


@cython.final
@cython.cclass
class Forest:
    """The alternating trees of one location (labels as in Gabow 1976).

    An OUTER person can be the one left over instead of the root; an INNER one is the partner of an outer one. How the
    tree changes when the outer person v is left over: `link[v]` takes over v's partner, or, where `left[v]` is set, v
    became outer in the blossom that the edge from `left[v]` to `right[v]` closed. `parent` keeps blossoms as disjoint
    sets; the root of a set is the blossom's base.
    """

    people: People
    tables: Tables
    near: Near
    small: cython.bint
    open: cython.ulonglong
    mate: cython.int[::1]
    plain: cython.bint
    label: cython.int[::1]
    link: cython.int[::1]
    left: cython.int[::1]
    right: cython.int[::1]
    parent: cython.int[::1]
    closed: cython.int[::1]
    apart: cython.int[::1]
    seen: cython.int[::1]
    queue: cython.int[::1]
    head: cython.int
    tail: cython.int
    marked: cython.int[::1]
    marks: cython.int
    folded: cython.bint
    token: cython.int
    walk: cython.int
    search: cython.int
    done: cython.int[::1]
    passed: cython.int[::1]
    when: cython.int[::1]
    outer: cython.int[::1]
    count: cython.int[::1]
    merged: cython.int[::1]
    since: cython.int[::1]
    question: Any

    def __init__(self, people: People, mate: NDArray[np.int32] | None = None) -> None:
        """All of the round's people, nobody labelled.

        :param mate: partners to use instead of the people's groups; then nobody thinks of groups of three
        """
        n: int = people.n
        self.people = people
        self.plain = mate is not None
        self.mate = people.one if mate is None else memoryview(mate)
        self.label, self.closed = ints(n), ints(n)
        self.link, self.left, self.right = ints(n, -1), ints(n, -1), ints(n, -1)
        self.parent = memoryview(np.arange(n, dtype=np.int32))
        self.apart, self.seen, self.queue, self.marked = ints(n), ints(n), ints(n), ints(n)
        self.token = self.walk = self.search = self.head = self.tail = self.marks = 0
        self.folded = self.small = False
        self.open = 0
        self.question = None

    @cython.cfunc
    @cython.exceptval(check=False)
    def enter_near(self, near: Near, open: cython.ulonglong) -> cython.void:
        """Turn to these of the people of a small graph."""
        self.near = near
        self.open = open
        self.small = True

    def enter(self, tables: Tables) -> None:
        """Turn to the people who sit at these tables.

        Of each table, seats before `done` are closed, before `passed` labelled in search `when`; in search `since`
        `count` outer people are noted in `outer`, the first `merged` of them in one blossom.
        """
        count: int = tables.tables
        self.tables = tables
        self.small = False
        self.done = memoryview(np.array(tables.at))
        self.passed, self.when, self.since = ints(count), ints(count), ints(count)
        self.count, self.merged = ints(count), ints(count)
        self.outer = ints(len(tables.seats))
        self.search = 0

    def rescue(self, root: cython.int) -> bool:
        """Seat `root` and leave nobody else over; False, and his tree is closed, if there is no way."""
        self.search += 1
        self.head = self.tail = self.marks = 0
        self.folded = False
        self._mark(root, OUTER)
        self._push(root)
        while self.head < self.tail:
            self.head += 1
            if self._look_around(self.queue[self.head - 1]):
                self._forget()
                return True
        if self.folded and not self.plain and self.people.trios and self._save():
            self._forget()
            return True
        self._close()
        return False

    @cython.cfunc
    @cython.exceptval(check=False)
    def _mark(self, u: cython.int, label: cython.int) -> cython.void:
        self.label[u] = label
        self.marked[self.marks] = u
        self.marks += 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def _push(self, u: cython.int) -> cython.void:
        self.queue[self.tail] = u
        self.tail += 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def _forget(self) -> cython.void:
        i: cython.int
        u: cython.int
        for i in range(self.marks):
            u = self.marked[i]
            self.label[u] = NEW
            self.parent[u] = u
            self.link[u] = self.left[u] = self.right[u] = -1

    @cython.cfunc
    @cython.exceptval(check=False)
    def _close(self) -> cython.void:
        i: cython.int
        one: cython.ulonglong = 1
        for i in range(self.marks):
            self.closed[self.marked[i]] = 1
            if self.small:
                self.open &= ~(one << self.near.spot[self.marked[i]])

    @cython.cfunc
    @cython.exceptval(-1)
    def _look_around(self, u: cython.int) -> cython.bint:
        """Look at everybody who fits the outer person u; True if that seated the root."""
        return self._look_near(u) if self.small else self._look_through_tables(u)

    @cython.cfunc
    @cython.exceptval(-1)
    def _look_near(self, u: cython.int) -> cython.bint:
        near: cython.ulonglong = self.near.near[self.near.spot[u]] & self.open
        x: cython.int
        while near:
            x = self.near.row[lowest(near)]
            near &= near - 1
            if self.label[x] == OUTER:
                if self._base(x) != self._base(u):
                    self._fold(u, x)
            elif self.label[x] == NEW and self._meet(u, x):
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
        seats: cython.int[::1] = self.tables.seats
        passed: cython.int = self.passed[t] if self.when[t] == self.search else self.done[t]
        i: cython.int = passed
        x: cython.int
        while i < self.tables.at[t + 1]:
            x = seats[i]
            if self.label[x] == NEW and self.closed[x] == 0:
                if self._apart(u, x):
                    i += 1
                    continue
                if self._meet(u, x):
                    return True
            seats[i], seats[passed] = seats[passed], x
            if self.closed[x]:
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
        """The outer person u meets x, who is new and fits: seat the root, or let x and his partner into the tree."""
        y: cython.int = self.mate[x]
        if y < 0:
            self._rematch(self.mate, u, x)
            self.mate[x] = u
            return True
        if not self.plain and self.people.trios:
            if self.people.two[x] >= 0:
                self.people.pair(y, self.people.two[x])
                self.people.two[x] = -1
                self._rematch(self.mate, u, x)
                self.mate[x] = u
                return True
            if self.people.fit(u, x, y):
                self._rematch(self.mate, u, -1)
                self.people.trio(u, x, y)
                return True
        self._mark(x, INNER)
        self._mark(y, OUTER)
        self.link[y] = u
        self._push(y)
        return False

    @cython.cfunc
    @cython.exceptval(-1)
    def _shrink(self, u: cython.int, t: cython.int) -> cython.int:
        """Close a blossom with every outer person noted at the table who fits u and is not yet in one with him."""
        outer: cython.int[::1] = self.outer
        first: cython.int = self.tables.at[t]
        j: cython.int
        w: cython.int
        if self._base(outer[first]) != self._base(u):
            for j in range(first, first + self.merged[t]):
                if not self._apart(u, outer[j]):
                    self._fold(u, outer[j])
                    break
        for j in range(first + self.merged[t], first + self.count[t]):
            w = outer[j]
            if self._base(w) != self._base(u) and not self._apart(u, w):
                self._fold(u, w)
            if self._base(w) == self._base(outer[first]):
                outer[j], outer[first + self.merged[t]] = outer[first + self.merged[t]], w
                self.merged[t] += 1
        return 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def _note(self, u: cython.int, t: cython.int) -> cython.void:
        """Note the outer person u at his table."""
        first: cython.int = self.tables.at[t]
        last: cython.int
        if self.since[t] != self.search:
            self.since[t] = self.search
            self.count[t] = self.merged[t] = 0
        last = first + self.count[t]
        self.outer[last] = u
        self.count[t] += 1
        if last == first or self._base(u) == self._base(self.outer[first]):
            self.outer[last] = self.outer[first + self.merged[t]]
            self.outer[first + self.merged[t]] = u
            self.merged[t] += 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def _base(self, u: cython.int) -> cython.int:
        while self.parent[u] != u:
            self.parent[u] = self.parent[self.parent[u]]
            u = self.parent[u]
        return u

    @cython.cfunc
    @cython.exceptval(check=False)
    def _up(self, base: cython.int) -> cython.int:
        """The next base on the way to the root, -1 from the root."""
        return -1 if self.link[base] < 0 else self._base(self.link[base])

    @cython.cfunc
    @cython.exceptval(check=False)
    def _fold(self, u: cython.int, w: cython.int) -> cython.void:
        """Close a blossom with the edge between the outer people u and w."""
        a: cython.int = self._base(u)
        b: cython.int = self._base(w)
        top: cython.int
        self.walk += 1
        while a < 0 or self.seen[a] != self.walk:
            if a >= 0:
                self.seen[a] = self.walk
                a = self._up(a)
            a, b = b, a
        top = a
        self.folded = True
        self._fold_side(u, u, w, top)
        self._fold_side(w, u, w, top)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _fold_side(self, v: cython.int, u: cython.int, w: cython.int, top: cython.int) -> cython.void:
        inner: cython.int
        v = self._base(v)
        while v != top:
            inner = self.mate[v]
            self.left[inner], self.right[inner] = u, w
            self.label[inner] = OUTER
            self._push(inner)
            self.parent[v] = self.parent[inner] = top
            v = self._base(self.link[v])

    @cython.cfunc
    @cython.exceptval(check=False)
    def _rematch(self, mate: cython.int[::1], v: cython.int, w: cython.int) -> cython.void:
        """Give the outer person v the partner w (-1: none) and change partners up to the root (Gabow's R)."""
        t: cython.int
        stack: list[int] = [v, w]
        while stack:
            w = stack.pop()
            v = stack.pop()
            while True:
                t = mate[v]
                mate[v] = w
                if t < 0 or mate[t] != v:
                    break
                if self.left[v] >= 0:
                    stack += [self.right[v], self.left[v], self.left[v], self.right[v]]
                    break
                mate[t] = self.link[v]
                v, w = self.link[v], t

    def _save(self) -> bool:
        """Look for three people of one blossom without whom the rest of it are all pairs, and seat the root so."""
        blossoms: dict[int, list[int]] = {}
        i: cython.int
        for i in range(self.marks):
            if self.label[self.marked[i]] == OUTER:
                blossoms.setdefault(self._base(self.marked[i]), []).append(self.marked[i])
        for base, members in blossoms.items():
            if len(members) >= 3 and self._save_by(base, members):
                return True
        return False

    def _save_by(self, base: int, members: list[int]) -> bool:
        for three in self._threes(members):
            if self._pairs_without(three, base, members):
                self._rematch(self.mate, base, -1)
                for row in members:
                    if row not in three:
                        self.people.pair(row, self.question.mate[row])
                self.people.trio(three[0], three[1], three[2])
                return True
        return False

    def _threes(self, members: list[int]) -> Iterator[tuple[int, int, int]]:
        """All groups of three among the members of a blossom."""
        i: cython.int
        j: cython.int
        k: cython.int
        people: People = self.people
        tables: Iterable[list[int]] = [members] if len(members) <= SMALL else shared_tables(self.people, members)
        met: set[tuple[int, int, int]] = set()
        for row in tables:
            for i in range(len(row)):
                for j in range(i + 1, len(row)):
                    if not people.fits(row[i], row[j]):
                        continue
                    for k in range(j + 1, len(row)):
                        if people.fit(row[i], row[j], row[k]) and (row[i], row[j], row[k]) not in met:
                            met.add((row[i], row[j], row[k]))
                            yield row[i], row[j], row[k]

    def _pairs_without(self, three: tuple[int, int, int], base: int, members: list[int]) -> bool:
        """Whether the members of a blossom but these three can all be pairs; `question.mate` then holds them.

        With partners changed so that one of the three is left over, the partners of the other two have to find each
        other without the three: a plain search among the members.
        """
        if self.question is None:
            self.question = Forest(self.people, np.full(self.people.n, -1, np.int32))
        question: Forest = self.question
        row: cython.int
        one_bit: cython.ulonglong = 1
        open: cython.ulonglong = 0
        for row in members:
            question.mate[row] = self.mate[row]
            question.closed[row] = 0
        question.mate[base] = -1
        self._rematch(question.mate, three[0], -1)
        one: int = question.mate[three[1]]
        other: int = question.mate[three[2]]
        if one == three[2]:
            return True
        question.mate[one] = question.mate[other] = -1
        if self.small:
            for row in members:
                if row not in three:
                    open |= one_bit << self.near.spot[row]
            question.enter_near(self.near, open)
        else:
            question.enter(Tables(self.people, np.array(members, np.int32)))
            for row in three:
                question.closed[row] = 1
        found = question.rescue(one)
        question._forget()
        return bool(found)

    def outer_people(self, persons: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The outer people of closed trees among `persons`, and the base of each one's component."""
        rows = persons[(np.asarray(self.label)[persons] == OUTER) & (np.asarray(self.closed)[persons] == 1)]
        bases = np.zeros(len(rows), np.int32)
        row: cython.int[::1] = memoryview(rows)
        base: cython.int[::1] = memoryview(bases)
        i: cython.Py_ssize_t
        for i in range(len(row)):
            base[i] = self._base(row[i])
        return rows, bases

    def inner_people(self, persons: NDArray[np.int32]) -> NDArray[np.int32]:
        """The inner people of closed trees among `persons`: the certificate."""
        return persons[(np.asarray(self.label)[persons] == INNER) & (np.asarray(self.closed)[persons] == 1)]


def rescue(people: People, forest: Forest, tables: Tables | None, persons: NDArray[np.int32]) -> None:
    """Seat as many of a component's people as can be.

    :param tables: where they sit, and maybe others whom they do not fit, if that is known already
    """
    lonely = persons[np.asarray(people.one)[persons] < 0]
    if len(lonely) == 0:
        return
    forest.enter(tables or Tables(people, persons))
    for root in lonely.tolist():
        if people.one[root] < 0:
            forest.rescue(root)
