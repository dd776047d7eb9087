"""What would have helped who was left over: one hour more, one food less refused, a pause that ends, another place
near; and how many others that meets.

Counts alone, of everybody in the round, and never below three. Who is kept apart from whom, or met lately, changes no
count: so none lets anybody infer it. Pure.
"""

from typing import Any, NamedTuple

import numpy as np

from chalicelib.lunch.matching import Columns

FEWEST = 3
"""People below which nothing is said: of two, one could guess who they are."""
MOST_PAIRS = 200_000_000
"""Of people times people for whom foods are looked at; beyond that, only hours are."""
Array = np.ndarray[Any, Any]


class Hour(NamedTuple):
    """The bit of a lunch at which so many people are free who eat what this one eats."""

    bit: int
    people: int


class Others(NamedTuple):
    """People who are not in the round and could be company: when they are free and what they eat, as its bits."""

    free: Array
    eats: Array


class Return(NamedTuple):
    """The day, as an ordinal, by which so many are back who would have suited."""

    back: int
    people: int


class Place(NamedTuple):
    """A location at which so many would have suited."""

    location: int
    people: int


class Food(NamedTuple):
    """A food type that so many people eat who are free when this one is."""

    food: int
    people: int


def hours(columns: Columns, rows: list[int], bits: int) -> dict[int, Hour]:
    """For each of these rows, the hour that they lack and that meets most others; the earliest of equals."""
    kinds, kind_of, counted = _by_foods(columns, bits)
    wanted: Array | list[int] = np.unique(kind_of[rows]) if rows else []
    met = {int(kind): counted[(kinds & kinds[kind]) != 0].sum(axis=0) for kind in wanted}
    found = {}
    for row in rows:
        people = met[int(kind_of[row])]
        lacking = {bit: int(people[bit]) for bit in range(bits) if not int(columns.free[row]) >> bit & 1}
        if best := _most(lacking):
            found[row] = Hour(*best)
    return found


def _by_foods(columns: Columns, bits: int) -> tuple[Array, Array, Array]:
    """The different sets of foods, which of them each row has, and how many of each are free at each hour."""
    kinds, kind_of = np.unique(columns.eats, return_inverse=True)
    counted = np.zeros((len(kinds), bits), np.int64)
    for bit in range(bits):
        there = (columns.free >> np.uint64(bit) & np.uint64(1)).astype(bool)
        counted[:, bit] = np.bincount(kind_of[there], minlength=len(kinds))
    return kinds, kind_of, counted


def foods(columns: Columns, rows: list[int]) -> dict[int, Food]:
    """For each of these rows, the food they refuse that meets most others who are free when they are."""
    if len(rows) * len(columns.free) > MOST_PAIRS:
        return {}
    served = int(np.bitwise_or.reduce(columns.eats)) if len(columns.eats) else 0
    found = {}
    for row in rows:
        eaten = columns.eats[(columns.free & columns.free[row]) != 0]
        refused = [food for food in range(64) if (served & ~int(columns.eats[row])) >> food & 1]
        counts = {food: int(np.count_nonzero(eaten >> np.uint64(food) & np.uint64(1))) for food in refused}
        if best := _most(counts):
            found[row] = Food(*best)
    return found


def returns(columns: Columns, rows: list[int], away: Others, back: Array) -> dict[int, Return]:
    """For each of these rows, the first day by which enough are back of those who are away and would have suited."""
    found = {}
    if len(rows) * len(back) <= MOST_PAIRS:
        for row in rows:
            days = np.sort(back[_suits(away, columns.free[row], columns.eats[row])])
            if len(days) >= FEWEST:
                found[row] = Return(int(days[FEWEST - 1]), int(np.count_nonzero(days <= days[FEWEST - 1])))
    return found


def places(free: Array, eats: dict[int, Array], there: dict[int, Others]) -> dict[int, Place]:
    """For each of these people, the place at which most others would have suited; the lowest number of equals.

    :param free: when each of them is free
    :param eats: location -> what each of them would eat there
    :param there: location -> who has lunch there
    """
    found = {}
    if len(free) * sum(len(others.free) for others in there.values()) <= MOST_PAIRS:
        for one in range(len(free)):
            counts = {at: int(_suits(others, free[one], eats[at][one]).sum()) for at, others in there.items()}
            if best := _most(counts):
                found[one] = Place(*best)
    return found


def _suits(others: Others, free: Any, eats: Any) -> Array:
    """Who of the others shares an hour and a food with who has these."""
    suits: Array = ((others.free & free) != 0) & ((others.eats & eats) != 0)
    return suits


def _most(counts: dict[int, int]) -> tuple[int, int] | None:
    """The greatest count and what it is of, the first of equals; None where all are too small to be told."""
    best = max(counts, key=lambda one: (counts[one], -one), default=None)
    return None if best is None or counts[best] < FEWEST else (best, counts[best])
