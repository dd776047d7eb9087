# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""The checker's own view of who fits whom; nothing of it is the matcher's."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

try:
    import cython
except ModuleNotFoundError:
    from chalicelib.lunch.matching import plain as cython

COMPILED: bool = cython.compiled

DISHES = 64


class Graph:
    """The people of a round, joined where two could have lunch together."""

    def __init__(self, columns: Any) -> None:
        self.columns = columns
        pairs = np.concatenate([columns.forbidden, columns.blocked]).astype(np.int64)
        pairs = pairs[columns.location[pairs[:, 0]] == columns.location[pairs[:, 1]]]
        pairs.sort(axis=1)
        self.apart = np.unique(pairs[:, 0] * len(columns) + pairs[:, 1])
        self.foes: dict[int, set[int]] = {}
        for one, other in pairs.tolist():
            self.foes.setdefault(one, set()).add(other)
            self.foes.setdefault(other, set()).add(one)

    def friend(self, one: int, other: int) -> bool:
        """Whether the two could have lunch together (people of one location)."""
        free, eats = self.columns.free, self.columns.eats
        return bool(free[one] & free[other]) and bool(eats[one] & eats[other]) and not self.kept_apart(one, other)

    def kept_apart(self, one: int, other: int) -> bool:
        """Whether a list or the filter keeps the two apart."""
        if other in self.foes.get(one, ()):
            return True
        person, filter = self.columns.person, self.columns.filter
        return filter is not None and bool(filter.probe(person[one].tobytes(), person[other].tobytes()))

    def friends(self, members: list[int]) -> dict[int, set[int]]:
        """Each member's friends among them."""
        return {one: {two for two in members if two != one and self.friend(one, two)} for one in members}

    def trios(self, members: list[int]) -> Iterator[tuple[int, int, int]]:
        """All threes of the members who could have lunch together."""
        for cell in self._cells(members):
            for trio in combinations(cell, 3):
                if all(not self.kept_apart(one, other) for one, other in combinations(trio, 2)):
                    yield trio

    def has_trio(self, members: list[int]) -> bool:
        """Whether three of the members could have lunch together."""
        for cell in self._cells(members):
            for i, one in enumerate(cell):
                open_to = [other for other in cell[i + 1 :] if not self.kept_apart(one, other)]
                if any(not self.kept_apart(two, three) for two, three in combinations(open_to, 2)):
                    return True
        return False

    def _cells(self, members: list[int]) -> Iterator[list[int]]:
        """The members who share an hour and a food, wherever three or more do."""
        cells: dict[tuple[int, int], list[int]] = {}
        for row in members:
            for hour in _bits(int(self.columns.free[row])):
                for food in _bits(int(self.columns.eats[row])):
                    cells.setdefault((hour, food), []).append(row)
        return (cell for cell in cells.values() if len(cell) > 2)

    def components(self, without: NDArray[np.bool_]) -> NDArray[np.int32]:
        """A number for each person, the same for those who are connected when some are taken away; int32[n]."""
        columns = self.columns
        parent = np.arange(len(columns), dtype=np.int32)
        edges = [0, *(np.flatnonzero(np.diff(columns.location)) + 1).tolist(), len(columns)]
        for first, last in pairwise(edges):
            rows = first + np.flatnonzero(~without[first:last])
            for row, host in self._connect(rows.astype(np.int32), parent):
                cell = columns.free[rows] & columns.free[row] != 0
                cell &= columns.eats[rows] & columns.eats[row] != 0
                for other in rows[cell].tolist():
                    if root(parent, row) != root(parent, other) and not self.kept_apart(row, other):
                        parent[root(parent, row)] = root(parent, other)
        return np.array([root(parent, row) for row in range(len(columns))], np.int32)

    def _connect(self, rows: NDArray[np.int32], parent: NDArray[np.int32]) -> list[tuple[int, int]]:
        """Join everybody to the first of each hour and food; who is kept apart from him is returned."""
        host: dict[int, int] = {}
        odd: dict[int, int] = {}
        for row in rows.tolist():
            for hour in _bits(int(self.columns.free[row])):
                for food in _bits(int(self.columns.eats[row])):
                    first = host.setdefault(hour * DISHES + food, row)
                    if first != row and root(parent, row) != root(parent, first):
                        if self.kept_apart(row, first):
                            odd[row] = first
                        else:
                            parent[root(parent, row)] = root(parent, first)
        return list(odd.items())


def root(parent: NDArray[np.int32], row: int) -> int:
    """Who stands for the row's component."""
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = int(parent[row])
    return row


def _bits(mask: int) -> list[int]:
    return [bit for bit in range(mask.bit_length()) if mask >> bit & 1]
