# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""Groups of other sizes to begin with: pairs and threes, each of which takes in whatever fits first, strangers before others."""

from __future__ import annotations

try:
    import cython
except ModuleNotFoundError:
    from chalicelib.lunch.matching import plain as cython

if cython.compiled:
    from cython.cimports.chalicelib.lunch.matching.bits import lowest
    from cython.cimports.chalicelib.lunch.matching.people import People
    from cython.cimports.chalicelib.lunch.matching.rings import Rings
else:
    from chalicelib.lunch.matching.bits import lowest
    from chalicelib.lunch.matching.people import People
    from chalicelib.lunch.matching.rings import Rings

from chalicelib.lunch.matching.people import ints

COMPILED: bool = cython.compiled

HOURS = cython.declare(cython.int, 60)
CANDIDATES = cython.declare(cython.int, 64)
"""So many people are thought of at each hour of a group."""


@cython.final
@cython.cclass
class FirstFit:
    """The group that grows has `size` people, who share the hours `free` and the foods `eats`.

    Before `passed[hour]` stand people whose groups are full.
    """

    people: People
    rings: Rings
    minimum: cython.int
    maximum: cython.int
    passed: cython.int[::1]
    free: cython.ulonglong
    eats: cython.ulonglong
    size: cython.int

    def __init__(self, rings: Rings, minimum: int, maximum: int) -> None:
        self.people, self.rings, self.minimum, self.maximum = rings.people, rings, minimum, maximum
        self.passed = ints(HOURS)
        self.free = self.eats = 0
        self.size = 0

    @cython.cfunc
    @cython.exceptval(-1)
    def seat(self, persons: cython.int[::1]) -> cython.int:
        """Make groups of a component whose hours are listed.

        Pairs and threes leave over whom they must, so with a minimum of two they are joined and nothing else.
        """
        rings: Rings = self.rings
        hour: cython.int
        i: cython.int
        for hour in range(HOURS):
            self.passed[hour] = rings.at[hour]
        self._take_over(persons)
        for i in range(len(persons)):
            if rings.heads(persons[i]):
                self._grow(persons[i], True, self.maximum)
        if self.minimum == 2:
            return 0
        for i in range(len(persons)):
            if rings.length(persons[i]) < self.minimum:
                rings.part(persons[i])
        for i in range(len(persons)):
            if rings.following[persons[i]] == persons[i]:
                self._grow(persons[i], True, self.maximum)
                if self.size < self.minimum:
                    self._grow(persons[i], False, self.minimum)
                if self.size < self.minimum:
                    rings.part(persons[i])
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def _take_over(self, persons: cython.int[::1]) -> cython.int:
        """Begin with the pairs and threes."""
        people: People = self.people
        i: cython.int
        u: cython.int
        for i in range(len(persons)):
            u = persons[i]
            if people.one[u] > u and (people.two[u] < 0 or people.two[u] > u):
                self.rings.join(u, people.one[u])
                if people.two[u] >= 0:
                    self.rings.join(u, people.two[u])
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def _grow(self, u: cython.int, strangers: cython.bint, most: cython.int) -> cython.int:
        """Let u's group take in others, each with their group, until it has so many people."""
        v: cython.int = self.rings.following[u]
        hours: cython.ulonglong
        self.size, self.free, self.eats = 1, self.people.free[u], self.people.eats[u]
        while v != u:
            self.size += 1
            self.free &= self.people.free[v]
            self.eats &= self.people.eats[v]
            v = self.rings.following[v]
        hours = self.free
        while hours and self.size < most:
            self._look_through(lowest(hours), u, strangers, most)
            hours &= (hours - 1) & self.free
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def _look_through(self, hour: cython.int, u: cython.int, strangers: cython.bint, most: cython.int) -> cython.int:
        """Let u's group take in others who are free at the hour, as long as it is free itself."""
        rings: Rings = self.rings
        passed: cython.int = self.passed[hour]
        last: cython.int = min(rings.at[hour + 1], passed + CANDIDATES)
        length: cython.int
        i: cython.int
        v: cython.int
        for i in range(passed, last):
            v = rings.seats[i]
            length = rings.length(v)
            if length >= self.maximum:
                rings.seats[i], rings.seats[passed] = rings.seats[passed], v
                passed += 1
            elif self.size + length <= most and (length > 1 or self.minimum > 2) and self._joins(u, v, strangers):
                rings.join(u, v)
                self.size += length
                if self.size == most or (self.free >> hour) & 1 == 0:
                    break
        self.passed[hour] = passed
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def _joins(self, u: cython.int, v: cython.int, strangers: cython.bint) -> cython.bint:
        """Whether v's group and u's can have lunch together; then their common hours and foods are noted."""
        people: People = self.people
        free: cython.ulonglong = self.free
        eats: cython.ulonglong = self.eats
        x: cython.int = u
        y: cython.int = v
        while True:
            if y == u:
                return False
            free &= people.free[y]
            eats &= people.eats[y]
            y = self.rings.following[y]
            if y == v:
                break
        if free == 0 or eats == 0:
            return False
        while True:
            if not people.allowed(x, y) or (strangers and people.staleness(x, y)):
                return False
            y = self.rings.following[y]
            if y == v:
                x = self.rings.following[x]
                if x == u:
                    break
        self.free, self.eats = free, eats
        return True
