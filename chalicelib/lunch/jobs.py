"""What runs by itself: the weekly match, and the sweeps that move events on when their time has come."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from chalicelib import rules
from chalicelib.calendar import zones
from chalicelib.config import config
from chalicelib.database import JOB, Database, transaction
from chalicelib.lunch import blocked_pairs, messages, reminders, reviews, silences, states
from chalicelib.lunch.weeks import week_at
from chalicelib.messaging import outbox

AHEAD = timedelta(days=1)
"""The filter has room for whatever is answered about the lunches of so long from now: longer than a sweep may be late."""
SENT_AGAIN = timedelta(minutes=20)
"""A message that was lost on its way to the queue is sent again after so long; a round run twice makes nothing twice."""
WEEK = timedelta(days=7)
BATCH = 1000
"""Lunches that are moved on in one transaction."""


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
    """The rounds to be sent now: those whose hour has come, and those that were asked for, at open locations."""
    for location, monday, hour in _due(db, now):
        db.run(
            "INSERT INTO asked_round (week, location_id, asked, due)"
            " VALUES (%(week)s, %(location)s, %(now)s, %(hour)s) ON CONFLICT (week, location_id) DO NOTHING",
            week=monday,
            location=location,
            now=now,
            hour=hour,
        )
    rows = db.rows(
        "UPDATE asked_round SET sent = %(now)s WHERE sent < %(before)s"
        " AND location_id IN (SELECT id FROM location WHERE open) RETURNING location_id, week",
        now=now,
        before=now - SENT_AGAIN,
    )
    return sorted((row.location_id, row.week) for row in rows)


def ask(db: Database, location: int, monday: date, now: datetime) -> None:
    """Have a round run soon, also where one runs just now: it may have read what changed since."""
    db.run(
        "INSERT INTO asked_round (week, location_id, asked) VALUES (%(week)s, %(location)s, %(now)s)"
        " ON CONFLICT (week, location_id) DO UPDATE SET asked = greatest(asked_round.asked, excluded.asked),"
        " sent = '-infinity'",
        week=monday,
        location=location,
        now=now,
    )


def _due(db: Database, now: datetime) -> list[tuple[int, date, datetime]]:
    """The open locations whose match hour has come, for the week after it, and that had no round for that week yet.

    An hour that passed while nothing ran is made up for, as long as its week has hours that a round can offer.
    """
    values, missed_since = rules.read(db), _last_looked(db, now)
    rows = db.rows(
        "SELECT l.id, l.timezone, ARRAY(SELECT DISTINCT r.week FROM round r WHERE r.location_id = l.id) AS weeks"
        " FROM location l WHERE l.open ORDER BY l.id"
    )
    found = []
    for row in rows:
        this = zones.this_monday(now, row.timezone)
        for monday, since in ((this, missed_since), (this + WEEK, datetime.min.replace(tzinfo=UTC))):
            hour = match_hour(monday, row.timezone, values)
            if monday not in row.weeks and since < hour <= now and _has_hours_left(monday, row.timezone, values, now):
                found.append((row.id, monday, hour))
    return found


def _last_looked(db: Database, now: datetime) -> datetime:
    """When the rounds that are due were last looked for; now, where they never were. From here on it is now."""
    before = db.value("SELECT at FROM last_match FOR UPDATE")
    db.run(
        "INSERT INTO last_match (at) VALUES (%(now)s) ON CONFLICT ((true)) DO UPDATE SET at = excluded.at",
        now=now,
    )
    return before or now


def match_hour(monday: date, timezone: str, values: rules.Rules) -> datetime:
    """When the round of the week that begins on that Monday is due, at a place in that zone; in UTC."""
    day = monday - WEEK + timedelta(days=rules.DAYS.index(values.lunch.match_day))
    return zones.at(day, time(values.lunch.match_hour), ZoneInfo(timezone))


def _has_hours_left(monday: date, timezone: str, values: rules.Rules, now: datetime) -> bool:
    nearest = now + values.lunch.notice
    return any(starts > nearest for starts, _ in week_at(monday, timezone, values).lunches)


def sweep(now: datetime) -> None:
    """Move on the events whose time has come, in batches; a crash between any two statements repeats and loses nothing."""
    for step in (reject_unconfirmed, end_events, close_reviews):
        while transaction(lambda db, step=step: step(db, now), JOB):  # type: ignore[misc]
            pass
    reminders.sweep(now)
    transaction(lambda db: blocked_pairs.grow(db, reviews.answers_due(db, now + AHEAD)), JOB)
    while transaction(blocked_pairs.seal_anew, JOB):
        pass


def reject_unconfirmed(db: Database, now: datetime) -> int:
    """Reject a batch of the proposed lunches that can no longer be approved in time; how many."""
    db.set_present(now)
    late = db.rows(
        f"SELECT {messages.EVENT} FROM event e JOIN location l ON l.id = e.location_id"
        " WHERE e.status = 'Proposed' AND e.starts <= %(before)s ORDER BY e.starts LIMIT %(batch)s"
        " FOR NO KEY UPDATE OF e SKIP LOCKED",
        before=now + timedelta(hours=rules.read(db).lunch.approve_hours_before),
        batch=BATCH,
    )
    states.reject(db, late, now)
    silences.ask(db, [event.id for event in late], now)
    return len(late)


_CLAIM = (
    "UPDATE event SET status = %(to)s WHERE id IN (SELECT id FROM event WHERE status = %(at)s AND ends <= %(before)s"
    " AND allow_evaluation = %(evaluated)s ORDER BY starts LIMIT %(batch)s FOR UPDATE SKIP LOCKED)"
    " RETURNING id, starts, location_id, (SELECT timezone FROM location WHERE location.id = location_id) AS timezone"
)


def end_events(db: Database, now: datetime) -> int:
    """Lunches that are over wait for their reviews, or are done where none is asked for; how many of a batch."""
    db.set_present(now)
    ended = db.rows(_CLAIM, at="Confirmed", to="Awaiting Evaluation", before=now, evaluated=True, batch=BATCH)
    outbox.put_all(db, [message for event in ended for message in messages.evaluate(event)], now)
    done = []
    if len(ended) < BATCH:  # else the next batch looks for them: among many that are asked for, few are not
        done = db.rows(_CLAIM, at="Confirmed", to="Done", before=now, evaluated=False, batch=BATCH)
        outbox.put_all(db, [message for event in done for message in messages.done(event)], now)
    reviewed, unanswered = _reviewed_and_unanswered(db, [event.id for event in ended + done])
    reviews.finish(db, reviewed, now)
    silences.ask(db, unanswered, now)
    return len(ended) + len(done)


def _reviewed_and_unanswered(db: Database, events: list[UUID]) -> tuple[list[UUID], list[UUID]]:
    """Of these lunches, those that nobody is left to review, and those that somebody never answered: few of many, so
    they are looked for at once."""
    rows = db.rows(
        "SELECT id, reviewed, unanswered FROM (SELECT of.id,"
        " bool_and(a.reviewed OR p.name = '') FILTER (WHERE a.response = 'approved') IS NOT FALSE AS reviewed,"
        " bool_or(a.response = 'invited') AS unanswered FROM unnest(%(events)s::uuid[]) of (id)"
        " LEFT JOIN attendance a ON a.event_id = of.id LEFT JOIN person p ON p.id = a.person_id GROUP BY of.id) lunch"
        " WHERE reviewed OR unanswered ORDER BY id",
        events=events,
    )
    return [row.id for row in rows if row.reviewed], [row.id for row in rows if row.unanswered]


def close_reviews(db: Database, now: datetime) -> int:
    """Lunches whose days for reviews have passed are done; how many of a batch."""
    db.set_present(now)
    before = now - timedelta(days=rules.read(db).lunch.review_days)
    done = db.rows(_CLAIM, at="Awaiting Evaluation", to="Done", before=before, evaluated=True, batch=BATCH)
    outbox.put_all(db, [message for event in done for message in messages.done(event)], now)
    return len(done)
