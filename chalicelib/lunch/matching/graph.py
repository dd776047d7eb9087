# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""The checker's own view of who fits whom; nothing of it is the matcher's.

Of one location at a time, the people free at each hour are a row of bits, and so are those who eat each food. So all
whom somebody fits are found 64 at a time: the rows of their hours joined, and the rows of their foods, and both met.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

try:
    import cython
except ModuleNotFoundError:
    from chalicelib.lunch.matching import plain as cython

if cython.compiled:
    from cython.cimports.chalicelib.lunch.matching.bits import lowest
    from cython.cimports.chalicelib.lunch.matching.probes import Probes
else:
    from chalicelib.lunch.matching.bits import lowest
    from chalicelib.lunch.matching.probes import Probes

from chalicelib.lunch.matching.groups import typed

COMPILED: bool = cython.compiled

HOURS = cython.declare(cython.int, 60)
FOODS = cython.declare(cython.int, 64)
ALL = cython.declare(cython.ulonglong, (1 << 64) - 1)


@cython.final
@cython.cclass
class Graph:
    """The people of a location who have hours and food and are not the separator's: person i's row is `row[i]`.

    They stand in order of their first hour, so that an hour's people are within a few words: from `first_word[hour]`
    up to `last_word[hour]`. Component c is `member[begin[c]:begin[c + 1]]`.
    """

    n: cython.int
    free: cython.ulonglong[::1]
    eats: cython.ulonglong[::1]
    apart_at: cython.int[::1]
    apart: cython.int[::1]
    marked: cython.int[::1]
    token: cython.int
    filtered: cython.bint
    probes: Probes
    size: cython.int
    words: cython.int
    row: cython.int[::1]
    spot: cython.int[::1]
    bucket: cython.int[::1]
    at_hour: cython.ulonglong[:, ::1]
    of_food: cython.ulonglong[:, ::1]
    first_word: cython.int[::1]
    last_word: cython.int[::1]
    open: cython.ulonglong[::1]
    still_open: cython.int
    member: cython.int[::1]
    begin: cython.int[::1]

    def __init__(self, columns: Any, largest: int) -> None:
        """
        :param largest: people at the largest location
        """
        n: int = len(columns)
        words = largest // 64 + 1
        self.n, self.size, self.words, self.token, self.still_open = n, 0, 0, 0, 0
        self.free = memoryview(typed(columns.free, np.uint64))
        self.eats = memoryview(typed(columns.eats, np.uint64))
        at, others = kept_apart(n, columns)
        self.apart_at, self.apart = memoryview(at), memoryview(others)
        self.marked, self.spot = _zeros(n), _zeros(n)
        self.filtered = columns.filter is not None
        if self.filtered:
            self.probes = Probes(columns.filter, columns.person)
        self.row, self.member, self.begin = _zeros(largest), _zeros(largest), _zeros(largest + 1)
        self.bucket, self.first_word, self.last_word = _zeros(HOURS + 1), _zeros(HOURS), _zeros(HOURS)
        self.at_hour = memoryview(np.zeros((HOURS, words), np.uint64))
        self.of_food = memoryview(np.zeros((FOODS, words), np.uint64))
        self.open = memoryview(np.zeros(words, np.uint64))

    @cython.cfunc
    @cython.exceptval(check=False)
    def enter(self, first: cython.int, last: cython.int, separator: cython.uchar[::1]) -> cython.int:
        """Turn to the location of the rows first..last - 1; how many of them can never have lunch."""
        alone: cython.int = 0
        hours: cython.ulonglong = 0
        foods: cython.ulonglong = 0
        one: cython.ulonglong = 1
        bit: cython.ulonglong
        u: cython.int
        i: cython.int
        w: cython.int
        self._order(first, last, separator)
        for u in range(first, last):
            if separator[u] == 0 and (self.free[u] == 0 or self.eats[u] == 0):
                alone += 1
        for i in range(self.size):
            hours |= self.free[self.row[i]]
            foods |= self.eats[self.row[i]]
        self.words = (self.size + 63) // 64
        for w in range(self.words):
            self.open[w] = ALL
        if self.size % 64:
            self.open[self.words - 1] = (one << (self.size % 64)) - 1
        while hours:
            self.first_word[lowest(hours)] = self.words
            self.last_word[lowest(hours)] = 0
            for w in range(self.words):
                self.at_hour[lowest(hours), w] = 0
            hours &= hours - 1
        while foods:
            for w in range(self.words):
                self.of_food[lowest(foods), w] = 0
            foods &= foods - 1
        for i in range(self.size):
            w = i // 64
            bit = one << (i % 64)
            hours = self.free[self.row[i]]
            while hours:
                self.at_hour[lowest(hours), w] |= bit
                self.first_word[lowest(hours)] = min(w, self.first_word[lowest(hours)])
                self.last_word[lowest(hours)] = w + 1
                hours &= hours - 1
            foods = self.eats[self.row[i]]
            while foods:
                self.of_food[lowest(foods), w] |= bit
                foods &= foods - 1
        return alone

    @cython.cfunc
    @cython.exceptval(check=False)
    def _order(self, first: cython.int, last: cython.int, separator: cython.uchar[::1]) -> cython.void:
        """Put who can have lunch in order of their first hour."""
        hour: cython.int
        u: cython.int
        i: cython.int
        for hour in range(HOURS + 1):
            self.bucket[hour] = 0
        for u in range(first, last):
            if separator[u] == 0 and self.free[u] and self.eats[u]:
                self.bucket[lowest(self.free[u]) + 1] += 1
        for hour in range(HOURS):
            self.bucket[hour + 1] += self.bucket[hour]
        self.size = self.bucket[HOURS]
        for u in range(first, last):
            if separator[u] == 0 and self.free[u] and self.eats[u]:
                hour = lowest(self.free[u])
                i = self.bucket[hour]
                self.bucket[hour] += 1
                self.row[i] = u
                self.spot[u] = i

    @cython.cfunc
    @cython.exceptval(-1)
    def components(self) -> cython.int:
        """Find who is connected with whom; how many components there are.

        Breadth first: either the next of those found looks for people who are still open, or, where these are fewer,
        each of the open looks for anybody who is found.
        """
        count: cython.int = 0
        head: cython.int
        tail: cython.int = 0
        before: cython.int
        i: cython.int
        one: cython.ulonglong = 1
        self.still_open = self.size
        for i in range(self.size):
            if (self.open[i // 64] >> (i % 64)) & 1 == 0:
                continue
            self.begin[count] = tail
            count += 1
            head = tail
            self.member[tail] = i
            tail += 1
            self.open[i // 64] &= ~(one << (i % 64))
            self.still_open -= 1
            while head < tail and self.still_open:
                if tail - head > self.still_open:
                    before = tail
                    tail = self._let_join(tail)
                    head = before
                else:
                    tail = self._look_around(self.member[head], tail)
                    head += 1
        self.begin[count] = tail
        return count

    @cython.cfunc
    @cython.exceptval(-1)
    def _look_around(self, i: cython.int, tail: cython.int) -> cython.int:
        """Add the open people who fit person i to those found."""
        noted: cython.bint = False
        one: cython.ulonglong = 1
        near: cython.ulonglong
        w: cython.int
        j: cython.int
        for w in range(self.lowest_word(i), self.highest_word(i)):
            if self.open[w] == 0:
                continue
            near = self.near(i, w, self.open[w])
            if near and not noted:
                self.note(self.row[i])
                noted = True
            while near:
                j = w * 64 + lowest(near)
                near &= near - 1
                if not self.kept_apart(self.row[i], self.row[j]):
                    self.member[tail] = j
                    tail += 1
                    self.open[w] &= ~(one << (j % 64))
                    self.still_open -= 1
        return tail

    @cython.cfunc
    @cython.exceptval(-1)
    def _let_join(self, tail: cython.int) -> cython.int:
        """Add the open people who fit anybody found. (Whoever was found earlier, in another component, fits none.)"""
        one: cython.ulonglong = 1
        open: cython.ulonglong
        w: cython.int
        j: cython.int
        for w in range(self.words):
            open = self.open[w]
            while open:
                j = w * 64 + lowest(open)
                open &= open - 1
                if self._fits_somebody(j):
                    self.member[tail] = j
                    tail += 1
                    self.open[w] &= ~(one << (j % 64))
                    self.still_open -= 1
        return tail

    @cython.cfunc
    @cython.exceptval(-1)
    def _fits_somebody(self, i: cython.int) -> cython.bint:
        """Whether the open person i fits anybody who is not open."""
        near: cython.ulonglong
        w: cython.int
        self.note(self.row[i])
        for w in range(self.lowest_word(i), self.highest_word(i)):
            near = self.near(i, w, ALL ^ self.open[w])
            while near:
                if not self.kept_apart(self.row[i], self.row[w * 64 + lowest(near)]):
                    return True
                near &= near - 1
        return False

    @cython.cfunc
    @cython.exceptval(check=False)
    def near(self, i: cython.int, word: cython.int, within: cython.ulonglong) -> cython.ulonglong:
        """Of these people of a word, those who share an hour and a food with person i (i too)."""
        bits: cython.ulonglong = self.free[self.row[i]]
        found: cython.ulonglong = 0
        foods: cython.ulonglong = 0
        while bits:
            found |= self.at_hour[lowest(bits), word]
            bits &= bits - 1
        found &= within
        if found == 0:
            return 0
        bits = self.eats[self.row[i]]
        while bits:
            foods |= self.of_food[lowest(bits), word]
            bits &= bits - 1
        return found & foods

    @cython.cfunc
    @cython.exceptval(check=False)
    def note(self, u: cython.int) -> cython.void:
        """Mark who is kept apart from row u, for `kept_apart`."""
        at: cython.int
        self.token += 1
        for at in range(self.apart_at[u], self.apart_at[u + 1]):
            self.marked[self.apart[at]] = self.token

    @cython.cfunc
    @cython.exceptval(-1)
    def kept_apart(self, u: cython.int, v: cython.int) -> cython.bint:
        """Whether a list or the filter keeps row v apart from row u, who was just noted."""
        if self.marked[v] == self.token:
            return True
        return self.filtered and self.probes.blocked(u, v)

    @cython.cfunc
    @cython.exceptval(check=False)
    def lowest_word(self, i: cython.int) -> cython.int:
        """The first word in which somebody shares an hour with person i."""
        hours: cython.ulonglong = self.free[self.row[i]]
        word: cython.int = self.words
        while hours:
            word = min(word, self.first_word[lowest(hours)])
            hours &= hours - 1
        return word

    @cython.cfunc
    @cython.exceptval(check=False)
    def highest_word(self, i: cython.int) -> cython.int:
        """The word after the last in which somebody shares an hour with person i."""
        hours: cython.ulonglong = self.free[self.row[i]]
        word: cython.int = 0
        while hours:
            word = max(word, self.last_word[lowest(hours)])
            hours &= hours - 1
        return word


def kept_apart(n: cython.int, columns: Any) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Whom the lists keep apart: where each person's begin, int32[n + 1], and the others, each pair from both sides."""
    location: cython.int[::1] = memoryview(typed(columns.location, np.int32))
    forbidden: cython.int[:, ::1] = memoryview(typed(columns.forbidden, np.int32))
    blocked: cython.int[:, ::1] = memoryview(typed(columns.blocked, np.int32))
    ends = np.zeros(n + 2, np.int32)
    end: cython.int[::1] = memoryview(ends)
    others = np.zeros(0, np.int32)
    other: cython.int[::1] = memoryview(others)
    pairs: cython.int[:, ::1]
    turn: cython.int
    i: cython.Py_ssize_t
    u: cython.int
    v: cython.int
    for turn in range(4):
        pairs = forbidden if turn % 2 == 0 else blocked
        if turn == 2:
            np.cumsum(ends, out=ends)
            others = np.zeros(ends[n + 1], np.int32)
            other = memoryview(others)
        for i in range(len(pairs)):
            u, v = pairs[i, 0], pairs[i, 1]
            if u == v or location[u] != location[v]:
                continue
            if turn < 2:
                end[u + 2] += 1
                end[v + 2] += 1
            else:
                other[end[u + 1]] = v
                end[u + 1] += 1
                other[end[v + 1]] = u
                end[v + 1] += 1
    return ends[: n + 1], others


def _zeros(length: int) -> memoryview[int]:
    return memoryview(np.zeros(length, np.int32))
