# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""Groups of other sizes than two and three, made better a few people at a time.

A component of at most twelve people is divided as a whole: then the result is exact in all five objectives. In a larger
one somebody is drawn, rather one who is left over or whose group is wanting, with them people left over and groups near
them, and these are divided anew in the best way; among equals the lot decides, so that the search drifts.
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
    from cython.cimports.chalicelib.lunch.matching.division import Division
    from cython.cimports.chalicelib.lunch.matching.people import People
else:
    from chalicelib.lunch.matching.bits import lowest
    from chalicelib.lunch.matching.division import Division
    from chalicelib.lunch.matching.people import People

from chalicelib.lunch.matching.people import ints

COMPILED: bool = cython.compiled

HOURS = cython.declare(cython.int, 60)
WHOLE = 12
"""People of a component that is divided as a whole."""

SOME = cython.declare(cython.int, 16)
"""People of a neighbourhood, if they are not too many ways."""

FEWER = cython.declare(cython.int, 12)
FEWEST = cython.declare(cython.int, 8)
WORK_A_STEP = cython.declare(cython.longlong, 5000)
TRIES = cython.declare(cython.int, 30)
WORK = cython.declare(cython.longlong, 200_000)
ALL = cython.declare(cython.int, 4)
MOST = cython.declare(cython.int, 16)
MANY = cython.declare(cython.longlong, 100)
NO_LIMIT = cython.declare(cython.longlong, 1 << 40)
EFFORT = 40_000
EFFORT_EACH = cython.declare(cython.longlong, 3)
PATIENCE = 10_000


@cython.final
@cython.cclass
class Seating:
    """Who sits with whom: `ring[u]` is the next of u's group, around; u himself if he is left over."""

    people: People
    division: Division
    ring: cython.int[::1]
    at: cython.int[::1]
    seats: cython.int[::1]
    taken: cython.int[::1]
    token: cython.int
    wanting: cython.int[::1]
    wants: cython.int
    lonely: cython.int[::1]
    alone: cython.int
    most: cython.int
    stale: cython.bint
    seed: cython.ulonglong
    effort: cython.longlong
    patience: cython.longlong

    def __init__(self, people: People, division: Division, group: NDArray[np.int32], seed: int) -> None:
        """
        :param group: the groups to begin with, int32[n], -1 for nobody's
        """
        n: int = people.n
        self.people, self.division, self.seed = people, division, seed % (1 << 64)
        self.effort, self.patience = EFFORT, PATIENCE
        self.ring = memoryview(np.arange(n, dtype=np.int32))
        order = np.argsort(group, kind="stable")
        rows = order[group[order] >= 0].astype(np.int32)
        begins = np.flatnonzero(np.diff(group[rows], prepend=-1))
        following = np.append(rows[1:], 0).astype(np.int32)
        if len(rows):
            following[np.append(begins[1:], len(rows)) - 1] = rows[begins]
        np.asarray(self.ring)[rows] = following
        self.at, self.seats = ints(HOURS + 1), ints(0)
        self.taken, self.wanting, self.lonely = ints(n), ints(n), ints(n)
        self.token = self.wants = self.alone = 0
        self.stale = False
        self.most = SOME

    def groups(self) -> NDArray[np.int32]:
        """Each person's group, numbered in order of their first rows, -1 for nobody's, int32[n]."""
        found = np.full(self.people.n, -1, np.int32)
        group: cython.int[::1] = memoryview(found)
        number: cython.int = 0
        u: cython.int
        v: cython.int
        for u in range(self.people.n):
            if group[u] < 0 and self.ring[u] != u:
                v = u
                while group[v] < 0:
                    group[v] = number
                    v = self.ring[v]
                number += 1
        return found

    def improve(self, persons: cython.int[::1]) -> None:
        """Make the groups of a component better; the best there are, if it is small."""
        division: Division = self.division
        size: cython.int = len(persons)
        care: cython.int
        i: cython.int
        division.state = self.seed
        division.care = ALL
        if size <= WHOLE:
            for i in range(size):
                division.member[i] = persons[i]
            division.size = size
            if division.divide(NO_LIMIT):
                self._seat()
            return
        self._list_hours(persons)
        for care in range(1, ALL + 1):
            # Pairs and threes leave over whom they must, so with a minimum of two nothing is to be gained there.
            if care > 2 or division.minimum > 2:
                self._improve(persons, care)

    @cython.cfunc
    @cython.exceptval(-1)
    def _improve(self, persons: cython.int[::1], care: cython.int) -> cython.int:
        """Care for so many objectives, and let the others drift, so that the search does not stand still."""
        size: cython.longlong = len(persons)
        tries: cython.longlong = EFFORT_EACH * size + (self.effort if size <= MANY else 0)
        in_vain: cython.longlong = 0
        step: cython.longlong
        gained: cython.bint
        i: cython.int
        self.division.care = care
        self.most = SOME
        while tries > 0 and in_vain < self.patience:
            self._list_wanting(persons)
            if self.alone == 0 and (care < 3 or self.wants == 0 or (care == 3 and not self.stale)):
                break
            for i in range(10):
                gained = self._try()
                # Where many groups are possible, each try is a long one.
                step = 1 + (self.division.work + self.division.groups) // WORK_A_STEP
                tries -= step
                in_vain = 0 if gained else in_vain + step
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def _try(self) -> cython.bint:
        """Divide some people anew; True if that was a gain."""
        division: Division = self.division
        over: cython.longlong
        worth: cython.longlong
        u: cython.int
        if self.wants == 0 or (self.alone and division.draw(2)):
            u = self.lonely[division.draw(self.alone)]
        else:
            u = self.wanting[division.draw(self.wants)]
        self._gather(u, self.most if division.draw(2) else min(FEWER, self.most))
        if not division.divide(WORK):
            self.most = max(FEWEST, self.most - 1)
            return False
        over, worth = self._over(), self._worth()
        self._seat()
        return self._over() < over or (self._over() == over and self._worth() < worth)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _over(self) -> cython.longlong:
        """What those of the members who are left over cost."""
        cost: cython.longlong = 0
        one: cython.longlong = 1
        i: cython.int
        u: cython.int
        for i in range(self.division.size):
            u = self.division.member[i]
            if self.ring[u] == u:
                cost += (one << 40) + (self.people.waited[u] if self.division.care > 1 else 0)
        return cost

    @cython.cfunc
    @cython.exceptval(check=False)
    def _worth(self) -> cython.longlong:
        """What the members' groups cost in weeks, and then in number."""
        cost: cython.longlong = 0
        i: cython.int
        u: cython.int
        for i in range(self.division.size):
            u = self.division.member[i]
            if self.division.care > 2:
                cost += self._stale(u) * 1000
            if self.division.care > 3:
                cost += self._heads(u)
        return cost

    @cython.cfunc
    @cython.exceptval(check=False)
    def _stale(self, u: cython.int) -> cython.longlong:
        """How lately u met the others of his group."""
        weeks: cython.longlong = 0
        v: cython.int = self.ring[u]
        while v != u:
            weeks += self.people.staleness(u, v)
            v = self.ring[v]
        return weeks

    @cython.cfunc
    @cython.exceptval(check=False)
    def _heads(self, u: cython.int) -> cython.bint:
        """Whether u is the first row of a group."""
        v: cython.int = self.ring[u]
        if v == u:
            return False
        while v > u:
            v = self.ring[v]
        return v == u

    @cython.cfunc
    @cython.exceptval(check=False)
    def _length(self, u: cython.int) -> cython.int:
        """How many people are in u's group."""
        length: cython.int = 1
        v: cython.int = self.ring[u]
        while v != u:
            length += 1
            v = self.ring[v]
        return length

    @cython.cfunc
    @cython.exceptval(-1)
    def _list_hours(self, persons: cython.int[::1]) -> cython.int:
        """List who of a component is free at each hour."""
        hours: cython.ulonglong
        total: cython.int = 0
        i: cython.int
        hour: cython.int
        for hour in range(HOURS + 1):
            self.at[hour] = 0
        for i in range(len(persons)):
            hours = self.people.free[persons[i]]
            while hours:
                self.at[lowest(hours)] += 1
                total += 1
                hours &= hours - 1
        if total > len(self.seats):
            self.seats = ints(total)
        for hour in range(HOURS):
            self.at[hour + 1] += self.at[hour]
        for i in range(len(persons)):
            hours = self.people.free[persons[i]]
            while hours:
                self.at[lowest(hours)] -= 1
                self.seats[self.at[lowest(hours)]] = persons[i]
                hours &= hours - 1
        return 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def _list_wanting(self, persons: cython.int[::1]) -> cython.void:
        """List who is left over, and whose group is not full or holds people who met lately."""
        i: cython.int
        u: cython.int
        self.wants = self.alone = 0
        self.stale = False
        for i in range(len(persons)):
            u = persons[i]
            if self.ring[u] == u:
                self.lonely[self.alone] = u
                self.alone += 1
                continue
            if self._stale(u):
                self.stale = True
            elif self._length(u) == self.division.maximum and self.division.care > 2:
                continue
            self.wanting[self.wants] = u
            self.wants += 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def _gather(self, u: cython.int, most: cython.int) -> cython.void:
        """Gather u's group, and groups and people left over near it, until they are so many or enough was tried."""
        division: Division = self.division
        tries: cython.int
        self.token += 1
        division.size = 0
        self._take(u, MOST)
        for tries in range(TRIES):
            if division.size >= most:
                break
            u = division.member[division.draw(division.size)]
            if self.alone and division.draw(3) == 0:
                u = self.lonely[division.draw(self.alone)]
            else:
                u = self._somebody_near(u)
            self._take(u, most)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _take(self, u: cython.int, most: cython.int) -> cython.void:
        """Take u's group, unless it was taken or they would be too many."""
        division: Division = self.division
        v: cython.int = u
        if self.taken[u] == self.token or division.size + self._length(u) > most:
            return
        while self.taken[v] != self.token:
            self.taken[v] = self.token
            division.member[division.size] = v
            division.size += 1
            v = self.ring[v]

    @cython.cfunc
    @cython.exceptval(check=False)
    def _somebody_near(self, u: cython.int) -> cython.int:
        """Somebody who shares an hour with u, and a food if a few draws find one."""
        division: Division = self.division
        hours: cython.ulonglong = self.people.free[u]
        skip: cython.int = division.draw(12)
        hour: cython.int
        tries: cython.int
        v: cython.int = u
        while skip and hours & (hours - 1):
            hours &= hours - 1
            skip -= 1
        hour = lowest(hours)
        for tries in range(4):
            v = self.seats[self.at[hour] + division.draw(self.at[hour + 1] - self.at[hour])]
            if self.taken[v] != self.token and self.people.eats[u] & self.people.eats[v]:
                break
        return v

    @cython.cfunc
    @cython.exceptval(check=False)
    def _seat(self) -> cython.void:
        """Make the groups that lead from everybody to nobody."""
        division: Division = self.division
        rest: cython.int = 0
        group: cython.int
        first: cython.int
        last: cython.int
        while rest != (1 << division.size) - 1:
            group = division.choice[rest] ^ rest
            rest = division.choice[rest]
            first = last = division.member[lowest(group)]
            group &= group - 1
            while group:
                self.ring[last] = division.member[lowest(group)]
                last = self.ring[last]
                group &= group - 1
            self.ring[last] = first
