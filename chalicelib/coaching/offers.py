"""What a client is offered instead of a call that was cancelled: times of the coach they have now, not those just taken away."""

from datetime import datetime, timedelta
from uuid import UUID

from chalicelib.calendar.occurrences import Span
from chalicelib.coaching import free_slots
from chalicelib.coaching.agenda import Call
from chalicelib.database import Database

JUST = timedelta(days=1)
"""How long an hour that was taken back or given up is not offered again."""


def instead_of(db: Database, call: Call, now: datetime) -> tuple[str, list[Span]]:
    """The name of the coach who has the client now, and their free slots nearest to the call; '' and none without one."""
    coach = db.row(
        "SELECT p.id, p.slug, p.name FROM relationship r JOIN person p ON p.id = r.coach_id"
        " WHERE r.client_id = %(client)s AND r.is_current",
        client=call.client_id,
    )
    if coach is None:
        return "", []
    gone = taken_back(db, coach.id, call.client_id, now)
    return coach.name, free_slots.nearest(db, coach.slug, call.client_id, call.starts, now, besides=gone)


def taken_back(db: Database, coach: UUID, client: UUID, now: datetime) -> list[Span]:
    """The hours to come that the coach took back within the last day, and those that the client gave up or lost."""
    rows = db.rows(
        "SELECT a.starts, a.ends FROM cancellation x JOIN appointment a ON a.id = x.appointment_id"
        " WHERE a.coach_id = %(coach)s AND (x.cancelled_by = a.coach_id OR a.client_id = %(client)s)"
        " AND a.ends > %(now)s AND x.at > %(since)s"
        " UNION ALL SELECT lower(m.before), upper(m.before) FROM appointment_change m"
        " JOIN appointment a ON a.id = m.appointment_id WHERE a.coach_id = %(coach)s AND a.client_id = %(client)s"
        " AND upper(m.before) > %(now)s AND m.at > %(since)s",
        coach=coach,
        client=client,
        now=now,
        since=now - JUST,
    )
    return [(row.starts, row.ends) for row in rows]
