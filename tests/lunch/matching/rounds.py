"""Small rounds for tests, and what brute force finds for them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations

import numpy as np
from hypothesis import strategies as st

from chalicelib.lunch.matching import Columns, Result, match, rounds

MOST = 12


def columns(free, eats=None, waited=None, forbidden=(), met=(), location=None, **rules) -> Columns:
    """A round from lists; all at one location, eating the same and waiting alike unless told otherwise."""
    n = len(free)
    return Columns(
        np.array(location if location is not None else [0] * n, np.int32),
        np.array(free, np.uint64),
        np.array(eats if eats is not None else [1] * n, np.uint64),
        np.array(waited if waited is not None else [0] * n, np.int32),
        np.array(forbidden, np.int32).reshape(-1, 2),
        np.array(met, np.int32).reshape(-1, 3),
        **rules,
    )


@st.composite
def small_rounds(draw, minimum=2, maximum=3):
    """Any round of up to 12 people: few hours and foods, so that tight ones are common."""
    n = draw(st.integers(0, MOST))
    seed = draw(st.integers(0, 2**32))
    chance = np.random.default_rng(seed)
    hours, foods = draw(st.integers(1, 14)), draw(st.integers(1, 4))
    busy, fussy = draw(st.sampled_from([0.1, 0.2, 0.4, 0.7])), draw(st.sampled_from([0.3, 0.6, 1.0]))
    free = [sum(1 << hour for hour in range(hours) if chance.random() < busy) for _ in range(n)]
    eats = [sum(1 << food for food in range(foods) if chance.random() < fussy) for _ in range(n)]
    row = st.integers(0, max(0, n - 1))
    forbidden = draw(st.lists(st.tuples(row, row), max_size=n * n // 2)) if n else []
    blocked = draw(st.lists(st.tuples(row, row), max_size=4)) if n else []
    met = draw(st.lists(st.tuples(row, row, st.integers(0, 60)), max_size=12)) if n else []
    return columns(
        free,
        eats,
        draw(st.lists(st.sampled_from([0, 1, 2, 7, 1000]), min_size=n, max_size=n)),
        forbidden,
        met,
        sorted(draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))),
        blocked=np.array(blocked, np.int32).reshape(-1, 2),
        minimum=minimum,
        maximum=maximum,
        seed=draw(st.integers(-5, 5)),
    )


def fits(round: Columns, group: tuple[int, ...]) -> bool:
    """Whether these people may have lunch together, by the letter of the rules."""
    free = eats = (1 << 64) - 1
    for row in group:
        free &= int(round.free[row])
        eats &= int(round.eats[row])
    apart = {frozenset(pair) for pair in [*round.forbidden.tolist(), *round.blocked.tolist()]}
    here = {int(round.location[row]) for row in group}
    return bool(free and eats) and len(here) == 1 and not any(frozenset(p) in apart for p in combinations(group, 2))


def both_ways(round: Columns) -> Iterator[Result]:
    """The round matched on the bits of its graph, as few people are, and through tables, as many are."""
    usual = rounds.SMALL
    yield match(round)
    try:
        rounds.SMALL = 0
        yield match(round)
    finally:
        rounds.SMALL = usual


def brute_force(round: Columns) -> tuple[int, int]:
    """The fewest left over, and of those ways the least sum of rounds waited, over all ways to make groups."""
    return brute_force_in_all(round)[:2]


def brute_force_in_all(round: Columns) -> tuple[int, int, int, int, int]:
    """The best of all ways to make groups: left over, rounds waited by them, weeks of staleness, groups, less starts in
    common. (Where as many people sit in fewer groups, these are fuller.)"""
    n, waited = len(round), round.waited.tolist()
    sizes = range(round.minimum, min(round.maximum, n) + 1)
    rows = [g for size in sizes for g in combinations(range(n), size) if fits(round, g)]
    groups = [(sum(1 << row for row in g), staleness(round, g), starts(round, g)) for g in rows]
    headed = [[group for group in groups if group[0] & -group[0] == 1 << row] for row in range(n)]

    @lru_cache(None)
    def best(people: int) -> tuple[int, int, int, int, int]:
        if not people:
            return 0, 0, 0, 0, 0
        row = (people & -people).bit_length() - 1
        left, sum_waited, *rest = best(people & (people - 1))
        ways = [(left + 1, sum_waited + waited[row], *rest)]
        for group, weeks, common in headed[row]:
            if group & people == group:
                left, sum_waited, stale, number, less = best(people ^ group)
                ways.append((left, sum_waited, stale + weeks, number + 1, less - common))
        return min(ways)

    return best((1 << n) - 1)


def staleness(round: Columns, group: tuple[int, ...]) -> int:
    """The weeks of objective 3 of a group: 53 less the weeks since they met, for each pair of it."""
    met = {}
    for one, other, weeks in round.met.tolist():
        pair = frozenset((one, other))
        met[pair] = min(met.get(pair, 53), weeks)
    return sum(53 - met.get(frozenset(pair), 53) for pair in combinations(group, 2))


def starts(round: Columns, group: tuple[int, ...]) -> int:
    """How many starts the group has in common (objective 5)."""
    return int(np.bitwise_count(np.bitwise_and.reduce(round.free[list(group)])))


def members(result: Result) -> list[tuple[int, ...]]:
    """The groups as rows."""
    return [tuple(np.flatnonzero(result.group == number).tolist()) for number in range(len(result.start))]


def outcome(round: Columns, result: Result) -> tuple[int, int]:
    """How many are left over, and the sum of their rounds waited."""
    return result.left, int(round.waited[result.group < 0].sum())


def outcome_in_all(round: Columns, result: Result) -> tuple[int, int, int, int, int]:
    """The same with the weeks of staleness, the groups, and less the starts in common."""
    groups = members(result)
    common = sum(starts(round, group) for group in groups)
    return *outcome(round, result), sum(staleness(round, group) for group in groups), len(groups), -common
