"""Attendances: who comes to a lunch. Approving takes one's time; leaving frees it, and may undo the lunch."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chalicelib import rules
from chalicelib.calendar import zones
from chalicelib.database import Database
from chalicelib.errors import CONSTRAINTS, Conflict, NotFound
from chalicelib.messaging import outbox, topics
from chalicelib.web.request import Caller


def respond(db: Database, caller: Caller, event: UUID, response: str, now: datetime) -> None:
    """Say 'approved' or 'rejected' to a lunch; said again, nothing happens.

    Approving takes a commitment and rejects the caller's overlapping invitations. Raises NotFound; Conflict when the
    lunch has begun or is off, its seats are taken, or the caller is taken at that time.
    """
    overlapping = _invited_meanwhile(db, caller.id, event) if response == "approved" else []
    locked = _lock(db, caller.id, [event, *overlapping])
    wanted = locked.pop(event, None)
    if wanted is None or (wanted.response is None and not (wanted.public and response == "approved")):
        raise NotFound("There is no such lunch of yours")
    if wanted.response == response:
        return
    values = rules.read(db)
    if wanted.starts <= now or wanted.status not in ("Proposed", "Confirmed"):
        raise Conflict(CONSTRAINTS["event_state_allows_it"])
    if response == "rejected":
        _leave(db, wanted, caller.id, values, now)
        return
    if wanted.status == "Proposed" and _is_late(wanted, values, now):
        raise Conflict("It is too late to approve this lunch")
    _approve(db, wanted, caller.id, now)
    for other in locked.values():
        if other.response == "invited":
            _reject_overlapping(db, other, caller.id, event, now)


def withdraw_person(db: Database, person: UUID, now: datetime) -> int:
    """Take a person who goes (banned, erased) out of all coming lunches and tell the others; how many.

    The caller is that person or an admin. From here to the commit no round can take the person's time.
    """
    db.run("SELECT hold_person(%(person)s)", person=person)
    answered = db.rows(
        "SELECT event_id FROM attendance WHERE person_id = %(person)s AND response <> 'rejected'", person=person
    )
    values = rules.read(db)
    coming = [
        event
        for event in _lock(db, person, [row.event_id for row in answered]).values()
        if event.starts > now and event.status in ("Proposed", "Confirmed") and event.response != "rejected"
    ]
    for event in coming:
        _leave(db, event, person, values, now)
    return len(coming)


def reject_unconfirmed(db: Database, now: datetime) -> int:
    """Reject a batch of the proposed lunches that can no longer be approved in time; how many. For jobs."""
    late = db.rows(
        "SELECT e.id, e.starts, l.timezone FROM event e JOIN location l ON l.id = e.location_id"
        " WHERE e.status = 'Proposed' AND e.starts <= %(before)s ORDER BY e.starts LIMIT 200"
        " FOR NO KEY UPDATE OF e SKIP LOCKED",
        before=now + timedelta(hours=rules.read(db).lunch.approve_hours_before),
    )
    for event in late:
        _reject_event(db, event, now)
    return len(late)


def _invited_meanwhile(db: Database, person: UUID, event: UUID) -> list[UUID]:
    """Other lunches that wait for the person's answer and overlap this one."""
    rows = db.rows(
        "SELECT e.id FROM attendance a JOIN event e ON e.id = a.event_id"
        " WHERE a.person_id = %(person)s AND a.response = 'invited' AND e.status IN ('Proposed', 'Confirmed')"
        " AND e.id <> %(event)s AND e.during && (SELECT during FROM event WHERE id = %(event)s)",
        person=person,
        event=event,
    )
    return [row.id for row in rows]


def _lock(db: Database, person: UUID, events: list[UUID]) -> dict[UUID, Any]:
    """Those lunches as they are now and stay until the commit, with the person's response (None: not invited).

    Locked in order of the ids, so that two people who approve one and reject the other never wait for each other;
    read after that, because a row that was waited for comes with others as they were before.
    """
    db.rows("SELECT id FROM event WHERE id = ANY(%(events)s) ORDER BY id FOR NO KEY UPDATE", events=events)
    rows = db.rows(
        "SELECT e.id, e.status, e.public, e.starts, e.during::text AS during, e.min_attendees, l.timezone, a.response"
        " FROM event e JOIN location l ON l.id = e.location_id"
        " LEFT JOIN attendance a ON a.event_id = e.id AND a.person_id = %(person)s"
        " WHERE e.id = ANY(%(events)s) ORDER BY e.id",
        person=person,
        events=events,
    )
    return {row.id: row for row in rows}


def _approve(db: Database, event: Any, person: UUID, now: datetime) -> None:
    if event.response is None:
        statement = (
            "INSERT INTO attendance (event_id, person_id, response) VALUES (%(event)s, %(person)s, 'approved')"
            " ON CONFLICT (event_id, person_id) DO NOTHING"
        )
    else:
        statement = (
            "UPDATE attendance SET response = 'approved' WHERE event_id = %(event)s AND person_id = %(person)s"
            " AND response <> 'approved'"
        )
    db.run(statement, event=event.id, person=person)
    taken = db.run(
        "INSERT INTO commitment (person_id, during, event_id) VALUES (%(person)s, %(during)s, %(event)s)"
        " ON CONFLICT DO NOTHING",
        person=person,
        during=event.during,
        event=event.id,
    )
    if not taken:
        raise Conflict(CONSTRAINTS["commitment_no_overlap"])
    data = _about(event) | {"person": str(person)}
    monday = zones.monday(_local_day(event))
    outbox.put(db, topics.week_topic(monday), topics.week_key(monday), "attendance.approved", data, now)
    outbox.put(db, "Events_All", str(event.id), "attendance.approved", data, now)
    people = _approved(db, event.id)
    if event.status == "Proposed" and len(people) >= event.min_attendees:
        _move(db, event.id, "Confirmed")
        about = _about(event) | {"during": event.during, "people": people}
        outbox.put(db, "Event_Approved", str(event.id), "event.approved", about, now)
        outbox.put(db, "Events_All", str(event.id), "event.approved", about, now)


def _reject_overlapping(db: Database, event: Any, person: UUID, approved: UUID, now: datetime) -> None:
    _reject(db, event.id, person)
    data = _about(event) | {"person": str(person), "approved": str(approved)}
    outbox.put(db, "Event_Rejected", str(event.id), "attendance.rejected", data, now)
    outbox.put(db, "Events_All", str(event.id), "attendance.rejected", data, now)


def _leave(db: Database, event: Any, person: UUID, values: rules.Rules, now: datetime) -> None:
    """Reject; a confirmed lunch with too few people is proposed again or, once it is too late for that, rejected."""
    _reject(db, event.id, person)
    data = _about(event) | {"person": str(person)}
    outbox.put(db, "Events_All", str(event.id), "attendance.rejected", data, now)
    people = _approved(db, event.id)
    if event.status != "Confirmed" or len(people) >= event.min_attendees:
        return
    _move(db, event.id, "Proposed")
    if _is_late(event, values, now):
        _reject_event(db, event, now)
    else:
        outbox.put(db, "Events_All", str(event.id), "event.unconfirmed", _about(event) | {"people": people}, now)


def _reject_event(db: Database, event: Any, now: datetime) -> None:
    _move(db, event.id, "Rejected")
    for topic in ("Event_Rejected", "Events_All"):
        outbox.put(db, topic, str(event.id), "event.rejected", _about(event), now)


def _reject(db: Database, event: UUID, person: UUID) -> None:
    db.run(
        "UPDATE attendance SET response = 'rejected' WHERE event_id = %(event)s AND person_id = %(person)s",
        event=event,
        person=person,
    )


def _move(db: Database, event: UUID, status: str) -> None:
    db.run("UPDATE event SET status = %(status)s WHERE id = %(event)s", status=status, event=event)


def _approved(db: Database, event: UUID) -> list[str]:
    rows = db.rows(
        "SELECT person_id FROM attendance WHERE event_id = %(event)s AND response = 'approved' ORDER BY person_id",
        event=event,
    )
    return [str(row.person_id) for row in rows]


def _is_late(event: Any, values: rules.Rules, now: datetime) -> bool:
    return bool(now >= event.starts - timedelta(hours=values.lunch.approve_hours_before))


def _local_day(event: Any) -> Any:
    return zones.day_of(event.starts, event.timezone)


def _about(event: Any) -> dict[str, Any]:
    return {"event": str(event.id), "week": zones.week_name(_local_day(event))}
