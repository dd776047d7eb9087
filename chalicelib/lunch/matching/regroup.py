# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""Small exact neighbourhoods: the people of a few groups are divided anew, in the best way there is.

A pair, or a group of people who met lately, is drawn, with it a few groups near it; partition.py finds the best of all
ways to divide these people. Somebody left over may be among them, and change places with somebody who has waited as
long. Among equals the lot decides, so that the search drifts instead of standing still. A component of at most twelve
people is one neighbourhood: then the result is exact in all five objectives.
"""

from __future__ import annotations

try:
    import cython
except ModuleNotFoundError:
    from chalicelib.lunch.matching import plain as cython

if cython.compiled:
    from cython.cimports.chalicelib.lunch.matching.bits import count, lowest
    from cython.cimports.chalicelib.lunch.matching.lots import Lots
    from cython.cimports.chalicelib.lunch.matching.near import Near
    from cython.cimports.chalicelib.lunch.matching.partition import Partition
    from cython.cimports.chalicelib.lunch.matching.people import People
else:
    from chalicelib.lunch.matching.bits import count, lowest
    from chalicelib.lunch.matching.lots import Lots
    from chalicelib.lunch.matching.near import Near
    from chalicelib.lunch.matching.partition import Partition
    from chalicelib.lunch.matching.people import People

from chalicelib.lunch.matching.people import ints

COMPILED: bool = cython.compiled

MOST = cython.declare(cython.int, 16)
"""People of a component that is divided as a whole."""
SOME = cython.declare(cython.int, 12)
"""People of a neighbourhood."""
LARGE = cython.declare(cython.longlong, 1000)
SPARE = 1_500_000
SPARE_MOST = 1_500
"""A component of n people may try SPARE / n neighbourhoods besides one for 20 people: a small one is searched thoroughly."""

PATIENCE = cython.declare(cython.longlong, 150)
PATIENCE_EACH = cython.declare(cython.longlong, 3)
PATIENT = cython.declare(cython.longlong, 1500)
HASTY = cython.declare(cython.longlong, 250)
"""So many tries in vain, and for each person in want, end it; HASTY at most if only fuller groups could be had."""
TRIES = cython.declare(cython.int, 24)


@cython.final
@cython.cclass
class Neighbourhoods:
    """The groups of one block or component, a few at a time."""

    people: People
    lots: Lots
    seed: cython.ulonglong
    partition: Partition
    everybody: cython.ulonglong
    at: cython.int[::1]
    seats: cython.int[::1]
    rows: cython.int[::1]
    wanting: cython.int[::1]
    stale: cython.bint
    left: cython.int[::1]
    left_count: cython.int
    taken: cython.int[::1]
    token: cython.int
    spare: cython.longlong
    spare_most: cython.longlong

    def __init__(self, people: People, seed: int) -> None:
        self.people, self.lots, self.seed = people, Lots(), seed % (1 << 64)
        self.partition = Partition(people, self.lots)
        self.rows, self.wanting, self.left, self.taken = (ints(people.n) for _ in range(4))
        self.token = self.left_count = 0
        self.stale = False
        self.everybody = 0
        self.spare, self.spare_most = SPARE, SPARE_MOST

    @cython.cfunc
    @cython.exceptval(-1)
    def improve_near(self, near: Near, everybody: cython.ulonglong) -> cython.int:
        """Improve the groups of these of the people of a small graph, a component."""
        bits: cython.ulonglong = everybody
        size: cython.int = 0
        self.partition.near, self.partition.small, self.everybody = near, True, everybody
        self.lots.state = self.seed
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
        self.at, self.seats, self.partition.small = at, seats, False
        self.lots.state = self.seed
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
                u = self.wanting[self.lots.draw(count)]
                if self.people.one[u] >= 0:
                    self._gather(u)
                    before = self.partition.cost()
                    self.partition.divide()
                    if self.partition.cost() < before:
                        in_vain = 0
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def _divide_whole(self, size: cython.int) -> cython.bint:
        """Divide a whole component; False if it takes too long."""
        chosen: Partition = self.partition
        done: cython.bint
        i: cython.int
        if size == 3 and self.people.two[self.rows[0]] >= 0:
            return True
        for i in range(size):
            chosen.member[i] = self.rows[i]
        chosen.size = size
        chosen.whole = True
        done = chosen.divide()
        chosen.whole = False
        return done

    @cython.cfunc
    @cython.exceptval(check=False)
    def _list_wanting(self, rows: cython.int[::1]) -> cython.int:
        """List who is in a pair, or met a companion lately; nobody if fewer than three pairs are all there is."""
        people: People = self.people
        count: cython.int = 0
        paired: cython.int = 0
        i: cython.int
        u: cython.int
        self.left_count, self.stale = 0, False
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
        """Gather u's group and groups near it until they are SOME people or enough was tried."""
        people: People = self.people
        chosen: Partition = self.partition
        tries: cython.int
        x: cython.int
        self.token += 1
        chosen.size = 0
        self._take_group(u)
        if self.left_count and self.lots.draw(2):
            x = self.left[self.lots.draw(self.left_count)]
            if people.one[x] < 0:
                self._take(x)
        for tries in range(TRIES):
            if chosen.size > SOME - 2:
                break
            x = self._somebody_near(chosen.member[self.lots.draw(chosen.size)])
            if x >= 0 and chosen.size + (2 if people.two[x] < 0 else 3) <= SOME:
                self._take_group(x)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _somebody_near(self, u: cython.int) -> cython.int:
        """Somebody with a group whom u may fit, rather in a pair; -1 if the draws find nobody new."""
        people: People = self.people
        graph: Near
        near: cython.ulonglong
        more: cython.int
        hour: cython.int = 0
        size: cython.int
        x: cython.int = u
        if self.partition.small:
            graph = self.partition.near
            near = graph.near[graph.spot[u]] & self.everybody
            size = count(near)
        else:
            near = self._drop(people.free[u], self.lots.draw(12))
            hour = lowest(near)
            size = self.at[hour + 1] - self.at[hour]
        if size == 0:
            return -1
        for more in range(4):
            if self.partition.small:
                x = self.partition.near.row[lowest(self._drop(near, self.lots.draw(size)))]
            else:
                x = self.seats[self.at[hour] + self.lots.draw(size)]
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
        self.partition.member[self.partition.size] = u
        self.partition.size += 1
