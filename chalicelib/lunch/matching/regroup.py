# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""Small exact neighbourhoods: the people of a few groups are divided anew, in the best way there is.

A pair, or a group of people who met lately, is drawn, with it a few groups near it; all ways to divide these people
into pairs and threes are weighed by dynamic programming over subsets. Somebody left over may be among them, and
change places with somebody who has waited as long. Among equals the lot decides, so that the
search drifts instead of standing still. A component of at most twelve people is one neighbourhood: then the result is
exact in all five objectives, the last being the starts that groups have in common, summed.
"""

from __future__ import annotations

import numpy as np

try:
    import cython
except ModuleNotFoundError:
    from chalicelib.lunch.matching import plain as cython

if cython.compiled:
    from cython.cimports.chalicelib.lunch.matching.bits import count, lowest
    from cython.cimports.chalicelib.lunch.matching.near import Near
    from cython.cimports.chalicelib.lunch.matching.people import People
else:
    from chalicelib.lunch.matching.bits import count, lowest
    from chalicelib.lunch.matching.near import Near
    from chalicelib.lunch.matching.people import People

COMPILED: bool = cython.compiled

MOST = cython.declare(cython.int, 16)
"""People of a component that is divided as a whole."""

SOME = cython.declare(cython.int, 12)
"""People of a neighbourhood."""

MOST_SUBSETS = cython.declare(cython.int, 8000)

LARGE = cython.declare(cython.longlong, 1000)
SPARE = 1_500_000
SPARE_MOST = 1_500
"""A component of n people may try SPARE / n neighbourhoods besides one for 20 people: a small one is searched thoroughly."""

PATIENCE = cython.declare(cython.longlong, 150)
PATIENCE_EACH = cython.declare(cython.longlong, 3)
PATIENT = cython.declare(cython.longlong, 1500)
HASTY = cython.declare(cython.longlong, 250)
"""After so many neighbourhoods in vain, and for each person whose group is wanting, it ends; sooner (HASTY at most) if
all that could be had is fuller groups."""

TRIES = cython.declare(cython.int, 24)
IMPOSSIBLE = cython.declare(cython.longlong, -(1 << 60))
ALONE = cython.declare(cython.longlong, 1 << 50)
"""Somebody is left over: this outweighs everything else."""

WAITED = cython.declare(cython.longlong, 1 << 40)
"""He waited longer than so many others of the neighbourhood. Of the best ways to choose who is left over, each has the
same waits (they are the bases of a matroid), so ranks lead to the same ways as waits do, and do not overflow."""

STALE_WEEK = cython.declare(cython.longlong, 1 << 24)
TRIO = cython.declare(cython.int, 1 << 20)
HOUR = cython.declare(cython.int, 1 << 11)
LUCK = cython.declare(cython.int, 1 << 7)
# SplitMix64's numbers; without a declared type they would be Python's, and slow.
GOLDEN = cython.declare(cython.ulonglong, 0x9E3779B97F4A7C15)
ONE_FACTOR = cython.declare(cython.ulonglong, 0xBF58476D1CE4E5B9)
OTHER_FACTOR = cython.declare(cython.ulonglong, 0x94D049BB133111EB)
WORD = cython.declare(cython.ulonglong, (1 << 64) - 1)

DRIFT = cython.declare(cython.int, 1 << 16)


@cython.final
@cython.cclass
class Neighbourhoods:
    """The groups of one block or component, a few at a time."""

    people: People
    near: Near
    small: cython.bint
    everybody: cython.ulonglong
    at: cython.int[::1]
    seats: cython.int[::1]
    rows: cython.int[::1]
    wanting: cython.int[::1]
    member: cython.int[::1]
    size: cython.int
    taken: cython.int[::1]
    token: cython.int
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
    state: cython.ulonglong
    seed: cython.ulonglong
    spare: cython.longlong
    spare_most: cython.longlong
    left: cython.int[::1]
    left_count: cython.int
    stale: cython.bint
    whole: cython.bint

    def __init__(self, people: People, seed: int) -> None:
        n: int = people.n
        self.people = people
        self.taken, self.wanting, self.left, self.rows = (memoryview(np.zeros(n, np.int32)) for _ in range(4))
        self.member = memoryview(np.zeros(MOST + 3, np.int32))
        self.friends = memoryview(np.zeros(MOST, np.int32))
        self.thirds = memoryview(np.zeros(MOST**2, np.int32))
        self.alone = memoryview(np.zeros(MOST, np.int64))
        self.pair_value = memoryview(np.zeros(MOST**2, np.int64))
        self.trio_value = memoryview(np.zeros(MOST**3, np.int64))
        self._make_room(SOME)
        self.first_with = memoryview(np.zeros(MOST + 1, np.int32))
        self.worst = self.visit = self.visited = 0
        self.token = self.size = self.left_count = 0
        self.small = self.whole = self.stale = False
        self.everybody = 0
        self.seed = self.state = seed % (1 << 64)
        self.spare, self.spare_most = SPARE, SPARE_MOST

    @cython.cfunc
    def _make_room(self, size: cython.int) -> object:
        """Tables for the subsets of so many people."""
        self.room = size
        self.best = memoryview(np.zeros(1 << size, np.int64))
        self.choice, self.when, self.following = (memoryview(np.zeros(1 << size, np.int32)) for _ in range(3))
        return None

    @cython.cfunc
    @cython.exceptval(-1)
    def improve_near(self, near: Near, everybody: cython.ulonglong) -> cython.int:
        """Improve the groups of these of the people of a small graph, a component."""
        bits: cython.ulonglong = everybody
        size: cython.int = 0
        self.near, self.small, self.everybody = near, True, everybody
        self.state = self.seed
        while bits:
            self.rows[size] = near.row[lowest(bits)]
            bits &= bits - 1
            size += 1
        if size > MOST or not self._divide_whole(size):
            self._improve(self.rows[:size])
        return 0

    def improve(self, rows: cython.int[::1], at: cython.int[::1], seats: cython.int[::1]) -> None:
        """Improve the groups of a large block.

        :param rows: its people
        :param at: seats[at[hour]:at[hour + 1]] are those free at the hour
        """
        self.at, self.seats, self.small = at, seats, False
        self.state = self.seed
        self._improve(rows)

    @cython.cfunc
    @cython.exceptval(-1)
    def _improve(self, rows: cython.int[::1]) -> cython.int:
        count: cython.int
        i: cython.int
        u: cython.int
        people: cython.longlong = len(rows)
        before: cython.longlong
        tries: cython.longlong = min(people // 20, LARGE) + min(self.spare_most, self.spare // people)
        in_vain: cython.longlong = 0
        patience: cython.longlong
        while tries > 0:
            count = self._list_wanting(rows)
            if count == 0:
                break
            patience = min(PATIENCE + PATIENCE_EACH * count, PATIENT if self.stale else HASTY)
            for i in range(count):
                tries -= 1
                in_vain += 1
                if tries < 0 or in_vain > patience:
                    return 0
                u = self.wanting[self._draw(count)]
                if self.people.one[u] >= 0:
                    self._gather(u)
                    before = self._cost()
                    self._divide()
                    if self._cost() < before:
                        in_vain = 0
        return 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def _cost(self) -> cython.longlong:
        """How stale the groups of the members are, and then how many are pairs; in halves and thirds of a group."""
        people: People = self.people
        cost: cython.longlong = 0
        i: cython.int
        u: cython.int
        for i in range(self.size):
            u = self.member[i]
            if people.one[u] >= 0:
                cost += LARGE * people.staleness(u, people.one[u])
                if people.two[u] >= 0:
                    cost += LARGE * people.staleness(u, people.two[u])
                else:
                    cost += 1
        return cost

    @cython.cfunc
    @cython.exceptval(-1)
    def _divide_whole(self, size: cython.int) -> cython.bint:
        """Divide a whole component; False if it takes too long."""
        done: cython.bint
        i: cython.int
        left: cython.int = 0
        for i in range(size):
            left += self.people.one[self.rows[i]] < 0
        if size == 3 and left == 0:
            return True
        if size > self.room:
            self._make_room(MOST)
        for i in range(size):
            self.member[i] = self.rows[i]
        self.size = size
        self.whole = True
        done = self._divide()
        self.whole = False
        return done

    @cython.cfunc
    @cython.exceptval(check=False)
    def _draw(self, below: cython.int) -> cython.int:
        """A number from 0 to below - 1 (SplitMix64, Steele et al. 2014)."""
        x: cython.ulonglong
        self.state = (self.state + GOLDEN) & WORD
        x = self.state
        x = ((x ^ (x >> 30)) * ONE_FACTOR) & WORD
        x = ((x ^ (x >> 27)) * OTHER_FACTOR) & WORD
        return ((x ^ (x >> 31)) >> 33) % below

    @cython.cfunc
    @cython.exceptval(check=False)
    def _list_wanting(self, rows: cython.int[::1]) -> cython.int:
        """List who is in a pair, or met a companion lately; nobody if fewer than three pairs are all there is."""
        people: People = self.people
        count: cython.int = 0
        paired: cython.int = 0
        i: cython.int
        u: cython.int
        self.left_count = 0
        self.stale = False
        for i in range(len(rows)):
            u = rows[i]
            if people.one[u] < 0:
                self.left[self.left_count] = u
                self.left_count += 1
                continue
            if people.two[u] < 0:
                paired += 1
            if people.staleness(u, people.one[u]) or (people.two[u] >= 0 and people.staleness(u, people.two[u])):
                self.stale = True
            elif people.two[u] >= 0:
                continue
            self.wanting[count] = u
            count += 1
        return count if self.stale or (paired >= 6 and people.trios) else 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def _gather(self, u: cython.int) -> cython.void:
        """Gather u's group and groups near it until they are MOST people or enough was tried."""
        people: People = self.people
        tries: cython.int
        x: cython.int
        self.token += 1
        self.size = 0
        self._take_group(u)
        if self.left_count and self._draw(2):
            x = self.left[self._draw(self.left_count)]
            if people.one[x] < 0:
                self._take(x)
        for tries in range(TRIES):
            if self.size > SOME - 2:
                break
            x = self._somebody_near(self.member[self._draw(self.size)])
            if x >= 0 and self.size + (2 if people.two[x] < 0 else 3) <= SOME:
                self._take_group(x)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _somebody_near(self, u: cython.int) -> cython.int:
        """Somebody with a group whom u may fit, rather in a pair; -1 if the draws find nobody new."""
        people: People = self.people
        near: cython.ulonglong
        more: cython.int
        hour: cython.int = 0
        size: cython.int
        x: cython.int = u
        if self.small:
            near = self.near.near[self.near.spot[u]] & self.everybody
            size = count(near)
        else:
            near = self._drop(people.free[u], self._draw(12))
            hour = lowest(near)
            size = self.at[hour + 1] - self.at[hour]
        if size == 0:
            return -1
        for more in range(4):
            if self.small:
                x = self.near.row[lowest(self._drop(near, self._draw(size)))]
            else:
                x = self.seats[self.at[hour] + self._draw(size)]
            if people.two[x] < 0 and self.taken[x] != self.token:
                break
        if self.taken[x] == self.token or people.eats[u] & people.eats[x] == 0 or people.one[x] < 0:
            return -1
        return x

    @cython.cfunc
    @cython.exceptval(check=False)
    def _drop(self, mask: cython.ulonglong, bits: cython.int) -> cython.ulonglong:
        """The mask without so many of its lowest bits, of which one stays."""
        while bits > 0 and mask & (mask - 1):
            mask &= mask - 1
            bits -= 1
        return mask

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
        """Who fits whom of those who come after him, and the value of each pair and each three of the members."""
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
            return HOUR * count(free) + self._draw(LUCK)
        return self._draw(DRIFT)

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
                self.alone[i] = self._draw(LUCK) - ALONE + WAITED * (MOST - rank)
        if not self.whole:
            for j in range(self.size):
                if people.one[self.member[j]] < 0:
                    for i in range(self.size):
                        if people.waited[self.member[i]] == people.waited[self.member[j]]:
                            self.alone[i] = WAITED - ALONE

    @cython.cfunc
    @cython.exceptval(-1)
    def _divide(self) -> cython.bint:
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
