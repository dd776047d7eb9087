"""The checker by itself: it counts what it can prove, no more and no less, whatever separator it is given."""

from __future__ import annotations

import os
from itertools import combinations

import numpy as np
import pytest

from chalicelib.lunch.matching import Columns, Result, Unproven, check, match, prove
from tests.benchmarks.matching.instances import blossoms, estranged
from tests.lunch.matching.rounds import brute_force, columns
from tests.lunch.matching.separators import claim, proven_by_hand, ring

ROUNDS = 400 if not os.environ.get("LONG") else 20_000


def a_round(chance: np.random.Generator) -> Columns:
    """Up to 11 people at two locations; each pair and some threes have an hour of their own, so that any graph occurs."""
    n = int(chance.integers(1, 12))
    pairs = [pair for pair in combinations(range(n), 2) if chance.random() < chance.choice([0.15, 0.3, 0.5])]
    threes = [three for three in combinations(range(n), 3) if chance.random() < 0.03]
    groups = [*pairs, *threes][:60]
    free = [sum(1 << hour for hour, group in enumerate(groups) if row in group) for row in range(n)]
    location = sorted((chance.random(n) < 0.2).astype(int).tolist())
    forbidden = chance.integers(0, n, (int(chance.integers(0, n)), 2))
    return columns(free, None, None, forbidden, location=location, maximum=int(chance.integers(2, 4)))


@pytest.mark.parametrize("part", range(4))
def test_any_separator_proves_what_it_proves_by_hand_and_never_more_than_is_true(part):
    differing = 0
    for seed in range(part * ROUNDS // 4, (part + 1) * ROUNDS // 4):
        chance = np.random.default_rng(seed)
        round = a_round(chance)
        honest = match(round)
        check(round, honest)
        fewest, _ = brute_force(round)
        for share in (0, 0.1, 0.3):
            separator = chance.random(len(round)) < share
            result = Result(honest.group, honest.start, honest.food, separator, 0, honest.left)
            assert prove(round, result) == proven_by_hand(round, result) <= fewest, seed
            differing += prove(round, result) != fewest
    assert differing


@pytest.mark.parametrize(("shape", "people"), [(blossoms, 1002), (blossoms, 3006), (estranged, 300), (estranged, 1000)])
def test_long_cycles_and_people_who_have_met_nearly_all_are_proven(shape, people):
    round = shape(people, 3)
    result = match(round)
    check(round, result)
    assert result.proven
    assert result.left


@pytest.mark.parametrize("first", range(21))
def test_a_three_that_leaves_pairs_is_seen_wherever_it_is_on_a_ring(first):
    odd, even = (first, (first + 2) % 21, (first + 4) % 21), (first, (first + 1) % 21, (first + 2) % 21)
    pairs = [(row, row + 1) for row in range(0, 20, 2)]
    check(ring(21), claim(ring(21), pairs, 1))
    check(ring(21, odd), claim(ring(21, odd), pairs, 1))
    with pytest.raises(Unproven, match="proves that 0"):
        check(ring(21, odd, even), claim(ring(21, odd, even), pairs, 1))


def test_a_group_that_there_is_not_is_refused():
    round = columns([1, 1, 1, 1])
    result = match(round)
    for false in (5, -2):
        group = result.group.copy()
        group[0] = false
        with pytest.raises(Unproven, match="a group that there is not"):
            check(round, Result(group, result.start, result.food, result.separator, result.bound, result.left))
