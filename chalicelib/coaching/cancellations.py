"""Calls that are cancelled: one by either of its two people, undone by who has just booked it, or all that are coming."""

from datetime import datetime, timedelta
from uuid import UUID

from chalicelib import rules
from chalicelib.calendar.occurrences import Span
from chalicelib.coaching import agenda, appointments
from chalicelib.coaching.agenda import Call
from chalicelib.coaching.outcomes import Outcome, raise_unless
from chalicelib.database import Database
from chalicelib.messaging import outbox
from chalicelib.web.request import Caller


def cancel(db: Database, caller: Caller, id: UUID, reason: str, version: int | None, now: datetime) -> None:
    """Cancel a call: a client until coaching.cancel_hours_before, their coach always until it begins.

    With a version, only if the call is still that one. Raises NotFound, Conflict.
    """
    known = agenda.row(db, caller, id)
    in_force = rules.read(db, str(known.coach_id))
    span = (known.starts, known.ends)
    # Who is cancelled by their coach is offered other times.
    more = {"offers": True} if caller.id == known.coach_id else {}
    event = appointments.written(
        "appointment.cancelled",
        appointments.data(id, known.coach_id, known.client_id, span, caller.id, known.coach_timezone) | more,
        now,
    )
    outcome: Outcome = db.value(
        "SELECT cancel_call(%(id)s, %(version)s, %(from)s, %(reason)s, %(event)s)",
        id=id,
        version=version,
        reason=reason,
        event=event,
        **{"from": now + timedelta(hours=in_force.coaching.cancel_hours_before)},
    )
    raise_unless(outcome, "cancelled_now")


UNDO = timedelta(minutes=1)
"""How long after it was booked its client may take a call back, however near it is."""


def is_undoable(call: Call, caller: Caller, now: datetime) -> bool:
    """Whether the caller has booked it just now, and may take it back."""
    return not call.cancelled and call.version == 1 and call.booked_by == caller.id and now < call.changed + UNDO


def withdraw_person(db: Database, person: UUID, now: datetime, reason: str = "") -> int:
    """Cancel every coming call of that person, as coach and as client, and tell the others; how many.

    For bans and erasure, in the same transaction: who books meanwhile is waited for, who books later is refused.
    """
    as_coach = cancel_coming(db, now, coach=person, reason=reason)
    return as_coach + cancel_coming(db, now, client=person, reason=reason)


def cancel_coming(
    db: Database, now: datetime, *, coach: UUID | None = None, client: UUID | None = None, span: Span | None = None,
    reason: str = "", offers: bool = False
) -> int:  # fmt: skip
    """Cancel the coming calls of a coach, a client or both (within a span), and tell of them; how many.

    ``offers`` asks the mail to name free times instead.
    """
    gone = db.rows(
        "SELECT c.*, p.timezone FROM cancel_coming_calls(%(coach)s, %(client)s, %(span)s, %(reason)s) c"
        " JOIN person p ON p.id = c.coach_id",
        coach=coach,
        client=client,
        span=appointments.as_range(span) if span else "(,)",
        reason=reason,
    )
    by = coach or client
    assert by is not None
    more = {"offers": True} if offers else {}
    outbox.put_all(
        db,
        [
            (appointments.TOPIC, str(row.id), "appointment.cancelled", appointments.data(row.id, row.coach_id, row.client_id,
             (row.starts, row.ends), by, row.timezone) | more)
            for row in gone
        ],
        now,
    )  # fmt: skip
    return len(gone)
