"""The checker's own view of who fits whom; nothing of it is the matcher's."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

HOURS = 60
DISHES = 64
FEW = 64


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

    def components(self, without: NDArray[np.bool_]) -> NDArray[np.int64]:
        """A number for each person, the same for those who are connected when some are taken away; int64[n]."""
        columns = self.columns
        parent = np.arange(len(columns))
        able = np.flatnonzero(~without & (columns.free != 0) & (columns.eats != 0))
        for hour in range(HOURS):
            then = able[columns.free[able] >> np.uint64(hour) & np.uint64(1) != 0]
            for food in range(DISHES) if len(then) > 1 else ():
                cell = then[columns.eats[then] >> np.uint64(food) & np.uint64(1) != 0]
                if len(cell) > 1:
                    self._connect(parent, cell)
        return roots(parent, np.arange(len(columns)))

    def _connect(self, parent: NDArray[np.int64], cell: NDArray[np.int64]) -> None:
        """Join those who share an hour and a food to the first of them at their location, unless kept apart."""
        begins = np.flatnonzero(np.diff(self.columns.location[cell].astype(np.int64), prepend=-(1 << 40)))
        ends = np.append(begins[1:], len(cell))
        first = np.repeat(np.arange(len(begins)), ends - begins)
        host = cell[begins][first]
        new = roots(parent, cell) != roots(parent, host)
        cell_new, host_new, first = cell[new], host[new], first[new]
        odd = self._listed(host_new * len(self.columns) + cell_new)
        if self.columns.filter is not None:
            pairs = zip(cell_new.tolist(), host_new.tolist(), strict=True)
            odd |= np.fromiter((self.kept_apart(*pair) for pair in pairs), np.bool_, len(odd))
        join(parent, cell_new[~odd], host_new[~odd])
        # Who is kept apart from the first may fit others there.
        for row, at in zip(cell_new[odd].tolist(), first[odd].tolist(), strict=True):
            others, mine = cell[begins[at] : ends[at]], root(parent, row)
            if len(others) > FEW:
                others = others[roots(parent, others) != mine]
            for other in others.tolist():
                theirs = root(parent, other)
                if mine != theirs and not self.kept_apart(row, other):
                    parent[mine] = mine = theirs

    def _listed(self, pairs: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of these pairs (smaller row * n + larger row) a list keeps apart."""
        if not len(self.apart):
            return np.zeros(len(pairs), np.bool_)
        at = np.minimum(np.searchsorted(self.apart, pairs), len(self.apart) - 1)
        return np.asarray(self.apart[at] == pairs, np.bool_)


def root(parent: NDArray[np.int64], row: int) -> int:
    """Who stands for the row's component."""
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = int(parent[row])
    return row


def roots(parent: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Who stands for each row's component."""
    found = parent[rows]
    while True:
        above = parent[found]
        if (above == found).all():
            parent[rows] = found
            return found
        found = above


def join(parent: NDArray[np.int64], one: NDArray[np.int64], other: NDArray[np.int64]) -> None:
    """Make one component of the two of each pair."""
    while len(one):
        one, other = roots(parent, one), roots(parent, other)
        apart = one != other
        one, other = one[apart], other[apart]
        parent[np.maximum(one, other)] = np.minimum(one, other)


def _bits(mask: int) -> list[int]:
    return [bit for bit in range(mask.bit_length()) if mask >> bit & 1]
