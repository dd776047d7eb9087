"""Rounds of several shapes from a seed, as columns: the same seed gives the same round everywhere."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from chalicelib.lunch.matching import Columns

Generator = np.random.Generator


def realistic(n: int, seed: int, people_a_location: int = 250) -> Columns:
    """Offices of very different size; windows of one to three hours on some days; a menu of ten foods."""
    chance = np.random.default_rng([1, seed])
    offices = max(1, n // people_a_location)
    share = chance.lognormal(0, 1, offices)
    location = np.sort(chance.choice(offices, n, p=share / share.sum()))
    free = windows(chance, n, days=(1, 4), most_steps=8)
    free[chance.random(n) < 0.02] = 0
    return with_history(chance, location, free, menu(chance, n, 10, 0.15), 2.0, 4.0)


def sparse(n: int, seed: int) -> Columns:
    """Small offices, one window of an hour, few foods: most have few partners or none."""
    chance = np.random.default_rng([2, seed])
    location = np.sort(chance.integers(0, max(1, n // 20), n))
    free = windows(chance, n, days=(0, 2), most_steps=1)
    return with_history(chance, location, free, menu(chance, n, 6, 0.7), 1.0, 1.0)


def cliques(n: int, seed: int) -> Columns:
    """Fives and sevens of whom any two share an hour and no three do, some of them joined by hubs."""
    chance = np.random.default_rng([3, seed])
    location, free, eats = [], [], []
    while len(location) < n:
        office = len(location)
        for _ in range(int(chance.integers(1, 4))):
            hours = chance.permutation(60)
            size = int(chance.choice([3, 5, 7, 9]))
            masks = [0] * size
            pairs = [(one, other) for one in range(size) for other in range(one)]
            for (one, other), hour in zip(pairs, hours, strict=False):
                masks[one] |= 1 << int(hour)
                masks[other] |= 1 << int(hour)
            food = 1 << int(chance.integers(0, 32)) * 2
            free += masks
            eats += [food] * size
            location += [office] * size
        for _ in range(int(chance.integers(0, 3))):
            free.append(int(chance.integers(1, 1 << 60)) & int(chance.integers(1, 1 << 60)))
            eats.append(int(chance.integers(1, 1 << 63)) & int(chance.integers(1, 1 << 63)))
            location.append(office)
    rows = np.array(location[:n])
    return with_history(chance, rows, np.array(free[:n], np.uint64), np.array(eats[:n], np.uint64), 0.0, 0.5)


def acquainted(n: int, seed: int) -> Columns:
    """Offices in which nearly everybody has met nearly everybody within the month."""
    chance = np.random.default_rng([4, seed])
    size = 24
    location = np.arange(n) // size
    free = windows(chance, n, days=(1, 5), most_steps=6)
    pairs = np.array([(one, other) for one in range(size) for other in range(one)])
    everybody = (np.arange((n + size - 1) // size)[:, None, None] * size + pairs[None]).reshape(-1, 2)
    everybody = everybody[(everybody < n).all(1)]
    forbidden = everybody[chance.random(len(everybody)) < 0.8]
    return with_history(chance, location, free, menu(chance, n, 8, 0.1), 0.0, 2.0, forbidden)


def hubs(n: int, seed: int, distinct_waits: bool = False) -> Columns:
    """One location of leaves who have all met the others of their hour and food, and hubs who fit many of them.

    :param distinct_waits: everybody has waited a different number of rounds, which forces many exchanges
    """
    chance = np.random.default_rng([5, seed])
    tables, hub_count = 60 * 64, n // 8
    leaves = n - hub_count
    table = np.sort(chance.integers(0, tables, leaves)) if n > tables else chance.permutation(tables)[:leaves]
    table = np.sort(table)
    free = np.uint64(1) << (table // 64).astype(np.uint64)
    eats = np.uint64(1) << (table % 64).astype(np.uint64)
    middle = chance.integers(0, 60, hub_count).astype(np.uint64)
    hub_free = np.uint64(1) << middle
    food = chance.integers(0, 64, hub_count).astype(np.uint64)
    hub_eats = np.uint64(1) << food | np.uint64(1) << (food + np.uint64(1)) % np.uint64(64)
    starts = np.searchsorted(table, np.arange(tables + 1))
    met = [
        np.stack(np.triu_indices(int(last - first), 1), 1) + first
        for first, last in pairwise(starts)
        if last - first > 1
    ]
    forbidden = np.concatenate([*met, np.zeros((0, 2), np.int64)])
    waited = chance.permutation(n) if distinct_waits else chance.integers(0, 4, n)
    return Columns(
        np.zeros(n, np.int32), np.append(free, hub_free), np.append(eats, hub_eats), waited, forbidden, seed=seed
    )


def chain(n: int, seed: int) -> Columns:
    """One location of leaves in a long row: each hub joins two neighbouring tables, and the longest waits lie where
    the hubs are not, so that serving one shifts many."""
    chance = np.random.default_rng([6, seed])
    tables = 60 * 60
    leaves = n - n // 3
    table = np.sort(chance.integers(0, tables, leaves))
    hub_table = (chance.random(n // 3) ** 2 * (tables - 1)).astype(np.int64)
    free = np.append(np.uint64(1) << (table // 60).astype(np.uint64), np.zeros(n // 3, np.uint64))
    eats = np.append(np.uint64(1) << (table % 60).astype(np.uint64), np.zeros(n // 3, np.uint64))
    for step in (0, 1):
        free[leaves:] |= np.uint64(1) << ((hub_table + step) // 60).astype(np.uint64)
        eats[leaves:] |= np.uint64(1) << ((hub_table + step) % 60).astype(np.uint64)
    starts = np.searchsorted(table, np.arange(tables + 1))
    met = [
        np.stack(np.triu_indices(int(last - first), 1), 1) + first
        for first, last in pairwise(starts)
        if last - first > 1
    ]
    forbidden = np.concatenate([*met, np.zeros((0, 2), np.int64)])
    return Columns(np.zeros(n, np.int32), free, eats, np.append(table, np.zeros(n // 3)).astype(np.int64), forbidden)


def giant(n: int, seed: int) -> Columns:
    """Everybody at one location, otherwise realistic."""
    return realistic(n, seed, people_a_location=n)


def waiting(n: int, seed: int) -> Columns:
    """Hubs and leaves with distinct waits."""
    return hubs(n, seed, distinct_waits=True)


def estranged(n: int, seed: int) -> Columns:
    """Offices of 1,000 (of 200, so that the lists fit in memory, from 20,000 on) in which nearly all have met nearly all:
    each person may still meet about three others."""
    chance = np.random.default_rng([7, seed])
    size = 1000 if n < 20_000 else 200
    location = np.arange(n) // size
    forbidden = []
    for first in range(0, n, size):
        people = min(size, n - first)
        apart = np.triu(chance.random((people, people)) > 3 / people, 1)
        forbidden.append(np.argwhere(apart) + first)
    free = windows(chance, n, days=(2, 5), most_steps=8)
    return with_history(chance, location, free, menu(chance, n, 8, 0.1), 0.0, 2.0, np.concatenate(forbidden))


RING = 501


def blossoms(n: int, seed: int) -> Columns:
    """Offices in which each fits only the next, all around: odd cycles of 501 people. Every other ring has threes who
    share an hour, but without whom the others are not all pairs."""
    chance = np.random.default_rng([8, seed])
    location, free, eats, forbidden = [], [], [], []
    for first in range(0, n, RING):
        people = min(RING, n - first)
        threes = _threes(chance, people) if first // RING % 2 else []
        cells: list[set[tuple[int, int]]] = [
            {((p - 1) % people % 60, (p - 1) % people // 60), (p % 60, p // 60)} for p in range(people)
        ]
        for number, three in enumerate(threes):
            for person in three:
                cells[person].add((number, 63))
        may = {(p, (p + 1) % people) for p in range(people)} | {pair for t in threes for pair in combinations(t, 2)}
        hours = [sum({1 << hour for hour, _ in own}) for own in cells]
        foods = [sum({1 << food for _, food in own}) for own in cells]
        for one, other in combinations(range(people), 2):
            if hours[one] & hours[other] and foods[one] & foods[other] and not {(one, other), (other, one)} & may:
                forbidden.append((first + one, first + other))
        location += [first // RING] * people
        free += hours
        eats += foods
    pairs = np.array(forbidden, np.int64).reshape(-1, 2)
    masks = np.array(free, np.uint64), np.array(eats, np.uint64)
    return with_history(chance, np.array(location), *masks, 0.0, 0.5, pairs)


def _threes(chance: Generator, people: int) -> list[tuple[int, int, int]]:
    """Six threes on a ring, one after the other, with an odd number of people between the first two and the last two."""
    room = people // 6
    if room < 5:
        return []
    gaps = 2 * chance.integers(1, room // 4 + 1, (6, 2))
    return [(turn * room, turn * room + int(a), turn * room + int(a + b)) for turn, (a, b) in enumerate(gaps)]


SHAPES: dict[str, Callable[[int, int], Columns]] = {
    shape.__name__: shape
    for shape in (realistic, sparse, cliques, acquainted, hubs, waiting, chain, giant, estranged, blossoms)
}


def windows(chance: Generator, n: int, days: tuple[int, int], most_steps: int) -> NDArray[np.uint64]:
    """Free hours: on so many days one window each, of an hour to an hour and most_steps - 1 quarters."""
    free = np.zeros(n, np.uint64)
    count = chance.integers(days[0], days[1] + 1, n)
    order = np.argsort(chance.random((n, 5)), axis=1)
    for day in range(5):
        start = chance.integers(0, 12, n)
        steps = chance.integers(1, most_steps + 1, n)
        steps = np.minimum(steps, 12 - start)
        window = ((1 << steps) - 1) << start
        free |= np.where(order[:, day] < count, window, 0).astype(np.uint64) << np.uint64(12 * day)
    return free


def menu(chance: Generator, n: int, foods: int, refused: float) -> NDArray[np.uint64]:
    """Foods accepted: each of so many is refused with this probability."""
    eats = np.zeros(n, np.uint64)
    for food in range(foods):
        eats |= (chance.random(n) >= refused).astype(np.uint64) << np.uint64(food)
    return eats


def with_history(
    chance: Generator,
    location: NDArray[np.int64],
    free: NDArray[np.uint64],
    eats: NDArray[np.uint64],
    forbidden_rows: float,
    met_rows: float,
    forbidden: NDArray[np.int64] | None = None,
) -> Columns:
    """Add waits and, so many rows a person, earlier lunches with people of the same location."""
    n = len(location)
    first, last = np.searchsorted(location, location), np.searchsorted(location, location, side="right")

    def pairs(rows: int) -> NDArray[np.int64]:
        one = chance.integers(0, n, rows) if n else np.zeros(0, np.int64)
        other = first[one] + (chance.random(rows) * (last - first)[one]).astype(np.int64)
        return np.stack([one, other], 1)

    met = pairs(int(met_rows * n))
    weeks = chance.integers(5, 60, len(met))
    recent = pairs(int(forbidden_rows * n))
    return Columns(
        location,
        free,
        eats,
        np.minimum(chance.geometric(0.6, n) - 1, 9),
        recent if forbidden is None else forbidden,
        np.column_stack([met, weeks]),
        seed=int(chance.integers(0, 1 << 31)),
    )
