"""Reminds of lunches the day before: of every lunch once, and of none that one has only just heard of."""

from datetime import datetime

from chalicelib.database import JOB, Database, transaction
from chalicelib.lunch import states
from chalicelib.messaging import outbox

BATCH = 200


def sweep(now: datetime) -> int:
    """Ask for the reminders that are due, in batches; of how many lunches. A crash in between repeats and loses nothing."""
    count = 0
    while found := transaction(lambda db: claim(db, now), JOB):
        count += found
    return count


def claim(db: Database, now: datetime) -> int:
    """Claim a batch of the lunches that begin within a day, and ask for a mail to each of their people; how many."""
    rows = db.rows(
        """
        WITH due AS (
            SELECT e.id, e.starts FROM event e
            WHERE e.status = 'Confirmed' AND e.starts > %(now)s AND e.starts <= %(until)s
              AND NOT EXISTS (SELECT FROM event_reminder r WHERE r.event_id = e.id)
            ORDER BY e.starts LIMIT %(batch)s FOR NO KEY UPDATE OF e SKIP LOCKED)
        INSERT INTO event_reminder (event_id) SELECT id FROM due ON CONFLICT DO NOTHING RETURNING event_id AS id
        """,
        now=now,
        until=now + states.REMINDED_BEFORE,
        batch=BATCH,
    )
    people = states.people_of(db, [row.id for row in rows], "approved")
    told = [
        outbox.mail_due("lunch_reminder", person, event=str(event))
        for event in sorted(people)
        for person in people[event]
    ]
    outbox.put_all(db, told, now)
    return len(rows)
