"""Rounds in which every condition of a lunch matters: python -m tests.lunch.matching.feasibility

Fails if a group is not feasible by the letter, a result is not the best, or the checker believes a false one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np

from chalicelib.lunch.matching import Columns, Result, Unproven, check, fill, match, prove, regroup, reseat
from tests.lunch.matching.rounds import both_ways, brute_force, columns, fits, members, outcome
from tests.lunch.matching.separators import proven_by_hand, rings

ROUNDS = 60


class Apart:
    """A filter of exactly these pairs."""

    def __init__(self, pairs: list[list[int]]) -> None:
        self.pairs = {frozenset(pair) for pair in pairs}

    def probe(self, one: bytes, other: bytes) -> bool:
        """Whether the pair is kept apart."""
        return frozenset((one[0], other[0])) in self.pairs


def main() -> None:
    """All of it, without the long search for better groups."""
    fill.SPARE_EFFORT, regroup.SPARE = 0, 100
    tricky = [columns([0b011, 0b101, 0b110]), columns([1, 1, 1], eats=[0b011, 0b101, 0b110])]
    rounds = [(round, round) for round in tricky]
    rounds += [a_round(np.random.default_rng(seed)) for seed in range(ROUNDS)]
    for seed, (exact, given) in enumerate(rounds):
        best = brute_force(exact) if exact.maximum < 4 else None
        for result in both_ways(given):
            check(given, result)
            assert all(fits(exact, group) for group in members(result)), seed
            assert best in (None, outcome(exact, result)), seed
    for whole, effort in ((12, 30), (0, 30), (0, 0)):
        reseat.WHOLE, reseat.EFFORT = whole, effort
        reseat.EFFORT_EACH = 3 if effort else 0
        for seed in range(ROUNDS // 2):
            exact, given = (replace(round, minimum=3, maximum=4) for round in a_round(np.random.default_rng(seed)))
            result = match(given)
            check(given, result)
            assert all(fits(exact, group) for group in members(result)), seed
            assert whole == 0 or brute_force(exact) == outcome(exact, result), seed
    for seed in range(ROUNDS):
        chance = np.random.default_rng(seed)
        exact, given = a_round(chance)
        result = match(given)
        for share in (0, 0.2):
            any_separator = replace(result, separator=chance.random(len(exact)) < share)
            bound = proven_by_hand(exact, any_separator)
            assert bound == prove(exact, any_separator) == prove(given, any_separator), seed
    for three in (False, True):
        assert all(prove(round, result) == 1 - three for round, result in rings(three))
    for round, result in false_results():
        try:
            prove(round, result)
        except Unproven:
            continue
        raise AssertionError("the checker believes a false result")
    print("feasible")


def a_round(chance: np.random.Generator) -> tuple[Columns, Columns]:
    """A crowded round twice: with blocked pairs in a list, and with half of them in a filter."""
    n, hours, foods = int(chance.integers(3, 11)), int(chance.integers(2, 5)), int(chance.integers(2, 4))
    free = (chance.random((n, hours)) < 0.6) @ (1 << np.arange(hours))
    eats = (chance.random((n, foods)) < 0.6) @ (1 << np.arange(foods))
    forbidden, blocked, hidden = (chance.integers(0, n, (int(chance.integers(0, n)), 2)) for _ in range(3))
    rules = {"maximum": int(chance.choice([2, 3, 3, 5])), "seed": int(chance.integers(0, 9))}
    waited = chance.integers(0, 3, n)
    met = chance.integers(0, n, (n, 3))
    exact = columns(free, eats, waited, forbidden, met, blocked=np.concatenate([blocked, hidden]), **rules)
    person = np.arange(n, dtype=np.uint8).repeat(16).reshape(n, 16)
    filter = Apart(hidden.tolist())
    return exact, columns(free, eats, waited, forbidden, met, blocked=blocked, person=person, filter=filter, **rules)


def false_results() -> Iterator[tuple[Columns, Result]]:
    """Three people at one table, where in truth something keeps them from it."""
    result = match(columns([1, 1, 1]))
    person = np.arange(3, dtype=np.uint8).repeat(16).reshape(3, 16)
    yield columns([1, 1, 2]), result
    yield columns([1, 1, 1], eats=[1, 1, 2]), result
    yield columns([1, 1, 1], location=[0, 0, 1]), result
    yield columns([1, 1, 1], maximum=2), result
    for pair in combinations(range(3), 2):
        yield columns([1, 1, 1], forbidden=[pair]), result
        yield columns([1, 1, 1], blocked=np.array([pair])), result
        yield columns([1, 1, 1], person=person, filter=Apart([list(pair)])), result


if __name__ == "__main__":
    main()
