"""What a round leaves behind: lunches, who comes, who is left over and why, what is told to whom, and its own row."""

import json
import uuid
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.lunch import rounds
from tests.lunches import told
from tests.threads import at_once

PLACE = "Ferry Building"
ZONE = "America/Los_Angeles"
MONDAY = date(2026, 11, 30)
NOW = datetime.fromisoformat("2026-11-26T23:00:00+00:00")


def member(community: Any, name: str, *days: str, foods: tuple[int, ...] = (0, 1, 2)) -> uuid.UUID:
    """A member who is free for a lunch at noon on these days, and eats these foods."""
    person: uuid.UUID = community.person(name, location=PLACE, zone=ZONE)
    for day in days:
        community.sql(
            "INSERT INTO availability (id, person_id, purpose, starts, ends, timezone, weekly, until)"
            " VALUES (gen_random_uuid(), %s, 'lunch', %s, %s, %s, false, %s)",
            person,
            f"{day}T12:00",
            f"{day}T13:00",
            ZONE,
            day,
        )
    for food in {0, 1, 2} - set(foods):
        community.sql("INSERT INTO refusal (person_id, food_type_id) VALUES (%s, %s)", person, food)
    return person


def run(community: Any, now: datetime = NOW, place: str = PLACE) -> rounds.Outcome:
    return rounds.run(MONDAY, community.locations[place], now)


def ask(community: Any, statement: str) -> list[Any]:
    found: list[Any] = community.sql(statement)
    return found


# --- the lunches ---


def test_a_lunch_takes_the_hours_of_its_people_and_says_where_and_what(community: Any) -> None:
    both = {member(community, name, "2026-12-01", foods=(1,)) for name in ("ada", "bob")}
    [made] = run(community).lunches
    [event] = ask(community, "SELECT * FROM event")
    assert (event.title, event.status, event.min_attendees, event.max_attendees, event.public) == (
        f"Soup at {PLACE}",
        "Confirmed",
        2,
        3,
        False,
    )
    assert event.starts == datetime.fromisoformat("2026-12-01T20:00:00+00:00") == made.starts
    assert ask(community, "SELECT food_type_id FROM event_food")[0].food_type_id == 1
    for table in ("attendance", "commitment"):
        assert {row.person_id for row in ask(community, f"SELECT person_id FROM {table}")} == both
    assert {row.response for row in ask(community, "SELECT response FROM attendance")} == {"approved"}


def test_without_auto_approve_nobody_is_taken_and_everybody_is_asked(community: Any) -> None:
    community.rule("lunch.auto_approve", False)
    for name in ("ada", "bob"):
        member(community, name, "2026-12-01")
    run(community)
    assert [row.status for row in ask(community, "SELECT status FROM event")] == ["Proposed"]
    assert {row.response for row in ask(community, "SELECT response FROM attendance")} == {"invited"}
    assert ask(community, "SELECT 1 FROM commitment") == []


@pytest.mark.parametrize(("people", "open_seats", "public"), [(2, True, True), (3, True, False), (2, False, False)])
def test_a_lunch_with_a_free_seat_is_public_where_the_rule_says_so(
    community: Any, people: int, open_seats: bool, public: bool
) -> None:
    community.rule("lunch.open_seats", open_seats)
    for name in ("ada", "bob", "eve")[:people]:
        member(community, name, "2026-12-01")
    run(community)
    assert [row.public for row in ask(community, "SELECT public FROM event")] == [public]


@pytest.mark.parametrize(("low", "high", "sizes"), [(2, 2, [2]), (3, 3, [3]), (3, 4, [4]), (2, 4, [4])])
def test_groups_are_as_large_as_the_rules_say(community: Any, low: int, high: int, sizes: list[int]) -> None:
    community.rule("lunch.min_attendees", low)
    community.rule("lunch.max_attendees", high)
    for name in ("ada", "bob", "eve", "joe")[: sizes[0]]:
        member(community, name, "2026-12-01")
    assert [len(lunch.people) for lunch in run(community).lunches] == sizes
    assert [(row.min_attendees, row.max_attendees) for row in ask(community, "SELECT * FROM event")] == [(low, high)]


# --- who is left over ---


def test_everybody_who_is_left_over_has_a_reason(community: Any) -> None:
    wants = {
        "none": (member(community, "none"), "no_hours"),
        "alone": (member(community, "alone", "2026-12-04"), "nobody_free"),
        "picky": (member(community, "picky", "2026-12-01", foods=(2,)), "nobody_suitable"),
    }
    for name in ("ada", "bob"):
        member(community, name, "2026-12-01", foods=(0,))
    outcome = run(community)
    assert outcome.left == dict(wants.values())
    stored = {row.person_id: row.reason for row in ask(community, "SELECT * FROM left_over")}
    assert stored == dict(wants.values())
    [found] = ask(community, "SELECT * FROM round")
    assert (found.people, found.lunches, found.left_over, found.bound, found.proven) == (5, 1, 3, 3, True)
    assert (found.week, found.ran, found.seed) == (MONDAY, NOW, outcome_seed(community))


def outcome_seed(community: Any) -> int:
    from chalicelib.lunch.candidates import _seed

    return _seed(MONDAY, community.locations[PLACE])


def test_whoever_finds_company_later_is_left_over_no_more(community: Any) -> None:
    ada = member(community, "ada", "2026-12-01")
    run(community)
    assert [row.person_id for row in ask(community, "SELECT person_id FROM left_over")] == [ada]
    member(community, "bob", "2026-12-01")
    run(community)
    assert ask(community, "SELECT 1 FROM left_over") == []
    assert len(ask(community, "SELECT 1 FROM round")) == 2


def test_a_round_without_anybody_is_a_round(community: Any) -> None:
    outcome = run(community)
    assert (outcome.lunches, outcome.left) == ([], {})
    assert [row.people for row in ask(community, "SELECT people FROM round")] == [0]


# --- again, and at once ---


def test_run_again_it_repeats_nothing_and_adds_what_is_newly_possible(community: Any) -> None:
    for name in ("ada", "bob", "eve"):
        member(community, name, "2026-12-01")
    assert len(run(community).lunches) == 1
    before = ask(community, "SELECT * FROM event")
    assert run(community).lunches == []
    for name in ("joe", "sue"):
        member(community, name, "2026-12-02")
    assert len(run(community).lunches) == 1
    assert before[0] in ask(community, "SELECT * FROM event")


def test_two_rounds_at_once_make_a_lunch_once(community: Any) -> None:
    for name in ("ada", "bob"):
        member(community, name, "2026-12-01")
    made = at_once(4, lambda n: len(run(community, NOW + timedelta(seconds=n)).lunches))
    assert sorted(made) == [0, 0, 0, 1]
    assert len(ask(community, "SELECT 1 FROM event")) == 1
    looked = ask(community, "SELECT people FROM round ORDER BY people")
    assert [row.people for row in looked] == [0, 0, 0, 2], "each looked after the other was done"


def test_places_do_not_wait_for_each_other_and_take_only_their_own(community: Any) -> None:
    for name in ("ada", "bob"):
        member(community, name, "2026-12-01")
    assert run(community, place="Harbour").lunches == []
    assert len(run(community).lunches) == 1


def test_who_is_taken_between_reading_and_writing_keeps_the_others_free(community: Any, monkeypatch: Any) -> None:
    ada, bob = (member(community, name, "2026-12-01") for name in ("ada", "bob"))
    pair = {member(community, name, "2026-12-02") for name in ("eve", "joe")}
    real = rounds.match

    def match(columns: Any) -> Any:
        during = "[2026-12-01T20:30Z,2026-12-01T21:30Z)"
        community.sql("INSERT INTO block (id, person_id, during) VALUES (gen_random_uuid(), %s, %s)", ada, during)
        return real(columns)

    monkeypatch.setattr(rounds, "match", match)
    [made] = run(community).lunches
    assert set(made.people) == pair
    taken = {row.person_id for row in ask(community, "SELECT person_id FROM commitment WHERE event_id IS NOT NULL")}
    assert taken == pair
    assert {row.person_id for row in ask(community, "SELECT person_id FROM attendance")} == pair
    assert bob not in taken
    assert len(told(community.sql, "Event_Approved")) == 1


@pytest.mark.parametrize(("asked", "waits"), [("22:59", False), ("23:00", False), ("23:01", True)])
def test_only_what_was_asked_before_the_round_is_answered_by_it(community: Any, asked: str, waits: bool) -> None:
    community.sql(
        "INSERT INTO asked_round (week, location_id, asked) VALUES (%s, %s, %s)",
        MONDAY,
        community.locations[PLACE],
        f"2026-11-26T{asked}Z",
    )
    run(community)
    assert (ask(community, "SELECT 1 FROM asked_round") != []) is waits


# --- what is told ---


def messages(community: Any) -> dict[str, list[tuple[str, str]]]:
    """By topic: key and type, oldest first."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in ask(community, "SELECT topic, key, event->>'type' AS type FROM outbox ORDER BY id"):
        found.setdefault(row.topic, []).append((row.key, row.type))
    return found


def test_a_lunch_that_is_on_is_told_on_its_week_and_as_approved(community: Any) -> None:
    people = {str(member(community, name, "2026-12-01")) for name in ("ada", "bob")}
    id = str(run(community).lunches[0].id)
    assert messages(community) == {
        "Event_49": [("event_49", "event.proposed")],
        "Events_All": [(id, "event.proposed"), (id, "event.approved")],
        "Event_Approved": [(id, "event.approved")],
    }
    for row in ask(community, "SELECT event->'data' AS data FROM outbox"):
        assert (row.data["event"], row.data["week"], set(row.data["people"])) == (id, "2026-W49", people)
        assert "ada" not in json.dumps(row.data)


def test_a_lunch_that_waits_is_told_to_those_who_are_asked(community: Any) -> None:
    community.rule("lunch.auto_approve", False)
    for name in ("ada", "bob"):
        member(community, name, "2026-12-01")
    id = str(run(community).lunches[0].id)
    assert messages(community) == {
        "Event_49": [("event_49", "event.proposed")],
        "Events_All": [(id, "event.proposed")],
        "InvitedUser": [(id, "event.invited")],
    }


def test_a_round_that_makes_nothing_tells_nothing_of_lunches(community: Any) -> None:
    member(community, "ada", "2026-12-01")
    run(community)
    assert [topic for topic in messages(community) if topic.startswith("Event")] == []
