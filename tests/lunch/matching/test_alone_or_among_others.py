"""A location gets the same lunches whether it is matched alone or among others, and small parts of it the best."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from chalicelib.lunch.matching import Columns, match, reseat
from tests.benchmarks.matching.instances import SHAPES
from tests.lunch.matching.rounds import brute_force_in_all, columns, outcome_in_all


def location_of(round: Columns, first: int, last: int) -> Columns:
    """The rows of one location as a round of their own."""

    def inside(pairs):
        both = ((pairs[:, :2] >= first) & (pairs[:, :2] < last)).all(1)
        return pairs[both] - np.array([first, first, 0][: pairs.shape[1]])

    rows = slice(first, last)
    return replace(
        round,
        location=np.zeros(last - first, np.int32),
        **{name: getattr(round, name)[rows] for name in ("free", "eats", "waited")},
        **{name: inside(getattr(round, name)) for name in ("forbidden", "met", "blocked")},
    )


@pytest.mark.parametrize("rules", [(2, 3), (2, 2), (3, 5)])
@pytest.mark.parametrize("shape", ["realistic", "acquainted", "cliques"])
def test_other_locations_change_nothing(shape, rules, monkeypatch):
    monkeypatch.setattr(reseat, "EFFORT", 100)
    round = replace(SHAPES[shape](1000, 5), minimum=rules[0], maximum=rules[1])
    together = match(round)
    first = 0
    for last in [*np.flatnonzero(np.diff(round.location)) + 1, len(round)]:
        alone = match(location_of(round, int(first), int(last)))
        here = together.group[first:last]
        numbers = {int(group): number for number, group in enumerate(dict.fromkeys(here[here >= 0].tolist()))}
        assert [numbers.get(int(group), -1) for group in here] == alone.group.tolist()
        assert together.separator[first:last].tolist() == alone.separator.tolist()
        for group, number in numbers.items():
            assert together.start[group] == alone.start[number]
        first = last


def test_small_components_of_a_large_block_get_the_best():
    """Many small parts whom only one hour links, and lists of who has met keep apart."""
    for seed in range(12):
        chance = np.random.default_rng(seed)
        parts = [drawn(np.random.default_rng([seed, turn])) for turn in range(9)]
        sizes = [len(part) for part in parts]
        begins = np.cumsum([0, *sizes])
        free = np.concatenate([part.free for part in parts]) | np.uint64(1 << 59)
        of = np.repeat(np.arange(len(parts)), sizes)
        apart = [(a, b) for a in range(len(of)) for b in range(a) if of[a] != of[b]]
        forbidden = np.concatenate([apart, *(part.forbidden + at for part, at in zip(parts, begins, strict=False))])
        met = np.concatenate([part.met + np.array([at, at, 0]) for part, at in zip(parts, begins, strict=False)])
        waited = chance.integers(0, 3, len(of))
        round = columns(free, np.concatenate([part.eats for part in parts]), waited, forbidden, met)
        wanted = np.zeros(5, int)
        for at, size in zip(begins, sizes, strict=False):
            wanted += brute_force_in_all(location_of(round, int(at), int(at + size)))
        assert outcome_in_all(round, match(round)) == tuple(wanted), seed


def drawn(chance: np.random.Generator) -> Columns:
    n = int(chance.integers(8, 13))
    free = [sum(1 << hour for hour in range(8) if chance.random() < 0.3) for _ in range(n)]
    eats = [1 + sum(1 << food for food in range(1, 3) if chance.random() < 0.6) for _ in range(n)]
    forbidden = chance.integers(0, n, (n * n // 3, 2))
    met = np.column_stack([chance.integers(0, n, (2 * n, 2)), chance.integers(0, 60, 2 * n)])
    return columns(free, eats, None, forbidden, met)
