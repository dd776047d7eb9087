# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""A place for somebody who has none: they join a pair, or take another's place, who then looks for one in turn.

That is an ejection chain, searched breadth first (Glover 1996). What it changed can be undone.
"""

from __future__ import annotations

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
PAIRS_A_PERSON = cython.declare(cython.int, 64)
SEATS_A_PERSON = cython.declare(cython.int, 256)
NEVER = cython.declare(cython.int, 1 << 20)


@cython.final
@cython.cclass
class Chains:
    """The groups of one block, and the search for places in them.

    Those free at an hour are `seats[at[hour]:at[hour + 1]]`. The place that the one who looks had beside `hole_one` and
    `hole_two` (-1: nobody) is free for somebody else, and needs one if it was beside one alone. On its way a chain may make
    groups by `slack` staler; `splitting`, it may also take one out of a group of three. A search goes on until `effort` is
    down to `limit`; then, or if it was in vain, those it `reached` are the first of the `queue`.
    """

    people: People
    at: cython.int[::1]
    seats: cython.int[::1]
    pairs: cython.int[::1]
    pair_count: cython.int
    hole_one: cython.int
    hole_two: cython.int
    slack: cython.int
    splitting: cython.bint
    effort: cython.longlong
    limit: cython.longlong
    queue: cython.int[::1]
    reached: cython.int
    before: cython.int[::1]
    seen: cython.int[::1]
    search: cython.int
    looked: cython.int[::1]
    token: cython.int
    change: cython.int[::1]
    log: cython.int[::1]
    logged: cython.int

    def __init__(self, people: People, largest: int, seats: int) -> None:
        """
        :param largest: people of the largest block
        :param seats: the most seats of a block: one for each person and hour
        """
        n: int = people.n
        self.people = people
        self.at = ints(HOURS + 1)
        self.seats, self.pairs, self.queue = ints(seats), ints(largest), ints(largest)
        self.before, self.seen, self.looked, self.change = ints(n), ints(n), ints(n), ints(n)
        self.log = ints(24 * largest + 24)
        self.pair_count = self.logged = self.reached = self.search = self.token = 0
        self.hole_one = self.hole_two = -1
        self.splitting = False
        self.slack = 0
        self.effort = self.limit = 0

    def enter(self, persons: cython.int[::1]) -> None:
        """Turn to the people of a block, of whom those who sit with somebody have seats."""
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
    def list_pairs(self, persons: cython.int[::1]) -> cython.void:
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
    @cython.exceptval(check=False)
    def stale(self, u: cython.int) -> cython.int:
        """How stale u's group is for u."""
        return self._stale_with(u, self.people.one[u], self.people.two[u])

    @cython.cfunc
    @cython.exceptval(check=False)
    def _stale_with(self, u: cython.int, x: cython.int, y: cython.int) -> cython.int:
        stale: cython.int = self.people.staleness(u, x)
        return stale + self.people.staleness(u, y) if y >= 0 else stale

    @cython.cfunc
    @cython.exceptval(check=False)
    def begin(
        self, effort: cython.longlong, slack: cython.int, splitting: cython.bint, one: cython.int, two: cython.int
    ) -> cython.void:
        """Forget what was noted, and set out to change something at the cost of so much of the effort."""
        self.logged = 0
        self.limit = self.effort - effort
        self.slack, self.splitting = slack, splitting
        self.hole_one, self.hole_two = one, two

    @cython.cfunc
    @cython.exceptval(check=False)
    def note(self, u: cython.int) -> cython.void:
        self.log[self.logged] = u
        self.log[self.logged + 1] = self.people.one[u]
        self.log[self.logged + 2] = self.people.two[u]
        self.logged += 3

    @cython.cfunc
    @cython.exceptval(check=False)
    def undo(self) -> cython.void:
        u: cython.int
        while self.logged > 0:
            self.logged -= 3
            u = self.log[self.logged]
            self.people.one[u] = self.log[self.logged + 1]
            self.people.two[u] = self.log[self.logged + 2]

    @cython.cfunc
    @cython.exceptval(-1)
    def place(self, root: cython.int, most: cython.int) -> cython.bint:
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
        """Let p take the place that the root had, if p fits there."""
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
            self.note(x)
            self.note(y)
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
        """How much staler x's group becomes with p in the place of x; more than ever allowed if p does not fit."""
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
        self.note(x)
        self.note(y)
        self.note(z)
        people.pair(y, z)
        self._carry_out(p, x, -1)
        return True

    @cython.cfunc
    @cython.exceptval(check=False)
    def _carry_out(self, p: cython.int, x: cython.int, y: cython.int) -> cython.void:
        """p sits down with x and y (-1: nobody); whoever displaced p takes the place of p, and so on."""
        people: People = self.people
        old_one: cython.int
        old_two: cython.int
        while p >= 0:
            old_one, old_two = people.one[p], people.two[p]
            if self.before[p] >= 0:
                self.note(p)
                self.note(old_one)
                if old_two >= 0:
                    self.note(old_two)
            if y >= 0:
                people.trio(p, x, y)
            else:
                people.pair(p, x)
            x, y = old_one, old_two
            p = self.before[p]
