"""Reminds of calls that are near: every call once, and again if it was moved."""

from datetime import datetime

from chalicelib import rules
from chalicelib.coaching import appointments
from chalicelib.database import JOB, Database, transaction
from chalicelib.messaging import outbox

BATCH = 200


def sweep(now: datetime) -> int:
    """Ask for the reminders that are due, in batches; how many. A crash in between repeats and loses nothing."""
    count = 0
    while found := transaction(lambda db: claim(db, now), JOB):
        count += found
    return count


_CLAIM = """
WITH due AS (
    SELECT a.id, a.starts, a.ends, a.coach_id, a.client_id FROM appointment a
    JOIN LATERAL (SELECT make_interval(hours => coalesce(
        (SELECT r.value::int FROM rule r WHERE r.name = 'coaching.reminder_hours'
         AND r.scope IN ('', a.coach_id::text) ORDER BY r.scope DESC LIMIT 1), %(hours)s)) AS ahead) rule ON true
    WHERE a.starts > %(now)s AND a.starts <= %(now)s + interval '168 hours' AND a.starts <= %(now)s + rule.ahead
      AND a.changed < a.starts - rule.ahead
      AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id)
      AND NOT EXISTS (SELECT FROM reminder d WHERE d.appointment_id = a.id AND d.starts = a.starts)
    ORDER BY a.starts LIMIT %(batch)s FOR UPDATE OF a SKIP LOCKED),
claimed AS (
    INSERT INTO reminder (appointment_id, starts) SELECT id, starts FROM due
    ON CONFLICT DO NOTHING RETURNING appointment_id)
SELECT due.*, p.timezone FROM due JOIN claimed c ON c.appointment_id = due.id JOIN person p ON p.id = due.coach_id
ORDER BY due.starts, due.id
"""


def claim(db: Database, now: datetime) -> int:
    """Claim a batch of the calls that begin within coaching.reminder_hours and tell of them; how many.

    Who booked or moved a call within those hours has just been told, and is not reminded.
    """
    rows = db.rows(
        _CLAIM,
        now=now,
        hours=rules.RULES["coaching.reminder_hours"].default,
        batch=BATCH,
    )
    told = [
        (
            appointments.TOPIC,
            str(row.id),
            "appointment.reminder",
            appointments.data(row.id, row.coach_id, row.client_id, (row.starts, row.ends), row.coach_id, row.timezone),
        )
        for row in rows
    ]
    outbox.put_all(db, told, now)
    return len(rows)
