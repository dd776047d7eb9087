"""Who a round takes in, and as what: each condition by itself, at its edge, on both sides of it, far from UTC.

The week is 2026-W49 in Los Angeles: it begins on Monday, 30 November, at 08:00 UTC and ends a week later.
"""

import uuid
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.database import JOB, transaction
from chalicelib.lunch import candidates
from tests.lunches import lunch

PLACE = "Ferry Building"
ZONE = "America/Los_Angeles"
MONDAY = date(2026, 11, 30)
BEGINS = datetime.fromisoformat("2026-11-30T08:00:00+00:00")
ENDS = BEGINS + timedelta(days=7)
LONG_BEFORE = datetime.fromisoformat("2026-11-26T23:00:00+00:00")
NOON = 1 << 4
"""Monday at 12:00: an hour behind 11:00, in quarters."""


def member(community: Any, name: str, location: str | None = PLACE, **more: Any) -> uuid.UUID:
    person: uuid.UUID = community.person(name, location=location, zone=ZONE, **more)
    return person


def hours(
    sql: Any, person: uuid.UUID, starts: str, ends: str, *, zone: str = ZONE, until: str = "", **more: Any
) -> Any:
    weekly = until != ""
    [row] = sql(
        "INSERT INTO availability (id, person_id, purpose, starts, ends, timezone, weekly, until)"
        " VALUES (gen_random_uuid(), %s, %s, %s, %s, %s, %s, %s) RETURNING id",
        person,
        more.get("purpose", "lunch"),
        starts,
        ends,
        zone,
        weekly,
        until or starts[:10],
    )
    return row.id


def read(community: Any, now: datetime = LONG_BEFORE, place: str = PLACE, monday: date = MONDAY) -> candidates.Round:
    return transaction(lambda db: candidates.read(db, monday, community.locations[place], now), JOB)


def is_in(community: Any, person: uuid.UUID, now: datetime = LONG_BEFORE) -> bool:
    return person in read(community, now).people


def row_of(community: Any, person: uuid.UUID, now: datetime = LONG_BEFORE) -> Any:
    """What the matcher is told of that person: free, eats, waited."""
    found = read(community, now)
    row = found.people.index(person)
    return int(found.columns.free[row]), int(found.columns.eats[row]), int(found.columns.waited[row])


# --- who is in at all ---


def test_an_active_member_of_the_place_is_in(community: Any) -> None:
    assert is_in(community, member(community, "ada"))


@pytest.mark.parametrize("roles", [("client",), ("coach",), ("admin",), ()])
def test_who_is_no_member_is_not_in(community: Any, roles: tuple[str, ...]) -> None:
    assert not is_in(community, member(community, "ada", roles=roles))


def test_a_member_whose_role_was_taken_is_not_in(community: Any, sql: Any) -> None:
    ada = member(community, "ada", roles=("member", "coach"))
    sql("UPDATE person_role SET active = false WHERE role = 'member'")
    assert not is_in(community, ada)
    sql("UPDATE person_role SET active = true")
    assert is_in(community, ada)


def test_a_banned_member_is_not_in_until_let_in_again(community: Any, sql: Any) -> None:
    ada = member(community, "ada")
    community.ban("ada")
    assert not is_in(community, ada)
    sql("DELETE FROM ban")
    assert is_in(community, ada)


def test_an_erased_member_is_not_in(community: Any, sql: Any) -> None:
    ada = member(community, "ada")
    sql("DELETE FROM account WHERE person_id = %s", ada)
    assert not is_in(community, ada)


@pytest.mark.parametrize("location", ["Harbour", None])
def test_who_is_at_another_place_or_at_none_is_not_in(community: Any, location: str | None) -> None:
    assert not is_in(community, member(community, "ada", location))


def test_each_place_has_its_own_people_whichever_was_opened_first(community: Any) -> None:
    at = {place: member(community, name, place) for place, name in ((PLACE, "ada"), ("Harbour", "bob"))}
    assert {place: read(community, place=place).people for place in at} == {p: [who] for p, who in at.items()}


@pytest.mark.parametrize(
    ("weeks", "there"),
    [
        ("[2026-11-23,2026-11-30)", True),  # the week before
        ("[2026-11-30,2026-12-07)", False),
        ("[2026-11-16,2026-12-14)", False),
        ("[2026-12-07,2026-12-14)", True),  # the week after
    ],
)
def test_a_pause_keeps_out_in_its_weeks_alone(community: Any, sql: Any, weeks: str, there: bool) -> None:
    ada = member(community, "ada")
    sql("INSERT INTO pause (id, person_id, weeks) VALUES (gen_random_uuid(), %s, %s)", ada, weeks)
    assert is_in(community, ada) is there


# --- lunch.per_week ---


@pytest.mark.parametrize(
    ("starts", "there"),
    [
        (BEGINS - timedelta(minutes=1), True),  # Sunday, 23:59 at the place
        (BEGINS, False),
        (ENDS - timedelta(minutes=1), False),
        (ENDS, True),  # Monday, 0:00 of the week after
    ],
)
def test_a_lunch_counts_towards_the_week_it_starts_in_at_the_place(
    community: Any, sql: Any, starts: datetime, there: bool
) -> None:
    ada = member(community, "ada")
    lunch(sql, community.locations[PLACE], starts.isoformat(), approved=[ada])
    assert is_in(community, ada) is there


@pytest.mark.parametrize(("most", "there"), [(1, False), (2, False), (3, True)])
def test_who_has_as_many_lunches_as_a_week_may_hold_is_not_in(community: Any, sql: Any, most: int, there: bool) -> None:
    ada = member(community, "ada")
    community.rule("lunch.per_week", most)
    for day in (1, 3):
        lunch(sql, community.locations[PLACE], f"2026-12-0{day}T20:00+00:00", approved=[ada])
    assert is_in(community, ada) is there


def test_an_invitation_that_waits_counts_and_one_that_was_declined_does_not(community: Any, sql: Any) -> None:
    ada = member(community, "ada")
    lunch(sql, community.locations[PLACE], "2026-12-01T20:00+00:00", invited=[ada])
    assert not is_in(community, ada)
    sql("UPDATE attendance SET response = 'rejected'")
    assert is_in(community, ada)


def test_an_invitation_counts_while_there_is_a_seat_and_until_its_lunch_is_over(community: Any, sql: Any) -> None:
    """Whoever asks twenty people to three seats keeps nobody else from company in that week."""
    ada, *others = (member(community, name) for name in ("ada", "bob", "cem", "dan"))
    full = lunch(
        sql, community.locations[PLACE], "2026-12-01T20:00+00:00", approved=others, invited=[ada], confirmed=True
    )
    sql("UPDATE event SET creator = %s", others[0])
    assert is_in(community, ada)
    sql("UPDATE attendance SET response = 'rejected' WHERE event_id = %s AND person_id = %s", full, others[0])
    assert not is_in(community, ada)
    sql("UPDATE event SET status = 'Awaiting Evaluation'")
    assert is_in(community, ada)


@pytest.mark.parametrize("status", ["Rejected", "Canceled"])
def test_a_lunch_that_will_not_be_does_not_count(community: Any, sql: Any, status: str) -> None:
    ada = member(community, "ada")
    lunch(sql, community.locations[PLACE], "2026-12-01T20:00+00:00", invited=[ada])
    sql("UPDATE event SET status = %s", status)
    assert is_in(community, ada)


# --- lunch.repeat_days ---


def pairs(community: Any, kind: str) -> list[Any]:
    """Names by pairs, with the weeks where there are some."""
    found = read(community)
    names = {row.id: row.username for row in community.sql("SELECT person_id AS id, username FROM account")}
    return [
        (*sorted((names[found.people[one]], names[found.people[other]])), *rest)
        for one, other, *rest in getattr(found.columns, kind).tolist()
    ]


def met(community: Any, starts: datetime, **more: Any) -> uuid.UUID:
    both = [member(community, name) for name in ("ada", "bob")]
    return lunch(community.sql, community.locations[PLACE], starts.isoformat(), approved=both, **more)


@pytest.mark.parametrize(
    ("before", "kept_apart"),
    [
        (timedelta(days=30), False),  # to the second: they may meet again
        (timedelta(days=30) - timedelta(seconds=1), True),
        (timedelta(days=1), True),
        (timedelta(days=31), False),
    ],
)
def test_who_met_within_repeat_days_of_the_weeks_beginning_is_kept_apart(
    community: Any, before: timedelta, kept_apart: bool
) -> None:
    met(community, BEGINS - before)
    assert pairs(community, "forbidden") == ([("ada", "bob")] if kept_apart else [])


@pytest.mark.parametrize(("days", "kept_apart"), [(0, False), (4, False), (6, True), (365, True)])
def test_repeat_days_is_the_rules(community: Any, days: int, kept_apart: bool) -> None:
    community.rule("lunch.repeat_days", days)
    met(community, BEGINS - timedelta(days=5))
    assert (pairs(community, "forbidden") != []) is kept_apart


@pytest.mark.parametrize("status", ["Rejected", "Canceled"])
@pytest.mark.parametrize("said", ["invited", "approved"])
def test_who_would_have_met_at_a_lunch_that_was_not_may_meet(community: Any, status: str, said: str) -> None:
    both = [member(community, name) for name in ("ada", "bob")]
    lunch(community.sql, community.locations[PLACE], "2026-11-24T20:00+00:00", **{said: both})
    assert pairs(community, "forbidden") == [("ada", "bob")]
    community.sql("UPDATE event SET status = %s", status)
    assert pairs(community, "forbidden") == pairs(community, "met") == []


def test_who_declined_did_not_meet_the_others(community: Any) -> None:
    both = [member(community, name) for name in ("ada", "bob")]
    lunch(community.sql, community.locations[PLACE], "2026-11-24T20:00+00:00", invited=both)
    community.sql("UPDATE attendance SET response = 'rejected' WHERE person_id = %s", both[1])
    assert pairs(community, "forbidden") == []


def test_who_never_answered_until_the_lunch_was_over_met_nobody_there(community: Any) -> None:
    ada, bob, cem = (member(community, name) for name in ("ada", "bob", "cem"))
    starts = "2026-11-24T20:00+00:00"
    event = lunch(community.sql, community.locations[PLACE], starts, approved=[ada, bob], invited=[cem], confirmed=True)
    assert sorted(pairs(community, "forbidden")) == [("ada", "bob"), ("ada", "cem"), ("bob", "cem")]
    community.sql("UPDATE event SET max_attendees = 2, creator = %s WHERE id = %s", ada, event)
    assert pairs(community, "forbidden") == [("ada", "bob")]
    community.sql("UPDATE event SET max_attendees = 3, status = 'Awaiting Evaluation' WHERE id = %s", event)
    assert pairs(community, "forbidden") == [("ada", "bob")]
    assert pairs(community, "met") == [("ada", "bob", 0)]


def test_the_last_of_several_meetings_counts_and_meetings_elsewhere_too(community: Any) -> None:
    both = [member(community, name) for name in ("ada", "bob")]
    for starts in ("2026-06-01T20:00+00:00", "2026-11-24T20:00+00:00", "2026-09-01T20:00+00:00"):
        lunch(community.sql, community.locations["Harbour"], starts, approved=both)
    assert pairs(community, "forbidden") == [("ada", "bob")]
    assert pairs(community, "met") == [("ada", "bob", 0)]


@pytest.mark.parametrize(
    ("before", "found"),
    [
        (timedelta(days=7), [("ada", "bob", 1)]),
        (timedelta(days=7) - timedelta(seconds=1), [("ada", "bob", 0)]),
        (timedelta(weeks=53) - timedelta(minutes=1), [("ada", "bob", 52)]),
        (timedelta(weeks=53), []),  # beyond that, they count as strangers
    ],
)
def test_a_meeting_is_remembered_for_53_weeks_in_whole_weeks(community: Any, before: timedelta, found: Any) -> None:
    met(community, BEGINS - before)
    assert pairs(community, "met") == found


def test_a_meeting_with_somebody_who_is_not_in_names_nobody(community: Any) -> None:
    met(community, BEGINS - timedelta(days=3))
    community.ban("bob")
    assert pairs(community, "forbidden") == pairs(community, "met") == []


# --- waits ---


def left_over(community: Any, person: uuid.UUID, *weeks: str) -> None:
    for week in weeks:
        [round_] = community.sql(
            "INSERT INTO round (id, week, location_id, ran, people, lunches, left_over, bound, proven, seed, digest)"
            " VALUES (gen_random_uuid(), %s, %s, %s, 1, 0, 1, 1, true, 0, '') RETURNING id",
            week,
            community.locations[PLACE],
            LONG_BEFORE,
        )
        community.sql("INSERT INTO left_over VALUES (%s, %s, %s, 'nobody_free')", person, week, round_.id)


def test_rounds_without_a_lunch_are_counted_up_to_the_week_itself(community: Any) -> None:
    ada = member(community, "ada")
    left_over(community, ada, "2026-11-16", "2026-11-23", "2026-11-30", "2026-12-07")
    assert row_of(community, ada)[2] == 2


@pytest.mark.parametrize("status", ["Confirmed", "Awaiting Evaluation", "Done"])
def test_a_lunch_ends_the_wait_and_the_rounds_after_it_count_again(community: Any, status: str) -> None:
    ada = member(community, "ada")
    left_over(community, ada, "2026-11-02", "2026-11-09", "2026-11-23")
    lunch(community.sql, community.locations[PLACE], "2026-11-18T20:00+00:00", approved=[ada], confirmed=True)
    for later in ("Awaiting Evaluation", "Done"):
        if status in (later, "Done"):
            community.sql("UPDATE event SET status = %s", later)
    assert row_of(community, ada)[2] == 1


@pytest.mark.parametrize("response", ["invited", "rejected"])
def test_a_lunch_that_one_did_not_come_to_ends_no_wait(community: Any, response: str) -> None:
    ada = member(community, "ada")
    left_over(community, ada, "2026-11-09")
    lunch(community.sql, community.locations[PLACE], "2026-11-18T20:00+00:00", invited=[ada])
    community.sql("UPDATE attendance SET response = %s", response)
    community.sql("UPDATE event SET status = 'Rejected'")
    assert row_of(community, ada)[2] == 1


def test_a_lunch_that_is_still_to_come_in_that_week_ends_no_wait(community: Any) -> None:
    community.rule("lunch.per_week", 2)
    ada = member(community, "ada")
    left_over(community, ada, "2026-11-23")
    lunch(community.sql, community.locations[PLACE], "2026-12-01T20:00+00:00", approved=[ada], confirmed=True)
    assert row_of(community, ada)[2] == 1


# --- hours ---


def test_only_a_whole_lunch_within_the_hours_counts(community: Any, sql: Any) -> None:
    ada = member(community, "ada")
    hours(sql, ada, "2026-11-30T12:00", "2026-11-30T13:00")
    assert row_of(community, ada)[0] == NOON
    sql("UPDATE availability SET ends = ends - interval '1 minute'")
    assert row_of(community, ada)[0] == 0


def test_hours_are_read_in_the_zone_they_were_given_in(community: Any, sql: Any) -> None:
    ada = member(community, "ada")
    hours(sql, ada, "2026-11-30T21:00", "2026-11-30T22:00", zone="Europe/Berlin")  # 12:00 in Los Angeles
    assert row_of(community, ada)[0] == NOON


def test_office_hours_are_no_time_for_lunch(community: Any, sql: Any) -> None:
    ada = member(community, "ada", roles=("member", "coach"))
    hours(sql, ada, "2026-11-30T12:00", "2026-11-30T13:00", purpose="coaching")
    assert row_of(community, ada)[0] == 0


@pytest.mark.parametrize(("until", "free"), [("2026-11-29", 0), ("2026-11-30", NOON), ("2027-03-01", NOON)])
def test_weekly_hours_count_until_their_last_day(community: Any, sql: Any, until: str, free: int) -> None:
    ada = member(community, "ada")
    hours(sql, ada, "2026-10-05T12:00", "2026-10-05T13:00", until=until)  # a Monday, before the change of clocks
    assert row_of(community, ada)[0] == free


@pytest.mark.parametrize(("day", "free"), [("2026-11-23", NOON), ("2026-11-30", 0), ("2026-12-07", NOON)])
def test_a_day_that_was_excepted_does_not_count_and_no_other_is_touched(
    community: Any, sql: Any, day: str, free: int
) -> None:
    ada = member(community, "ada")
    id = hours(sql, ada, "2026-10-05T12:00", "2026-10-05T13:00", until="2027-03-01")
    sql("INSERT INTO availability_exception VALUES (%s, %s)", id, day)
    assert row_of(community, ada)[0] == free


@pytest.mark.parametrize(
    ("begin", "end", "free"),
    [("11:00", "12:00", NOON), ("11:00", "12:01", 0), ("13:00", "14:00", NOON), ("12:59", "14:00", 0)],
)
def test_whoever_is_taken_is_not_free_to_the_minute(community: Any, sql: Any, begin: str, end: str, free: int) -> None:
    ada = member(community, "ada", roles=("member", "coach"))
    hours(sql, ada, "2026-11-30T12:00", "2026-11-30T13:00")
    during = f"[2026-11-30T{begin}-08:00,2026-11-30T{end}-08:00)"
    sql("INSERT INTO block (id, person_id, during) VALUES (gen_random_uuid(), %s, %s)", ada, during)
    assert row_of(community, ada)[0] == free


@pytest.mark.parametrize(("now", "free"), [("19:59", NOON), ("20:00", 0), ("20:01", 0)])
def test_a_lunch_that_has_begun_is_not_offered(community: Any, sql: Any, now: str, free: int) -> None:
    community.rule("lunch.approve_hours_before", 0)
    ada = member(community, "ada")
    hours(sql, ada, "2026-11-30T12:00", "2026-11-30T13:00")
    assert row_of(community, ada, datetime.fromisoformat(f"2026-11-30T{now}:00+00:00"))[0] == free


# --- foods ---


def test_one_eats_what_is_served_less_what_one_refuses(community: Any, sql: Any) -> None:
    ada, bob = member(community, "ada"), member(community, "bob")
    sql("DELETE FROM location_food WHERE food_type_id = 2 AND location_id = %s", community.locations[PLACE])
    sql("INSERT INTO refusal (person_id, food_type_id) VALUES (%s, 0), (%s, 2)", ada, ada)
    assert row_of(community, ada)[1] == 0b010
    assert row_of(community, bob)[1] == 0b011


def test_the_64th_food_type_is_one_like_the_others(community: Any, sql: Any) -> None:
    sql("INSERT INTO food_type (id, name) VALUES (63, 'Kelp')")
    sql("INSERT INTO location_food VALUES (%s, 63)", community.locations[PLACE])
    assert row_of(community, member(community, "ada"))[1] == 1 << 63 | 0b111


# --- ties ---


def test_the_same_round_breaks_its_ties_alike_and_no_other_round_does(community: Any) -> None:
    seeds = [
        read(community, place=place, monday=monday).columns.seed
        for place, monday in (
            (PLACE, MONDAY),
            (PLACE, MONDAY),
            ("Harbour", MONDAY),
            (PLACE, MONDAY + timedelta(days=7)),
        )
    ]
    assert seeds[0] == seeds[1]
    assert len(set(seeds)) == 3


def test_a_round_is_about_one_moment(community: Any, monkeypatch: Any) -> None:
    """What changes while it is read is all in it or not at all."""
    ada, bob = member(community, "ada"), member(community, "bob")
    people_at = candidates.people_at

    def meeting_meanwhile(*given: Any) -> list[Any]:
        people = people_at(*given)
        lunch(community.sql, community.locations[PLACE], "2026-11-24T20:00+00:00", approved=[ada, bob], confirmed=True)
        return people

    monkeypatch.setattr(candidates, "people_at", meeting_meanwhile)
    assert read(community).columns.met.tolist() == []
    monkeypatch.undo()
    assert len(read(community).columns.met) == 1
