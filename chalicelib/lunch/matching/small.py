# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""Blocks of at most 64 people: their graph fits in 64 words, so that a round of tiny offices takes no time for each.

The steps are those of large blocks, component by component: a greedy start, the rescue, the exchange, better groups
of the same people. A component of at most twelve is weighed as a whole instead of the last two.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

try:
    import cython
except ModuleNotFoundError:
    from chalicelib.lunch.matching import plain as cython

if cython.compiled:
    from cython.cimports.chalicelib.lunch.matching.bits import count, lowest
    from cython.cimports.chalicelib.lunch.matching.exchange import Exchange
    from cython.cimports.chalicelib.lunch.matching.forest import Forest
    from cython.cimports.chalicelib.lunch.matching.near import Near
    from cython.cimports.chalicelib.lunch.matching.people import People
    from cython.cimports.chalicelib.lunch.matching.regroup import Neighbourhoods
    from cython.cimports.chalicelib.lunch.matching.rescue import Rescue
else:
    from chalicelib.lunch.matching.bits import count, lowest
    from chalicelib.lunch.matching.exchange import Exchange
    from chalicelib.lunch.matching.forest import Forest
    from chalicelib.lunch.matching.near import Near
    from chalicelib.lunch.matching.people import People
    from chalicelib.lunch.matching.regroup import Neighbourhoods
    from chalicelib.lunch.matching.rescue import Rescue

COMPILED: bool = cython.compiled

WORD = cython.declare(cython.int, 64)
WHOLE = cython.declare(cython.int, 12)
INNER = cython.declare(cython.int, 2)


@cython.final
@cython.cclass
class Small:
    """The small blocks of a round, one after the other."""

    people: People
    forest: Forest
    rescuing: Rescue
    trade: Exchange
    improving: Neighbourhoods
    near: Near
    separator: cython.uchar[::1]
    must_stay: cython.int

    def __init__(
        self,
        people: People,
        rescuing: Rescue,
        trade: Exchange,
        improving: Neighbourhoods,
        separator: NDArray[np.uint8],
    ) -> None:
        self.people, self.rescuing, self.trade, self.improving = people, rescuing, trade, improving
        self.forest = rescuing.forest
        self.near = Near(people)
        self.separator = memoryview(separator)
        self.must_stay = 0

    def match(self, members: cython.int[::1], begins: cython.int[::1], most: cython.int) -> tuple[list[int], int]:
        """Make the groups of all small blocks.

        :param members: people, block by block
        :param begins: where in this list each block begins, and the last ends
        :param most: so many people are a small block, 64 at most
        :returns: the numbers of the larger blocks, and how many of the people of the small ones must stay over
        """
        larger: list[int] = []
        block: cython.int
        size: cython.int
        self.must_stay = 0
        for block in range(len(begins) - 1):
            size = begins[block + 1] - begins[block]
            if size == 1:
                self.must_stay += 1
            elif size <= most:
                self._match_block(members, begins[block], begins[block + 1])
            else:
                larger.append(block)
        return larger, self.must_stay

    @cython.cfunc
    @cython.exceptval(-1)
    def _match_block(self, members: cython.int[::1], first: cython.int, last: cython.int) -> cython.int:
        near: Near = self.near
        everybody: cython.ulonglong = 0xFFFFFFFFFFFFFFFF
        component: cython.ulonglong
        size: cython.int
        i: cython.int
        near.enter(members, first, last)
        everybody >>= WORD - (last - first)
        while everybody:
            i = lowest(everybody)
            component = near.reached(i)
            everybody &= ~component
            size = count(component)
            if size == 1:
                self.must_stay += 1
            elif size == 2:
                self.people.pair(near.row[i], near.row[lowest(component & (component - 1))])
            else:
                self._match_component(component, size)
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def _match_component(self, component: cython.ulonglong, size: cython.int) -> cython.int:
        lonely: cython.ulonglong = self._greedy(component)
        failed: cython.int = 0
        u: cython.int
        if lonely:
            self.rescuing.enter_near(self.near, component)
            while lonely:
                u = self.near.row[lowest(lonely)]
                lonely &= lonely - 1
                if self.people.one[u] < 0 and not self.rescuing.rescue(u):
                    failed += 1
        if failed:
            self.must_stay += failed
            self._separate(component)
            if size > WHOLE:
                self.trade.choose_near(self.near, component)
        self.improving.improve_near(self.near, component)
        return 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def _separate(self, component: cython.ulonglong) -> cython.void:
        """Note the inner people of closed trees: the certificate."""
        u: cython.int
        while component:
            u = self.near.row[lowest(component)]
            component &= component - 1
            if self.forest.closed[u] and self.forest.label[u] == INNER:
                self.separator[u] = 1

    @cython.cfunc
    @cython.exceptval(-1)
    def _greedy(self, open: cython.ulonglong) -> cython.ulonglong:
        """Let whoever fits the fewest choose a partner, and the two a third; who is without a group then."""
        near: Near = self.near
        people: People = self.people
        lonely: cython.ulonglong = 0
        rest: cython.ulonglong
        one: cython.ulonglong = 1
        fewest: cython.int
        i: cython.int
        j: cython.int
        k: cython.int
        chosen: cython.int
        while open:
            fewest = WORD + 1
            i = -1
            rest = open
            while rest:
                j = lowest(rest)
                rest &= rest - 1
                if count(near.near[j] & open) < fewest:
                    i, fewest = j, count(near.near[j] & open)
            open &= ~(one << i)
            chosen = self._best(near.near[i] & open, i, -1)
            if chosen < 0:
                lonely |= one << i
                continue
            open &= ~(one << chosen)
            k = -1
            if people.trios:
                k = self._best(near.near[i] & near.near[chosen] & open, i, chosen)
            if k < 0:
                people.pair(near.row[i], near.row[chosen])
            else:
                open &= ~(one << k)
                people.trio(near.row[i], near.row[chosen], near.row[k])
        return lonely

    @cython.cfunc
    @cython.exceptval(check=False)
    def _best(self, open: cython.ulonglong, i: cython.int, j: cython.int) -> cython.int:
        """Of these, the one who shares the most hours with i (and j), rather one they never met; -1: nobody."""
        people: People = self.people
        u: cython.int = self.near.row[i]
        v: cython.int = self.near.row[j] if j >= 0 else -1
        w: cython.int
        k: cython.int
        best: cython.int = -1
        most: cython.int = -100000
        score: cython.int
        free: cython.ulonglong = people.free[u]
        if j >= 0:
            free &= people.free[v]
        while open:
            k = lowest(open)
            open &= open - 1
            if j >= 0 and not self.near.trio(i, j, k):
                continue
            w = self.near.row[k]
            score = count(free & people.free[w]) - 100 * people.staleness(u, w)
            if j >= 0:
                score -= 100 * people.staleness(v, w)
            if score > most:
                best, most = k, score
        return best
