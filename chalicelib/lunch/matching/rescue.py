# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""The most people matched: as long as somebody without a group can be seated, they are.

A search (search.py) that is complete and found no way is saved if three people of one of its blossoms make a group and the
rest of it pairs. Else its tree is closed: no later search needs it, and its inner people are the certificate.
docs/matching.md has the proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

try:
    import cython
except ModuleNotFoundError:
    from chalicelib.lunch.matching import plain as cython

if cython.compiled:
    from cython.cimports.chalicelib.lunch.matching.forest import Forest
    from cython.cimports.chalicelib.lunch.matching.near import Near
    from cython.cimports.chalicelib.lunch.matching.people import People
    from cython.cimports.chalicelib.lunch.matching.search import Search
    from cython.cimports.chalicelib.lunch.matching.tables import Tables
else:
    from chalicelib.lunch.matching.forest import Forest
    from chalicelib.lunch.matching.near import Near
    from chalicelib.lunch.matching.people import People
    from chalicelib.lunch.matching.search import Search
    from chalicelib.lunch.matching.tables import Tables

from chalicelib.lunch.matching.tables import shared_tables

COMPILED: bool = cython.compiled

OUTER = cython.declare(cython.int, 1)
SMALL = cython.declare(cython.int, 16)
"""Of so few people all threes are tried; of more, only those who share a table."""


@cython.final
@cython.cclass
class Rescue:
    """Seats one person more, as long as that can be. The `question` is whether the rest of a blossom can be pairs."""

    people: People
    forest: Forest
    search: Search
    question: Any

    def __init__(self, people: People, forest: Forest) -> None:
        self.people, self.forest = people, forest
        self.search = Search(people, forest, True)
        self.question = None

    @cython.cfunc
    @cython.exceptval(check=False)
    def enter_near(self, near: Near, open: cython.ulonglong) -> cython.void:
        """Turn to these of the people of a small graph."""
        self.search.enter_near(near, open)

    def seat(self, tables: Tables, lonely: list[int]) -> None:
        """Seat as many as can be of these people, who sit at the tables."""
        self.search.enter(tables)
        for root in lonely:
            if self.people.one[root] < 0:
                self.rescue(root)

    @cython.cfunc
    @cython.exceptval(-1)
    def rescue(self, root: cython.int) -> cython.bint:
        """Seat `root` and leave nobody else over; False, and the tree is closed, if there is no way."""
        if self.search.grow(root):
            return True
        if self.forest.folded and self.people.trios and self._save():
            self.forest.forget()
            return True
        self.search.close()
        return False

    def _save(self) -> bool:
        """Look for three people of one blossom without whom the rest of it are all pairs, and seat the root so."""
        forest: Forest = self.forest
        blossoms: dict[int, list[int]] = {}
        i: cython.int
        for i in range(forest.marks):
            if forest.label[forest.marked[i]] == OUTER:
                blossoms.setdefault(forest.base(forest.marked[i]), []).append(forest.marked[i])
        for base, members in blossoms.items():
            if len(members) >= 3 and self._save_by(base, members):
                return True
        return False

    def _save_by(self, base: int, members: list[int]) -> bool:
        forest: Forest = self.forest
        asked: Search = self._asked()
        for three in self._threes(members):
            if self._pairs_without(three, base, members):
                forest.rematch(forest.mate, base, -1)
                for row in members:
                    if row not in three:
                        self.people.pair(row, asked.forest.mate[row])
                self.people.trio(three[0], three[1], three[2])
                return True
        return False

    def _threes(self, members: list[int]) -> Iterator[tuple[int, int, int]]:
        """All groups of three among the members of a blossom."""
        i: cython.int
        j: cython.int
        k: cython.int
        people: People = self.people
        tables: Iterable[list[int]] = [members] if len(members) <= SMALL else shared_tables(self.people, members)
        met: set[tuple[int, int, int]] = set()
        for row in tables:
            for i in range(len(row)):
                for j in range(i + 1, len(row)):
                    if not people.fits(row[i], row[j]):
                        continue
                    for k in range(j + 1, len(row)):
                        if people.fit(row[i], row[j], row[k]) and (row[i], row[j], row[k]) not in met:
                            met.add((row[i], row[j], row[k]))
                            yield row[i], row[j], row[k]

    def _asked(self) -> Search:
        if self.question is None:
            self.question = Search(self.people, Forest(self.people, np.full(self.people.n, -1, np.int32)), False)
        found: Search = self.question
        return found

    def _pairs_without(self, three: tuple[int, int, int], base: int, members: list[int]) -> bool:
        """Whether the members of a blossom but these three can all be pairs; the forest of the question then has them.

        With partners changed so that one of the three is left over, the partners of the other two have to find each
        other without the three: a plain search among the members.
        """
        search: Search = self._asked()
        question: Forest = search.forest
        row: cython.int
        one_bit: cython.ulonglong = 1
        open: cython.ulonglong = 0
        for row in members:
            question.mate[row] = self.forest.mate[row]
            question.closed[row] = 0
        question.mate[base] = -1
        self.forest.rematch(question.mate, three[0], -1)
        one: int = question.mate[three[1]]
        other: int = question.mate[three[2]]
        if one == three[2]:
            return True
        question.mate[one] = question.mate[other] = -1
        if self.search.small:
            for row in members:
                if row not in three:
                    open |= one_bit << self.search.near.spot[row]
            search.enter_near(self.search.near, open)
        else:
            search.enter(Tables(self.people, np.array(members, np.int32)))
            for row in three:
                question.closed[row] = 1
        if search.grow(one):
            return True
        question.forget()
        return False


def rescue(people: People, rescuing: Rescue, tables: Tables | None, persons: NDArray[np.int32]) -> None:
    """Seat as many of a component's people as can be.

    :param tables: where they sit, and maybe others whom they do not fit, if that is known already
    """
    lonely = persons[np.asarray(people.one)[persons] < 0].tolist()
    if lonely:
        rescuing.seat(tables or Tables(people, persons), lonely)
