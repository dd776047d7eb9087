"""Who is written to about a call: booked, moved, cancelled, near; in his own zone, with a file for his calendar."""

from datetime import timedelta
from typing import Any

import icalendar
import pytest

from chalicelib import clock as present
from chalicelib.coaching import reminders
from chalicelib.notifications import mailers
from tests.coaching.practice import Practice, at, book, move
from tests.mailbox import PostOffice, Sent, as_records, send

WEDNESDAY = "2026-11-25T10:00:00+01:00"


def deliver(practice: Practice) -> dict[str, Sent]:
    """Deliver what was told of calls, again and again, as may happen; address -> the mail of each message since."""
    told = practice.sql("SELECT topic, event FROM outbox WHERE topic = 'Appointments_All' ORDER BY id")
    post = PostOffice()
    for _ in range(2):
        mailers.handle(as_records([(row.topic, row.event) for row in told]))
        send(post)
    assert len({one.to for one in post.sent}) == len(post.sent), "nobody is told twice"
    return {one.to: one for one in post.sent}


def event_of(one: Sent) -> Any:
    [event] = icalendar.Calendar.from_ical(one.calendar).events
    return event


def test_both_are_told_of_a_call_and_of_what_becomes_of_it(practice: Practice) -> None:
    carla = practice.coach("carla")
    carla.ask("PUT", "/api/call-link", {"url": "https://call.example.org/carla"})
    ada = practice.client("ada", "carla", zone="Asia/Kolkata")
    call = book(ada, "carla", WEDNESDAY).json
    mails = deliver(practice)
    assert set(mails) == {"ada@example.org", "carla@example.org"}
    mail = mails["ada@example.org"]
    assert mail.subject == "Call on Wednesday, 25 November, 14:30 with Carla"
    assert "14:30 to 15:30 (Asia/Kolkata)" in mail.text and "https://call.example.org/carla" in mail.text
    assert mail.method == "REQUEST" and "METHOD:REQUEST" in mail.calendar
    first = event_of(mails["ada@example.org"])
    assert first.start == at(WEDNESDAY) and first["LOCATION"] == "https://call.example.org/carla"
    assert (first["SEQUENCE"], first["STATUS"]) == (0, "CONFIRMED")
    assert "10:00 to 11:00 (Europe/Berlin)" in mails["carla@example.org"].text
    assert [event_of(mails[f"{who}@example.org"])["SUMMARY"] for who in ("ada", "carla")] == [
        "Call with Carla",
        "Call with Ada",
    ]

    call = move(ada, call, "2026-11-26T10:00:00+01:00").json
    moved = event_of(deliver(practice)["ada@example.org"])
    assert (moved["UID"], moved["SEQUENCE"], moved.start) == (first["UID"], 1, at("2026-11-26T10:00+01:00"))

    ada.ask("DELETE", f"/api/appointments/{call['id']}?reason=ill")
    mails = deliver(practice)
    assert "(ill)" in mails["carla@example.org"].text and "is free at" not in mails["ada@example.org"].text
    gone = event_of(mails["carla@example.org"])
    assert mails["carla@example.org"].method == "CANCEL"
    assert (gone["UID"], gone["SEQUENCE"], gone["STATUS"]) == (first["UID"], 2, "CANCELLED")


def test_what_was_overtaken_is_not_told(practice: Practice) -> None:
    practice.coach("carla")
    ada = practice.client("ada", "carla")
    call = book(ada, "carla", WEDNESDAY).json
    move(ada, call, "2026-11-26T10:00:00+01:00")
    assert [one.subject.partition(":")[0] for one in deliver(practice).values()] == ["Moved", "Moved"]
    for method, path, body in (
        ("PATCH", "", {"start": WEDNESDAY, "end": at(WEDNESDAY, 1).isoformat(), "version": 2}),
        ("DELETE", "", None),
    ):
        assert ada.ask(method, f"/api/appointments/{call['id']}{path}", body).status < 300
    mails = deliver(practice).values()
    assert [one.method for one in mails] == ["CANCEL", "CANCEL"], "nobody is told of a move of what is off by now"


@pytest.mark.parametrize("why", ["the address is not confirmed", "banned"])
def test_nobody_is_written_to_who_is_banned_or_has_not_confirmed_the_address(practice: Practice, why: str) -> None:
    practice.coach("carla")
    ada = practice.client("ada", "carla")
    book(ada, "carla", WEDNESDAY)
    assert set(deliver(practice)) == {"ada@example.org", "carla@example.org"}
    if why == "banned":
        ban = f"/api/admin/people/{practice.ids['ada']}/ban"
        assert practice.community.admin().ask("PUT", ban, {"why": "why"}).status == 200
    else:
        practice.sql("UPDATE account SET email_confirmed = false WHERE person_id = %s", practice.ids["ada"])
        [call] = practice.calls()
        assert ada.ask("DELETE", f"/api/appointments/{call.id}").status == 204
    assert set(deliver(practice)) == {"carla@example.org"}


def test_who_is_cancelled_by_his_coach_is_offered_three_times(practice: Practice) -> None:
    carla, ada = practice.coach("carla"), practice.client("ada", "carla")
    book(ada, "carla", WEDNESDAY)
    deliver(practice)
    carla.post("/api/days-away", {"day": "2026-11-25", "calls": "cancel"})
    mails = deliver(practice)
    offers = [line for line in mails["ada@example.org"].text.splitlines() if line.startswith("- ")]
    assert offers == [f"- Tuesday, 24 November 2026, {hour}" for hour in ("14:00", "15:00", "16:00")]
    assert "- " not in mails["carla@example.org"].text
    # What is offered can be booked.
    assert book(ada, "carla", "2026-11-24T14:00:00+01:00").status == 201


def test_a_reminder_is_sent_once_and_again_for_another_time(practice: Practice, clock: Any) -> None:
    practice.coach("carla")
    ada = practice.client("ada", "carla")
    call = book(ada, "carla", WEDNESDAY).json
    assert reminders.sweep(present.now()) == 0
    clock.set("2026-11-24T08:00Z")
    call = move(ada, call, "2026-11-26T10:00:00+01:00").json
    clock.set("2026-11-24T12:00Z")
    assert reminders.sweep(present.now()) == 0
    clock.set("2026-11-25T09:30Z")
    assert [reminders.sweep(present.now()) for _ in range(2)] == [1, 0]
    practice.sql("DELETE FROM outbox WHERE event->>'type' <> 'appointment.reminder'")
    mails = deliver(practice)
    assert len(mails) == 2 and mails["ada@example.org"].subject.startswith("Reminder: call on Thursday")
    assert "List-Unsubscribe" in mails["ada@example.org"].headers and mails["ada@example.org"].calendar == ""


def test_a_call_is_reminded_of_from_the_very_moment_on_and_once_more_where_it_was_moved(
    practice: Practice, clock: Any
) -> None:
    practice.coach("carla")
    ada = practice.client("ada", "carla")
    call = book(ada, "carla", "2026-11-26T10:00:00+01:00").json
    due = at("2026-11-25T10:00:00+01:00")
    assert reminders.sweep(due - timedelta(microseconds=1)) == 0
    assert [reminders.sweep(due) for _ in range(2)] == [1, 0]
    clock.set("2026-11-25T09:01Z")
    practice.rule("cancel_hours_before", 0)
    moved = move(ada, call, "2026-11-27T10:00:00+01:00")
    assert moved.status == 200, moved.text
    assert [reminders.sweep(due + timedelta(days=1)) for _ in range(2)] == [1, 0]


def test_who_books_late_is_not_reminded_of_what_he_just_did(practice: Practice, clock: Any) -> None:
    practice.coach("carla")
    practice.rule("notice_hours", 0)
    ada = practice.client("ada", "carla")
    book(ada, "carla", "2026-11-23T15:00:00+01:00")
    assert reminders.sweep(present.now()) == 0


def test_a_cancelled_call_is_not_reminded_of(practice: Practice, clock: Any) -> None:
    carla, ada = practice.coach("carla"), practice.client("ada", "carla")
    call = book(ada, "carla", WEDNESDAY).json
    carla.ask("DELETE", f"/api/appointments/{call['id']}")
    clock.set("2026-11-24T10:00Z")
    assert reminders.sweep(present.now()) == 0


def test_the_hours_before_a_reminder_are_each_coachs_own(practice: Practice, sql: Any) -> None:
    practice.coach("carla")
    practice.coach("conrad")
    for client, coach in (("ada", "carla"), ("bob", "conrad")):
        assert book(practice.client(client, coach), coach, WEDNESDAY).status == 201
    sql("UPDATE appointment SET changed = changed - interval '5 days'")
    sql("INSERT INTO rule VALUES ('coaching.reminder_hours', %s, '72')", str(practice.ids["carla"]))
    assert reminders.sweep(present.now()) == 1


def test_calls_are_in_the_feed(practice: Practice, sql: Any) -> None:
    from chalicelib.coaching import call_entries
    from chalicelib.database import JOB, transaction

    practice.coach("carla")
    book(practice.client("ada", "carla"), "carla", WEDNESDAY)
    now = present.now()
    for name, other in (("ada", "Carla"), ("carla", "Ada")):
        [entry] = transaction(
            lambda db, n=name: list(call_entries.entries(db, practice.ids[n], now - timedelta(1), now)), JOB
        )  # type: ignore[misc]
        assert (entry.title, entry.starts, entry.status) == (f"Call with {other}", at(WEDNESDAY), "CONFIRMED")
