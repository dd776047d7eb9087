# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""Whether groups are what the rules ask for, by the letter: the checker's, none of it is the matcher's."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

try:
    import cython
except ModuleNotFoundError:
    from chalicelib.lunch.matching import plain as cython

from chalicelib.lunch.matching.probes import Probes

COMPILED: bool = cython.compiled

HOURS = cython.declare(cython.int, 60)
FOODS = cython.declare(cython.int, 64)


class Unproven(AssertionError):
    """A result that is not what it claims to be; the message says where."""


def check_groups(columns: Any, result: Any) -> NDArray[np.int32]:
    """Check that every group is feasible and `left` counts who has none.

    :returns: pairs that are proven to fit, two of each group: each person's partner, -1 for none, int32[n]
    :raises Unproven: if not
    """
    n, many = len(columns), len(result.start)
    if any(np.shape(column) != (n,) for column in (result.group, result.separator)) or np.shape(result.food) != (many,):
        raise Unproven("the result is of another size than the columns")
    groups = np.asarray(result.group)
    if n and not (groups.min() >= -1 and groups.max() < many):
        raise Unproven("somebody has a group that there is not")
    group = typed(groups, np.int32)
    partner = np.full(n, -1, np.int32)
    left = _seat(columns, memoryview(group), result, partner)
    for pairs in (columns.forbidden, columns.blocked):
        _part(memoryview(group), memoryview(typed(pairs, np.int32)))
    if columns.filter is not None:
        _part_by_filter(columns, group)
    if left != result.left:
        raise Unproven("left is not the number of people left over")
    return partner


def _seat(columns: Any, group: cython.int[::1], result: Any, partners: NDArray[np.int32]) -> int:
    """Go through the people once: everybody is there at the group's hour, eats its food; who is left over."""
    many: cython.int = len(result.start)
    location: cython.int[::1] = memoryview(typed(columns.location, np.int32))
    free: cython.ulonglong[::1] = memoryview(typed(columns.free, np.uint64))
    eats: cython.ulonglong[::1] = memoryview(typed(columns.eats, np.uint64))
    start: cython.int[::1] = memoryview(typed(result.start, np.int32))
    food: cython.int[::1] = memoryview(typed(result.food, np.int32))
    size: cython.int[::1] = memoryview(np.zeros(many, np.int32))
    first: cython.int[::1] = memoryview(np.full(many, -1, np.int32))
    partner: cython.int[::1] = memoryview(partners)
    minimum: cython.longlong = columns.minimum
    maximum: cython.longlong = columns.maximum
    left: cython.int = 0
    u: cython.int
    g: cython.int
    for g in range(many):
        if start[g] < 0 or start[g] >= HOURS or food[g] < 0 or food[g] >= FOODS:
            raise Unproven(f"group {g} meets at no hour or eats nothing")
    for u in range(len(group)):
        g = group[u]
        if g < 0:
            left += 1
            continue
        if (free[u] >> start[g]) & 1 == 0:
            raise Unproven(f"row {u} is not free then")
        if (eats[u] >> food[g]) & 1 == 0:
            raise Unproven(f"row {u} does not eat that")
        size[g] += 1
        if size[g] == 1:
            first[g] = u
        elif location[u] != location[first[g]]:
            raise Unproven(f"group {g} spans two locations")
        elif size[g] == 2:
            partner[u] = first[g]
            partner[first[g]] = u
    for g in range(many):
        if size[g] < minimum or size[g] > maximum:
            raise Unproven("a group is smaller or larger than the rules say")
    return left


def _part(group: cython.int[::1], pairs: cython.int[:, ::1]) -> None:
    """See that no group holds a pair that is kept apart."""
    i: cython.Py_ssize_t
    one: cython.int
    other: cython.int
    for i in range(len(pairs)):
        one, other = pairs[i, 0], pairs[i, 1]
        if one != other and group[one] >= 0 and group[one] == group[other]:
            raise Unproven(f"rows {one} and {other} must not meet")


def _part_by_filter(columns: Any, group: NDArray[np.int32]) -> None:
    seated = np.flatnonzero(group >= 0)
    rows = seated[np.argsort(group[seated], kind="stable")]
    groups = np.split(rows, np.flatnonzero(np.diff(group[rows])) + 1)
    pairs = np.array([pair for members in groups for pair in combinations(members.tolist(), 2)], np.int64).reshape(
        -1, 2
    )
    for at in np.flatnonzero(Probes(columns.filter, columns.person)(pairs[:, 0], pairs[:, 1])):
        raise Unproven(f"rows {pairs[at, 0]} and {pairs[at, 1]} must not meet")


def typed(values: Any, kind: Any) -> NDArray[Any]:
    """The values as an array of that kind that compiled loops can index; copied only where they must be."""
    array = np.asarray(values)
    if array.dtype == kind and array.flags.c_contiguous and array.flags.writeable:
        return array
    return np.require(array, kind, ["C", "W"])
