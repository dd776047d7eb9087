"""Groups of other sizes against the optimum: HiGHS with a column for each group that the rules allow."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import product

import numpy as np

from chalicelib.lunch.matching import Columns, Result, check, match
from tests.benchmarks.matching.instances import realistic, sparse
from tests.benchmarks.matching.peers import Highs
from tests.benchmarks.matching.yardstick import MOST_GROUPS, staleness, tight

RULES = ((2, 4), (2, 8), (3, 3), (3, 5), (4, 6))
SECONDS = 20


def other_sizes(seeds: int) -> None:
    """Left over, waits, weeks and groups of all rounds where HiGHS proves the least of each, in this order."""
    print("\n| sizes | shape | people | rounds | bound | left over | best | worst round | waits | best |", end="")
    print(" weeks | best | groups | best | matched in s |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for rules in RULES:
        for shape, size in product((tight, one_office, small_office), (30, 60)):
            totals, worst, seconds, bound, rounds = np.zeros(8, np.int64), 0, 0.0, 0, 0
            for seed in range(seeds):
                columns = replace(shape(size, 500 + seed), minimum=rules[0], maximum=rules[1])
                best = optimum(columns)
                if best is None:
                    continue
                begin = time.process_time()
                result = match(columns)
                seconds += time.process_time() - begin
                check(columns, result)
                ours = outcome(columns, result)
                totals += [value for pair in zip(ours, best, strict=True) for value in pair]
                worst, bound, rounds = max(worst, ours[0] - best[0]), bound + result.bound, rounds + 1
            left, least, *others = totals.tolist()
            name = {one_office: "office", small_office: "sparse"}.get(shape, shape.__name__)
            numbers = [size, rounds, bound, left, least, worst, *others]
            print(
                f"| {rules[0]} to {rules[1]} | {name} | {' | '.join(map(str, numbers))} | {seconds / max(1, rounds):.3f} |",
                flush=True,
            )


def small_office(n: int, seed: int) -> Columns:
    """A sparse round at one location, where few groups are possible."""
    return replace(sparse(n, seed), location=np.zeros(n, np.int32))


def one_office(n: int, seed: int) -> Columns:
    """A realistic office of so many people, half of whom have met half of the others."""
    return with_meetings(realistic(n, seed, people_a_location=n), seed)


def with_meetings(columns: Columns, seed: int) -> Columns:
    """The round with many more lists of who has met whom, lately or not."""
    chance = np.random.default_rng([11, seed])
    n = len(columns)
    pairs = chance.integers(0, n, (n * n // 4, 2))
    met = np.column_stack([chance.integers(0, n, (4 * n, 2)), chance.integers(5, 53, 4 * n)])
    return replace(columns, forbidden=pairs, met=met)


def optimum(columns: Columns) -> tuple[int, int, int, int] | None:
    """The least left over, and of these ways the least of waits, then weeks, then groups; None if that takes too long."""
    highs = Highs(columns, range(len(columns)), SECONDS)
    if len(highs.groups) > 5 * MOST_GROUPS:
        return None
    stale, waited = staleness(columns), columns.waited.tolist()
    costs = [
        [-len(group) for group in highs.groups],
        [-sum(waited[row] for row in group) for group in highs.groups],
        [sum(stale.get((a, b), 0) for a in group for b in group if a < b) for group in highs.groups],
        [1] * len(highs.groups),
    ]
    found: list[int] = []
    for turn, cost in enumerate(costs):
        least = highs.least(cost, list(zip(costs, found, strict=False))[:turn])
        if least is None:
            return None
        found.append(least)
    return len(columns) + found[0], sum(waited) + found[1], found[2], found[3]


def outcome(columns: Columns, result: Result) -> tuple[int, int, int, int]:
    """The same of a result."""
    alone = result.group < 0
    weeks = sum(
        value for (a, b), value in staleness(columns).items() if result.group[a] == result.group[b] >= 0 and a != b
    )
    return int(alone.sum()), int(columns.waited[alone].sum()), weeks, len(result.start)
