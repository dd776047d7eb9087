"""The exact yardstick: HiGHS with a column for each pair and each group of three, a location at a time."""

from __future__ import annotations

import math

import numpy as np

from chalicelib.lunch.matching import Columns, Result, match
from tests.benchmarks.matching.instances import SHAPES, menu, windows, with_history
from tests.benchmarks.matching.peers import Highs

MOST_GROUPS = 4000
WEEK = 100
"""Weighs more than all groups of three of a location that HiGHS can solve."""


def tight(n: int, seed: int) -> Columns:
    """One location where groups of three are hard to find."""
    chance = np.random.default_rng([10, seed])
    free, eats = windows(chance, n, (1, 3), 3), menu(chance, n, 4, 0.4)
    return with_history(chance, np.zeros(n, np.int64), free, eats, 4.0, 0.0)


def staleness(columns: Columns) -> dict[tuple[int, int], int]:
    """53 less the weeks since they met, for each pair who did."""
    stale: dict[tuple[int, int], int] = {}
    for one, other, weeks in columns.met.tolist():
        pair = min(one, other), max(one, other)
        stale[pair] = max(stale.get(pair, 0), 53 - weeks)
    return stale


def weight(groups: list[tuple[int, ...]], stale: dict[tuple[int, int], int]) -> list[int]:
    """What each group is worth: fresh first, then full."""
    met = [
        sum(stale.get((min(one, two), max(one, two)), 0) for at, one in enumerate(group) for two in group[:at])
        for group in groups
    ]
    return [(len(group) == 3) - WEEK * weeks for group, weeks in zip(groups, met, strict=True)]


def fullness(seeds: int) -> None:
    """Left over, weeks and groups of three against the optimum with coverage fixed, where HiGHS proves it."""
    print("\n| shape | people | locations | left over | optimum | staleness | best | groups of 3 | best | of it |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    names = ("realistic", "sparse", "cliques", "acquainted", "giant")
    cases = [(SHAPES[name], size) for name in names for size in (24, 40)]
    for shape, size in [*cases, (tight, 40), (tight, 60)]:
        totals = np.zeros(7, np.int64)
        for seed in range(seeds):
            columns = shape(size, 300 + seed)
            result = match(columns)
            for place in np.unique(columns.location):
                first, last = np.searchsorted(columns.location, [place, place + 1])
                found = one_location(columns, result, range(int(first), int(last)))
                if found is not None:
                    totals += (1, *found)
        share = f"{totals[5] / totals[6]:.3f}" if totals[6] else "1.000"
        print(f"| {shape.__name__} | {size} | {' | '.join(map(str, totals))} | {share} |", flush=True)


def one_location(columns: Columns, result: Result, rows: range) -> tuple[int, ...] | None:
    """(left over, optimum, staleness, best, groups of three, best); None where HiGHS does not finish."""
    highs = Highs(columns, rows, seconds=20)
    here = result.group[rows.start : rows.stop]
    left = int((here < 0).sum())
    waited = int(columns.waited[rows.start : rows.stop][here < 0].sum())
    if len(highs.groups) > MOST_GROUPS:
        return None
    covered = highs.best([len(group) for group in highs.groups])
    stale = staleness(columns)
    best = highs.best([float(value) for value in weight(highs.groups, stale)], left, waited)
    if covered is None or best is None:
        return None
    groups: dict[int, list[int]] = {}
    for row in rows:
        if result.group[row] >= 0:
            groups.setdefault(int(result.group[row]), []).append(row)
    ours = sum(weight([tuple(group) for group in groups.values()], stale))
    (stale_ours, full_ours), (stale_best, full_best) = split(ours), split(round(best))
    return left, len(rows) - round(covered), stale_ours, stale_best, full_ours, full_best


def split(worth: int) -> tuple[int, int]:
    """A worth as weeks and groups of three."""
    weeks = math.ceil(-worth / WEEK) if worth < 0 else 0
    return weeks, worth + WEEK * weeks
