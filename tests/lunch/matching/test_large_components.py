"""Components of more than sixteen people: three who save one are found whatever they eat."""

from __future__ import annotations

import os

import numpy as np
import pytest

from chalicelib.lunch.matching import Columns, check, fill, match, regroup
from tests.lunch.matching.rounds import both_ways, brute_force, columns, members, outcome, staleness

ROUNDS = 120 if not os.environ.get("LONG") else 20_000
SOUP_OR_CURRY, CURRY_OR_SALAD = 0b011, 0b110


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    """Without the search for better groups of the same people, which takes longest."""
    monkeypatch.setattr(fill, "SPARE_EFFORT", 0)
    monkeypatch.setattr(regroup, "SPARE", 0)


def ring(n: int, three: int) -> Columns:
    """Each fits only the next, at an hour of their own; three neighbours from row `three` on share one more."""
    free = [1 << row | 1 << (row + 1) % n for row in range(n)]
    for step in range(3):
        free[(three + step) % n] |= 1 << n
    return columns(free, eats=[(SOUP_OR_CURRY, CURRY_OR_SALAD)[row % 2] for row in range(n)])


@pytest.mark.parametrize("three", range(17))
def test_a_ring_of_seventeen_is_saved_by_three_who_do_not_eat_the_same(three):
    round = ring(17, three)
    for result in both_ways(round):
        assert result.left == result.bound == 0
        check(round, result)


def own_hours(chance: np.random.Generator) -> tuple[list[int], int]:
    """A sparse graph, often with a long odd ring: each pair has an hour of its own, and so have a few threes."""
    n = int(chance.integers(16, 25))
    order = chance.permutation(n).tolist()
    ring = n - 1 + n % 2 if chance.random() < 0.6 else 3
    groups = [[order[i], order[(i + 1) % ring]] for i in range(ring)]
    groups += [chance.choice(n, 2, replace=False).tolist() for _ in range(int(chance.integers(0, n)))]
    groups += [chance.choice(n, 3, replace=False).tolist() for _ in range(int(chance.integers(0, 4)))]
    free = [sum(1 << hour for hour, group in enumerate(groups) if row in group) for row in range(n)]
    return free, int(chance.integers(0, 4))


def overlapping_hours(chance: np.random.Generator) -> tuple[list[int], int]:
    """A few free stretches each, and many who must not meet."""
    n = int(chance.integers(13, 22))
    free = [0] * n
    for row in range(n):
        for _ in range(int(chance.integers(1, 3))):
            day, start, length = (int(chance.integers(low, high)) for low, high in ((0, 5), (0, 12), (1, 5)))
            free[row] |= sum(1 << day * 12 + at for at in range(start, min(12, start + length)))
    return free, int(chance.integers(n, n * n // 3))


def random_round(seed: int) -> Columns:
    """About 20 people of a few kinds, some of whom waited."""
    chance = np.random.default_rng(seed)
    free, apart = (own_hours, overlapping_hours)[seed % 2](chance)
    n, foods = len(free), int(chance.integers(2, 9))
    menus = [int(chance.integers(1, 1 << foods)) | 1 for _ in range(int(chance.integers(1, 5)))]
    return columns(
        free,
        [menus[kind] for kind in chance.integers(0, len(menus), n)],
        chance.choice([0, 0, 1, 2, 5], n),
        chance.integers(0, n, (apart, 2)),
        seed=seed,
    )


@pytest.mark.parametrize("tens", range(ROUNDS // 10))
def test_nobody_of_about_twenty_could_leave_fewer_people_or_shorter_waits(tens):
    for seed in range(10 * tens, 10 * tens + 10):
        round = random_round(seed)
        best = brute_force(round)
        for result in both_ways(round):
            assert outcome(round, result) == best, seed
            assert result.proven, seed
            check(round, result)


@pytest.mark.parametrize("seed", range(5))
def test_where_all_groups_must_be_pairs_strangers_are_still_found(seed):
    """Sixty who must not meet each other and forty who fit all: whoever is among the forty sits with one of the sixty."""
    chance = np.random.default_rng(seed)
    apart = [(a, b) for a in range(60) for b in range(a)]
    met = np.argwhere(chance.random((40, 60)) < 0.7) + np.array([60, 0])
    round = columns([1] * 100, forbidden=apart, met=np.column_stack([met, np.full(len(met), 9)]), seed=seed)
    for result in both_ways(round):
        assert result.left == result.bound == 20
        assert np.bincount(result.group[result.group >= 0]).tolist() == [2] * 40
        assert sum(staleness(round, group) for group in members(result)) == 0


def test_a_result_better_than_its_certificate_is_never_given_out(monkeypatch):
    monkeypatch.setattr("chalicelib.lunch.matching.rounds.exchange", lambda *_: (np.zeros(0, np.int32), 1))
    with pytest.raises(AssertionError, match="at fault"):
        match(columns([1] * 65))
