# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""At most sixteen people divided into pairs and threes in the best way there is (division.py: into groups of any sizes).

All ways are weighed by dynamic programming over subsets. Of a whole component the result is exact in all five
objectives, the last being the starts that groups have in common, summed.
"""

from __future__ import annotations

import numpy as np

try:
    import cython
except ModuleNotFoundError:
    from chalicelib.lunch.matching import plain as cython

if cython.compiled:
    from cython.cimports.chalicelib.lunch.matching.bits import count, lowest
    from cython.cimports.chalicelib.lunch.matching.lots import Lots
    from cython.cimports.chalicelib.lunch.matching.near import Near
    from cython.cimports.chalicelib.lunch.matching.people import People
else:
    from chalicelib.lunch.matching.bits import count, lowest
    from chalicelib.lunch.matching.lots import Lots
    from chalicelib.lunch.matching.near import Near
    from chalicelib.lunch.matching.people import People

COMPILED: bool = cython.compiled

MOST = cython.declare(cython.int, 16)
SOME = cython.declare(cython.int, 12)
"""People for whom there is room to begin with."""
MOST_SUBSETS = cython.declare(cython.int, 8000)
IMPOSSIBLE = cython.declare(cython.longlong, -(1 << 60))
ALONE = cython.declare(cython.longlong, 1 << 50)
"""Somebody is left over: this outweighs everything else."""
WAITED = cython.declare(cython.longlong, 1 << 40)
"""Somebody waited longer than so many others of these. Of the best ways to choose who is left over, each has the
same waits (they are the bases of a matroid), so ranks lead to the same ways as waits do, and do not overflow."""
WEEK = cython.declare(cython.longlong, 1000)
"""A week that two met lately, beside a group that is not full."""
STALE_WEEK = cython.declare(cython.longlong, 1 << 24)
TRIO = cython.declare(cython.int, 1 << 20)
HOUR = cython.declare(cython.int, 1 << 11)
LUCK = cython.declare(cython.int, 1 << 7)
DRIFT = cython.declare(cython.int, 1 << 16)


@cython.final
@cython.cclass
class Partition:
    """The people `member[:size]`, who fit as `near` says, if that is `small`, or else as `people` says.

    They are a `whole` component, of whom anybody may be left over, or some of one: then only somebody who is left over
    already changes places with somebody who has waited as long, and what is equal is so by no more than luck.
    """

    people: People
    lots: Lots
    near: Near
    small: cython.bint
    whole: cython.bint
    member: cython.int[::1]
    size: cython.int
    friends: cython.int[::1]
    thirds: cython.int[::1]
    pair_value: cython.longlong[::1]
    trio_value: cython.longlong[::1]
    alone: cython.longlong[::1]
    room: cython.int
    best: cython.longlong[::1]
    worst: cython.longlong
    visit: cython.int
    visited: cython.int
    when: cython.int[::1]
    first_with: cython.int[::1]
    following: cython.int[::1]
    choice: cython.int[::1]

    def __init__(self, people: People, lots: Lots) -> None:
        self.people, self.lots = people, lots
        self.member = memoryview(np.zeros(MOST + 3, np.int32))
        self.friends = memoryview(np.zeros(MOST, np.int32))
        self.thirds = memoryview(np.zeros(MOST**2, np.int32))
        self.alone = memoryview(np.zeros(MOST, np.int64))
        self.pair_value = memoryview(np.zeros(MOST**2, np.int64))
        self.trio_value = memoryview(np.zeros(MOST**3, np.int64))
        self.first_with = memoryview(np.zeros(MOST + 1, np.int32))
        self._make_room(SOME)
        self.worst = self.visit = self.visited = self.size = 0
        self.small = self.whole = False

    @cython.cfunc
    def _make_room(self, size: cython.int) -> object:
        """Tables for the subsets of so many people."""
        self.room = size
        self.best = memoryview(np.zeros(1 << size, np.int64))
        self.choice, self.when, self.following = (memoryview(np.zeros(1 << size, np.int32)) for _ in range(3))
        return None

    @cython.cfunc
    @cython.exceptval(check=False)
    def cost(self) -> cython.longlong:
        """How stale the groups of the members are, and then how many are pairs; in halves and thirds of a group."""
        people: People = self.people
        cost: cython.longlong = 0
        i: cython.int
        u: cython.int
        for i in range(self.size):
            u = self.member[i]
            if people.one[u] >= 0:
                cost += WEEK * people.staleness(u, people.one[u]) + (people.two[u] < 0)
                if people.two[u] >= 0:
                    cost += WEEK * people.staleness(u, people.two[u])
        return cost

    @cython.cfunc
    @cython.exceptval(-1)
    def divide(self) -> cython.bint:
        """Divide the members into pairs and threes in the best way; False, and nothing changes, if that takes too long.

        `best[subset]` is the most that the groups of all the others can be worth if these are still to be divided.
        Whoever of them comes first is seated next, so subsets are gone through by their first: `first_with[i]` begins
        the list of those reached that begin with member i, and `following` goes on.
        """
        subset: cython.int
        rest: cython.int
        friends: cython.int
        thirds: cython.int
        i: cython.int
        j: cython.int
        k: cython.int
        worth: cython.longlong
        if self.size > self.room:
            self._make_room(MOST)
        self._weigh()
        self._weigh_alone()
        self.visit += 1
        self.visited = 0
        for i in range(self.size + 1):
            self.first_with[i] = -1
        self._lead(0, (1 << self.size) - 1, 0)
        for i in range(self.size):
            subset = self.first_with[i]
            while subset >= 0:
                worth = self.best[subset]
                if self.alone[i] > IMPOSSIBLE and worth + self.alone[i] > self.worst:
                    self._lead(subset, subset ^ (1 << i), worth + self.alone[i])
                friends = self.friends[i] & subset
                while friends:
                    j = lowest(friends)
                    friends &= friends - 1
                    rest = subset ^ (1 << i) ^ (1 << j)
                    self._lead(subset, rest, worth + self.pair_value[i * MOST + j])
                    thirds = self.thirds[i * MOST + j] & subset
                    while thirds:
                        k = lowest(thirds)
                        thirds &= thirds - 1
                        self._lead(subset, rest ^ (1 << k), worth + self.trio_value[(i * MOST + j) * MOST + k])
                subset = self.following[subset]
            if self.visited > MOST_SUBSETS:
                return False
        self._seat()
        return True

    @cython.cfunc
    @cython.exceptval(check=False)
    def _lead(self, subset: cython.int, rest: cython.int, worth: cython.longlong) -> cython.void:
        first: cython.int
        if self.when[rest] != self.visit:
            self.when[rest] = self.visit
            self.visited += 1
            first = lowest(rest) if rest else self.size
            self.following[rest] = self.first_with[first]
            self.first_with[first] = rest
        elif worth <= self.best[rest]:
            return
        self.best[rest] = worth
        self.choice[rest] = subset

    @cython.cfunc
    @cython.exceptval(-1)
    def _weigh(self) -> cython.int:
        """Who fits whom of those who come after them, and the value of each pair and each three of the members."""
        people: People = self.people
        i: cython.int
        j: cython.int
        k: cython.int
        u: cython.int
        v: cython.int
        w: cython.int
        free: cython.ulonglong
        eats: cython.ulonglong
        both: cython.int
        stale: cython.int
        for i in range(self.size - 1, -1, -1):
            u = self.member[i]
            self.friends[i] = 0
            for j in range(self.size - 1, i, -1):
                v = self.member[j]
                if not self._fits(u, v):
                    continue
                self.friends[i] |= 1 << j
                free, eats = people.free[u] & people.free[v], people.eats[u] & people.eats[v]
                stale = people.staleness(u, v)
                self.pair_value[i * MOST + j] = self._worth(free) - STALE_WEEK * stale
                self.thirds[i * MOST + j] = 0
                both = self.friends[i] & self.friends[j] if people.trios else 0
                while both:
                    k = lowest(both)
                    both &= both - 1
                    w = self.member[k]
                    if free & people.free[w] and eats & people.eats[w]:
                        self.thirds[i * MOST + j] |= 1 << k
                        self.trio_value[(i * MOST + j) * MOST + k] = (
                            TRIO
                            + self._worth(free & people.free[w])
                            - STALE_WEEK * (stale + people.staleness(u, w) + people.staleness(v, w))
                        )
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def _fits(self, u: cython.int, v: cython.int) -> cython.bint:
        if self.small:
            return self.near.near[self.near.spot[u]] >> self.near.spot[v] & 1
        return self.people.fits(u, v)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _worth(self, free: cython.ulonglong) -> cython.longlong:
        """What a group is worth besides: the hours in common in a whole component, else nearly nothing but luck."""
        if self.whole:
            return HOUR * count(free) + self.lots.draw(LUCK)
        return self.lots.draw(DRIFT)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _weigh_alone(self) -> cython.void:
        """What it costs to leave each of the members over."""
        people: People = self.people
        i: cython.int
        j: cython.int
        rank: cython.int
        left: cython.int = 0
        for j in range(self.size):
            left += people.one[self.member[j]] < 0
        self.worst = -left * ALONE - ALONE // 2
        for i in range(self.size):
            rank = 0
            for j in range(self.size):
                rank += people.waited[self.member[j]] < people.waited[self.member[i]]
            self.alone[i] = IMPOSSIBLE
            if self.whole:
                self.alone[i] = self.lots.draw(LUCK) - ALONE + WAITED * (MOST - rank)
        if not self.whole:
            for j in range(self.size):
                if people.one[self.member[j]] < 0:
                    for i in range(self.size):
                        if people.waited[self.member[i]] == people.waited[self.member[j]]:
                            self.alone[i] = WAITED - ALONE

    @cython.cfunc
    @cython.exceptval(check=False)
    def _seat(self) -> cython.void:
        """Make the groups that lead from everybody to nobody."""
        rest: cython.int = 0
        group: cython.int
        i: cython.int
        j: cython.int
        k: cython.int
        while rest != (1 << self.size) - 1:
            group = self.choice[rest] ^ rest
            rest = self.choice[rest]
            i = lowest(group)
            group &= group - 1
            if group == 0:
                self.people.one[self.member[i]] = self.people.two[self.member[i]] = -1
                continue
            j = lowest(group)
            group &= group - 1
            if group == 0:
                self.people.pair(self.member[i], self.member[j])
            else:
                k = lowest(group)
                self.people.trio(self.member[i], self.member[j], self.member[k])
