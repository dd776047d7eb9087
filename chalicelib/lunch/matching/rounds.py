"""match(): the steps of a round, one after the other, location by location."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chalicelib.lunch.matching.columns import Columns, Result
from chalicelib.lunch.matching.exchange import Exchange, exchange
from chalicelib.lunch.matching.fill import fill
from chalicelib.lunch.matching.greedy import greedy
from chalicelib.lunch.matching.people import People
from chalicelib.lunch.matching.rescue import Forest, rescue


def match(columns: Columns) -> Result:
    """The lunches of a round: the most people matched, the longest waiting first, and so on, with the certificate.

    :returns: the same for the same columns, on every machine
    """
    n = len(columns)
    people = People(columns)
    forest, trade = Forest(people), Exchange(people)
    separator = np.zeros(n, np.bool_)
    able = (columns.free != 0) & (columns.eats != 0)
    bound = n - int(able.sum())
    edges = [0, *(np.flatnonzero(np.diff(columns.location)) + 1).tolist(), n]
    greedy(people, edges)
    for first, last in zip(edges, edges[1:], strict=False):
        persons = (first + np.flatnonzero(able[first:last])).astype(np.int32)
        rescue(people, forest, persons)
        inner = exchange(trade, forest, persons)
        separator[inner] = True
        bound += forest.deficiency(persons)
    fill(people, edges, columns.seed)
    return emit(columns, people, separator, bound)


def emit(columns: Columns, people: People, separator: NDArray[np.bool_], bound: int) -> Result:
    """Number the groups and give each its hour and food."""
    one, two = np.asarray(people.one), np.asarray(people.two)
    rows = np.arange(len(columns))
    head = (one > rows) & ((two < 0) | (two > rows))
    group = np.full(len(columns), -1, np.int32)
    heads = rows[head]
    numbers = np.arange(len(heads), dtype=np.int32)
    group[heads] = numbers
    group[one[heads]] = numbers
    group[two[heads][two[heads] >= 0]] = numbers[two[heads] >= 0]
    free, eats = columns.free[heads] & columns.free[one[heads]], columns.eats[heads] & columns.eats[one[heads]]
    third = two[heads] >= 0
    free[third] &= columns.free[two[heads][third]]
    eats[third] &= columns.eats[two[heads][third]]
    return Result(group, _lowest(free), _lowest(eats), separator, bound, int((group < 0).sum()))


def _lowest(masks: NDArray[np.uint64]) -> NDArray[np.int8]:
    return np.bitwise_count((masks & -masks) - np.uint64(1)).astype(np.int8)
