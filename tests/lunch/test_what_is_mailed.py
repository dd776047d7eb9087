"""Which mails a lunch's life calls for: moved, called off and why, reminded of, none this week and why, silence."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.lunch import jobs, rounds
from tests.lunches import lunch, told
from tests.mailbox import deliver

NOW = datetime.fromisoformat("2026-11-23T08:00:00+00:00")
STARTS = "2026-11-25T11:00:00+00:00"
START = datetime.fromisoformat(STARTS)


@pytest.fixture(autouse=True)
def monday(clock: Any) -> None:
    clock.set("2026-11-23T08:00Z")


def at(clock: Any, now: datetime) -> None:
    clock.set(now.isoformat())
    jobs.sweep(now)


def subjects(sql: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for mail in deliver(sql):
        found.setdefault(mail.to.partition("@")[0], []).append(mail.subject)
    return found


def test_people_are_reminded_the_day_before_once(community: Any, sql: Any, clock: Any) -> None:
    ada, bob, cem = (community.person(name) for name in ("ada", "bob", "cem"))
    lunch(sql, community.locations["Harbour"], STARTS, approved=[ada, bob], invited=[cem], confirmed=True)
    at(clock, START - timedelta(hours=24, minutes=1))
    assert subjects(sql) == {}
    at(clock, START - timedelta(hours=24))
    assert subjects(sql) == {"ada": ["Lunch on Wednesday, 12:00: Soup"], "bob": ["Lunch on Wednesday, 12:00: Soup"]}
    at(clock, START - timedelta(hours=23))
    assert subjects(sql) == {}


@pytest.mark.parametrize("state", ["Proposed", "Canceled", "Rejected"])
def test_of_what_is_not_sure_or_off_nobody_is_reminded(community: Any, sql: Any, clock: Any, state: str) -> None:
    community.rule("lunch.approve_hours_before", 2)
    ada, bob = community.person("ada"), community.person("bob")
    event = lunch(sql, community.locations["Harbour"], STARTS, approved=[ada, bob])
    sql("UPDATE event SET status = %s WHERE id = %s AND status <> %s", state, event, state)
    at(clock, START - timedelta(hours=23))
    assert told(sql, "Mails") == [] and sql("SELECT 1 FROM event_reminder") == []


def test_whoever_has_only_just_heard_of_a_lunch_is_not_reminded(community: Any, sql: Any, clock: Any) -> None:
    community.rule("lunch.approve_hours_before", 2)
    ada, bob = community.person("ada"), community.person("bob")
    event = lunch(sql, community.locations["Harbour"], STARTS, approved=[ada], invited=[bob])
    clock.set((START - timedelta(hours=20)).isoformat())
    answer = community.browser_of(bob).ask("PUT", f"/api/events/{event}/attendance", {"response": "approved"})
    assert answer.json["status"] == "Confirmed"
    at(clock, START - timedelta(hours=19))
    assert set(map(tuple, subjects(sql).values())) == {("Lunch on Wednesday, 25 November: Soup",)}


@pytest.mark.parametrize("how", ["was asked", "joined", "came after all"])
def test_whoever_comes_to_a_lunch_that_takes_place_already_gets_its_file_and_nobody_else_a_mail(
    community: Any, sql: Any, how: str
) -> None:
    ada, bob, cem = (community.person(name) for name in ("ada", "bob", "cem"))
    event = lunch(
        sql,
        community.locations["Harbour"],
        STARTS,
        approved=[ada, bob],
        invited=[cem] if how == "was asked" else [],
        confirmed=True,
    )
    sql("UPDATE event SET public = true WHERE id = %s", event)
    browser = community.browser_of(cem)
    for response in ("approved", "rejected", "approved") if how == "came after all" else ("approved",):
        answer = browser.ask("PUT", f"/api/events/{event}/attendance", {"response": response})
        assert answer.status == 200, answer.body
        mails = [mail for mail in deliver(sql) if response == "approved"]
    [mail] = mails
    assert mail.to.startswith("cem@") and mail.subject == "Lunch on Wednesday, 25 November: Soup"
    assert mail.method == "REQUEST" and "DTSTART:20261125T110000Z" in mail.calendar


def test_another_meeting_point_is_told_with_a_newer_file(community: Any, sql: Any) -> None:
    ada, bob = community.person("ada"), community.person("bob")
    harbour = community.locations["Harbour"]
    lunch(sql, harbour, STARTS, approved=[ada], invited=[bob], confirmed=False)
    lunch(sql, harbour, "2026-11-20T11:00+00:00", approved=[ada], confirmed=True)
    admin = community.admin()
    assert admin.ask("PATCH", f"/api/admin/locations/{harbour}", {"meeting_point": "by the crane"}).status == 200
    [mail] = deliver(sql)
    assert (mail.to, mail.subject) == ("ada@example.org", "Another place: Soup on Wednesday, 25 November")
    assert "Meet:  by the crane" in mail.text and mail.method == "REQUEST" and "SEQUENCE:1" in mail.calendar
    assert admin.ask("PATCH", f"/api/admin/locations/{harbour}", {"foods": ["Soup"]}).status == 200
    assert deliver(sql) == []


def test_whoever_is_left_over_reads_why_once(community: Any, sql: Any) -> None:
    for name, day in (("ada", "2026-11-25"), ("bob", "")):
        person = community.person(name)
        if day:
            sql(
                "INSERT INTO availability (id, person_id, purpose, starts, ends, timezone, weekly, until)"
                " VALUES (gen_random_uuid(), %s, 'lunch', %s, %s, 'Europe/Berlin', true, 'infinity')",
                person,
                f"{day}T12:00",
                f"{day}T13:00",
            )
    for monday in (date(2026, 11, 23), date(2026, 11, 23), date(2026, 11, 30)):
        rounds.run(monday, community.locations["Harbour"], NOW)
    mails = deliver(sql)
    assert sorted((mail.to, mail.subject) for mail in mails) == [
        ("ada@example.org", "No lunch for you in the week of 23 November"),
        ("ada@example.org", "No lunch for you in the week of 30 November"),
        ("bob@example.org", "No lunch for you in the week of 23 November"),  # and not every week anew: they know
    ]
    assert "nobody else was free at your hours" in next(mail.text for mail in mails if mail.to.startswith("ada"))


def test_whoever_is_matched_before_the_mail_leaves_gets_none(community: Any, sql: Any) -> None:
    people = [community.person(name) for name in ("ada", "bob")]
    for person in people:
        sql(
            "INSERT INTO availability (id, person_id, purpose, starts, ends, timezone, weekly, until)"
            " VALUES (gen_random_uuid(), %s, 'lunch', '2026-11-25T12:00', '2026-11-25T13:00', 'Europe/Berlin', true,"
            " 'infinity')",
            person,
        )
        rounds.run(date(2026, 11, 23), community.locations["Harbour"], NOW)
    assert {subject for found in subjects(sql).values() for subject in found} == {
        next(iter({f"Lunch on Wednesday, 25 November: {row.title}" for row in sql("SELECT title FROM event")}))
    }


def test_who_proposed_a_lunch_says_why_it_is_off(community: Any, sql: Any) -> None:
    community.rule("lunch.members_may_propose", True)
    ada, bob = community.person("ada"), community.person("bob")
    of_ada = community.browser_of(ada)
    body = {"title": "Soup", "location": "Harbour", "start": "2026-11-25T12:00", "public": True}
    event = of_ada.post("/api/events", body).json["id"]
    community.browser_of(bob).ask("PUT", f"/api/events/{event}/attendance", {"response": "approved"})
    deliver(sql)
    assert of_ada.ask("DELETE", f"/api/events/{event}", {"reason": "I am ill"}).status == 204
    mails = {mail.to: mail for mail in deliver(sql)}
    assert "I am ill" in mails["bob@example.org"].text
    assert "I am ill" in community.browser_of(bob).get(f"/events/{event}").text


def test_a_lunch_that_was_called_off_meanwhile_is_confirmed_to_nobody(community: Any, sql: Any) -> None:
    ada, bob = community.person("ada"), community.person("bob")
    event = lunch(sql, community.locations["Harbour"], STARTS, approved=[ada], invited=[bob])
    answer = community.browser_of(bob).ask("PUT", f"/api/events/{event}/attendance", {"response": "approved"})
    assert answer.status == 200
    assert community.admin("root").ask("DELETE", f"/api/events/{event}", {"reason": "the kitchen burnt"}).status == 204
    mails = deliver(sql)
    assert {mail.to for mail in mails} <= {"ada@example.org", "bob@example.org"}
    assert [mail.subject for mail in mails if mail.method == "REQUEST"] == []


@pytest.mark.parametrize("late", [timedelta(0), timedelta(minutes=59)])
@pytest.mark.parametrize("how", ["called off by an admin", "too few until it begins"])
def test_that_a_lunch_is_off_is_told_while_somebody_may_sit_there_alone(
    community: Any, sql: Any, clock: Any, how: str, late: timedelta
) -> None:
    community.rule("lunch.approve_hours_before", 0)
    ada, bob = community.person("ada"), community.person("bob")
    admin = community.admin()
    confirmed = how == "called off by an admin"
    event = lunch(
        sql, community.locations["Harbour"], STARTS, approved=[ada, bob] if confirmed else [ada], confirmed=confirmed
    )
    at(clock, START + late)
    if confirmed:
        path = f"/api/admin/events/{event}/cancellation"
        assert admin.ask("PUT", path, {"why": "the kitchen burnt"}).status == 200
    mails = {mail.to: mail for mail in deliver(sql)}
    assert set(mails) == ({"ada@example.org", "bob@example.org"} if confirmed else {"ada@example.org"})
    assert all(
        mail.method == "CANCEL" and "That hour is yours again" in " ".join(mail.text.split()) for mail in mails.values()
    )


def test_whoever_was_asked_only_reads_that_they_need_not_answer(community: Any, sql: Any) -> None:
    ada, bob = community.person("ada"), community.person("bob")
    event = lunch(sql, community.locations["Harbour"], STARTS, approved=[ada], invited=[bob])
    path = f"/api/admin/events/{event}/cancellation"
    assert community.admin().ask("PUT", path, {"why": "the kitchen burnt"}).status == 200
    said = {mail.to: " ".join(mail.text.split()) for mail in deliver(sql)}
    assert "hour is yours" in said["ada@example.org"] and "You need not answer" in said["bob@example.org"]
    assert "hour is yours" not in said["bob@example.org"] and "your lunch" not in said["bob@example.org"]


# --- lunch.ignored_invitations ---


def ignored(community: Any, sql: Any, clock: Any, person: Any, day: int, invited: bool = True) -> None:
    """An invitation that goes by, or a lunch to which they had said no; on that day of November."""
    event = lunch(sql, community.locations["Harbour"], f"2026-11-{day}T11:00+00:00", invited=[person])
    if not invited:
        sql("UPDATE attendance SET response = 'rejected' WHERE event_id = %s", event)
    at(clock, datetime.fromisoformat(f"2026-11-{day - 1}T11:00+00:00"))


@pytest.mark.parametrize("many", [1, 3])
def test_whoever_ignores_so_many_in_a_row_is_asked_and_paused_until_they_answer(
    community: Any, sql: Any, clock: Any, many: int
) -> None:
    from chalicelib.database import JOB, transaction
    from chalicelib.lunch import candidates

    community.rule("lunch.ignored_invitations", many)
    ada = community.person("ada")
    browser = community.browser_of(ada)

    def is_matched() -> bool:
        harbour = community.locations["Harbour"]
        return ada in transaction(lambda db: candidates.read(db, date(2026, 12, 7), harbour, NOW), JOB).people

    for day in range(24, 24 + many):
        assert is_matched() and "Match me again" not in browser.get("/").text
        ignored(community, sql, clock, ada, day)
    assert not is_matched()
    [mail] = deliver(sql)
    assert (mail.to, mail.subject) == ("ada@example.org", "Do you still want to be invited to lunches?")
    page = browser.get("/").text
    assert "Match me again" in page
    from tests.test_permissions import csrf

    answer = browser.post("/availability/silence", {"csrf": csrf(browser)}, kind="form")
    assert (answer.status, answer.header("location")) == (303, "/availability/pauses?done=answered")
    assert "you are matched again" in browser.get("/availability/pauses?done=answered").text
    assert is_matched()
    ignored(community, sql, clock, ada, 28)
    assert is_matched() == (many > 1), "counted from the answer on"


def test_an_answer_in_between_begins_the_row_anew(community: Any, sql: Any, clock: Any) -> None:
    community.rule("lunch.ignored_invitations", 2)
    ada = community.person("ada")
    for day, invited in ((24, True), (25, False), (26, True)):
        ignored(community, sql, clock, ada, day, invited)
    assert sql("SELECT 1 FROM silence") == []
    ignored(community, sql, clock, ada, 27)
    assert len(sql("SELECT 1 FROM silence")) == 1


def test_a_lunch_without_a_seat_for_them_was_not_ignored(community: Any, sql: Any, clock: Any) -> None:
    community.rule("lunch.ignored_invitations", 1)
    ada, *others = (community.person(name) for name in ("ada", "bob", "cem", "dan"))
    lunch(sql, community.locations["Harbour"], STARTS, approved=others, invited=[ada], confirmed=True)
    at(clock, START + timedelta(hours=1))
    assert sql("SELECT 1 FROM silence") == []


@pytest.mark.parametrize(("hours", "ignored_it"), [(25, False), (24, True)])
def test_a_lunch_that_was_given_up_before_they_had_to_answer_was_not_ignored(
    community: Any, sql: Any, clock: Any, hours: int, ignored_it: bool
) -> None:
    """The other says no, so the round gives the lunch up: the one who is left may not have read of it yet."""
    community.rule("lunch.ignored_invitations", 2)
    ada, bob = community.person("ada"), community.person("bob")
    harbour = community.locations["Harbour"]
    event = lunch(sql, harbour, STARTS, invited=[ada, bob])
    clock.set((START - timedelta(hours=hours)).isoformat())
    path = f"/api/events/{event}/attendance"
    assert community.browser_of(bob).ask("PUT", path, {"response": "rejected"}).status == 200
    rounds.run(date(2026, 11, 23), harbour, START - timedelta(hours=hours))
    [row] = sql("SELECT status FROM event WHERE id = %s", event)
    assert row.status == "Rejected"
    ignored(community, sql, clock, ada, 27)
    assert bool(sql("SELECT 1 FROM silence")) == ignored_it
    ignored(community, sql, clock, ada, 28)
    assert bool(sql("SELECT 1 FROM silence")), "it breaks no row either"


# --- who is said to come ---


def test_a_mail_says_who_comes_who_is_asked_as_well_and_by_when_to_answer(community: Any, sql: Any) -> None:
    harbour, rules_of = community.locations["Harbour"], community.rule
    rules_of("lunch.auto_approve", False)
    ada, bob, cem = (community.person(name) for name in ("ada", "bob", "cem"))
    for person in (ada, bob, cem):
        sql(
            "INSERT INTO availability (id, person_id, purpose, starts, ends, timezone, weekly, until)"
            " VALUES (gen_random_uuid(), %s, 'lunch', '2026-11-26T12:00', '2026-11-26T13:00', 'Europe/Berlin', true,"
            " 'infinity')",
            person,
        )
    [made] = rounds.run(date(2026, 11, 23), harbour, NOW).lunches
    mails = {mail.to: mail for mail in deliver(sql)}
    asked = mails["ada@example.org"].text
    assert "there could be a lunch for you with Bob and Cem." in asked
    assert "Answer by: Wednesday, 25 November 2026, 12:00 (Europe/Berlin)" in asked
    for person in (ada, bob):
        answer = community.browser_of(person).ask("PUT", f"/api/events/{made.id}/attendance", {"response": "approved"})
        assert answer.status == 200
    mails = {mail.to: mail for mail in deliver(sql)}
    assert set(mails) == {"ada@example.org", "bob@example.org"}
    sure = mails["ada@example.org"]
    assert "you have lunch with Bob. Cem is asked as well." in sure.text
    assert "Bob" in sure.calendar and "Cem" not in sure.calendar
    jobs.sweep(datetime.fromisoformat("2026-11-26T09:00:00+00:00"))
    assert all("you have lunch with" in mail.text and "Cem" not in mail.text for mail in deliver(sql))
    jobs.sweep(datetime.fromisoformat("2026-11-26T12:00:00+00:00"))
    assert {mail.to for mail in deliver(sql)} == {"ada@example.org", "bob@example.org"}


def test_whom_a_member_asked_is_told_to_nobody(community: Any, sql: Any) -> None:
    community.rule("lunch.members_may_propose", True)
    harbour = community.locations["Harbour"]
    ada, bob, cem = (community.person(name) for name in ("ada", "bob", "cem"))
    lunch(sql, harbour, "2026-11-17T11:00:00+00:00", approved=[ada, bob, cem], confirmed=True)
    jobs.sweep(NOW)
    deliver(sql)
    body = {"title": "Soup", "location": "Harbour", "start": "2026-11-26T12:00", "people": ["bob", "cem"]}
    assert community.browser_of(ada).post("/api/events", body).status == 201
    mails = {mail.to: mail for mail in deliver(sql)}
    assert set(mails) == {"bob@example.org", "cem@example.org"}
    assert "a lunch for you with Ada." in mails["bob@example.org"].text and "Cem" not in mails["bob@example.org"].text
