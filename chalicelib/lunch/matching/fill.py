# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""Better groups of the same people: fewer who met before, then fuller groups, then longer overlaps.

Making groups as full as can be is NP-hard, so this is local search. A person without a place joins a pair, or takes
another's place, who then looks for one in turn (an ejection chain, searched breadth first). A pair is dissolved if
both its people find a place: three pairs become two groups of three. No step lets people meet who met lately, unless
others did so until then.
"""

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

COMPILED: bool = cython.compiled

HOURS = 60
EVERYBODY = (1 << 64) - 1
EFFORT = 100
"""Groups thought of for each person, in all."""

SPARE_EFFORT = 1_500_000
"""Groups thought of besides, shared by all of the round's people, so that small rounds are searched thoroughly."""

PAIRS_A_PERSON = 64
SEATS_A_PERSON = 256


def ints(length: int, value: int = 0) -> memoryview[int]:
    """A fresh int32 array as the loops index it."""
    return memoryview(np.full(length, value, np.int32))


@cython.final
@cython.cclass
class Places:
    """The groups of one location, and the search for places in them."""

    people: People
    at: cython.int[::1]
    seats: cython.int[::1]
    pairs: cython.int[::1]
    pair_count: cython.int
    before: cython.int[::1]
    seen: cython.int[::1]
    looked: cython.int[::1]
    queue: cython.int[::1]
    log: cython.int[::1]
    logged: cython.int
    search: cython.int
    token: cython.int
    effort: cython.longlong
    limit: cython.longlong

    def __init__(self, people: People, largest: int, seats: int) -> None:
        n: int = people.n
        self.people = people
        self.at = ints(HOURS + 1)
        self.seats, self.pairs, self.queue = ints(seats), ints(largest), ints(largest)
        self.before, self.seen, self.looked = ints(n), ints(n), ints(n)
        self.log = ints(24 * largest + 24)
        self.pair_count = self.logged = self.search = self.token = 0
        self.effort = self.limit = 0

    def improve(self, first: cython.int, last: cython.int, effort: cython.longlong) -> None:
        """Improve the groups of the location in rows first..last - 1.

        :param effort: how many groups may be thought of
        """
        self._fill(first, last)
        self.effort = effort
        self._part_acquaintances(first, last)
        self.effort = effort
        gained = self.people.trios
        while gained and self.effort > 0:
            gained = self._dissolve_pairs(first, last)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _fill(self, first: cython.int, last: cython.int) -> cython.void:
        people: People = self.people
        hours: cython.ulonglong
        u: cython.int
        hour: cython.int
        for hour in range(HOURS + 1):
            self.at[hour] = 0
        for u in range(first, last):
            hours = people.free[u] if people.one[u] >= 0 else 0
            while hours:
                self.at[lowest(hours)] += 1
                hours &= hours - 1
        for hour in range(HOURS):
            self.at[hour + 1] += self.at[hour]
        for u in range(last - 1, first - 1, -1):
            hours = people.free[u] if people.one[u] >= 0 else 0
            while hours:
                hour = lowest(hours)
                self.at[hour] -= 1
                self.seats[self.at[hour]] = u
                hours &= hours - 1

    @cython.cfunc
    @cython.exceptval(-1)
    def _dissolve_pairs(self, first: cython.int, last: cython.int) -> cython.bint:
        """Try to dissolve each pair; whether one was."""
        people: People = self.people
        gained: cython.bint = False
        u: cython.int
        i: cython.int = 0
        self.pair_count = 0
        for u in range(first, last):
            if people.one[u] > u and people.two[u] < 0:
                self.pairs[self.pair_count] = u
                self.pair_count += 1
        while i < self.pair_count and self.pair_count >= 3 and self.effort > 0:
            self._drop_stale_pairs(i)
            if i >= self.pair_count:
                break
            self.limit = self.effort - max(200, self.effort // (self.pair_count - i))
            if self._dissolve(self.pairs[i]):
                gained = True
            i += 1
        return gained

    @cython.cfunc
    @cython.exceptval(check=False)
    def _drop_stale_pairs(self, i: cython.int) -> cython.void:
        """While what stands at i is no longer the head of a pair, take the last one there instead."""
        while i < self.pair_count and not self._heads_pair(self.pairs[i]):
            self.pair_count -= 1
            self.pairs[i] = self.pairs[self.pair_count]

    @cython.cfunc
    @cython.exceptval(check=False)
    def _heads_pair(self, u: cython.int) -> cython.bint:
        return self.people.two[u] < 0 and self.people.one[u] >= 0

    @cython.cfunc
    @cython.exceptval(-1)
    def _dissolve(self, a: cython.int) -> cython.bint:
        """Find other places for both people of a pair; all stays as it was if one finds none."""
        b: cython.int = self.people.one[a]
        self.logged = 0
        self._note(a)
        self._note(b)
        self.people.one[a] = self.people.one[b] = -1
        if self._place(a) and self._place(b):
            return True
        self._undo()
        return False

    @cython.cfunc
    @cython.exceptval(check=False)
    def _note(self, u: cython.int) -> cython.void:
        self.log[self.logged] = u
        self.log[self.logged + 1] = self.people.one[u]
        self.log[self.logged + 2] = self.people.two[u]
        self.logged += 3

    @cython.cfunc
    @cython.exceptval(check=False)
    def _undo(self) -> cython.void:
        u: cython.int
        while self.logged > 0:
            self.logged -= 3
            u = self.log[self.logged]
            self.people.one[u] = self.log[self.logged + 1]
            self.people.two[u] = self.log[self.logged + 2]

    @cython.cfunc
    @cython.exceptval(-1)
    def _place(self, root: cython.int) -> cython.bint:
        """Find a place for a person without one, by a chain of people who take each other's."""
        head: cython.int = 0
        tail: cython.int = 1
        p: cython.int
        self.search += 1
        self.queue[0] = root
        self.before[root] = -1
        self.seen[root] = self.search
        while head < tail and self.effort > self.limit:
            p = self.queue[head]
            head += 1
            if self._join_pair(p):
                return True
            tail = self._take_places(p, tail)
        return False

    @cython.cfunc
    @cython.exceptval(-1)
    def _join_pair(self, p: cython.int) -> cython.bint:
        people: People = self.people
        tries: cython.int = min(self.pair_count, PAIRS_A_PERSON)
        start: cython.int = people.luck[p] % self.pair_count
        i: cython.int
        x: cython.int
        y: cython.int
        for i in range(tries):
            x = self.pairs[(start + i) % self.pair_count]
            y = people.one[x]
            if people.two[x] >= 0 or y < 0 or x == p or y == p:
                continue
            self.effort -= 1
            if not people.fit(p, x, y) or self._on_the_way(p, x):
                continue
            if people.staleness(p, x) or people.staleness(p, y):
                continue
            self._carry_out(p, x, y)
            return True
        return False

    @cython.cfunc
    @cython.exceptval(check=False)
    def _on_the_way(self, p: cython.int, x: cython.int) -> cython.bint:
        """Whether x's group is already changed by the chain that ends with p."""
        while self.before[p] >= 0:
            if p == x or self.people.one[p] == x or self.people.two[p] == x:
                return True
            p = self.before[p]
        return False

    @cython.cfunc
    @cython.exceptval(-1)
    def _take_places(self, p: cython.int, tail: cython.int) -> cython.int:
        """Queue everybody whose place p could take; the new tail of the queue."""
        people: People = self.people
        hours: cython.ulonglong = people.free[p]
        hour: cython.int
        i: cython.int
        x: cython.int
        size: cython.int
        start: cython.int
        self.token += 1
        while hours:
            hour = lowest(hours)
            hours &= hours - 1
            size = self.at[hour + 1] - self.at[hour]
            if size == 0:
                continue
            start = people.luck[p] % size
            for i in range(min(size, SEATS_A_PERSON)):
                x = self.seats[self.at[hour] + (start + i) % size]
                if self.looked[x] == self.token or self.seen[x] == self.search or people.one[x] < 0:
                    continue
                self.looked[x] = self.token
                self.effort -= 1
                if self._could_replace(p, x) and not self._on_the_way(p, x):
                    self.seen[x] = self.search
                    self.before[x] = p
                    self.queue[tail] = x
                    tail += 1
        return tail

    @cython.cfunc
    @cython.exceptval(-1)
    def _could_replace(self, p: cython.int, x: cython.int) -> cython.bint:
        """Whether p fits x's companions, who were no better strangers to x than to p."""
        people: People = self.people
        y: cython.int = people.one[x]
        z: cython.int = people.two[x]
        if y == p or z == p:
            return False
        if z < 0:
            return people.fits(p, y) and people.staleness(p, y) <= people.staleness(x, y)
        if not people.fit(p, y, z):
            return False
        return people.staleness(p, y) + people.staleness(p, z) <= people.staleness(x, y) + people.staleness(x, z)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _carry_out(self, p: cython.int, x: cython.int, y: cython.int) -> cython.void:
        """p joins the pair x, y; whoever displaced him takes his place, and so on."""
        people: People = self.people
        old_one: cython.int
        old_two: cython.int
        self._note(x)
        self._note(y)
        while p >= 0:
            old_one, old_two = people.one[p], people.two[p]
            if self.before[p] >= 0:
                self._note(p)
                self._note(old_one)
                if old_two >= 0:
                    self._note(old_two)
            if y >= 0:
                people.trio(p, x, y)
            else:
                people.pair(p, x)
            x, y = old_one, old_two
            p = self.before[p]

    @cython.cfunc
    @cython.exceptval(-1)
    def _part_acquaintances(self, first: cython.int, last: cython.int) -> cython.int:
        """Let people who met lately trade places with others, as long as that lets fewer of them meet."""
        people: People = self.people
        gained: cython.bint = True
        u: cython.int
        while gained and self.effort > 0:
            gained = False
            for u in range(first, last):
                if people.one[u] >= 0 and self._stale(u) > 0:
                    self.limit = self.effort - 5000
                    if self._trade(u):
                        gained = True
        return 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def _stale(self, u: cython.int) -> cython.int:
        """How stale u's group is for him."""
        people: People = self.people
        stale: cython.int = people.staleness(u, people.one[u])
        return stale + people.staleness(u, people.two[u]) if people.two[u] >= 0 else stale

    @cython.cfunc
    @cython.exceptval(-1)
    def _trade(self, p: cython.int) -> cython.bint:
        """Exchange p for somebody of another group if that makes the two groups fresher."""
        people: People = self.people
        hours: cython.ulonglong = people.free[p]
        now: cython.int = self._stale(p)
        hour: cython.int
        i: cython.int
        x: cython.int
        size: cython.int
        then: cython.int
        self.token += 1
        while hours:
            hour = lowest(hours)
            hours &= hours - 1
            size = self.at[hour + 1] - self.at[hour]
            for i in range(size):
                x = self.seats[self.at[hour] + (people.luck[p] + i) % size]
                if self.looked[x] == self.token or x == p or people.one[p] == x or people.two[p] == x:
                    continue
                self.looked[x] = self.token
                self.effort -= 1
                if self.effort <= self.limit:
                    return False
                then = self._stale_instead(p, x)
                if then < 0:
                    continue
                if then + self._stale_instead(x, p) < now + self._stale(x) and self._stale_instead(x, p) >= 0:
                    self._swap(p, x)
                    return True
        return False

    @cython.cfunc
    @cython.exceptval(-2)
    def _stale_instead(self, p: cython.int, x: cython.int) -> cython.int:
        """How stale it would be for p in x's place; -1 if he does not fit."""
        people: People = self.people
        y: cython.int = people.one[x]
        z: cython.int = people.two[x]
        if z < 0:
            return people.staleness(p, y) if people.fits(p, y) else -1
        return people.staleness(p, y) + people.staleness(p, z) if people.fit(p, y, z) else -1

    @cython.cfunc
    @cython.exceptval(check=False)
    def _swap(self, p: cython.int, x: cython.int) -> cython.void:
        people: People = self.people
        a: cython.int = people.one[p]
        b: cython.int = people.two[p]
        c: cython.int = people.one[x]
        d: cython.int = people.two[x]
        if b < 0:
            people.pair(x, a)
        else:
            people.trio(x, a, b)
        if d < 0:
            people.pair(p, c)
        else:
            people.trio(p, c, d)


def fill(people: People, edges: list[int]) -> None:
    """Improve the groups at every location; `edges` are the rows where locations begin, and n."""
    hours = np.append(0, np.cumsum(np.bitwise_count(np.asarray(people.free)), dtype=np.int64))
    rows: NDArray[np.int64] = np.array(edges)
    places = Places(people, int(np.diff(rows).max(initial=0)), int(np.diff(hours[rows]).max(initial=0)))
    for first, last in zip(edges, edges[1:], strict=False):
        size = last - first
        places.improve(first, last, EFFORT * size + SPARE_EFFORT * size // max(1, people.n))
