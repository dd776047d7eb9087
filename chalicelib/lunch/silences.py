"""Silences: whoever lets several invitations in a row go by is asked whether they still want any, and not matched until
they answer."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from chalicelib import rules
from chalicelib.database import Database
from chalicelib.messaging import outbox
from chalicelib.web.request import Caller

_ASK = """
WITH ignoring AS (
    SELECT DISTINCT a.person_id FROM attendance a WHERE a.event_id = ANY(%(events)s) AND a.response = 'invited'
), last AS (
    SELECT i.person_id, l.response FROM ignoring i
    LEFT JOIN silence s ON s.person_id = i.person_id
    CROSS JOIN LATERAL (
        SELECT a.response FROM attendance a JOIN event e ON e.id = a.event_id
        WHERE a.person_id = i.person_id AND e.starts > coalesce(s.answered, '-infinity')
          AND (e.status = 'Rejected' OR e.starts <= %(now)s) AND e.status <> 'Canceled'
          AND NOT (e.status = 'Rejected' AND a.response = 'invited' AND e.changed < e.starts - %(answerable)s)
          AND (a.response <> 'invited' OR e.max_attendees > (
              SELECT count(*) FROM attendance x WHERE x.event_id = e.id AND x.response = 'approved'))
        ORDER BY e.starts DESC, e.id LIMIT %(many)s) l
)
INSERT INTO silence (person_id, asked)
SELECT person_id, %(now)s FROM last JOIN account USING (person_id)
GROUP BY person_id HAVING count(*) FILTER (WHERE response = 'invited') = %(many)s
ON CONFLICT (person_id) DO UPDATE SET asked = excluded.asked, answered = 'infinity'
WHERE silence.answered <= excluded.asked
RETURNING person_id
"""


def ask(db: Database, events: Collection[UUID], now: datetime) -> list[UUID]:
    """Ask those who left these lunches unanswered until it was too late, if they left as many before that; who they
    are. For jobs, which hold the lunches.

    An invitation counts as ignored if its lunch was rejected or is over and had a seat for them; answers by the system
    (a lunch that was called off, or given up for what others said before it was too late to answer) break no row and make
    none.
    """
    values = rules.read(db)
    rows = db.rows(
        _ASK,
        events=list(events),
        now=now,
        answerable=timedelta(hours=values.lunch.approve_hours_before),
        many=values.lunch.ignored_invitations,
    )
    asked = sorted(row.person_id for row in rows)
    outbox.put_all(db, [outbox.mail_due("silence", person) for person in asked], now)
    return asked


def waits(db: Database, person: UUID) -> bool:
    """Whether they were asked, have not answered yet, and so are not matched."""
    return bool(
        db.value("SELECT EXISTS (SELECT FROM silence WHERE person_id = %(id)s AND answered = 'infinity')", id=person)
    )


def answer(db: Database, caller: Caller, now: datetime) -> bool:
    """The caller still wants to be matched; whether they had been asked."""
    return bool(
        db.run(
            "UPDATE silence SET answered = greatest(asked, %(now)s) WHERE person_id = %(me)s AND answered = 'infinity'",
            me=caller.id,
            now=now,
        )
    )
