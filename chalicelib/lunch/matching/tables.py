# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""Who could sit together: the graph of a location without its edges.

A table is an hour and a dish. Whoever sits at a table fits everybody whom it reaches, unless something keeps the two
apart; so the edges need not be built (there may be billions), and looking through tables finds each of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

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

HOURS = 60
MOST_SEATS = 1 << 27
MOST_KINDS = 4096


@cython.final
@cython.cclass
class Tables:
    """The tables of some people of one location.

    Table t seats `seats[at[t]:at[t + 1]]`. At an hour h a person of kind k sits at table h*dishes + d for each d in
    `own[own_at[k]:own_at[k + 1]]`, and fits whoever sits at one with d in `reach[reach_at[k]:reach_at[k + 1]]`.
    Dishes are either the food types (own = reach = what they eat) or the kinds themselves (own = their kind, reach = the
    kinds that share a food with it), whichever takes less time.
    """

    dishes: cython.int
    tables: cython.int
    row: cython.int[::1]
    at: cython.int[::1]
    seats: cython.int[::1]
    own_at: cython.int[::1]
    own: cython.int[::1]
    reach_at: cython.int[::1]
    reach: cython.int[::1]

    def __init__(self, people: People, persons: NDArray[np.int32], hosts: NDArray[np.int32] | None = None) -> None:
        """Seat `persons`; `hosts` (default: the same) are those who look through the tables."""
        both = persons if hosts is None else np.concatenate([persons, hosts])
        people.sort_by_menu()
        kinds = np.asarray(people.kind)[both]
        present = np.unique(kinds)
        menus = np.array([people.menus[kind] for kind in present.tolist()], np.uint64)
        # In an order that does not depend on who else is in the round.
        present, menus = present[np.argsort(menus)], np.sort(menus)
        row = np.zeros(len(people.menus), np.int32)
        row[present] = np.arange(len(present), dtype=np.int32)
        hours = np.bitwise_count(np.asarray(people.free)[both])
        weight = np.bincount(row[kinds], weights=hours, minlength=len(present))
        foods = np.bitwise_count(menus).astype(np.int64)
        by_food = True
        if len(present) <= MOST_KINDS:
            meets = (menus[:, None] & menus[None, :]) != 0
            by_food = bool(weight @ foods * 2 <= weight @ meets.sum(1)) and int(weight @ foods) <= MOST_SEATS
        if by_food:
            bits = (menus[:, None] >> np.arange(64, dtype=np.uint64) & np.uint64(1)).astype(np.bool_)
            bits = bits[:, bits.any(0)]
            own = reach = _ragged(bits)
            self.dishes = bits.shape[1]
        else:
            own, reach = _ragged(np.eye(len(present), dtype=np.bool_)), _ragged(meets)
            self.dishes = len(present)
        self.row = memoryview(row)
        self.own_at, self.own = memoryview(own[0]), memoryview(own[1])
        self.reach_at, self.reach = memoryview(reach[0]), memoryview(reach[1])
        self.tables = HOURS * self.dishes
        self._seat(people, memoryview(np.require(persons, requirements=["C", "W"])))

    @cython.cfunc
    def _seat(self, people: People, persons: cython.int[::1]) -> object:
        at: Any = np.zeros(self.tables + 2, np.int32)
        end: cython.int[::1] = memoryview(at)
        i: cython.Py_ssize_t
        turn: cython.int
        u: cython.int
        k: cython.int
        d: cython.int
        t: cython.int
        hour: cython.int
        hours: cython.ulonglong
        for turn in range(2):
            if turn == 1:
                np.cumsum(at, out=at)
                self.seats = memoryview(np.zeros(int(at[self.tables + 1]), np.int32))
            for i in range(len(persons)):
                u = persons[i]
                k = self.row[people.kind[u]]
                hours = people.free[u]
                while hours:
                    hour = lowest(hours)
                    hours &= hours - 1
                    for d in range(self.own_at[k], self.own_at[k + 1]):
                        t = hour * self.dishes + self.own[d]
                        if turn == 0:
                            end[t + 2] += 1
                        else:
                            self.seats[end[t + 1]] = u
                            end[t + 1] += 1
        self.at = memoryview(at)
        return None


def _ragged(matrix: NDArray[np.bool_]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    at = np.zeros(len(matrix) + 1, np.int32)
    np.cumsum(matrix.sum(1), out=at[1:])
    return at, np.nonzero(matrix)[1].astype(np.int32)


def shared_tables(people: People, members: list[int]) -> Iterator[list[int]]:
    """The members at each hour and food that three of them share.

    Not `Tables`: those may seat people by kind, and then three who fit need not be at any one of them.
    """
    rows = np.array(members, np.int32)
    free, eats = np.asarray(people.free)[rows], np.asarray(people.eats)[rows]
    for hour in _bits(free):
        then = (free >> np.uint64(hour)) & np.uint64(1) != 0
        for food in _bits(eats[then]):
            table = rows[then][(eats[then] >> np.uint64(food)) & np.uint64(1) != 0]
            if len(table) >= 3:
                yield table.tolist()


def _bits(masks: NDArray[np.uint64]) -> list[int]:
    """The bits that at least one of the masks has."""
    either = int(np.bitwise_or.reduce(masks))
    return [bit for bit in range(64) if either >> bit & 1]
