"""More than one lunch a week: the people of a round are matched again, less the hours and the pairs of what was made.

Who is left over, and the proof that nobody could leave fewer, are of the first pass.
"""

from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from chalicelib.lunch.candidates import Round
from chalicelib.lunch.matching import Columns, Result, check, match


def further(given: Round, result: Result) -> list[Result]:
    """What the passes after the first make, until nobody may have another lunch or none comes of it.

    :param result: of the first pass
    """
    columns, most, found = given.columns, np.array(given.most, np.int64), []
    at_once = _at_once(given)
    while len(result.start):
        most = most - (result.group >= 0)
        if not (most > 0).any():
            break
        columns = _less(columns, result, most, at_once)
        result = match(columns)
        check(columns, result)
        found.append(result)
    return found


def _at_once(given: Round) -> NDArray[np.uint64]:
    """For each lunch of the week, the bits of those that it takes the time of, itself among them."""
    lunches = given.week.lunches
    masks = [
        sum(1 << bit for bit, (starts, ends) in enumerate(lunches) if starts < until and ends > since)
        for since, until in lunches
    ]
    return np.array(masks, np.uint64)


def _less(columns: Columns, result: Result, most: NDArray[np.int64], at_once: NDArray[np.uint64]) -> Columns:
    """The columns without the hours of the lunches that were made, nor another lunch of two who now meet.

    Whoever has none goes before others, as they will in the next round.
    """
    seated = result.group >= 0
    free = columns.free.copy()
    free[seated] &= ~at_once[result.start[result.group[seated]]]
    free[most <= 0] = 0
    rows = np.flatnonzero(seated)
    rows = rows[np.argsort(result.group[rows], kind="stable")]
    groups = np.split(rows, np.flatnonzero(np.diff(result.group[rows])) + 1)
    met = np.array([pair for group in groups for pair in combinations(group.tolist(), 2)], np.int32)
    waited = np.where(seated, 0, columns.waited + 1).astype(np.int32)
    return replace(columns, free=free, forbidden=np.concatenate([columns.forbidden, met.reshape(-1, 2)]), waited=waited)
