"""What runs by itself: the weekly match, and the sweeps that move events on when their time has come."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from chalicelib import outbox, rules
from chalicelib.calendar import zones
from chalicelib.config import config
from chalicelib.database import JOB, Database, transaction
from chalicelib.lunch import attendances


def due(db: Database, now: datetime) -> list[tuple[int, date]]:
    """The open locations whose match hour has come for the week after, and that had no round for it yet."""
    values = rules.read(db)
    day = rules.DAYS.index(values["lunch.match_day"])
    found = []
    for row in db.rows("SELECT id, timezone FROM location WHERE open ORDER BY id"):
        local = zones.local_time(now, ZoneInfo(row.timezone))
        if (local.weekday(), local.hour) >= (day, values["lunch.match_hour"]):
            found.append((row.id, zones.monday(local.date()) + timedelta(days=7)))
    return [
        (location, monday)
        for location, monday in found
        if not db.value(
            "SELECT EXISTS (SELECT FROM round WHERE week = %(week)s AND location_id = %(location)s)",
            week=monday,
            location=location,
        )
    ]


def match_due(now: datetime) -> int:
    """Ask for a round at every location whose hour has come; how many. Asked twice, a round makes nothing twice."""
    return ask(transaction(lambda db: due(db, now), JOB))


def ask(rounds: list[tuple[int, date]]) -> int:
    """Put one message a location and week into the queue; how many."""
    if not rounds:
        return 0
    from chalicelib import queues

    return queues.send(
        config().rounds_queue,
        ({"week": zones.week_name(monday), "location": location} for location, monday in rounds),
    )


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
    done = db.rows(_CLAIM, at="Confirmed", to="Done", before=now, evaluated=False)
    _tell(db, done, "Events_All", "event.done", now)
    return len(ended) + len(done)


def close_reviews(db: Database, now: datetime) -> int:
    """Lunches whose days for reviews have passed are done; how many of a batch."""
    before = now - timedelta(days=rules.read(db)["lunch.review_days"])
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
                        "week": zones.week_name(zones.local_time(row.starts, ZoneInfo(row.timezone)).date()),
                    },
                )
                for row in rows
            ],
            now,
        )
