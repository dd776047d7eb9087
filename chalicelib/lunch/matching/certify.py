"""An independent checker: proves from the columns alone that groups are feasible and how few could be left over.

It shares no code with the matcher, so a fault there cannot hide here.
"""

from __future__ import annotations

import itertools

import numpy as np

from chalicelib.lunch.matching.columns import Columns, Result


class Unproven(AssertionError):
    """A result that is not what it claims to be; the message says where."""


def check(columns: Columns, result: Result) -> None:
    """Prove that every group is feasible and that nobody could leave fewer than `result.bound` people over.

    :raises Unproven: if a group is not feasible or the bound does not follow from the separator
    """
    _check_groups(columns, result)
    if result.bound > 0:
        raise Unproven("not yet")


def _check_groups(columns: Columns, result: Result) -> None:
    apart = {frozenset(pair) for pair in np.concatenate([columns.forbidden, columns.blocked]).tolist()}
    members: dict[int, list[int]] = {}
    for row, group in enumerate(result.group.tolist()):
        if group >= 0:
            members.setdefault(group, []).append(row)
    if sorted(members) != list(range(len(result.start))) or len(result.start) != len(result.food):
        raise Unproven("groups are not numbered 0..g-1")
    for group, rows in members.items():
        if not columns.minimum <= len(rows) <= columns.maximum:
            raise Unproven(f"group {group} has {len(rows)} people")
        for row in rows:
            if not int(columns.free[row]) >> int(result.start[group]) & 1:
                raise Unproven(f"row {row} is not free")
            if not int(columns.eats[row]) >> int(result.food[group]) & 1:
                raise Unproven(f"row {row} does not eat that")
        for one, other in itertools.combinations(rows, 2):
            if columns.location[one] != columns.location[other] or frozenset((one, other)) in apart:
                raise Unproven(f"{one} and {other} are apart")
    if result.left != int((result.group < 0).sum()):
        raise Unproven("left is not the number of people left over")
