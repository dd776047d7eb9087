# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""A few people divided into groups of any sizes that the rules allow, in the best way there is.

Dynamic programming over subsets: whoever of those not yet divided comes first is seated next, in a group of those, or
left over. What a way costs is two numbers: people left over and their waits; then weeks, groups, and starts in common.
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
    from cython.cimports.chalicelib.lunch.matching.people import People
else:
    from chalicelib.lunch.matching.bits import count, lowest
    from chalicelib.lunch.matching.lots import Lots
    from chalicelib.lunch.matching.people import People

COMPILED: bool = cython.compiled

MOST = cython.declare(cython.int, 16)
ALL = cython.declare(cython.int, 4)
MOST_GROUPS = cython.declare(cython.int, 1 << 13)

ALONE = cython.declare(cython.longlong, 1 << 40)
"""Somebody is left over: this outweighs the waits of 16 people."""

STALE_WEEK = cython.declare(cython.longlong, 1 << 36)
GROUP = cython.declare(cython.longlong, 1 << 26)
START = cython.declare(cython.longlong, 1 << 14)
LUCK = cython.declare(cython.int, 1 << 9)


@cython.final
@cython.cclass
class Division:
    """The people `member[:size]`, and the best way to divide them: read `choice` from nobody on.

    Only so many objectives are cared for as `care` says: 1 is who is left over, 2 their waits, 3 weeks, 4 all else.

    The groups of which member i is the first are `mask[begin[i]:begin[i + 1]]`. `over[subset]` and `worth[subset]` are the
    least that the groups of all the others cost if these are still to be divided; `choice[subset]` is who they were before
    the last of these groups was made. Subsets are gone through by their first: `first_with[i]` begins the list of those
    reached that begin with member i, and `following` goes on.
    """

    people: People
    lots: Lots
    minimum: cython.int
    maximum: cython.int
    member: cython.int[::1]
    size: cython.int
    care: cython.int
    friends: cython.int[::1]
    groups: cython.int
    begin: cython.int[::1]
    mask: cython.int[::1]
    cost: cython.longlong[::1]
    over: cython.longlong[::1]
    worth: cython.longlong[::1]
    choice: cython.int[::1]
    when: cython.int[::1]
    following: cython.int[::1]
    first_with: cython.int[::1]
    visit: cython.int
    work: cython.longlong

    def __init__(self, people: People, lots: Lots, minimum: int, maximum: int) -> None:
        self.people, self.lots, self.minimum, self.maximum = people, lots, minimum, maximum
        self.size = self.groups = self.visit = 0
        self.care = ALL
        self.work = 0
        self.member, self.friends = (memoryview(np.zeros(MOST, np.int32)) for _ in range(2))
        self.begin, self.first_with = (memoryview(np.zeros(MOST + 1, np.int32)) for _ in range(2))
        self.mask = memoryview(np.zeros(MOST_GROUPS, np.int32))
        self.cost = memoryview(np.zeros(MOST_GROUPS, np.int64))
        self.over, self.worth = (memoryview(np.zeros(1 << MOST, np.int64)) for _ in range(2))
        self.choice, self.when, self.following = (memoryview(np.zeros(1 << MOST, np.int32)) for _ in range(3))

    @cython.cfunc
    @cython.exceptval(-1)
    def divide(self, most: cython.longlong) -> cython.bint:
        """Find the best way; False if that takes too long.

        :param most: so many groups may be thought of
        """
        subset: cython.int
        i: cython.int
        g: cython.int
        others: cython.int
        self.work = 0
        if not self._list_groups():
            return False
        self.visit += 1
        for i in range(self.size + 1):
            self.first_with[i] = -1
        self._lead(0, (1 << self.size) - 1, 0, 0)
        for i in range(self.size):
            subset = self.first_with[i]
            while subset >= 0:
                others = ~subset
                for g in range(self.begin[i], self.begin[i + 1]):
                    if self.mask[g] & others == 0:
                        self._lead(subset, subset ^ self.mask[g], self.over[subset], self.worth[subset] + self.cost[g])
                self._lead(
                    subset,
                    subset ^ (1 << i),
                    self.over[subset] + ALONE + (self.people.waited[self.member[i]] if self.care > 1 else 0),
                    self.worth[subset] + self.lots.draw(LUCK),
                )
                self.work += self.begin[i + 1] - self.begin[i] + 1
                subset = self.following[subset]
            if self.work > most:
                return False
        return True

    @cython.cfunc
    @cython.exceptval(check=False)
    def _lead(self, subset: cython.int, rest: cython.int, over: cython.longlong, worth: cython.longlong) -> cython.void:
        first: cython.int
        if self.when[rest] != self.visit:
            self.when[rest] = self.visit
            first = lowest(rest) if rest else self.size
            self.following[rest] = self.first_with[first]
            self.first_with[first] = rest
        elif over > self.over[rest] or (over == self.over[rest] and worth >= self.worth[rest]):
            return
        self.over[rest] = over
        self.worth[rest] = worth
        self.choice[rest] = subset

    @cython.cfunc
    @cython.exceptval(-1)
    def _list_groups(self) -> cython.bint:
        """List all groups that these people could be; False if there are too many."""
        i: cython.int
        j: cython.int
        self.groups = 0
        for i in range(self.size):
            self.friends[i] = 0
            for j in range(i + 1, self.size):
                if self.people.fits(self.member[i], self.member[j]):
                    self.friends[i] |= 1 << j
        for i in range(self.size):
            self.begin[i] = self.groups
            j = self.member[i]
            if not self._extend(1 << i, i, self.friends[i], self.people.free[j], self.people.eats[j], 0, 1):
                return False
        self.begin[self.size] = self.groups
        return True

    @cython.cfunc
    @cython.exceptval(-1)
    def _extend(
        self,
        mask: cython.int,
        last: cython.int,
        open: cython.int,
        free: cython.ulonglong,
        eats: cython.ulonglong,
        stale: cython.int,
        size: cython.int,
    ) -> cython.bint:
        """List the group `mask` and all that have more people, out of `open`, who come after the last of it."""
        people: People = self.people
        both: cython.ulonglong
        dishes: cython.ulonglong
        more: cython.int
        rest: cython.int
        j: cython.int
        if size >= self.minimum:
            if self.groups == MOST_GROUPS:
                return False
            self.mask[self.groups] = mask
            self.cost[self.groups] = self.lots.draw(LUCK)
            if self.care > 2:
                self.cost[self.groups] += STALE_WEEK * stale
            if self.care > 3:
                self.cost[self.groups] += GROUP - START * count(free)
            self.groups += 1
        if size == self.maximum:
            return True
        while open:
            j = lowest(open)
            open &= open - 1
            both, dishes = free & people.free[self.member[j]], eats & people.eats[self.member[j]]
            if both == 0 or dishes == 0:
                continue
            more = 0
            rest = mask
            while rest:
                more += people.staleness(self.member[lowest(rest)], self.member[j])
                rest &= rest - 1
            if not self._extend(mask | 1 << j, j, open & self.friends[j], both, dishes, stale + more, size + 1):
                return False
        return True
