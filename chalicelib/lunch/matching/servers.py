# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""Which inner person serves which component of a block, and chains of them who each serve another one instead."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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

INNER = cython.declare(cython.int, 2)
WORD = 64


@cython.final
@cython.cclass
class Servers:
    """Components 0, 1, ... of one block, and the inner people who serve them.

    Component c has the members `member[at[c]:at[c + 1]]`, the cheapest first; `server[c]` is the inner person who
    serves it (-1: nobody) and `served[a]` the outer person with whom the inner person a is paired. A component that is
    `lower` yields to the one for which somebody is searched; who is `settled` stays where they are.
    """

    people: People
    near: Near
    small: cython.bint
    inner: cython.ulonglong
    tables: Tables
    done: cython.int[::1]
    passed: cython.int[::1]
    when: cython.int[::1]
    count: cython.int
    at: cython.int[::1]
    member: cython.int[::1]
    component: cython.int[::1]
    order: cython.int[::1]
    server: cython.int[::1]
    served: cython.int[::1]
    lower: cython.int[::1]
    settled: cython.int[::1]
    queue: cython.int[::1]
    through: cython.int[::1]
    visited: cython.int[::1]
    phase: cython.int
    apart: cython.int[::1]
    token: cython.int
    few: list[memoryview[int]]

    def __init__(self, people: People) -> None:
        n: int = people.n
        self.people = people
        self.component, self.served, self.through, self.visited, self.settled, self.apart = (ints(n) for _ in range(6))
        self.token = self.phase = self.count = 0
        self.inner = 0
        self.small = False
        self.few = [ints(WORD + 1) for _ in range(6)]

    @cython.cfunc
    @cython.exceptval(-1)
    def enter_near(self, near: Near, forest: Forest, everybody: cython.ulonglong) -> cython.int:
        """Turn to these of the people of a small graph; their components are `order[:count]`, by rank."""
        i: cython.int
        j: cython.int
        u: cython.int
        c: cython.int = -1
        last: cython.int = -1
        people: cython.ulonglong = everybody
        self.near, self.small, self.inner = near, True, 0
        self.at, self.member, self.server, self.lower, self.queue, self.order = self.few
        i = 0
        while people:
            u = near.row[lowest(people)]
            if forest.closed[u] and forest.label[u] == INNER:
                self.inner |= people & -people
            elif forest.closed[u]:
                j = i
                while j and self._comes_first(forest, u, self.member[j - 1]):
                    self.member[j] = self.member[j - 1]
                    j -= 1
                self.member[j] = u
                i += 1
            people &= people - 1
        for j in range(i):
            u = self.member[j]
            if forest.base(u) != last:
                last = forest.base(u)
                c += 1
                self.at[c] = j
                self.server[c] = -1
                self.lower[c] = 0
            self.component[u] = c
        self.count = c + 1
        self.at[self.count] = i
        people = self.inner
        while people:
            u = near.row[lowest(people)]
            people &= people - 1
            self.served[u] = self.people.one[u]
            self.server[self.component[self.served[u]]] = u
            self.settled[u] = 0
        for c in range(self.count):
            j = c
            while j and self._waited_longer(self.member[self.at[c]], self.member[self.at[self.order[j - 1]]]):
                self.order[j] = self.order[j - 1]
                j -= 1
            self.order[j] = c
        return 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def _comes_first(self, forest: Forest, u: cython.int, v: cython.int) -> cython.bint:
        """Whether u stands before v in the list of members: by component, the cheapest first."""
        if forest.base(u) != forest.base(v):
            return forest.base(u) < forest.base(v)
        return self._waited_longer(v, u)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _waited_longer(self, u: cython.int, v: cython.int) -> cython.bint:
        """Whether u waited longer than v, or as long and has the better lot."""
        people: People = self.people
        if people.waited[u] != people.waited[v]:
            return people.waited[u] > people.waited[v]
        return people.luck[u] > people.luck[v]

    def enter(self, outer: NDArray[np.int32], base: NDArray[np.int32], inner: NDArray[np.int32]) -> None:
        """Turn to a large block, given by its outer people, the bases of their components, and its inner people."""
        people = self.people
        self.small = False
        order = np.lexsort((np.asarray(people.luck)[outer], np.asarray(people.waited)[outer], base))
        first = np.flatnonzero(np.diff(base[order], prepend=-1))
        at = np.append(first, len(order)).astype(np.int32)
        self.at, self.member = memoryview(at), memoryview(outer[order])
        np.asarray(self.component)[outer[order]] = np.repeat(np.arange(len(first)), np.diff(at))
        served = np.asarray(people.one)[inner]
        np.asarray(self.served)[inner] = served
        self.count = len(first)
        self.server = ints(len(first), -1)
        np.asarray(self.server)[np.asarray(self.component)[served]] = inner
        self.lower, self.queue = ints(len(first)), ints(len(first))
        self.tables = Tables(people, inner, outer)
        self.done = memoryview(np.array(self.tables.at))
        self.passed, self.when = ints(self.tables.tables), ints(self.tables.tables)

    def by_rank(self) -> NDArray[np.int32]:
        """The components, the one whose cheapest member has waited longest first (equal waits by lot)."""
        cheapest = np.asarray(self.member)[np.asarray(self.at)[: self.count]]
        waited, luck = np.asarray(self.people.waited)[cheapest], np.asarray(self.people.luck)[cheapest]
        return np.lexsort((-luck, -waited)).astype(np.int32)

    @cython.cfunc
    @cython.exceptval(-2)
    def search(self, root: cython.int) -> cython.int:
        """Find a lower component to unserve for the root: -1 if done, else how many were reached (in `queue`)."""
        head: cython.int = 0
        tail: cython.int = 1
        i: cython.int
        self.queue[0] = root
        while head < tail:
            for i in range(self.at[self.queue[head]], self.at[self.queue[head] + 1]):
                tail = self._look_around(self.member[i], tail)
                if tail < 0:
                    return -1
            head += 1
        return tail

    @cython.cfunc
    @cython.exceptval(-2)
    def _look_around(self, u: cython.int, tail: cython.int) -> cython.int:
        """Visit the inner people who fit the outer person u; the new tail of the queue, -1 if one's component yields."""
        return self._look_near(u, tail) if self.small else self._look_through_tables(u, tail)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _look_near(self, u: cython.int, tail: cython.int) -> cython.int:
        near: cython.ulonglong = self.near.near[self.near.spot[u]] & self.inner
        a: cython.int
        while near:
            a = self.near.row[lowest(near)]
            near &= near - 1
            if self.settled[a] == 0 and self.visited[a] != self.phase:
                tail = self._visit(u, a, tail)
                if tail < 0:
                    break
        return tail

    @cython.cfunc
    @cython.exceptval(check=False)
    def _visit(self, u: cython.int, a: cython.int, tail: cython.int) -> cython.int:
        """The outer person u reaches the inner person a, whose component yields (-1) or is queued."""
        self.visited[a] = self.phase
        self.through[a] = u
        if self.lower[self.component[self.served[a]]]:
            self._flip(a)
            return -1
        self.queue[tail] = self.component[self.served[a]]
        return tail + 1

    @cython.cfunc
    @cython.exceptval(-2)
    def _look_through_tables(self, u: cython.int, tail: cython.int) -> cython.int:
        tables: Tables = self.tables
        seats: cython.int[::1] = tables.seats
        kind: cython.int = tables.row[self.people.kind[u]]
        hours: cython.ulonglong = self.people.free[u]
        passed: cython.int
        d: cython.int
        t: cython.int
        i: cython.int
        a: cython.int
        self.token += 1
        for i in range(self.people.apart_at[u], self.people.apart_at[u + 1]):
            self.apart[self.people.apart[i]] = self.token
        while hours:
            row: cython.int = lowest(hours) * tables.dishes
            hours &= hours - 1
            for d in range(tables.reach_at[kind], tables.reach_at[kind + 1]):
                t = row + tables.reach[d]
                passed = self.passed[t] if self.when[t] == self.phase else self.done[t]
                for i in range(passed, tables.at[t + 1]):
                    a = seats[i]
                    if self.settled[a] == 0 and self.visited[a] != self.phase:
                        if self.apart[a] == self.token or (self.people.filtered and self.people.blocked(u, a)):
                            continue
                        tail = self._visit(u, a, tail)
                        if tail < 0:
                            return -1
                    seats[i], seats[passed] = seats[passed], a
                    if self.settled[a]:
                        seats[passed], seats[self.done[t]] = seats[self.done[t]], a
                        self.done[t] += 1
                    passed += 1
                self.passed[t] = passed
                self.when[t] = self.phase
        return tail

    @cython.cfunc
    @cython.exceptval(check=False)
    def _flip(self, a: cython.int) -> cython.void:
        """Let the inner person a and those before a on the way from the root each serve the one who reached them."""
        c: cython.int
        before: cython.int
        self.server[self.component[self.served[a]]] = -1
        while a >= 0:
            self.served[a] = self.through[a]
            c = self.component[self.served[a]]
            before = self.server[c]
            self.server[c] = a
            a = before
