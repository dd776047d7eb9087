"""match(): the steps of a round, one after the other, location by location."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from chalicelib.lunch.matching.columns import Columns, Result
from chalicelib.lunch.matching.exchange import Exchange, exchange
from chalicelib.lunch.matching.fill import fill
from chalicelib.lunch.matching.greedy import greedy
from chalicelib.lunch.matching.people import People
from chalicelib.lunch.matching.rescue import Forest, rescue
from chalicelib.lunch.matching.sizes import resize

STARTS = 12
SAME_DAY = np.uint64(sum(0x7FF << 12 * day for day in range(5)))
"""The starts after which the same day has another."""


def match(columns: Columns) -> Result:
    """The lunches of a round: the most people matched, the longest waiting first, and so on, with the certificate.

    :returns: the same for the same columns, on every machine
    :raises AssertionError: if fewer are left over than the certificate says there must be; then this code is wrong
    """
    n = len(columns)
    people = People(columns)
    forest, trade = Forest(people), Exchange(people)
    separator = np.zeros(n, np.bool_)
    able = (columns.free != 0) & (columns.eats != 0)
    bound = n - int(able.sum())
    edges = [0, *(np.flatnonzero(np.diff(columns.location)) + 1).tolist(), n]
    greedy(people, edges)
    for first, last in pairwise(edges):
        persons = (first + np.flatnonzero(able[first:last])).astype(np.int32)
        rescue(people, forest, persons)
        inner, must_stay = exchange(trade, forest, persons)
        separator[inner] = True
        bound += must_stay
    fill(people, edges, columns.seed)
    group = numbered(np.asarray(people.one), np.asarray(people.two))
    if columns.minimum > 2 or columns.maximum > 3:
        group = resize(columns, group)
    result = seated(columns, group, separator, bound)
    if result.left < result.bound:
        raise AssertionError(f"the matcher is at fault: {result.left} are left over and {result.bound} had to be")
    return result


def numbered(one: NDArray[np.int32], two: NDArray[np.int32]) -> NDArray[np.int32]:
    """Each person's group, numbered in order of their first rows; -1 for nobody's, int32[n]."""
    rows = np.arange(len(one), dtype=np.int32)
    first = np.where(one >= 0, np.minimum(rows, one), -1)
    first = np.where(two >= 0, np.minimum(first, two), first)
    number = (np.cumsum(first == rows) - 1).astype(np.int32)
    return np.where(first >= 0, number[first], np.int32(-1)) if len(one) else rows


def seated(columns: Columns, group: NDArray[np.int32], separator: NDArray[np.bool_], bound: int) -> Result:
    """Give each group its hour, the first of the longest time that all have in common, and a food."""
    rows = np.flatnonzero(group >= 0)
    rows = rows[np.argsort(group[rows], kind="stable")]
    first = np.flatnonzero(np.diff(group[rows], prepend=-1))
    free = np.bitwise_and.reduceat(columns.free[rows], first) if len(rows) else np.zeros(0, np.uint64)
    eats = np.bitwise_and.reduceat(columns.eats[rows], first) if len(rows) else np.zeros(0, np.uint64)
    return Result(group, _lowest(_longest(free)), _lowest(eats), separator, bound, len(group) - len(rows))


def _longest(free: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The bits at which the longest runs of free starts within a day begin."""
    runs = free
    for _ in range(STARTS - 1):
        longer = runs & (runs >> np.uint64(1)) & SAME_DAY
        runs = np.where(longer != 0, longer, runs)
    return runs


def _lowest(masks: NDArray[np.uint64]) -> NDArray[np.int8]:
    bits: NDArray[np.int8] = np.bitwise_count((masks & -masks) - np.uint64(1)).astype(np.int8)
    return bits
