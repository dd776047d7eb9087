# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""Small exact neighbourhoods: the people of a few groups are divided anew, in the best way there is.

A pair, or a group of people who met lately, is drawn, with it a few groups near it; all ways to divide these people
into pairs and threes are weighed by dynamic programming over subsets. Somebody left over may be among them, and
change places with somebody who has waited as long. Among equals the lot decides, so that the
search drifts instead of standing still.
"""

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

MOST = cython.declare(cython.int, 12)
"""People of a neighbourhood; the table of their subsets has 2**MOST entries."""

ALONE = cython.declare(cython.longlong, 1 << 50)
PATIENCE = cython.declare(cython.int, 400)
TRIES = cython.declare(cython.int, 24)
IMPOSSIBLE = cython.declare(cython.longlong, -(1 << 60))
STALE_WEEK = cython.declare(cython.longlong, 1 << 24)
TRIO = cython.declare(cython.int, 1 << 16)
LUCK = cython.declare(cython.int, 1 << 10)
COST = cython.declare(cython.int, 4000)
"""What dividing a neighbourhood costs, in places thought of."""


@cython.final
@cython.cclass
class Neighbourhoods:
    """The groups of one location, a few at a time."""

    people: People
    at: cython.int[::1]
    seats: cython.int[::1]
    wanting: cython.int[::1]
    member: cython.int[::1]
    size: cython.int
    taken: cython.int[::1]
    token: cython.int
    pair_value: cython.longlong[::1]
    trio_value: cython.longlong[::1]
    best: cython.longlong[::1]
    choice: cython.int[::1]
    state: cython.ulonglong
    left: cython.int[::1]
    left_count: cython.int
    waited: cython.int

    def __init__(self, people: People, seed: int) -> None:
        self.people = people
        self.taken = memoryview(np.zeros(people.n, np.int32))
        self.wanting = memoryview(np.zeros(people.n, np.int32))
        self.member = memoryview(np.zeros(MOST + 3, np.int32))
        self.pair_value = memoryview(np.zeros(MOST**2, np.int64))
        self.trio_value = memoryview(np.zeros(MOST**3, np.int64))
        self.best = memoryview(np.zeros(1 << MOST, np.int64))
        self.choice = memoryview(np.zeros(1 << MOST, np.int32))
        self.left = memoryview(np.zeros(people.n, np.int32))
        self.token = self.size = self.left_count = 0
        self.waited = -1
        self.state = seed % (1 << 64)

    def improve(
        self, first: cython.int, last: cython.int, at: cython.int[::1], seats: cython.int[::1], effort: cython.longlong
    ) -> None:
        """Improve the groups of the location in rows first..last - 1.

        :param at: seats[at[hour]:at[hour + 1]] are those free at the hour
        :param effort: how many places may be thought of
        """
        count: cython.int
        i: cython.int
        u: cython.int
        tries: cython.int = PATIENCE + (last - first) // 100
        self.at, self.seats = at, seats
        while effort > 0:
            count = self._list_wanting(first, last)
            if count == 0 or tries <= 0:
                break
            for i in range(count):
                effort -= COST
                tries -= 1
                if effort <= 0 or tries <= 0:
                    break
                u = self.wanting[self._draw(count)]
                if self.people.one[u] >= 0:
                    self._gather(u)
                    self._divide()

    @cython.cfunc
    @cython.exceptval(check=False)
    def _draw(self, below: cython.int) -> cython.int:
        """A number from 0 to below - 1 (SplitMix64, Steele et al. 2014)."""
        x: cython.ulonglong
        self.state = (self.state + 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
        x = self.state
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
        return ((x ^ (x >> 31)) >> 33) % below

    @cython.cfunc
    @cython.exceptval(check=False)
    def _list_wanting(self, first: cython.int, last: cython.int) -> cython.int:
        """List who is in a pair, or met a companion lately; nobody if fewer than three pairs are all there is."""
        people: People = self.people
        count: cython.int = 0
        paired: cython.int = 0
        stale: cython.bint = False
        u: cython.int
        self.left_count = 0
        for u in range(first, last):
            if people.one[u] < 0:
                if people.free[u] and people.eats[u]:
                    self.left[self.left_count] = u
                    self.left_count += 1
                continue
            if people.two[u] < 0:
                paired += 1
            if people.staleness(u, people.one[u]) or (people.two[u] >= 0 and people.staleness(u, people.two[u])):
                stale = True
            elif people.two[u] >= 0:
                continue
            self.wanting[count] = u
            count += 1
        return count if stale or (paired >= 6 and people.trios) else 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def _gather(self, u: cython.int) -> cython.void:
        """Gather u's group and groups near it until they are MOST people or enough was tried."""
        people: People = self.people
        tries: cython.int
        more: cython.int
        hours: cython.ulonglong
        skip: cython.int
        x: cython.int
        hour: cython.int
        count: cython.int
        self.token += 1
        self.size = 0
        self._take_group(u)
        self.waited = -1
        if self.left_count and self._draw(2):
            x = self.left[self._draw(self.left_count)]
            if people.one[x] < 0:
                self._take(x)
                self.waited = people.waited[x]
        for tries in range(TRIES):
            if self.size > MOST - 2:
                break
            u = self.member[self._draw(self.size)]
            hours = people.free[u]
            skip = self._draw(12)
            while skip > 0 and hours & (hours - 1):
                hours &= hours - 1
                skip -= 1
            hour = lowest(hours)
            count = self.at[hour + 1] - self.at[hour]
            if count == 0:
                continue
            x = u
            for more in range(4):
                x = self.seats[self.at[hour] + self._draw(count)]
                if people.two[x] < 0 and self.taken[x] != self.token:
                    break
            if self.taken[x] == self.token or people.eats[u] & people.eats[x] == 0 or people.one[x] < 0:
                continue
            if self.size + (2 if people.two[x] < 0 else 3) <= MOST:
                self._take_group(x)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _take_group(self, u: cython.int) -> cython.void:
        self._take(u)
        self._take(self.people.one[u])
        if self.people.two[u] >= 0:
            self._take(self.people.two[u])

    @cython.cfunc
    @cython.exceptval(check=False)
    def _take(self, u: cython.int) -> cython.void:
        self.taken[u] = self.token
        self.member[self.size] = u
        self.size += 1

    @cython.cfunc
    @cython.exceptval(-1)
    def _weigh(self) -> cython.int:
        """The value of each pair and each three of the members."""
        people: People = self.people
        i: cython.int
        j: cython.int
        k: cython.int
        u: cython.int
        v: cython.int
        w: cython.int
        value: cython.longlong
        for i in range(self.size):
            u = self.member[i]
            for j in range(i + 1, self.size):
                v = self.member[j]
                value = IMPOSSIBLE
                if people.fits(u, v):
                    value = self._draw(LUCK) - STALE_WEEK * people.staleness(u, v)
                self.pair_value[i * MOST + j] = value
        for i in range(self.size):
            u = self.member[i]
            for j in range(i + 1, self.size):
                v = self.member[j]
                for k in range(j + 1, self.size):
                    w = self.member[k]
                    value = IMPOSSIBLE
                    if (
                        people.trios
                        and self.pair_value[i * MOST + j] > IMPOSSIBLE
                        and self.pair_value[i * MOST + k] > IMPOSSIBLE
                        and self.pair_value[j * MOST + k] > IMPOSSIBLE
                        and people.free[u] & people.free[v] & people.free[w]
                        and people.eats[u] & people.eats[v] & people.eats[w]
                    ):
                        value = (
                            TRIO
                            + self._draw(LUCK)
                            - STALE_WEEK * (people.staleness(u, v) + people.staleness(u, w) + people.staleness(v, w))
                        )
                    self.trio_value[(i * MOST + j) * MOST + k] = value
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def _divide(self) -> cython.int:
        """Divide the members into pairs and threes in the best way.

        `best[subset]` is the most that the groups of all the others can be worth if these are still to be divided;
        whoever of them comes first is seated next. Subsets that no groups lead to cost nothing.
        """
        size: cython.int = self.size
        subset: cython.int
        rest: cython.int
        i: cython.int
        j: cython.int
        k: cython.int
        worth: cython.longlong
        self._weigh()
        for subset in range(1 << size):
            self.best[subset] = IMPOSSIBLE
        self.best[(1 << size) - 1] = 0
        for subset in range((1 << size) - 1, 0, -1):
            worth = self.best[subset]
            if worth == IMPOSSIBLE:
                continue
            i = 0
            while not subset >> i & 1:
                i += 1
            if self.waited == self.people.waited[self.member[i]]:
                self._lead(subset, subset ^ (1 << i), worth - ALONE)
            for j in range(i + 1, size):
                if not subset >> j & 1 or self.pair_value[i * MOST + j] == IMPOSSIBLE:
                    continue
                rest = subset ^ (1 << i) ^ (1 << j)
                self._lead(subset, rest, worth + self.pair_value[i * MOST + j])
                for k in range(j + 1, size):
                    if subset >> k & 1 and self.trio_value[(i * MOST + j) * MOST + k] > IMPOSSIBLE:
                        self._lead(subset, rest ^ (1 << k), worth + self.trio_value[(i * MOST + j) * MOST + k])
        self._seat()
        return 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def _lead(self, subset: cython.int, rest: cython.int, worth: cython.longlong) -> cython.void:
        if worth > self.best[rest]:
            self.best[rest] = worth
            self.choice[rest] = subset

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
