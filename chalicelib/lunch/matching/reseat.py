# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""Groups of other sizes than two and three, made better a few people at a time.

A component of at most twelve people is divided as a whole: then the result is exact in all five objectives. In a larger
one somebody is drawn, rather one who is left over or whose group is wanting, with them people left over and groups near
them, and these are divided anew in the best way; among equals the lot decides, so that the search drifts. Where few people
are concerned it is pushed off as well when nothing came of it for a while: some groups are parted, and the best seen is
what stays.
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
    from cython.cimports.chalicelib.lunch.matching.first_fit import FirstFit
    from cython.cimports.chalicelib.lunch.matching.lots import Lots
    from cython.cimports.chalicelib.lunch.matching.people import People
    from cython.cimports.chalicelib.lunch.matching.rings import Rings
else:
    from chalicelib.lunch.matching.bits import lowest
    from chalicelib.lunch.matching.division import Division
    from chalicelib.lunch.matching.first_fit import FirstFit
    from chalicelib.lunch.matching.lots import Lots
    from chalicelib.lunch.matching.people import People
    from chalicelib.lunch.matching.rings import Rings

from chalicelib.lunch.matching.people import ints

COMPILED: bool = cython.compiled

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
PUSH = cython.declare(cython.longlong, 600)
PARTED = cython.declare(cython.int, 3)
EFFORT = 40_000
EFFORT_EACH = cython.declare(cython.longlong, 3)
PATIENCE = 10_000


@cython.final
@cython.cclass
class Seating:
    """The search, component by component. `best` is what `following` was when the fewest were left over."""

    people: People
    lots: Lots
    division: Division
    rings: Rings
    first_fit: FirstFit
    taken: cython.int[::1]
    token: cython.int
    wanting: cython.int[::1]
    wants: cython.int
    lonely: cython.int[::1]
    alone: cython.int
    best: cython.int[::1]
    most: cython.int
    stale: cython.bint
    seed: cython.ulonglong
    effort: cython.longlong
    patience: cython.longlong

    def __init__(self, rings: Rings, division: Division, seed: int) -> None:
        n: int = rings.people.n
        self.people, self.rings, self.division = rings.people, rings, division
        self.lots, self.seed = division.lots, seed % (1 << 64)
        self.first_fit = FirstFit(rings, division.minimum, division.maximum)
        self.effort, self.patience = EFFORT, PATIENCE
        self.taken, self.wanting, self.lonely, self.best = ints(n), ints(n), ints(n), ints(n)
        self.token = self.wants = self.alone = 0
        self.stale = False
        self.most = SOME

    def improve(self, persons: cython.int[::1]) -> None:
        """Make the groups of a component better; the best there are, if it is small."""
        division: Division = self.division
        size: cython.int = len(persons)
        care: cython.int
        i: cython.int
        self.lots.state = self.seed
        division.care = ALL
        if size <= WHOLE:
            for i in range(size):
                division.member[i] = persons[i]
            division.size = size
            if division.divide(NO_LIMIT):
                self._seat()
            return
        self.rings.list_hours(persons)
        self.first_fit.seat(persons)
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
        pushed: cython.bint = care < 3 and size <= MANY
        patience: cython.longlong = self.patience * (2 if pushed else 1)
        least: cython.longlong = 1 << 62
        in_vain: cython.longlong = 0
        since: cython.longlong = 0
        step: cython.longlong
        gained: cython.bint
        i: cython.int
        self.division.care = care
        self.most = SOME
        while tries > 0 and in_vain < patience:
            if pushed and self._over(persons, len(persons)) < least:
                least = self._over(persons, len(persons))
                in_vain = since = 0
                self._keep(persons)
            elif pushed and since > PUSH:
                since = 0
                self._push_off(persons)
            self._list_wanting(persons)
            if self.alone == 0 and (care < 3 or self.wants == 0 or (care == 3 and not self.stale)):
                break
            # As many tries as a list of who is wanting takes time.
            for i in range(10 + size // 10):
                gained = self._try()
                # Where many groups are possible, each try is a long one.
                step = 1 + (self.division.work + self.division.groups) // WORK_A_STEP
                tries -= step
                since += step
                in_vain = 0 if gained and not pushed else in_vain + step
        if pushed and self._over(persons, len(persons)) > least:
            self._return(persons)
        return 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def _keep(self, persons: cython.int[::1]) -> cython.void:
        """Remember the groups of the component."""
        i: cython.int
        for i in range(len(persons)):
            self.best[persons[i]] = self.rings.following[persons[i]]

    @cython.cfunc
    @cython.exceptval(check=False)
    def _return(self, persons: cython.int[::1]) -> cython.void:
        """Make the groups those that were remembered."""
        i: cython.int
        for i in range(len(persons)):
            self.rings.following[persons[i]] = self.best[persons[i]]

    @cython.cfunc
    @cython.exceptval(check=False)
    def _push_off(self, persons: cython.int[::1]) -> cython.void:
        """Begin anew beside the best: part some of its groups."""
        i: cython.int
        self._return(persons)
        for i in range(PARTED):
            self.rings.part(persons[self.lots.draw(len(persons))])

    @cython.cfunc
    @cython.exceptval(-1)
    def _try(self) -> cython.bint:
        """Divide some people anew; True if that was a gain."""
        division: Division = self.division
        before: cython.longlong
        over: cython.longlong
        worth: cython.longlong
        u: cython.int
        if self.wants == 0 or (self.alone and self.lots.draw(2)):
            u = self.lonely[self.lots.draw(self.alone)]
        else:
            u = self.wanting[self.lots.draw(self.wants)]
        self._gather(u, self.most if self.lots.draw(2) else min(FEWER, self.most))
        if not division.divide(WORK):
            self.most = max(FEWEST, self.most - 1)
            return False
        before, worth = self._over(division.member, division.size), self._worth()
        self._seat()
        over = self._over(division.member, division.size)
        return over < before or (over == before and self._worth() < worth)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _over(self, persons: cython.int[::1], size: cython.int) -> cython.longlong:
        """What those of so many people who are left over cost."""
        cost: cython.longlong = 0
        one: cython.longlong = 1
        i: cython.int
        u: cython.int
        for i in range(size):
            u = persons[i]
            if self.rings.following[u] == u:
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
                cost += self.rings.stale(u) * 1000
            if self.division.care > 3:
                cost += self.rings.heads(u)
        return cost

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
            if self.rings.following[u] == u:
                self.lonely[self.alone] = u
                self.alone += 1
                continue
            if self.rings.stale(u):
                self.stale = True
            elif self.rings.length(u) == self.division.maximum and self.division.care > 2:
                continue
            self.wanting[self.wants] = u
            self.wants += 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def _gather(self, u: cython.int, most: cython.int) -> cython.void:
        """Gather u's group, and groups and people left over near it, until they are so many or enough was tried."""
        division: Division = self.division
        hour: cython.int = self._some_hour(u)
        chance: cython.int
        tries: cython.int
        v: cython.int
        self.token += 1
        division.size = 0
        self._take(u, MOST)
        for tries in range(TRIES):
            if division.size >= most:
                break
            chance = self.lots.draw(6)
            if self.alone and chance < 1:
                v = self.lonely[self.lots.draw(self.alone)]
            elif chance < 4:
                v = self._somebody_at(hour, u)
            else:
                v = self._somebody_near(division.member[self.lots.draw(division.size)])
            self._take(v, most)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _take(self, u: cython.int, most: cython.int) -> cython.void:
        """Take u's group, unless it was taken or they would be too many."""
        division: Division = self.division
        v: cython.int = u
        if self.taken[u] == self.token or division.size + self.rings.length(u) > most:
            return
        while self.taken[v] != self.token:
            self.taken[v] = self.token
            division.member[division.size] = v
            division.size += 1
            v = self.rings.following[v]

    @cython.cfunc
    @cython.exceptval(check=False)
    def _somebody_near(self, u: cython.int) -> cython.int:
        """Somebody who shares an hour with u, and a food if a few draws find one."""
        return self._somebody_at(self._some_hour(u), u)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _some_hour(self, u: cython.int) -> cython.int:
        """One of u's hours."""
        hours: cython.ulonglong = self.people.free[u]
        skip: cython.int = self.lots.draw(12)
        while skip and hours & (hours - 1):
            hours &= hours - 1
            skip -= 1
        return lowest(hours)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _somebody_at(self, hour: cython.int, u: cython.int) -> cython.int:
        """Somebody who is free at the hour, and not taken and eats what u eats if a few draws find one."""
        first: cython.int = self.rings.at[hour]
        last: cython.int = self.rings.at[hour + 1]
        tries: cython.int
        v: cython.int = u
        for tries in range(4):
            v = self.rings.seats[first + self.lots.draw(last - first)]
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
                self.rings.following[last] = division.member[lowest(group)]
                last = self.rings.following[last]
                group &= group - 1
            self.rings.following[last] = first


def resize(
    people: People, minimum: int, maximum: int, seed: int, components: list[NDArray[np.int32]]
) -> NDArray[np.int32]:
    """Groups of the sizes that the rules want, int32[n], made of pairs and threes; -1 for nobody's.

    :param components: of two people or more, who fit nobody else
    """
    rings = Rings(people)
    seating = Seating(rings, Division(people, Lots(), minimum, maximum), seed)
    for persons in components:
        seating.improve(memoryview(persons))
    return rings.groups()
