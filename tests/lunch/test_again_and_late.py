"""Rounds that are run again or late: what somebody's leaving sets off, what was missed, and what is never offered."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.database import JOB, transaction
from chalicelib.lunch import jobs, rounds
from tests.lunches import lunch, told

MONDAY = date(2026, 11, 23)
NOW = datetime.fromisoformat("2026-11-23T08:00:00+00:00")
TUESDAY, WEDNESDAY, FRIDAY = (f"2026-11-{day}T11:00+00:00" for day in (24, 25, 27))
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def monday(clock: Any) -> None:
    clock.set("2026-11-23T08:00Z")


def hours(community: Any, person: Any, *days: str, start: str = "12:00", end: str = "13:00") -> None:
    for day in days:
        community.sql(
            "INSERT INTO availability (id, person_id, purpose, starts, ends, timezone, weekly, until)"
            " VALUES (gen_random_uuid(), %s, 'lunch', %s, %s, 'Europe/Berlin', false, %s)",
            person,
            f"{day}T{start}",
            f"{day}T{end}",
            day,
        )


def leave(browser: Any, event: Any) -> int:
    status: int = browser.ask("PUT", f"/api/events/{event}/attendance", {"response": "rejected"}).status
    return status


def asked(community: Any) -> list[str]:
    return [str(row.week) for row in community.sql("SELECT week FROM asked_round")]


def state(community: Any, event: Any) -> str:
    found: str = community.sql("SELECT status FROM event WHERE id = %s", event)[0].status
    return found


def run(community: Any, now: datetime = NOW + timedelta(minutes=1)) -> rounds.Outcome:
    return rounds.run(MONDAY, community.locations["Harbour"], now)


@pytest.fixture
def pair(community: Any) -> Any:
    """Ada and Bob have lunch on Wednesday; Cem is free on Friday, and so is Bob."""
    ada, bob, cem = (community.person(name) for name in ("ada", "bob", "cem"))
    hours(community, ada, "2026-11-25", "2026-11-27")
    hours(community, bob, "2026-11-25", "2026-11-27")
    event = lunch(community.sql, community.locations["Harbour"], WEDNESDAY, approved=[ada, bob], confirmed=True)
    return event, (ada, bob, cem)


def test_whoever_leaves_has_the_round_run_again_and_the_other_finds_new_company(community: Any, pair: Any) -> None:
    event, (ada, bob, cem) = pair
    hours(community, cem, "2026-11-27")
    assert leave(community.browser_of(ada), event) == 200
    assert asked(community) == ["2026-11-23"] and state(community, event) == "Proposed"
    community.sql("DELETE FROM availability WHERE person_id = %s", ada)
    made = run(community)
    assert state(community, event) == "Rejected", "nobody is left who could fill it"
    assert [set(found.people) for found in made.lunches] == [{bob, cem}]
    assert asked(community) == []
    assert told(community.sql, "Event_Rejected") == ["event.rejected"]


def test_a_lunch_that_somebody_may_still_fill_is_not_given_up(community: Any, pair: Any) -> None:
    _, (ada, bob, cem) = pair
    public = lunch(community.sql, community.locations["Harbour"], FRIDAY, approved=[cem], public=True)
    waits = lunch(community.sql, community.locations["Harbour"], TUESDAY, invited=[ada, cem])
    run(community)
    assert (state(community, public), state(community, waits)) == ("Proposed", "Proposed")


def test_the_same_two_are_not_brought_together_again_in_that_week(community: Any, pair: Any) -> None:
    event, (ada, bob, _) = pair
    leave(community.browser_of(ada), event)
    assert run(community).lunches == [], "Friday is free for both, and Ada has just said no"
    community.sql("DELETE FROM left_over")
    hours(community, ada, "2026-12-02")
    hours(community, bob, "2026-12-02")
    assert len(rounds.run(date(2026, 11, 30), community.locations["Harbour"], NOW).lunches) == 1


@pytest.mark.parametrize("answered", [False, True])
def test_two_of_whom_one_never_answered_are_not_asked_again_in_that_week(community: Any, answered: bool) -> None:
    ada, bob = people = [community.person(name) for name in ("ada", "bob")]
    for person in people:
        hours(community, person, "2026-11-25")
    who: Any = {"approved": people} if answered else {"approved": [bob], "invited": [ada]}
    event = lunch(community.sql, community.locations["Harbour"], TUESDAY, **who)
    community.sql("UPDATE event SET status = 'Rejected' WHERE id = %s", event)
    assert len(run(community).lunches) == answered


def test_a_round_leaves_what_a_member_proposed_to_them(community: Any, pair: Any) -> None:
    _, (_, bob, cem) = pair
    own = lunch(community.sql, community.locations["Harbour"], FRIDAY, approved=[cem], invited=[bob])
    community.sql("UPDATE attendance SET response = 'rejected' WHERE event_id = %s AND person_id = %s", own, bob)
    community.sql("UPDATE event SET creator = %s WHERE id = %s", cem, own)
    run(community)
    assert state(community, own) == "Proposed", "who proposed it asks others, or calls it off"
    community.sql("UPDATE event SET creator = NULL WHERE id = %s", own)
    run(community)
    assert state(community, own) == "Rejected"


def test_whoever_cannot_come_at_an_hour_is_not_asked_for_it_again(community: Any, pair: Any) -> None:
    event, (ada, _, cem) = pair
    community.sql("DELETE FROM availability")
    for person in (ada, cem):
        hours(community, person, "2026-11-25")
    leave(community.browser_of(ada), event)
    assert run(community).lunches == []
    for person in (ada, cem):
        hours(community, person, "2026-11-25", start="13:00", end="14:00")
    [made] = run(community).lunches
    assert made.starts == datetime.fromisoformat("2026-11-25T12:00:00+00:00")


def test_the_freed_keep_their_wait(community: Any, pair: Any) -> None:
    from chalicelib.lunch import candidates

    event, (ada, bob, _) = pair
    [round] = community.sql(
        "INSERT INTO round (id, week, location_id, ran, people, lunches, left_over, bound, proven, seed, digest)"
        " VALUES (gen_random_uuid(), '2026-11-16', %s, '2026-11-12', 1, 0, 1, 1, true, 1, '') RETURNING id",
        community.locations["Harbour"],
    )
    community.sql("INSERT INTO left_over VALUES (%s, '2026-11-16', %s, 'nobody_free')", bob, round.id)

    def waited(week: date) -> int:
        found = transaction(lambda db: candidates.read(db, week, community.locations["Harbour"], NOW), JOB)
        return int(found.columns.waited[found.people.index(bob)])

    leave(community.browser_of(ada), event)
    run(community)
    assert waited(date(2026, 11, 30)) == 2, "the week before, and this one"


def test_no_round_is_asked_for_when_the_week_has_no_hour_left(community: Any, clock: Any) -> None:
    ada, bob = community.person("ada"), community.person("bob")
    event = lunch(community.sql, community.locations["Harbour"], FRIDAY, approved=[ada, bob], confirmed=True)
    clock.set("2026-11-26T13:00Z")  # Thursday, 14:00: Friday's last start is less than a day away
    assert leave(community.browser_of(ada), event) == 200
    assert state(community, event) == "Rejected" and asked(community) == []


@pytest.mark.parametrize(("now", "again"), [("2026-11-26T12:44Z", True), ("2026-11-26T12:45Z", False)])
def test_the_round_is_asked_for_again_to_the_minute(community: Any, clock: Any, now: str, again: bool) -> None:
    ada, bob = community.person("ada"), community.person("bob")
    event = lunch(community.sql, community.locations["Harbour"], FRIDAY, approved=[ada, bob], confirmed=True)
    clock.set(now)
    leave(community.browser_of(ada), event)
    assert (asked(community) != []) is again


def test_a_lunch_that_goes_on_asks_for_nothing(community: Any) -> None:
    people = [community.person(name) for name in ("ada", "bob", "cem")]
    event = lunch(community.sql, community.locations["Harbour"], WEDNESDAY, approved=people, confirmed=True)
    leave(community.browser_of(people[0]), event)
    assert state(community, event) == "Confirmed" and asked(community) == []


# --- hours too near ---


@pytest.mark.parametrize(
    ("auto_approve", "before", "made"),
    [(False, 0, 1), (False, 26, 1), (False, 27, 0), (False, 168, 0), (True, 168, 1)],
)
def test_a_round_proposes_only_what_can_be_approved_in_time(
    community: Any, auto_approve: bool, before: int, made: int
) -> None:
    community.rule("lunch.auto_approve", auto_approve)
    community.rule("lunch.approve_hours_before", before)
    for name in ("ada", "bob"):
        hours(community, community.person(name), "2026-11-24")  # 27 hours from now, and not more than that
    assert len(run(community, NOW).lunches) == made


@pytest.mark.parametrize(("before", "made"), [(26, 1), (27, 0)])
def test_whoever_lost_a_lunch_is_given_none_that_they_could_not_leave_in_time(
    community: Any, before: int, made: int
) -> None:
    community.rule("lunch.approve_hours_before", before)
    ada, bob, cem = (community.person(name) for name in ("ada", "bob", "cem"))
    for person in (bob, cem):
        hours(community, person, "2026-11-24")
    event = lunch(community.sql, community.locations["Harbour"], FRIDAY, approved=[ada, bob], confirmed=True)
    leave(community.browser_of(ada), event)
    assert asked(community) == ["2026-11-23"]
    assert len(run(community, NOW).lunches) == made


def test_my_week_counts_no_start_that_a_round_would_not_offer(community: Any, clock: Any) -> None:
    ada = community.person("ada")
    hours(community, ada, "2026-11-24")
    browser = community.browser_of(ada)
    clock.set("2026-11-23T11:00Z")
    assert "<strong>1 time</strong>" in browser.get("/availability?week=2026-W48").text
    community.rule("lunch.auto_approve", False)
    assert "No lunch could start in this week" in browser.get("/availability?week=2026-W48").text


# --- a match hour that was missed ---


def due(now: datetime) -> list[str]:
    return [str(week) for _, week in transaction(lambda db: jobs.claim(db, now), JOB)]


@pytest.fixture
def with_a_past(community: Any) -> int:
    """Only the Harbour is open; the rounds that are due were last looked for on Wednesday, and no hour was due then."""
    community.sql("UPDATE location SET open = false WHERE name <> 'Harbour'")
    harbour: int = community.locations["Harbour"]
    assert due(datetime.fromisoformat("2026-11-18T12:00:00+00:00")) == []
    return harbour


def had(community: Any, location: int, week: str) -> None:
    community.sql(
        "INSERT INTO round (id, week, location_id, ran, people, lunches, left_over, bound, proven, seed, digest)"
        " VALUES (gen_random_uuid(), %s, %s, '2026-11-12', 1, 0, 1, 1, true, 1, '')",
        week,
        location,
    )


@pytest.mark.parametrize(
    ("now", "weeks"),
    [
        ("2026-11-23T08:00", ["2026-11-23"]),  # Monday: Thursday's hour was missed
        ("2026-11-26T12:44", ["2026-11-23"]),  # Thursday, 13:44: Friday's last start is still a day away
        ("2026-11-26T12:45", []),
        ("2026-11-26T14:00", ["2026-11-30"]),
        ("2026-11-28T14:00", ["2026-11-30"]),
    ],
)
def test_a_missed_match_hour_is_made_up_while_its_week_has_hours(
    community: Any, with_a_past: int, now: str, weeks: list[str]
) -> None:
    community.rule("lunch.auto_approve", False)
    assert due(datetime.fromisoformat(f"{now}:00+00:00")) == weeks


def test_what_was_not_missed_is_not_made_up(community: Any, with_a_past: int) -> None:
    had(community, with_a_past, "2026-11-23")
    assert due(NOW) == []


def test_a_new_installation_missed_nothing(community: Any, with_a_past: int) -> None:
    community.sql("DELETE FROM last_match")
    assert due(NOW) == []


def test_a_place_that_was_opened_after_the_hour_missed_nothing(community: Any, with_a_past: int) -> None:
    community.sql("UPDATE location SET open = false")
    assert due(NOW - timedelta(days=2)) == []
    community.sql("UPDATE location SET open = true WHERE id = %s", with_a_past)
    assert due(NOW) == []


def test_the_admin_sees_that_a_round_was_late(community: Any, with_a_past: int, clock: Any) -> None:
    assert due(NOW) == ["2026-11-23"]
    run(community, NOW)
    had(community, with_a_past, "2026-11-16")
    had(community, with_a_past, "2026-11-30")
    admin = community.admin()
    late = {round["week"]: round["minutes_late"] for round in admin.get("/api/admin/rounds").json["found"]}
    assert late == {"2026-W48": 60 * 90, "2026-W47": 0, "2026-W49": 0}  # Thursday, 15:00, to Monday, 9:00
    assert "3 days and 18 hours late" in admin.get("/admin/rounds").text


def test_a_round_at_its_hour_is_not_late(community: Any, with_a_past: int) -> None:
    had(community, with_a_past, "2026-11-23")
    hour = datetime.fromisoformat("2026-11-26T14:00:00+00:00")
    assert due(hour) == ["2026-11-30"]
    rounds.run(date(2026, 11, 30), with_a_past, hour + timedelta(minutes=2))
    admin = community.admin()
    assert admin.get("/api/admin/rounds?q=2026-W49").json["found"][0]["minutes_late"] == 2
    assert "late:" not in admin.get("/admin/rounds").text


def test_what_was_asked_for_while_a_round_ran_is_run_again(community: Any, with_a_past: int, monkeypatch: Any) -> None:
    real = rounds.match

    def match(columns: Any) -> Any:
        transaction(lambda db: jobs.ask(db, with_a_past, MONDAY, NOW + timedelta(minutes=2)), JOB)
        return real(columns)

    transaction(lambda db: jobs.ask(db, with_a_past, MONDAY, NOW - HOUR), JOB)
    monkeypatch.setattr(rounds, "match", match)
    run(community)
    assert asked(community) == ["2026-11-23"]


def test_a_round_that_is_asked_for_just_as_its_place_closes_waits_until_it_opens(
    community: Any, with_a_past: int
) -> None:
    community.sql("UPDATE location SET open = false WHERE id = %s", with_a_past)
    transaction(lambda db: jobs.ask(db, with_a_past, MONDAY, NOW), JOB)
    assert due(NOW) == []
    community.sql("UPDATE location SET open = true WHERE id = %s", with_a_past)
    assert due(NOW) != []


def test_a_closed_place_runs_no_round_that_was_asked_for(community: Any, with_a_past: int) -> None:
    transaction(lambda db: jobs.ask(db, with_a_past, MONDAY, NOW), JOB)
    answer = community.admin().ask("PATCH", f"/api/admin/locations/{with_a_past}", {"open": False})
    assert answer.status == 200
    assert asked(community) == [] and due(NOW) == []
    ada, bob = community.person("ada"), community.person("bob")
    for person in (ada, bob):
        hours(community, person, "2026-11-25")
    assert run(community).lunches == [], "a message that was on its way when it closed"


def test_no_round_is_asked_for_at_a_place_that_is_closed(community: Any, pair: Any) -> None:
    event, (ada, *_) = pair
    community.sql("UPDATE location SET open = false WHERE id = %s", community.locations["Harbour"])
    assert leave(community.browser_of(ada), event) == 200
    assert asked(community) == []
