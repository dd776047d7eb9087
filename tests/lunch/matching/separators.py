"""What a separator proves, found by trying everything; and rings, whose proof hangs on their threes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from chalicelib.lunch.matching import Columns, Result
from tests.lunch.matching.rounds import columns, fits


def proven_by_hand(round: Columns, result: Result) -> int:
    """The bound by its definition: components counted by trying everything."""
    total = 0
    for place in np.unique(round.location).tolist():
        rows = [row for row in np.flatnonzero(round.location == place).tolist() if not result.separator[row]]
        counted = sum(counts(round, result, part) for part in parts(round, rows))
        total += max(0, counted - int(result.separator[round.location == place].sum()))
    return total


def parts(round: Columns, rows: list[int]) -> list[list[int]]:
    found = []
    rest = set(rows)
    while rest:
        part = [rest.pop()]
        for one in part:
            near = {other for other in rest if fits(round, (one, other))}
            rest -= near
            part += near
        found.append(sorted(part))
    return found


def counts(round: Columns, result: Result, part: list[int]) -> bool:
    """Whether the checker can prove that the component leaves somebody over, in the words of docs/matching.md."""
    outside = set(result.group[result.separator].tolist()) | {-1}
    if len(part) % 2 == 0 or not any(int(result.group[row]) in outside for row in part):
        return False
    threes = [t for t in combinations(part, 3) if fits(round, t)] if round.maximum > 2 else []
    if not threes:
        return True
    critical = all(all_pairs(round, [row for row in part if row != left]) for left in part)
    return critical and not any(all_pairs(round, [row for row in part if row not in three]) for three in threes)


def all_pairs(round: Columns, rows: list[int]) -> bool:
    if not rows:
        return True
    one, *rest = rows
    return any(fits(round, (one, other)) and all_pairs(round, [row for row in rest if row != other]) for other in rest)


def ring(n: int, *threes: tuple[int, int, int]) -> Columns:
    """Each fits only the next, at an hour of their own; threes have one of theirs besides."""
    groups = [(row, (row + 1) % n) for row in range(n)] + list(threes)
    return columns([sum(1 << hour for hour, group in enumerate(groups) if row in group) for row in range(n)])


def claim(round: Columns, pairs: list[tuple[int, int]], bound: int) -> Result:
    """These pairs as a result that says that nobody could leave fewer over."""
    group = np.full(len(round), -1, np.int32)
    start = []
    for number, pair in enumerate(pairs):
        group[list(pair)] = number
        start.append(int(round.free[pair[0]] & round.free[pair[1]]).bit_length() - 1)
    nobody = np.zeros(len(round), np.bool_)
    none = np.zeros(len(start), np.int8)
    return Result(group, np.array(start, np.int8), none, nobody, bound, int((group < 0).sum()))


def rings(spares: bool) -> Iterator[tuple[Columns, Result]]:
    """Rings of nine that one three leaves no pairs of, or (`spares`) one more does."""
    pairs = [(row, row + 1) for row in range(0, 8, 2)]
    for first in range(9):
        odd, even = (first, (first + 2) % 9, (first + 4) % 9), (first, (first + 1) % 9, (first + 2) % 9)
        round = ring(9, odd, even) if spares else ring(9, odd)
        yield round, claim(round, pairs, 1)
