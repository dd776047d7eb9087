# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""Better groups of the same people: fewer who met before, then fuller groups, then longer overlaps.

Making groups as full as can be is NP-hard, so this is local search. A person without a place joins a pair, or takes
another's place, who then looks for one in turn (an ejection chain, searched breadth first). A pair is dissolved if
both its people find a place: three pairs become two groups of three. People who met lately are parted in the
same way, and no pair is dissolved for the sake of a meeting of such people.
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

from chalicelib.lunch.matching.people import ints
from chalicelib.lunch.matching.regroup import Neighbourhoods

COMPILED: bool = cython.compiled

HOURS = cython.declare(cython.int, 60)
EFFORT = 100
"""Groups thought of for each person, in all."""

SPARE_EFFORT = 3_000_000
SPARE_EFFORT_EACH = 400
"""Groups thought of besides, so that a small component is searched thoroughly."""

PAIRS_A_PERSON = cython.declare(cython.int, 64)
SEATS_A_PERSON = cython.declare(cython.int, 256)
EFFORT_A_PERSON = cython.declare(cython.int, 5000)
PATIENCE = cython.declare(cython.int, 300)
NEVER = cython.declare(cython.int, 1 << 20)
FRESH = cython.declare(cython.int, 1 << 10)


@cython.final
@cython.cclass
class Places:
    """The groups of one block, and the search for places in them."""

    people: People
    at: cython.int[::1]
    seats: cython.int[::1]
    pairs: cython.int[::1]
    pair_count: cython.int
    before: cython.int[::1]
    seen: cython.int[::1]
    looked: cython.int[::1]
    hopeless: cython.int[::1]
    epoch: cython.int
    queue: cython.int[::1]
    log: cython.int[::1]
    logged: cython.int
    reached: cython.int
    search: cython.int
    token: cython.int
    change: cython.int[::1]
    hole_one: cython.int
    hole_two: cython.int
    splitting: cython.bint
    slack: cython.int
    effort: cython.longlong
    limit: cython.longlong

    def __init__(self, people: People, largest: int, seats: int) -> None:
        n: int = people.n
        self.people = people
        self.at = ints(HOURS + 1)
        self.seats, self.pairs, self.queue = ints(seats), ints(largest), ints(largest)
        self.before, self.seen, self.looked, self.change = ints(n), ints(n), ints(n), ints(n)
        self.hopeless = ints(n)
        self.epoch = 0
        self.log = ints(24 * largest + 24)
        self.pair_count = self.logged = self.reached = self.search = self.token = 0
        self.hole_one = self.hole_two = -1
        self.splitting = False
        self.slack = 0
        self.effort = self.limit = 0

    def neighbourhoods(self, improving: Neighbourhoods, persons: memoryview[int]) -> None:
        """Let small neighbourhoods of the same block be improved."""
        improving.improve(persons, self.at, self.seats)

    def improve(self, persons: cython.int[::1], effort: cython.longlong) -> None:
        """Improve the groups of a block.

        :param effort: how many places may be thought of, for each of the objectives
        """
        self._fill(persons)
        self._part_acquaintances(persons, effort)
        if self.people.trios:
            self._dissolve_pairs(persons, effort)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _fill(self, persons: cython.int[::1]) -> cython.void:
        people: People = self.people
        hours: cython.ulonglong
        i: cython.int
        u: cython.int
        hour: cython.int
        for hour in range(HOURS + 1):
            self.at[hour] = 0
        for i in range(len(persons)):
            u = persons[i]
            hours = people.free[u] if people.one[u] >= 0 else 0
            while hours:
                self.at[lowest(hours)] += 1
                hours &= hours - 1
        for hour in range(HOURS):
            self.at[hour + 1] += self.at[hour]
        for i in range(len(persons) - 1, -1, -1):
            u = persons[i]
            hours = people.free[u] if people.one[u] >= 0 else 0
            while hours:
                hour = lowest(hours)
                self.at[hour] -= 1
                self.seats[self.at[hour]] = u
                hours &= hours - 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def _list_pairs(self, persons: cython.int[::1]) -> cython.void:
        people: People = self.people
        i: cython.int
        u: cython.int
        self.pair_count = 0
        for i in range(len(persons)):
            u = persons[i]
            if people.one[u] > u and people.two[u] < 0:
                self.pairs[self.pair_count] = u
                self.pair_count += 1

    @cython.cfunc
    @cython.exceptval(-1)
    def _part_acquaintances(self, persons: cython.int[::1], effort: cython.longlong) -> cython.int:
        """Find other places for people who met lately, as long as that lets fewer of them meet."""
        people: People = self.people
        gained: cython.bint = True
        i: cython.int
        u: cython.int
        self.effort = effort
        while gained and self.effort > 0:
            gained = False
            self._list_pairs(persons)
            for i in range(len(persons)):
                u = persons[i]
                if people.one[u] < 0 or self.effort <= 0 or self._stale(u) == 0:
                    continue
                if self._move(u, 0, False) or self._move(u, FRESH, False) or self._move(u, FRESH, True):
                    gained = True
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def _move(self, u: cython.int, slack: cython.int, splitting: cython.bint) -> cython.bint:
        """Find u a place that lets fewer acquaintances meet, and somebody for the one he had unless two stay."""
        people: People = self.people
        stale: cython.int = self._stale(u)
        self.limit = self.effort - EFFORT_A_PERSON
        self.logged = 0
        self.splitting = splitting
        self.slack = min(slack, stale - 1)
        self.hole_one, self.hole_two = people.one[u], people.two[u]
        if splitting and self.hole_two < 0:
            return False
        self._note(u)
        self._note(self.hole_one)
        if self.hole_two >= 0:
            self._note(self.hole_two)
            people.pair(self.hole_one, self.hole_two)
        else:
            people.one[self.hole_one] = -1
        people.one[u] = people.two[u] = -1
        if self._place(u, stale - 1):
            return True
        self._undo()
        return False

    @cython.cfunc
    @cython.exceptval(check=False)
    def _stale(self, u: cython.int) -> cython.int:
        """How stale u's group is for him."""
        return self._stale_with(u, self.people.one[u], self.people.two[u])

    @cython.cfunc
    @cython.exceptval(check=False)
    def _stale_with(self, u: cython.int, x: cython.int, y: cython.int) -> cython.int:
        stale: cython.int = self.people.staleness(u, x)
        return stale + self.people.staleness(u, y) if y >= 0 else stale

    @cython.cfunc
    @cython.exceptval(-1)
    def _dissolve_pairs(self, persons: cython.int[::1], effort: cython.longlong) -> cython.int:
        """Dissolve pairs as long as one can be."""
        gained: cython.bint = True
        i: cython.int
        in_vain: cython.int = 0
        self.effort = effort
        self.epoch += 1
        self.hole_one = self.hole_two = -1
        self.splitting = False
        self.slack = 0
        while gained and self.effort > 0:
            gained = False
            self._list_pairs(persons)
            i = 0
            while self.pair_count >= 3 and self.effort > 0:
                while i < self.pair_count and not self._heads_pair(self.pairs[i]):
                    self.pair_count -= 1
                    self.pairs[i] = self.pairs[self.pair_count]
                if i >= self.pair_count:
                    break
                self.limit = self.effort - max(200, self.effort // (self.pair_count - i))
                if self._dissolve(self.pairs[i]):
                    gained = True
                    in_vain = 0
                in_vain += 1
                if in_vain > PATIENCE:
                    return 0
                i += 1
        return 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def _heads_pair(self, u: cython.int) -> cython.bint:
        return self.people.two[u] < 0 and self.people.one[u] >= 0

    @cython.cfunc
    @cython.exceptval(-1)
    def _dissolve(self, a: cython.int) -> cython.bint:
        """Find other places for both people of a pair; all stays as it was if one finds none.

        Who was looked at in vain is not begun with until something changes: whatever he could reach was reached.
        """
        b: cython.int = self.people.one[a]
        i: cython.int
        if self.hopeless[a] == self.epoch or self.hopeless[b] == self.epoch:
            return False
        self.logged = 0
        self._note(a)
        self._note(b)
        self.people.one[a] = self.people.one[b] = -1
        if not self._place(a, 0):
            if self.effort > self.limit:
                for i in range(self.reached):
                    self.hopeless[self.queue[i]] = self.epoch
        elif self._place(b, 0):
            self.epoch += 1
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
    def _place(self, root: cython.int, most: cython.int) -> cython.bint:
        """Find a place for a person without one, by a chain of people who take each other's.

        :param most: all groups together may become so much staler
        """
        head: cython.int = 0
        tail: cython.int = 1
        p: cython.int
        self.search += 1
        self.queue[0] = root
        self.before[root] = -1
        self.change[root] = 0
        self.seen[root] = self.search
        if self.hole_one >= 0:
            self.seen[self.hole_one] = self.search
        if self.hole_two >= 0:
            self.seen[self.hole_two] = self.search
        while head < tail and self.effort > self.limit:
            p = self.queue[head]
            head += 1
            if self._fill_hole(p, most):
                return True
            if (self.hole_one < 0 or self.hole_two >= 0) and self._join_pair(p, most):
                return True
            tail = self._take_places(p, most, tail)
            if tail < 0:
                return True
        self.reached = tail
        return False

    @cython.cfunc
    @cython.exceptval(-1)
    def _fill_hole(self, p: cython.int, most: cython.int) -> cython.bint:
        """Let p take the place that the root had, if he fits there."""
        people: People = self.people
        x: cython.int = self.hole_one
        y: cython.int = self.hole_two
        if x < 0 or self.before[p] < 0 or self.change[p] + self._stale_with(p, x, y) > most:
            return False
        if not (people.fits(p, x) if y < 0 else people.fit(p, x, y)):
            return False
        self._carry_out(p, x, y)
        return True

    @cython.cfunc
    @cython.exceptval(-1)
    def _join_pair(self, p: cython.int, most: cython.int) -> cython.bint:
        """Let p join a pair."""
        people: People = self.people
        tries: cython.int = min(self.pair_count, PAIRS_A_PERSON)
        i: cython.int
        x: cython.int
        y: cython.int
        if tries == 0 or not people.trios:
            return False
        for i in range(tries):
            x = self.pairs[(people.luck[p] % self.pair_count + i) % self.pair_count]
            y = people.one[x]
            if people.two[x] >= 0 or y < 0 or x == p or y == p or x == self.hole_one or y == self.hole_one:
                continue
            self.effort -= 1
            if not people.fit(p, x, y) or self._on_the_way(p, x):
                continue
            if self.change[p] + self._stale_with(p, x, y) > most:
                continue
            self._note(x)
            self._note(y)
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
    @cython.exceptval(-2)
    def _take_places(self, p: cython.int, most: cython.int, tail: cython.int) -> cython.int:
        """Queue everybody whose place p could take; the new tail of the queue, -1 if p found a partner for good."""
        people: People = self.people
        hours: cython.ulonglong = people.free[p]
        hour: cython.int
        i: cython.int
        x: cython.int
        size: cython.int
        start: cython.int
        change: cython.int
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
                if self.splitting and self._split(p, x, most):
                    return -1
                change = self._change(p, x)
                if self.change[p] + change <= self.slack and not self._on_the_way(p, x):
                    self.seen[x] = self.search
                    self.before[x] = p
                    self.change[x] = self.change[p] + change
                    self.queue[tail] = x
                    tail += 1
        return tail

    @cython.cfunc
    @cython.exceptval(-1)
    def _change(self, p: cython.int, x: cython.int) -> cython.int:
        """How much staler x's group becomes with p in his place; more than ever allowed if p does not fit."""
        people: People = self.people
        y: cython.int = people.one[x]
        z: cython.int = people.two[x]
        if y == p or z == p or not (people.fits(p, y) if z < 0 else people.fit(p, y, z)):
            return NEVER
        return self._stale_with(p, y, z) - self._stale_with(x, y, z)

    @cython.cfunc
    @cython.exceptval(-1)
    def _split(self, p: cython.int, x: cython.int, most: cython.int) -> cython.bint:
        """Take x out of a group of three to be p's partner."""
        people: People = self.people
        y: cython.int = people.one[x]
        z: cython.int = people.two[x]
        if z < 0 or not people.fits(p, x) or self._on_the_way(p, x):
            return False
        if self.change[p] + people.staleness(p, x) - self._stale_with(x, y, z) > most:
            return False
        self._note(x)
        self._note(y)
        self._note(z)
        people.pair(y, z)
        self._carry_out(p, x, -1)
        return True

    @cython.cfunc
    @cython.exceptval(check=False)
    def _carry_out(self, p: cython.int, x: cython.int, y: cython.int) -> cython.void:
        """p sits down with x and y (-1: nobody); whoever displaced him takes his place, and so on."""
        people: People = self.people
        old_one: cython.int
        old_two: cython.int
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


def fill(people: People, improving: Neighbourhoods, blocks: list[NDArray[np.int32]], trios: bool = True) -> None:
    """Improve the groups in every one of these blocks.

    :param trios: False if no best way has groups of three here, so that nobody looks for them
    """
    allowed: cython.bint = people.trios
    if not blocks:
        return
    people.trios = allowed and trios
    hours = np.bitwise_count(np.asarray(people.free))
    seats = max((int(hours[persons].sum()) for persons in blocks), default=0)
    places = Places(people, max(map(len, blocks), default=0), seats)
    for persons in blocks:
        size = len(persons)
        rows = memoryview(persons)
        places.improve(rows, EFFORT * size + min(SPARE_EFFORT, SPARE_EFFORT_EACH * size))
        places.neighbourhoods(improving, rows)
    people.trios = allowed
