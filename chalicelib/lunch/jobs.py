"""What runs by itself: the weekly match, and the sweeps that move events on when their time has come."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from chalicelib import rules
from chalicelib.calendar import zones
from chalicelib.config import config
from chalicelib.database import JOB, Database, transaction
from chalicelib.lunch import attendances, blocked_pairs, reviews
from chalicelib.messaging import outbox

AHEAD = timedelta(days=1)
"""The filter has room for whatever is answered about the lunches of so long from now: longer than a sweep may be late."""
SENT_AGAIN = timedelta(minutes=20)
"""A message that was lost on its way to the queue is sent again after so long; a round run twice makes nothing twice."""


def match_due(now: datetime) -> int:
    """Put one message a location and week into the queue, for every round that is to be run; how many."""
    due = transaction(lambda db: claim(db, now), JOB)
    if not due:
        return 0
    from chalicelib.messaging import sqs

    return sqs.send(
        config().rounds_queue, ({"week": zones.week_name(monday), "location": location} for location, monday in due)
    )


def claim(db: Database, now: datetime) -> list[tuple[int, date]]:
    """The rounds to be sent now: those whose hour has come, and those that were asked for."""
    for location, monday in _due(db, now):
        ask(db, location, monday, now)
    rows = db.rows(
        "UPDATE asked_round SET sent = %(now)s WHERE sent < %(before)s RETURNING location_id, week",
        now=now,
        before=now - SENT_AGAIN,
    )
    return sorted((row.location_id, row.week) for row in rows)


def ask(db: Database, location: int, monday: date, now: datetime) -> None:
    """Have a round run soon."""
    db.run(
        "INSERT INTO asked_round (week, location_id, asked) VALUES (%(week)s, %(location)s, %(now)s)"
        " ON CONFLICT (week, location_id) DO NOTHING",
        week=monday,
        location=location,
        now=now,
    )


def _due(db: Database, now: datetime) -> list[tuple[int, date]]:
    """The open locations whose match hour has come for the week after, and that had no round for it yet."""
    values = rules.read(db)
    hour = (rules.DAYS.index(values.lunch.match_day), values.lunch.match_hour)
    found = []
    for row in db.rows("SELECT id, timezone FROM location WHERE open ORDER BY id"):
        local = zones.local_time(now, ZoneInfo(row.timezone))
        if (local.weekday(), local.hour) >= hour:
            found.append((row.id, zones.monday(local.date()) + timedelta(days=7)))
    had = {
        (row.location_id, row.week)
        for row in db.rows(
            "SELECT DISTINCT location_id, week FROM round WHERE week = ANY(%(weeks)s)",
            weeks=[week for _, week in found],
        )
    }
    return [one for one in found if one not in had]


def locations(week: date) -> list[tuple[int, date]]:
    """Every open location, for a round of that week."""
    rows = transaction(lambda db: db.rows("SELECT id FROM location WHERE open ORDER BY id"), JOB)
    return [(row.id, week) for row in rows]


def sweep(now: datetime) -> None:
    """Move on the events whose time has come, in batches; a crash between any two statements repeats and loses nothing."""
    while transaction(lambda db: attendances.reject_unconfirmed(db, now), JOB):
        pass
    while transaction(lambda db: end_events(db, now), JOB):
        pass
    while transaction(lambda db: close_reviews(db, now), JOB):
        pass
    transaction(lambda db: blocked_pairs.grow(db, reviews.answers_due(db, now + AHEAD)), JOB)
    while transaction(blocked_pairs.seal_anew, JOB):
        pass


_CLAIM = (
    "UPDATE event SET status = %(to)s WHERE id IN (SELECT id FROM event WHERE status = %(at)s AND ends <= %(before)s"
    " AND allow_evaluation = %(evaluated)s ORDER BY starts LIMIT 200 FOR UPDATE SKIP LOCKED)"
    " RETURNING id, starts, (SELECT timezone FROM location WHERE location.id = location_id) AS timezone"
)


def end_events(db: Database, now: datetime) -> int:
    """Lunches that are over wait for their reviews, or are done where none is asked for; how many of a batch."""
    ended = db.rows(_CLAIM, at="Confirmed", to="Awaiting Evaluation", before=now, evaluated=True)
    _tell(db, ended, "Event_Evaluate", "event.evaluate", now)
    _tell(db, ended, "Events_All", "event.evaluate", now)
    reviews.finish(db, [row.id for row in ended], now)  # some reviewed it before the sweep came
    done = db.rows(_CLAIM, at="Confirmed", to="Done", before=now, evaluated=False)
    _tell(db, done, "Events_All", "event.done", now)
    return len(ended) + len(done)


def close_reviews(db: Database, now: datetime) -> int:
    """Lunches whose days for reviews have passed are done; how many of a batch."""
    before = now - timedelta(days=rules.read(db).lunch.review_days)
    done = db.rows(_CLAIM, at="Awaiting Evaluation", to="Done", before=before, evaluated=True)
    _tell(db, done, "Events_All", "event.done", now)
    return len(done)


def _tell(db: Database, rows: list, topic: str, kind: str, now: datetime) -> None:  # type: ignore[type-arg]
    if rows:
        outbox.put_all(
            db,
            [
                (
                    topic,
                    str(row.id),
                    kind,
                    {
                        "event": str(row.id),
                        "week": zones.week_name(zones.day_of(row.starts, row.timezone)),
                    },
                )
                for row in rows
            ],
            now,
        )
