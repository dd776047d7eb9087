# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""A large block in its components: people who are connected by lunches that two of them could have.

Its hours are linked, but foods and lists of who is kept apart may divide it further. (The filter of blocked pairs may
as well, but is not asked: it costs too much, and people whom it alone divides may stay in one part.)
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
    from cython.cimports.chalicelib.lunch.matching.tables import Tables
else:
    from chalicelib.lunch.matching.bits import lowest
    from chalicelib.lunch.matching.people import People
    from chalicelib.lunch.matching.tables import Tables

from chalicelib.lunch.matching.people import ints

COMPILED: bool = cython.compiled

HOURS = cython.declare(cython.int, 60)
FOODS = cython.declare(cython.int, 64)
TURNS = cython.declare(cython.int, 4)


@cython.final
@cython.cclass
class Parts:
    """A search through the tables of one block after the other, each seat of which is passed once.

    Before `passed[t]` everybody at table t is found already; `part[u]` is u's part, -1 before u is found. The foods that
    have been reached at an hour are `reached[hour]`, by whom first `first`.
    """

    people: People
    part: cython.int[::1]
    apart: cython.int[::1]
    token: cython.int
    queue: cython.int[::1]
    tail: cython.int
    passed: cython.int[::1]
    reached: cython.ulonglong[::1]
    first: cython.int[::1]

    def __init__(self, people: People, largest: int) -> None:
        """
        :param largest: people in the largest block
        """
        self.people = people
        self.part, self.apart, self.queue = ints(people.n, -1), ints(people.n), ints(largest)
        self.token = self.tail = 0
        self.reached = memoryview(np.zeros(HOURS, np.uint64))
        self.first = ints(HOURS * FOODS)

    def is_one(self, persons: cython.int[::1]) -> bool:
        """Whether a block is plainly one component: found without its tables, and for most blocks enough.

        Whoever fits the first to have reached one of their hours and foods joins, and reaches all of their own.
        """
        rest: cython.int = len(persons)
        kept: cython.int
        turn: cython.int
        i: cython.int
        for i in range(HOURS):
            self.reached[i] = 0
        for i in range(rest):
            self.queue[i] = persons[i]
        self._reach(persons[0])
        for turn in range(TURNS):
            kept = 0
            for i in range(rest):
                if self._joins(self.queue[i]):
                    self._reach(self.queue[i])
                else:
                    self.queue[kept] = self.queue[i]
                    kept += 1
            if kept == 0 or kept == rest:
                return kept == 0
            rest = kept
        return False

    @cython.cfunc
    @cython.exceptval(check=False)
    def _joins(self, u: cython.int) -> cython.bint:
        """Whether u fits somebody who has joined, if at most a few are asked; or is the first."""
        people: People = self.people
        hours: cython.ulonglong = people.free[u]
        both: cython.ulonglong
        first: cython.int
        while hours:
            both = people.eats[u] & self.reached[lowest(hours)]
            if both:
                first = self.first[lowest(hours) * FOODS + lowest(both)]
                if first == u or people._listed(people.apart_at, people.apart, u, first) < 0:
                    return True
            hours &= hours - 1
        return False

    @cython.cfunc
    @cython.exceptval(check=False)
    def _reach(self, u: cython.int) -> cython.void:
        """Let u have joined."""
        hours: cython.ulonglong = self.people.free[u]
        new: cython.ulonglong
        hour: cython.int
        while hours:
            hour = lowest(hours)
            hours &= hours - 1
            new = self.people.eats[u] & ~self.reached[hour]
            self.reached[hour] |= new
            while new:
                self.first[hour * FOODS + lowest(new)] = u
                new &= new - 1

    def divide(self, tables: Tables, persons: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The people of a block, part by part, and where in this list the parts begin (and the last ends).

        :param tables: where these people sit
        """
        size: cython.int = len(persons)
        person: cython.int[::1] = memoryview(persons)
        members = np.zeros(size, np.int32)
        member: cython.int[::1] = memoryview(members)
        count: cython.int = 0
        head: cython.int
        i: cython.int
        self.passed = memoryview(np.array(tables.at))
        self.tail = 0
        for i in range(size):
            if self.part[person[i]] < 0:
                head = self.tail
                self._find(person[i], count)
                while head < self.tail and self.tail < size:
                    self._look_around(tables, self.queue[head], count)
                    head += 1
                count += 1
        begins = np.zeros(count + 1, np.int32)
        begin: cython.int[::1] = memoryview(begins)
        for i in range(size):
            begin[self.part[person[i]] + 1] += 1
        np.cumsum(begins, out=begins)
        end: cython.int[::1] = memoryview(begins.copy())
        for i in range(size):
            member[end[self.part[person[i]]]] = person[i]
            end[self.part[person[i]]] += 1
        return members, begins

    @cython.cfunc
    @cython.exceptval(check=False)
    def _find(self, u: cython.int, part: cython.int) -> cython.void:
        self.part[u] = part
        self.queue[self.tail] = u
        self.tail += 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def _look_around(self, tables: Tables, u: cython.int, part: cython.int) -> cython.void:
        """Find everybody new who fits u."""
        kind: cython.int = tables.row[self.people.kind[u]]
        hours: cython.ulonglong = self.people.free[u]
        hour: cython.int
        d: cython.int
        i: cython.int
        self.token += 1
        for i in range(self.people.apart_at[u], self.people.apart_at[u + 1]):
            self.apart[self.people.apart[i]] = self.token
        while hours:
            hour = lowest(hours)
            hours &= hours - 1
            for d in range(tables.reach_at[kind], tables.reach_at[kind + 1]):
                self._look_through(tables, hour * tables.dishes + tables.reach[d], part)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _look_through(self, tables: Tables, t: cython.int, part: cython.int) -> cython.void:
        seats: cython.int[::1] = tables.seats
        passed: cython.int = self.passed[t]
        i: cython.int
        x: cython.int
        for i in range(passed, tables.at[t + 1]):
            x = seats[i]
            if self.part[x] < 0:
                if self.apart[x] == self.token:
                    continue
                self._find(x, part)
            seats[i], seats[passed] = seats[passed], x
            passed += 1
        self.passed[t] = passed
