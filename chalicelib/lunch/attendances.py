"""Attendances: who comes to a lunch. Approving takes one's time; leaving frees it, and may undo the lunch."""

from datetime import datetime
from typing import Any
from uuid import UUID

from chalicelib import rules
from chalicelib.database import Database
from chalicelib.errors import CONSTRAINTS, Conflict, NotFound
from chalicelib.lunch import blocked_pairs, messages, states
from chalicelib.messaging import outbox
from chalicelib.web.request import Caller


def respond(db: Database, caller: Caller, event: UUID, response: str, now: datetime) -> None:
    """Say 'approved' or 'rejected' to a lunch; said again, nothing happens.

    Approving takes a commitment and rejects the caller's overlapping invitations. Raises NotFound; Conflict when the
    lunch has begun or is off, its seats are taken, or the caller is taken at that time.
    """
    overlapping = _invited_meanwhile(db, caller.id, event) if response == "approved" else []
    held = states.hold(db, caller.id, [event, *overlapping])
    wanted = held.pop(event, None)
    if wanted is None or (wanted.response is None and not (wanted.public and response == "approved")):
        raise NotFound("There is no such lunch of yours")
    if wanted.response == response:
        return
    values = rules.read(db)
    if wanted.starts <= now or wanted.status not in states.COMING:
        raise Conflict(CONSTRAINTS["event_state_allows_it"])
    if response == "rejected":
        _leave(db, wanted, caller.id, values, now)
        return
    if wanted.status == "Proposed" and states.is_late(wanted, values, now):
        raise Conflict("It is too late to approve this lunch")
    _approve(db, wanted, caller.id, now)
    for other in held.values():
        if other.response == "invited" and other.status in states.COMING:
            _leave(db, other, caller.id, values, now, instead=event)


def withdraw_person(db: Database, person: UUID, now: datetime) -> int:
    """Take a person who goes (banned, erased) out of all coming lunches and tell the others; how many.

    The caller is that person or an admin. From here to the commit no round can take the person's time.
    """
    db.run("SELECT hold_person(%(person)s)", person=person)
    answered = db.rows(
        "SELECT a.event_id FROM attendance a JOIN event e ON e.id = a.event_id"
        " WHERE a.person_id = %(person)s AND a.response <> 'rejected' AND e.starts > %(now)s",
        person=person,
        now=now,
    )
    values = rules.read(db)
    coming = [
        event
        for event in states.hold(db, person, [row.event_id for row in answered]).values()
        if event.starts > now and event.status in states.COMING and event.response != "rejected"
    ]
    for event in coming:
        _leave(db, event, person, values, now)
    return len(coming)


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


def _approve(db: Database, event: Any, person: UUID, now: datetime) -> None:
    _refuse_without_a_seat(db, event, person)
    if event.response is None:
        _join(db, event, person)
    else:
        db.run(
            "UPDATE attendance SET response = 'approved' WHERE event_id = %(event)s AND person_id = %(person)s",
            event=event.id,
            person=person,
        )
    take_time(db, event, person)
    outbox.put_all(db, messages.attendance_approved(event, person), now)
    states.confirm_if_enough(db, event, now)
    if event.status == "Confirmed":
        outbox.put_all(db, messages.joined(event, person), now)


def _refuse_without_a_seat(db: Database, event: Any, person: UUID) -> None:
    """Whom a round asked keep their seats until they say no; so whoever joins, or comes after all, takes another. Kept
    apart from somebody who comes, one reads what a full lunch answers; before who joins unasked, those come who are asked."""
    comes, asked = (states.people_of(db, [event.id], said)[event.id] for said in ("approved", "invited"))
    full = event.creator is None and event.response != "invited" and len(comes + asked) >= event.max_attendees
    before = comes if event.response else comes + asked
    if blocked_pairs.kept_apart(db, person, before) or full:
        raise Conflict(CONSTRAINTS["event_has_a_seat"])


def _join(db: Database, event: Any, person: UUID) -> None:
    """Take a free seat of a public lunch."""
    db.run(
        "INSERT INTO attendance (event_id, person_id, response) VALUES (%(event)s, %(person)s, 'approved')",
        event=event.id,
        person=person,
    )


def take_time(db: Database, event: Any, person: UUID) -> None:
    """Take the person's time for the lunch. Raises Conflict where it is taken."""
    taken = db.run(
        "INSERT INTO commitment (person_id, during, event_id) VALUES (%(person)s, %(during)s, %(event)s)"
        " ON CONFLICT DO NOTHING",
        person=person,
        during=event.during,
        event=event.id,
    )
    if not taken:
        raise Conflict(CONSTRAINTS["commitment_no_overlap"])


def _leave(
    db: Database, event: Any, person: UUID, values: rules.Rules, now: datetime, instead: UUID | None = None
) -> None:
    db.run(
        "UPDATE attendance SET response = 'rejected' WHERE event_id = %(event)s AND person_id = %(person)s",
        event=event.id,
        person=person,
    )
    outbox.put_all(db, messages.attendance_rejected(event, person, instead), now)
    states.after_leaving(db, event, values, now)
