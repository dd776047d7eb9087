"""A lunch from state to state, as people and rounds move it, and what is told of it; time moves it in jobs.

Whoever calls these holds the event's row (``hold``, or FOR NO KEY UPDATE), so that what is read here stays.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from chalicelib import rules
from chalicelib.calendar import zones
from chalicelib.database import Database
from chalicelib.lunch import messages
from chalicelib.lunch.weeks import week_at
from chalicelib.messaging import outbox

Status = Literal["Proposed", "Confirmed", "Rejected", "Canceled", "Awaiting Evaluation", "Done"]
Response = Literal["invited", "approved", "rejected"]
COMING = ("Proposed", "Confirmed")
"""What can still be approved, left or called off."""
REMINDED_BEFORE = timedelta(hours=24)
"""So long before a lunch its people are reminded, unless they were told of it later than that."""


def hold(db: Database, person: UUID, events: Collection[UUID]) -> dict[UUID, Any]:
    """Those lunches as they are now and stay until the commit, with the person's response (None: not asked).

    Held in order of the ids, so that two people who approve one and reject the other never wait for each other; read
    after that, because a row that was waited for comes with others as they were before.
    """
    db.run("SELECT hold_events(%(events)s::uuid[])", events=list(events))
    rows = db.rows(
        f"SELECT {messages.EVENT}, a.response FROM event e JOIN location l ON l.id = e.location_id"
        " LEFT JOIN attendance a ON a.event_id = e.id AND a.person_id = %(person)s"
        " WHERE e.id = ANY(%(events)s) ORDER BY e.id",
        person=person,
        events=list(events),
    )
    return {row.id: row for row in rows}


def people_of(db: Database, events: Collection[UUID], *responses: Response) -> dict[UUID, list[UUID]]:
    """Who said one of that to each of the lunches, in order of their ids."""
    found: dict[UUID, list[UUID]] = {event: [] for event in events}
    for row in db.rows(
        "SELECT event_id, person_id FROM attendance WHERE event_id = ANY(%(events)s) AND response = ANY(%(responses)s)"
        " ORDER BY event_id, person_id",
        events=list(events),
        responses=list(responses),
    ):
        found[row.event_id].append(row.person_id)
    return found


def confirm_if_enough(db: Database, event: Any, now: datetime) -> None:
    """A proposed lunch takes place once the minimum has approved it."""
    people = people_of(db, [event.id], "approved")[event.id]
    if event.status != "Proposed" or len(people) < event.min_attendees:
        return
    _move(db, [event.id], "Confirmed")
    if event.starts - now <= REMINDED_BEFORE:
        skip_reminder(db, [event.id])
    outbox.put_all(db, messages.approved(event, people), now)


def confirm_new(db: Database, events: list[UUID]) -> None:
    """Lunches that a round made and everybody approved at once; the round tells of them."""
    _move(db, events, "Confirmed")


def after_leaving(db: Database, event: Any, values: rules.Rules, now: datetime) -> None:
    """What becomes of a lunch that somebody left: below its minimum it is proposed again or, too late for that,
    rejected; and while there is time, its round is run again. Who counted on that person is told in each case."""
    people = people_of(db, [event.id], "approved")[event.id]
    if event.status == "Confirmed" and event.response == "approved" and len(people) >= event.min_attendees:
        outbox.put_all(db, messages.left(event, people), now)
    if event.status == "Confirmed" and len(people) < event.min_attendees:
        _move(db, [event.id], "Proposed")
        if is_late(event, values, now):
            reject(db, [event], now)
        else:
            outbox.put_all(db, messages.unconfirmed(event, people), now)
    if len(people) < event.min_attendees:
        _ask_again(db, event, values, now)


def reject(db: Database, events: list[Any], now: datetime) -> None:
    """These proposed lunches will not be; their people are free, and told."""
    people = people_of(db, [event.id for event in events], "approved")
    _move(db, [event.id for event in events], "Rejected")
    told = [message for event in events for message in messages.rejected(event, people[event.id])]
    outbox.put_all(db, told, now)


def cancel(db: Database, event: Any, by: UUID, reason: str, now: datetime) -> None:
    """Call a coming lunch off; its people are free and told, and can read the reason."""
    people = people_of(db, [event.id], "approved", "invited")[event.id]
    _move(db, [event.id], "Canceled")
    db.run(
        "INSERT INTO event_cancellation (event_id, by_person, at, reason) VALUES (%(id)s, %(by)s, %(now)s, %(reason)s)",
        id=event.id,
        by=by,
        now=now,
        reason=reason,
    )
    outbox.put_all(db, messages.canceled(event, people), now)


def move_place(db: Database, location: int, now: datetime) -> int:
    """The location has another name, address or meeting point: whoever comes to a lunch there is told. How many."""
    ids = [row.event_id for row in db.rows("SELECT event_id FROM revise_events_at(%(at)s)", at=location)]
    people = people_of(db, ids, "approved")
    rows = db.rows(
        f"SELECT {messages.EVENT} FROM event e JOIN location l ON l.id = e.location_id WHERE e.id = ANY(%(ids)s) ORDER BY e.id",
        ids=ids,
    )
    outbox.put_all(db, [message for event in rows for message in messages.moved(event, people[event.id])], now)
    return len(rows)


def skip_reminder(db: Database, events: Collection[UUID]) -> None:
    """Whoever hears of a lunch within the last day is not reminded of it as well."""
    db.many("INSERT INTO event_reminder (event_id) VALUES %s ON CONFLICT DO NOTHING", [(event,) for event in events])


def deadline(event: Any, values: rules.Rules) -> datetime:
    """Until when enough must have approved."""
    starts: datetime = event.starts
    return starts - timedelta(hours=values.lunch.approve_hours_before)


def is_late(event: Any, values: rules.Rules, now: datetime) -> bool:
    """Whether it is too late to approve a proposed lunch."""
    return now >= deadline(event, values)


def monday_of(event: Any) -> date:
    """The Monday of the lunch's week, where it is."""
    return zones.monday(zones.day_of(event.starts, event.timezone))


def can_look_again(event: Any, values: rules.Rules, now: datetime) -> bool:
    """Whether that week has hours that can still be approved: who is free again may find company in it."""
    nearest = now + timedelta(hours=values.lunch.approve_hours_before)
    return any(starts > nearest for starts, _ in week_at(monday_of(event), event.timezone, values).lunches)


def _ask_again(db: Database, event: Any, values: rules.Rules, now: datetime) -> None:
    if can_look_again(event, values, now):
        monday = monday_of(event)
        db.run("SELECT ask_for_round_again(%(event)s, %(monday)s, %(now)s)", event=event.id, monday=monday, now=now)


def _move(db: Database, events: list[UUID], status: Status) -> None:
    # As one text: a round moves tens of thousands at once.
    ids = "{" + ",".join(map(str, events)) + "}"
    db.run("UPDATE event SET status = %(status)s WHERE id = ANY(%(ids)s::uuid[])", status=status, ids=ids)
