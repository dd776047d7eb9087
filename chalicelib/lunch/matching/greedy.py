# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""A good start in one pass: whoever has the fewest possible partners chooses first.

Each takes, among the next few people in the lists of their hours, the one with whom they share the most hours and has
not met, and the two take a third. What this leaves undone the later steps mend, so looking at a few is enough.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

try:
    import cython
except ModuleNotFoundError:
    from chalicelib.lunch.matching import plain as cython

if cython.compiled:
    from cython.cimports.chalicelib.lunch.matching.bits import count, lowest
    from cython.cimports.chalicelib.lunch.matching.people import People
else:
    from chalicelib.lunch.matching.bits import count, lowest
    from chalicelib.lunch.matching.people import People

from chalicelib.lunch.matching.people import ints

COMPILED: bool = cython.compiled

HOURS = cython.declare(cython.int, 60)
BUCKETS = cython.declare(cython.int, 512)
FEW = cython.declare(cython.int, 4)
"""So many free people of each hour are looked at."""

FAR = cython.declare(cython.int, 32)
"""So many seats of each hour are looked at to find them."""


@cython.final
@cython.cclass
class Lists:
    """For each hour of one block, who is free then, in order of choosing; taken people are passed over."""

    people: People
    order: cython.int[::1]
    rarity: cython.int[::1]
    bucket: cython.int[::1]
    at: cython.int[::1]
    head: cython.int[::1]
    seats: cython.int[::1]
    taken: cython.int[::1]

    def __init__(self, people: People, largest: int, seats: int) -> None:
        """
        :param largest: people in the largest block
        :param seats: the most hours that all people of a block have together
        """
        self.people = people
        self.order, self.rarity = ints(largest), ints(largest)
        self.bucket, self.at, self.head = ints(BUCKETS + 1), ints(HOURS + 1), ints(HOURS)
        self.seats = ints(seats)
        self.taken = ints(people.n)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _fill(self, persons: cython.int[::1]) -> cython.void:
        """Put the people of a block into the lists of their hours, whoever has the fewest possible partners first."""
        people: People = self.people
        hours: cython.ulonglong
        i: cython.int
        u: cython.int
        hour: cython.int
        rarity: cython.int
        near: cython.longlong
        for hour in range(HOURS + 1):
            self.at[hour] = 0
        for i in range(len(persons)):
            hours = people.free[persons[i]]
            while hours:
                self.at[lowest(hours) + 1] += 1
                hours &= hours - 1
        for i in range(BUCKETS + 1):
            self.bucket[i] = 0
        for i in range(len(persons)):
            hours = people.free[persons[i]]
            near = 0
            while hours:
                near += self.at[lowest(hours) + 1]
                hours &= hours - 1
            self.rarity[i] = bucket(near)
            self.bucket[self.rarity[i] + 1] += 1
        for i in range(BUCKETS):
            self.bucket[i + 1] += self.bucket[i]
        for i in range(len(persons)):
            rarity = self.rarity[i]
            self.order[self.bucket[rarity]] = persons[i]
            self.bucket[rarity] += 1
        for hour in range(HOURS):
            self.at[hour + 1] += self.at[hour]
            self.head[hour] = self.at[hour]
        for i in range(len(persons)):
            u = self.order[i]
            self.taken[u] = 0
            hours = people.free[u]
            while hours:
                hour = lowest(hours)
                self.seats[self.head[hour]] = u
                self.head[hour] += 1
                hours &= hours - 1
        for hour in range(HOURS):
            self.head[hour] = self.at[hour]

    @cython.cfunc
    @cython.exceptval(-2)
    def _best(self, u: cython.int, v: cython.int) -> cython.int:
        """A free person for u (and v, unless -1) with many hours in common, rather one they never met; -1: none."""
        people: People = self.people
        free: cython.ulonglong = people.free[u]
        eats: cython.ulonglong = people.eats[u]
        hours: cython.ulonglong
        best: cython.int = -1
        most: cython.int = -10000
        score: cython.int
        hour: cython.int
        i: cython.int
        end: cython.int
        seen: cython.int
        w: cython.int
        if v >= 0:
            free &= people.free[v]
            eats &= people.eats[v]
        hours = free
        while hours:
            hour = lowest(hours)
            hours &= hours - 1
            i = self.head[hour]
            end = self.at[hour + 1]
            while i < end and self.taken[self.seats[i]]:
                i += 1
            self.head[hour] = i
            end = min(end, i + FAR)
            seen = 0
            while i < end and seen < FEW:
                w = self.seats[i]
                i += 1
                if self.taken[w] or w == u or w == v or eats & people.eats[w] == 0:
                    continue
                seen += 1
                score = count(free & people.free[w])
                if score <= most or not people.allowed(u, w) or (v >= 0 and not people.allowed(v, w)):
                    continue
                score -= 100 * people.staleness(u, w)
                if v >= 0:
                    score -= 100 * people.staleness(v, w)
                if score > most:
                    best, most = w, score
        return best

    def seat(self, persons: cython.int[::1]) -> None:
        """Make groups of the people of one block."""
        people: People = self.people
        i: cython.int
        u: cython.int
        v: cython.int
        w: cython.int
        self._fill(persons)
        for i in range(len(persons)):
            u = self.order[i]
            if self.taken[u]:
                continue
            v = self._best(u, -1)
            self.taken[u] = 1
            if v < 0:
                continue
            self.taken[v] = 1
            w = self._best(u, v) if people.trios else -1
            if w < 0:
                people.pair(u, v)
            else:
                self.taken[w] = 1
                people.trio(u, v, w)


@cython.cfunc
@cython.exceptval(check=False)
def bucket(value: cython.longlong) -> cython.int:
    """The value's power of two and the next three bits: equal buckets differ by less than an eighth."""
    power: cython.int = 0
    while value >= 16:
        value >>= 1
        power += 1
    return power * 8 + value


def lists(people: People, blocks: list[NDArray[np.int32]]) -> Lists:
    """Lists with room for each of these blocks."""
    hours = np.bitwise_count(np.asarray(people.free))
    return Lists(people, max(map(len, blocks)), max(int(hours[persons].sum()) for persons in blocks))
