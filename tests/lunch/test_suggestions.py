"""What would help who is left over: true counts, never of fewer than three, and one press that does it."""

import re
import uuid
from datetime import date, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.lunch import rounds, suggestions
from chalicelib.lunch.matching import Columns
from tests.mailbox import deliver

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


def suits(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return bool(one[0] & other[0] and one[1] & other[1])


def others(given: list[tuple[int, int]]) -> suggestions.Others:
    return suggestions.Others(*(np.array([one[n] for one in given], np.uint64) for n in (0, 1)))


@settings(deadline=None)
@given(people, st.lists(st.tuples(st.integers(0, 2**BITS - 1), st.integers(0, 15), st.integers(1, 5)), max_size=12))
def test_a_return_is_the_day_by_which_three_who_suit_are_back(
    everybody: list[tuple[int, int]], away: list[tuple[int, int, int]]
) -> None:
    back = np.array([day for *_, day in away], np.int64)
    found = suggestions.returns(
        columns(everybody), list(range(len(everybody))), others([one[:2] for one in away]), back
    )
    for row, one in enumerate(everybody):
        by = {day: sum(1 for *it, back in away if suits(one, (it[0], it[1])) and back <= day) for day in range(1, 6)}
        day = min((day for day, n in by.items() if n >= 3), default=None)
        assert found.get(row) == (day and (day, by[day]))


@settings(deadline=None)
@given(people, st.dictionaries(st.integers(1, 4), st.tuples(people, st.integers(0, 15)), max_size=3))
def test_a_place_is_the_one_where_most_others_suit(
    everybody: list[tuple[int, int]], near: dict[int, tuple[list[tuple[int, int]], int]]
) -> None:
    """``near``: who has lunch there, and what the others would eat there of what they eat."""
    free = np.array([free for free, _ in everybody], np.uint64)
    eats = {at: np.array([eats & served for _, eats in everybody], np.uint64) for at, (_, served) in near.items()}
    found = suggestions.places(free, eats, {at: others(there) for at, (there, _) in near.items()})
    for row, (mine, eaten) in enumerate(everybody):
        counts = {at: sum(suits((mine, eaten & served), one) for one in there) for at, (there, served) in near.items()}
        best = max(counts, key=lambda at: (counts[at], -at), default=None)
        assert found.get(row) == (None if best is None or counts[best] < 3 else (best, counts[best]))


@settings(deadline=None)
@given(people, st.data())
def test_who_is_kept_apart_changes_no_count(everybody: list[tuple[int, int]], data: st.DataObject) -> None:
    pairs = st.lists(st.tuples(*[st.integers(0, len(everybody) - 1)] * 2), max_size=6)
    rows = list(range(len(everybody)))
    apart = columns(everybody, data.draw(pairs))
    assert suggestions.hours(apart, rows, BITS) == suggestions.hours(columns(everybody), rows, BITS)
    assert suggestions.foods(apart, rows) == suggestions.foods(columns(everybody), rows)


# --- on one's week ---


def member(
    community: Any, name: str, *starts: str, refuses: tuple[int, ...] = (), location: str = "Harbour"
) -> uuid.UUID:
    person: uuid.UUID = community.person(name, location=location)
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
    assert "The suggested hour is added" in shown and re.search(
        r"Every (\w+ and )?Tuesday( and \w+)?, 12:00 to 13:00", shown
    )
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


GIVEN = {
    "the hour itself": (("2026-12-01T12:00", "2026-12-01T13:00", True), False),
    "hours that hold it": (("2026-11-24T11:00", "2026-11-24T14:00", True), False),
    "less than the hour": (("2026-12-01T12:15", "2026-12-01T14:00", True), True),
    "it ends too soon": (("2026-12-01T11:00", "2026-12-01T12:59", True), True),
    "another day": (("2026-12-02T12:00", "2026-12-02T13:00", True), True),
    "that week alone": (("2026-12-01T12:00", "2026-12-01T13:00", False), True),
}


@pytest.mark.parametrize("given", GIVEN)
def test_an_hour_that_they_gave_by_themselves_meanwhile_is_not_proposed(community: Any, otto: Any, given: str) -> None:
    for n in range(3):
        member(community, f"friend{n}", "2026-12-01T12:00")
    run(community)
    assert "free on Tuesdays at 12:00." in otto.get("/").text
    (start, end, weekly), is_proposed = GIVEN[given]
    body = {"purpose": "lunch", "start": start, "end": end, "timezone": "Europe/Berlin", "weekly": weekly}
    assert otto.post("/api/availability", body).status == 201
    assert ("free on Tuesdays" in otto.get("/").text) == is_proposed
    assert any("free on Tuesdays" in mail.text for mail in deliver(community.sql)) == is_proposed


def test_a_food_that_they_eat_meanwhile_is_not_proposed(community: Any, otto: Any) -> None:
    community.sql("INSERT INTO refusal (person_id, food_type_id) SELECT id, 0 FROM person")
    for n in range(3):
        member(community, f"friend{n}", "2026-11-30T12:00", refuses=(1, 2))
    run(community)
    assert "which you refuse" in otto.get("/").text
    assert otto.ask("PATCH", "/api/me", {"refuses": []}).status == 200
    assert "which you refuse" not in otto.get("/").text


def test_an_hour_of_a_place_in_another_zone_says_whose_clock_it_is(community: Any, otto: Any) -> None:
    for n in range(3):
        member(community, f"friend{n}", "2026-12-01T12:00")
    run(community)
    assert otto.ask("PATCH", "/api/me", {"timezone": "Pacific/Auckland"}).status == 200
    assert "free on Tuesdays at 12:00 (Europe/Berlin)." in otto.get("/").text


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


# --- a pause that ends ---


def pause(community: Any, person: uuid.UUID, *weeks: str) -> None:
    for span in weeks:
        community.sql("INSERT INTO pause VALUES (gen_random_uuid(), %s, %s)", person, span)


BACK = {
    "[2026-11-30,2026-12-07)": "7 December",
    "[2026-11-23,2026-12-21)": "21 December",
    "[2026-11-30,2027-03-01)": "1 March",
}


@pytest.mark.parametrize("span", BACK)
def test_who_sits_out_is_counted_by_the_day_they_are_back(community: Any, otto: Any, span: str) -> None:
    for n in range(4):
        pause(community, member(community, f"friend{n}", "2026-11-30T12:00"), span)
    run(community)
    shown = otto.get("/").text
    assert "Four people at Harbour who eat what you eat and have hours of yours sit out in that week" in shown
    assert f"and are back by Monday, {BACK[span]}." in shown


def test_a_pause_that_follows_another_is_one(community: Any, otto: Any) -> None:
    for n in range(3):
        friend = member(community, f"friend{n}", "2026-11-30T12:00")
        pause(community, friend, "[2026-11-30,2026-12-07)", "[2026-12-07,2026-12-14)", "[2026-12-28,2027-01-04)")
    run(community)
    assert "are back by Monday, 14 December." in otto.get("/").text


@pytest.mark.parametrize("why", ["two", "other hours", "other food", "too long", "banned", "another week"])
def test_who_would_not_have_suited_or_stays_away_is_not_counted(community: Any, otto: Any, why: str) -> None:
    if why == "other food":
        community.sql("INSERT INTO refusal SELECT id, 0 FROM person")
    for n in range(3):
        at = "2026-12-02T12:00" if why == "other hours" else "2026-11-30T12:00"
        friend = member(community, f"friend{n}", at, refuses=(1, 2) if why == "other food" else ())
        weeks = {"too long": "[2026-11-30,2027-03-08)", "another week": "[2026-12-07,2026-12-14)"}
        if not (why == "two" and n == 2):
            pause(community, friend, weeks.get(why, "[2026-11-30,2026-12-07)"))
        if why == "banned":
            community.ban(f"friend{n}")
    run(community)
    assert "back by" not in otto.get("/").text


# --- another place near ---


@pytest.fixture
def station(community: Any) -> int:
    """A place near the harbour, where three have lunch who are free when Otto is."""
    [place] = community.sql("INSERT INTO location (name, timezone) VALUES ('Station', 'Europe/Berlin') RETURNING id")
    community.locations["Station"] = place.id
    community.sql("INSERT INTO location_food VALUES (%s, 1)", place.id)
    community.sql("INSERT INTO location_near VALUES (%s, %s)", community.locations["Harbour"], place.id)
    for n in range(3):
        member(community, f"traveller{n}", "2026-11-30T12:00", location="Station")
    return int(place.id)


def test_one_press_has_lunch_at_a_place_near_and_the_next_round_finds_company(
    community: Any, otto: Any, station: int
) -> None:
    from tests.pages.test_forms import send

    run(community)
    shown = otto.get("/").text
    assert "Three people who have lunch at Station, which is near, eat what you eat and have hours of yours." in shown
    answer = send(otto, "/availability/suggested/place", {}, page="/")
    assert (answer.status, answer.header("location")) == (303, "/availability?done=place")
    assert "You have lunch at another place from the next round on" in otto.get("/availability?done=place").text
    assert otto.get("/api/me").json["location"] == "Station"
    assert "which is near" not in otto.get("/").text
    found = rounds.run(MONDAY, station, NOW)
    assert sorted(len(made.people) for made in found.lunches) == [2, 2] and not found.left


def test_it_makes_no_difference_whether_the_round_there_ran_first(community: Any, otto: Any, station: int) -> None:
    assert len(rounds.run(MONDAY, station, NOW).lunches) == 1
    run(community)
    assert "Three people who have lunch at Station" in otto.get("/").text


@pytest.mark.parametrize("why", ["far", "closed", "another zone", "nothing they eat", "they sit out"])
def test_a_place_that_would_not_help_is_not_named(community: Any, otto: Any, station: int, why: str) -> None:
    community.sql(
        {
            "far": "DELETE FROM location_near",
            "closed": "UPDATE location SET open = false WHERE name = 'Station'",
            "another zone": "UPDATE location SET timezone = 'Europe/Paris' WHERE name = 'Station'",
            "nothing they eat": "INSERT INTO refusal SELECT person_id, 1 FROM account WHERE username = 'otto'",
            "they sit out": "INSERT INTO pause SELECT gen_random_uuid(), person_id, '[2026-11-30,2026-12-07)'"
            " FROM account WHERE username LIKE 'traveller%%'",
        }[why]
    )
    run(community)
    assert "Station" not in otto.get("/").text


def test_a_place_that_closes_is_named_no_more_and_its_people_read_what_is_near(
    community: Any, otto: Any, station: int
) -> None:
    run(community)
    community.sql("UPDATE location SET open = false WHERE id = %s", community.locations["Harbour"])
    shown = otto.get("/").text
    assert "Harbour is closed" in shown and "Station is near." in shown and "Have lunch there" in shown
    community.sql("UPDATE location SET open = false WHERE id = %s", station)
    shown = otto.get("/").text
    assert "Harbour is closed" in shown and "Station" not in shown


def test_what_was_said_of_a_place_is_not_said_of_another(community: Any, otto: Any) -> None:
    """Otto moves after the round: what it counted is true of the harbour alone, and no press gives hours elsewhere."""
    from tests.pages.documents import Document

    for n in range(3):
        member(community, f"friend{n}", "2026-12-01T12:00")
    run(community)
    form = Document(otto.get("/").text).form("/availability/suggested/hour")
    assert otto.ask("PATCH", "/api/me", {"location": "Ferry Building"}).status == 200
    assert "free on Tuesdays" not in otto.get("/").text
    assert otto.post("/availability/suggested/hour", form, kind="form").status == 422
    assert len(community.sql("SELECT 1 FROM suggested_hour")) == 1


# --- who else reads it ---


def test_the_mail_and_the_admin_say_what_would_help(community: Any, otto: Any, station: int) -> None:
    from tests.mailbox import deliver

    for n in range(3):
        member(community, f"friend{n}", "2026-12-01T12:00")
        pause(community, member(community, f"paused{n}", "2026-11-30T12:00"), "[2026-11-30,2026-12-07)")
    run(community)
    [mail] = [mail for mail in deliver(community.sql) if mail.subject.startswith("No lunch")]
    assert "- Three people at Harbour who eat what you eat are free on Tuesdays at 12:00." in mail.text
    assert "- Three people who have lunch at Station, which is near" in mail.text
    admin = community.admin()
    [round] = admin.get("/api/admin/rounds").json["found"]
    [one] = admin.get(f"/api/admin/rounds/{round['id']}").json["left_over"]
    told = ["Tuesdays at 12:00 (three people)", "pauses that end by Monday, 7 December (three people)",
            "lunch at Station (three people)"]  # fmt: skip
    assert one["helps"] == told
    assert "; ".join(told) in admin.get(f"/admin/rounds/{round['id']}").text
