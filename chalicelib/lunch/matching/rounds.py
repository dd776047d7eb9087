"""match(): the steps of a round, one after the other."""

from __future__ import annotations

import numpy as np

from chalicelib.lunch.matching.columns import Columns, Result


def match(columns: Columns) -> Result:
    """The lunches of a round."""
    n = len(columns)
    group = np.full(n, -1, np.int32)
    starts: list[int] = []
    foods: list[int] = []
    apart = {frozenset(pair) for pair in np.concatenate([columns.forbidden, columns.blocked]).tolist()}
    for row in range(n):
        if group[row] >= 0:
            continue
        rows, free, eats = [row], int(columns.free[row]), int(columns.eats[row])
        for other in range(row + 1, n):
            if columns.location[other] != columns.location[row] or len(rows) == columns.maximum:
                break
            fits = group[other] < 0 and free & int(columns.free[other]) and eats & int(columns.eats[other])
            if fits and not any(frozenset((one, other)) in apart or _blocked(columns, one, other) for one in rows):
                rows.append(other)
                free &= int(columns.free[other])
                eats &= int(columns.eats[other])
        if len(rows) >= columns.minimum:
            group[rows] = len(starts)
            starts.append((free & -free).bit_length() - 1)
            foods.append((eats & -eats).bit_length() - 1)
    left = int((group < 0).sum())
    return Result(group, np.array(starts, np.int8), np.array(foods, np.int8), np.zeros(n, np.bool_), 0, left)


def _blocked(columns: Columns, one: int, other: int) -> bool:
    if columns.filter is None or columns.person is None:
        return False
    return columns.filter.probe(columns.person[one].tobytes(), columns.person[other].tobytes())
