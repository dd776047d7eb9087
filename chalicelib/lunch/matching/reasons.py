"""Why not me? The true reason for everybody who is left over.

Food, the past month and blocked pairs are one reason: a finer one would confess who is kept apart.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from chalicelib.lunch.matching.columns import Columns, Result


class Reason(StrEnum):
    """Why somebody at a location is left over (that they have no location, the caller knows)."""

    NO_HOURS = "no_hours"
    NOBODY_FREE = "nobody_free"
    NOBODY_SUITABLE = "nobody_suitable"
    MORE_PEOPLE_THAN_PARTNERS = "more_people_than_partners"


def reasons(columns: Columns, result: Result) -> dict[int, Reason]:
    """The reason of each person left over, by row number, in ascending order."""
    apart = _apart(columns)
    return {int(row): _reason(columns, apart, int(row)) for row in np.flatnonzero(result.group < 0)}


def _reason(columns: Columns, apart: dict[int, set[int]], row: int) -> Reason:
    if not columns.free[row]:
        return Reason.NO_HOURS
    first, last = (np.searchsorted(columns.location, columns.location[row], side) for side in ("left", "right"))
    rows = first + np.flatnonzero(columns.free[first:last] & columns.free[row])
    if len(rows) == 1:
        return Reason.NOBODY_FREE
    for other in rows[(columns.eats[rows] & columns.eats[row]) != 0].tolist():
        if other != row and other not in apart.get(row, ()) and not _blocked(columns, row, other):
            return Reason.MORE_PEOPLE_THAN_PARTNERS
    return Reason.NOBODY_SUITABLE


def _apart(columns: Columns) -> dict[int, set[int]]:
    apart: dict[int, set[int]] = {}
    for one, other in np.concatenate([columns.forbidden, columns.blocked]).tolist():
        apart.setdefault(one, set()).add(other)
        apart.setdefault(other, set()).add(one)
    return apart


def _blocked(columns: Columns, one: int, other: int) -> bool:
    if columns.filter is None or columns.person is None:
        return False
    return columns.filter.probe(columns.person[one].tobytes(), columns.person[other].tobytes())
