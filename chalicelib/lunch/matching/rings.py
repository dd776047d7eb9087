# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""Who sits with whom, in groups of any size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

try:
    import cython
except ModuleNotFoundError:
    from chalicelib.lunch.matching import plain as cython

if cython.compiled:
    from cython.cimports.chalicelib.lunch.matching.bits import lowest
    from cython.cimports.chalicelib.lunch.matching.people import People
else:
    from chalicelib.lunch.matching.bits import lowest
    from chalicelib.lunch.matching.people import People

from chalicelib.lunch.matching.people import ints

COMPILED: bool = cython.compiled

HOURS = cython.declare(cython.int, 60)


@cython.final
@cython.cclass
class Rings:
    """`following[u]` is the next of u's group, around; u if u is left over.

    Of the people last listed, those free at an hour are `seats[at[hour]:at[hour + 1]]`.
    """

    people: People
    following: cython.int[::1]
    at: cython.int[::1]
    seats: cython.int[::1]

    def __init__(self, people: People) -> None:
        self.people = people
        self.following = memoryview(np.arange(people.n, dtype=np.int32))
        self.at, self.seats = ints(HOURS + 1), ints(0)

    def groups(self) -> NDArray[np.int32]:
        """Each person's group, numbered in order of their first rows, -1 for nobody's, int32[n]."""
        found = np.full(self.people.n, -1, np.int32)
        group: cython.int[::1] = memoryview(found)
        number: cython.int = 0
        u: cython.int
        v: cython.int
        for u in range(self.people.n):
            if group[u] < 0 and self.following[u] != u:
                v = u
                while group[v] < 0:
                    group[v] = number
                    v = self.following[v]
                number += 1
        return found

    @cython.cfunc
    @cython.exceptval(-1)
    def list_hours(self, persons: cython.int[::1]) -> cython.int:
        """List who of a component is free at each hour."""
        hours: cython.ulonglong
        total: cython.int = 0
        i: cython.int
        hour: cython.int
        for hour in range(HOURS + 1):
            self.at[hour] = 0
        for i in range(len(persons)):
            hours = self.people.free[persons[i]]
            while hours:
                self.at[lowest(hours)] += 1
                total += 1
                hours &= hours - 1
        if total > len(self.seats):
            self.seats = ints(total)
        for hour in range(HOURS):
            self.at[hour + 1] += self.at[hour]
        for i in range(len(persons)):
            hours = self.people.free[persons[i]]
            while hours:
                self.at[lowest(hours)] -= 1
                self.seats[self.at[lowest(hours)]] = persons[i]
                hours &= hours - 1
        return 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def stale(self, u: cython.int) -> cython.longlong:
        """How lately u met the others of their group."""
        weeks: cython.longlong = 0
        v: cython.int = self.following[u]
        while v != u:
            weeks += self.people.staleness(u, v)
            v = self.following[v]
        return weeks

    @cython.cfunc
    @cython.exceptval(check=False)
    def heads(self, u: cython.int) -> cython.bint:
        """Whether u is the first row of a group."""
        v: cython.int = self.following[u]
        if v == u:
            return False
        while v > u:
            v = self.following[v]
        return v == u

    @cython.cfunc
    @cython.exceptval(check=False)
    def length(self, u: cython.int) -> cython.int:
        """How many people are in u's group."""
        length: cython.int = 1
        v: cython.int = self.following[u]
        while v != u:
            length += 1
            v = self.following[v]
        return length

    @cython.cfunc
    @cython.exceptval(check=False)
    def join(self, u: cython.int, v: cython.int) -> cython.void:
        """Make one group of u's and v's, which are two."""
        self.following[u], self.following[v] = self.following[v], self.following[u]

    @cython.cfunc
    @cython.exceptval(check=False)
    def part(self, u: cython.int) -> cython.void:
        """Leave all of u's group over."""
        v: cython.int = u
        while v != self.following[v]:
            u = self.following[v]
            self.following[v] = v
            v = u
