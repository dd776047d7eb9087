"""More than one lunch a week: who gets them, with whom, and who is left over then."""

from collections import Counter
from itertools import combinations
from typing import Any
from uuid import UUID

import pytest

from tests.lunch.test_rounds import ask, member, run


def lunches_of(community: Any) -> Counter[UUID]:
    """How many lunches each person has."""
    return Counter(row.person_id for row in ask(community, "SELECT person_id FROM commitment"))


@pytest.mark.parametrize(("most", "each"), [(1, 1), (2, 2), (3, 3), (5, 3)])
def test_each_has_as_many_lunches_as_the_rule_and_their_days_allow(community: Any, most: int, each: int) -> None:
    community.rule("lunch.per_week", most)
    community.rule("lunch.max_attendees", 2)
    days = [f"2026-{day}" for day in ("11-30", "12-01", "12-02", "12-03", "12-04")]
    four = [member(community, name, *days) for name in ("ada", "bob", "eve", "joe")]
    outcome = run(community)
    assert lunches_of(community) == dict.fromkeys(four, each)
    pairs = Counter(frozenset(pair) for lunch in outcome.lunches for pair in combinations(lunch.people, 2))
    assert set(pairs.values()) == {1}
    assert outcome.left == {}
    assert run(community).lunches == []


def test_nobody_is_asked_to_two_lunches_that_overlap(community: Any) -> None:
    """All are free for an hour and three quarters of one day alone. (Nobody is taken yet, so no constraint would help.)"""
    community.rule("lunch.per_week", 2)
    community.rule("lunch.auto_approve", False)
    community.rule("lunch.max_attendees", 2)
    for name in ("ada", "bob", "eve", "joe"):
        member(community, name, "2026-12-01")
    community.sql("UPDATE availability SET ends = ends + interval '45 minutes'")
    run(community)
    assert set(Counter(row.person_id for row in ask(community, "SELECT person_id FROM attendance")).values()) == {1}
    assert [row.count for row in ask(community, "SELECT count(*)::int FROM event")] == [2]


def test_whom_the_first_pass_leaves_over_a_later_one_may_seat(community: Any) -> None:
    community.rule("lunch.per_week", 2)
    monday = member(community, "monday", "2026-11-30")
    both = member(community, "both", "2026-11-30", "2026-12-01")
    tuesday = member(community, "tuesday", "2026-12-01")
    outcome = run(community)
    assert lunches_of(community) == {monday: 1, both: 2, tuesday: 1}
    assert outcome.left == {}
    assert ask(community, "SELECT FROM left_over") == []
    counted = ask(community, "SELECT free, matched FROM round_hour WHERE free > 0 ORDER BY starts")
    assert [(hour.free, hour.matched) for hour in counted] == [(2, 2), (2, 2)], "of every pass"
    [found] = ask(community, "SELECT * FROM round")
    assert (found.lunches, found.left_over, found.bound, found.proven) == (2, 1, 1, True)


def test_who_has_a_lunch_already_is_given_only_what_is_missing(community: Any) -> None:
    days = ("2026-12-01", "2026-12-02", "2026-12-03")
    ada, bob = (member(community, name, *days) for name in ("ada", "bob"))
    run(community)
    community.rule("lunch.per_week", 2)
    eve, joe = (member(community, name, *days) for name in ("eve", "joe"))
    run(community)
    assert lunches_of(community) == dict.fromkeys((ada, bob, eve, joe), 2)
