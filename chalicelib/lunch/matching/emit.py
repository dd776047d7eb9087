# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""Links become numbered groups, and each group gets its hour and its food."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

try:
    import cython
except ModuleNotFoundError:
    from chalicelib.lunch.matching import plain as cython

if cython.compiled:
    from cython.cimports.chalicelib.lunch.matching.bits import count, lowest
    from cython.cimports.chalicelib.lunch.matching.people import People
else:
    from chalicelib.lunch.matching.bits import count, lowest
    from chalicelib.lunch.matching.people import People

from chalicelib.lunch.matching.people import view

COMPILED: bool = cython.compiled

HOURS = 60


def numbered(people: People) -> tuple[NDArray[np.int32], int]:
    """Each person's group, numbered in order of their first rows, -1 for nobody's, int32[n]; how many there are."""
    found = np.full(people.n, -1, np.int32)
    group: cython.int[::1] = memoryview(found)
    u: cython.int
    number: cython.int = 0
    for u in range(people.n):
        if people.one[u] >= 0 and group[u] < 0:
            group[u] = group[people.one[u]] = number
            if people.two[u] >= 0:
                group[people.two[u]] = number
            number += 1
    return found, number


def meeting(
    columns: Any, people: People, groups: NDArray[np.int32], many: int
) -> tuple[NDArray[np.int8], NDArray[np.int8], int]:
    """The start of each group, its food, and who is left over.

    A group meets at the first of the longest time that all have in common, but not at the first or last start of a day if
    there is another. Of several such times the lot of its first person decides, so that not everybody meets on Mondays.

    :returns: int8[g], int8[g], and how many people have no group
    """
    group: cython.int[::1] = memoryview(groups)
    free: cython.ulonglong[::1] = view(columns.free)
    eats: cython.ulonglong[::1] = view(columns.eats)
    hours: cython.ulonglong[::1] = memoryview(np.full(many, ~np.uint64(0)))
    foods: cython.ulonglong[::1] = memoryview(np.full(many, ~np.uint64(0)))
    starts, dishes = np.zeros(many, np.int8), np.zeros(many, np.int8)
    start: cython.schar[::1] = memoryview(starts)
    dish: cython.schar[::1] = memoryview(dishes)
    # The starts after which the same day has another.
    followed: cython.ulonglong = sum(1 << bit for bit in range(HOURS) if (bit + 1) % columns.starts)
    inner: cython.ulonglong = sum(1 << bit for bit in range(HOURS) if 0 < bit % columns.starts < columns.starts - 1)
    first: cython.int[::1] = memoryview(np.full(many, -1, np.int32))
    left: cython.int = 0
    turn: cython.int
    u: cython.int
    g: cython.int
    runs: cython.ulonglong
    longer: cython.ulonglong
    for u in range(len(group)):
        g = group[u]
        if g < 0:
            left += 1
        else:
            if first[g] < 0:
                first[g] = u
            hours[g] &= free[u]
            foods[g] &= eats[u]
    for g in range(len(start)):
        runs = longer = hours[g] & inner if hours[g] & inner else hours[g]
        while longer:
            runs = longer
            longer = runs & (runs >> 1) & followed
        for turn in range(people.luck[first[g]] % count(runs)):
            runs &= runs - 1
        start[g] = lowest(runs)
        dish[g] = lowest(foods[g])
    return starts, dishes, left
