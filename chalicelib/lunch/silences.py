"""Silences: whoever lets several invitations in a row go by is asked whether they still want any, and not matched until
they answer. And the mail to whom a round left over."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID

from chalicelib import rules
from chalicelib.calendar import zones
from chalicelib.database import Database
from chalicelib.lunch import messages
from chalicelib.messaging import outbox
from chalicelib.web.request import Caller


def ask(db: Database, events: Collection[UUID], now: datetime) -> list[UUID]:
    """Ask those who left these lunches unanswered until it was too late, if they left as many before that; who they
    are. For jobs, which hold the lunches.

    An invitation counts as ignored if its lunch was rejected or is over and had a seat for them; answers by the system
    (a lunch that was called off) break no row and make none.
    """
    rows = db.rows(
        """
        WITH ignoring AS (
            SELECT DISTINCT a.person_id FROM attendance a WHERE a.event_id = ANY(%(events)s) AND a.response = 'invited'
        ), last AS (
            SELECT i.person_id, l.response FROM ignoring i
            LEFT JOIN silence s ON s.person_id = i.person_id
            CROSS JOIN LATERAL (
                SELECT a.response FROM attendance a JOIN event e ON e.id = a.event_id
                WHERE a.person_id = i.person_id AND e.starts > coalesce(s.answered, '-infinity')
                  AND (e.status = 'Rejected' OR e.starts <= %(now)s) AND e.status <> 'Canceled'
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
        """,
        events=list(events),
        now=now,
        many=rules.read(db).lunch.ignored_invitations,
    )
    asked = sorted(row.person_id for row in rows)
    outbox.put_all(db, [messages.mail_due("silence", person) for person in asked], now)
    return asked


def waits(db: Database, caller: Caller) -> bool:
    """Whether the caller was asked, has not answered yet, and so is not matched."""
    return bool(
        db.value("SELECT EXISTS (SELECT FROM silence WHERE person_id = %(me)s AND answered = 'infinity')", me=caller.id)
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


def tell_left_over(db: Database, people: Collection[UUID], monday: date, now: datetime) -> None:
    """A mail is due to each of these, whom a round of that week left over; but who gave no hours the week before either
    was told then."""
    rows = db.rows(
        "SELECT o.person_id FROM left_over o WHERE o.week = %(week)s AND o.person_id = ANY(%(people)s)"
        " AND NOT (o.reason = 'no_hours' AND EXISTS (SELECT FROM left_over b WHERE b.person_id = o.person_id"
        "          AND b.week = %(before)s AND b.reason = 'no_hours')) ORDER BY o.person_id",
        week=monday,
        before=monday - timedelta(days=7),
        people=list(people),
    )
    week = zones.week_name(monday)
    outbox.put_all(db, [messages.mail_due("no_lunch", row.person_id, week=week) for row in rows], now)
