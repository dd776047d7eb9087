# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""The graph of up to 64 people, one word a person: bit j of `near[i]` is set if the two fit."""

from __future__ import annotations

import numpy as np

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

COMPILED: bool = cython.compiled

WORD = 64


@cython.final
@cython.cclass
class Near:
    """A block's people: `row[i]` is the row of person i, and `spot[row[i]]` is i."""

    people: People
    size: cython.int
    row: cython.int[::1]
    spot: cython.int[::1]
    near: cython.ulonglong[::1]

    def __init__(self, people: People) -> None:
        self.people = people
        self.size = 0
        self.row = memoryview(np.zeros(WORD, np.int32))
        self.near = memoryview(np.zeros(WORD, np.uint64))
        self.spot = memoryview(np.zeros(people.n, np.int32))

    @cython.cfunc
    @cython.exceptval(-1)
    def enter(self, members: cython.int[::1], first: cython.int, last: cython.int) -> cython.int:
        """Turn to members[first:last], 64 people at most."""
        people: People = self.people
        one: cython.ulonglong = 1
        free: cython.ulonglong
        eats: cython.ulonglong
        near: cython.ulonglong
        i: cython.int
        j: cython.int
        u: cython.int
        self.size = last - first
        for i in range(self.size):
            u = members[first + i]
            self.row[i] = u
            self.spot[u] = i
            free, eats = people.free[u], people.eats[u]
            near = 0
            for j in range(i):
                if free & people.free[self.row[j]] and eats & people.eats[self.row[j]]:
                    near |= one << j
            self.near[i] = near
        self._part()
        for i in range(self.size):
            near = self.near[i]
            while near:
                j = lowest(near)
                near &= near - 1
                if people.filtered and people.blocked(self.row[i], self.row[j]):
                    self.near[i] &= ~(one << j)
                else:
                    self.near[j] |= one << i
        return 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def _part(self) -> cython.void:
        """Take away those whom a list keeps apart."""
        people: People = self.people
        one: cython.ulonglong = 1
        i: cython.int
        j: cython.int
        at: cython.int
        for i in range(self.size):
            for at in range(people.apart_at[self.row[i]], people.apart_at[self.row[i] + 1]):
                j = self.spot[people.apart[at]]
                if j < i and self.row[j] == people.apart[at]:
                    self.near[i] &= ~(one << j)

    @cython.cfunc
    @cython.exceptval(check=False)
    def reached(self, i: cython.int) -> cython.ulonglong:
        """Everybody who is connected with person i."""
        one: cython.ulonglong = 1
        found: cython.ulonglong = one << i
        new: cython.ulonglong = found
        while new:
            i = lowest(new)
            new &= new - 1
            new |= self.near[i] & ~found
            found |= self.near[i]
        return found

    @cython.cfunc
    @cython.exceptval(check=False)
    def trio(self, i: cython.int, j: cython.int, k: cython.int) -> cython.bint:
        """Whether three people, any two of whom fit, share an hour and a food."""
        people: People = self.people
        u: cython.int = self.row[i]
        v: cython.int = self.row[j]
        w: cython.int = self.row[k]
        return people.free[u] & people.free[v] & people.free[w] != 0 and (
            people.eats[u] & people.eats[v] & people.eats[w] != 0
        )
