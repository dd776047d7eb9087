"""What would help who is left over: true counts, never of fewer than three, and one press that does it."""

import uuid
from datetime import date, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.lunch import rounds, suggestions
from chalicelib.lunch.matching import Columns

MONDAY = date(2026, 11, 30)
NOW = datetime.fromisoformat("2026-11-26T14:00:00+00:00")
BITS = 6
people = st.lists(st.tuples(st.integers(0, 2**BITS - 1), st.integers(0, 15)), min_size=1, max_size=12)


def columns(given: list[tuple[int, int]], apart: list[tuple[int, int]] = []) -> Columns:  # noqa: B006
    n = len(given)
    return Columns(
        location=np.zeros(n, np.int32),
        free=np.array([free for free, _ in given], np.uint64),
        eats=np.array([eats for _, eats in given], np.uint64),
        waited=np.zeros(n, np.int32),
        forbidden=np.array(apart, np.int32).reshape(-1, 2),
        met=np.zeros((0, 3), np.int32),
        minimum=2,
        maximum=3,
        seed=0,
        starts=12,
    )


@settings(deadline=None)
@given(people)
def test_an_hour_is_the_one_that_meets_most_others(everybody: list[tuple[int, int]]) -> None:
    found = suggestions.hours(columns(everybody), list(range(len(everybody))), BITS)
    for row, (free, eats) in enumerate(everybody):
        counts = {
            bit: sum(1 for f, e in everybody if f >> bit & 1 and e & eats) for bit in range(BITS) if not free >> bit & 1
        }
        best = max(counts, key=lambda bit: (counts[bit], -bit), default=None)
        wanted = None if best is None or counts[best] < 3 else (best, counts[best])
        assert found.get(row) == wanted


@settings(deadline=None)
@given(people)
def test_a_food_is_the_one_that_meets_most_others(everybody: list[tuple[int, int]]) -> None:
    found = suggestions.foods(columns(everybody), list(range(len(everybody))))
    served = {food for _, eats in everybody for food in range(4) if eats >> food & 1}
    for row, (free, eats) in enumerate(everybody):
        counts = {
            food: sum(1 for f, e in everybody if f & free and e >> food & 1) for food in served if not eats >> food & 1
        }
        best = max(counts, key=lambda food: (counts[food], -food), default=None)
        wanted = None if best is None or counts[best] < 3 else (best, counts[best])
        assert found.get(row) == wanted


@settings(deadline=None)
@given(people, st.data())
def test_who_is_kept_apart_changes_no_count(everybody: list[tuple[int, int]], data: st.DataObject) -> None:
    pairs = st.lists(st.tuples(*[st.integers(0, len(everybody) - 1)] * 2), max_size=6)
    rows = list(range(len(everybody)))
    apart = columns(everybody, data.draw(pairs))
    assert suggestions.hours(apart, rows, BITS) == suggestions.hours(columns(everybody), rows, BITS)
    assert suggestions.foods(apart, rows) == suggestions.foods(columns(everybody), rows)


# --- on one's week ---


def member(community: Any, name: str, *starts: str, refuses: tuple[int, ...] = ()) -> uuid.UUID:
    person: uuid.UUID = community.person(name)
    for start in starts:
        community.sql(
            "INSERT INTO availability (id, person_id, purpose, starts, ends, timezone, weekly, until)"
            " VALUES (gen_random_uuid(), %s, 'lunch', %s, %s::timestamp + interval '1 hour', 'Europe/Berlin', true, 'infinity')",
            person,
            start,
            start,
        )
    for food in refuses:
        community.sql("INSERT INTO refusal (person_id, food_type_id) VALUES (%s, %s)", person, food)
    return person


@pytest.fixture
def otto(community: Any, clock: Any) -> Any:
    """Free on Monday, when nobody is; the others on Tuesday at 12:00."""
    clock.set("2026-11-26T14:00:00Z")
    person = member(community, "otto", "2026-11-30T12:00")
    return community.browser_of(person)


def run(community: Any) -> rounds.Outcome:
    return rounds.run(MONDAY, community.locations["Harbour"], NOW)


@pytest.mark.parametrize(("others", "words"), [(2, ""), (3, "Three people"), (5, "Five people")])
def test_the_week_says_what_would_have_helped_from_three_people_on(
    community: Any, otto: Any, others: int, words: str
) -> None:
    for n in range(others):
        member(community, f"friend{n}", "2026-12-01T12:00")
    run(community)
    shown = otto.get("/").text
    assert "nobody else was free at your hours" in shown
    assert ("free on Tuesdays at 12:00" in shown) is (others >= 3)
    assert words in shown


def test_one_press_adds_the_hour_and_the_next_round_finds_company(community: Any, otto: Any) -> None:
    from tests.pages.test_forms import send

    for n in range(4):
        member(community, f"friend{n}", "2026-12-01T12:00")
    run(community)
    answer = send(otto, "/availability/suggested/hour", {}, page="/")
    assert (answer.status, answer.header("location")) == (303, "/availability?done=suggested")
    shown = otto.get("/availability?done=suggested").text
    assert "The suggested hour is added" in shown and "Every Tuesday, 12:00 to 13:00" in shown
    assert "free on Tuesdays" not in otto.get("/").text
    assert (
        len(community.sql("SELECT 1 FROM availability WHERE starts::time = '12:00' AND timezone = 'Europe/Berlin'"))
        == 6
    )


def test_a_food_that_is_refused_is_named_to_who_refuses_it(community: Any, otto: Any) -> None:
    from tests.pages.test_forms import send

    community.sql("INSERT INTO refusal (person_id, food_type_id) SELECT id, 0 FROM person")
    for n in range(3):
        member(community, f"friend{n}", "2026-11-30T12:00", refuses=(1, 2))
    run(community)
    shown = otto.get("/").text
    assert "Three people at Harbour who are free when you are eat Thai, which you refuse." in shown
    assert send(otto, "/availability/suggested/food", {}, page="/").status == 303
    assert community.sql("SELECT 1 FROM refusal r JOIN account a USING (person_id) WHERE a.username = 'otto'") == []


def test_a_later_round_says_what_helps_now_and_nobody_else_reads_it(community: Any, otto: Any) -> None:
    friends = [member(community, f"friend{n}", "2026-12-01T12:00") for n in range(3)]
    run(community)
    assert len(community.sql("SELECT 1 FROM suggested_hour")) == 1
    assert "free on Tuesdays" not in community.browser_of(friends[0]).get("/").text
    community.sql(
        "UPDATE availability SET starts = starts + interval '1 day', ends = ends + interval '1 day' WHERE person_id = ANY(%s)",
        friends,
    )
    community.sql("DELETE FROM commitment")
    community.sql("DELETE FROM event")
    run(community)
    assert [row.weekday for row in community.sql("SELECT weekday FROM suggested_hour")] == [2]
