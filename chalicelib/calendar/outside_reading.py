"""Reads the calendars that people keep elsewhere: every half hour, each by itself, so that one that is slow or broken is
nobody else's delay. What cannot be read stays as it was for a day; then its busy times go, and its owner is told."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from chalicelib.calendar import busy_times, fetching
from chalicelib.calendar.fetching import Fetched, Unfetched
from chalicelib.calendar.occurrences import Span
from chalicelib.database import JOB, Database, disconnect, transaction
from chalicelib.messaging import outbox

WORKERS = 4
SHIFT_SECONDS = 200
PAUSE, LONGEST_PAUSE = timedelta(minutes=30), timedelta(hours=8)
CLAIMED = timedelta(minutes=15)
"""How long a calendar is left to who reads it: if they were killed, it is read again after that."""
KEPT = timedelta(days=1)
"""How long the busy times stay of a calendar that cannot be read, or is empty all of a sudden."""
BACK, AHEAD = timedelta(days=1), timedelta(days=2 * 365)

Fetch = Callable[[str, str, str], Fetched]


class News(NamedTuple):
    """What came of reading a calendar: the problem, '' for none; its busy times, None where nothing has changed."""

    problem: str
    spans: list[Span] | None
    etag: str = ""
    modified: str = ""


def run(now: Callable[[], datetime], fetch: Fetch = fetching.fetch, seconds: float = SHIFT_SECONDS) -> int:
    """Read every calendar that is due, some at once, until the time is over; how many."""
    until = time.monotonic() + seconds

    def work(_: int) -> int:
        count = 0
        try:
            while time.monotonic() < until and read_next(now(), fetch):
                count += 1
        finally:
            disconnect()
        return count

    with ThreadPoolExecutor(WORKERS) as workers:
        return sum(workers.map(work, range(WORKERS)))


def read_next(now: datetime, fetch: Fetch = fetching.fetch) -> bool:
    """Read the calendar that is due for longest; False where none is."""
    row = transaction(lambda db: _claim(db, now), JOB)
    if row is None:
        return False
    news = _news(row, now, fetch)
    transaction(lambda db: note(db, row.id, news, now), JOB)
    return True


def _claim(db: Database, now: datetime) -> Any:
    return db.row(
        "UPDATE outside_calendar c SET due = %(later)s FROM person p WHERE p.id = c.person_id AND c.id ="
        " (SELECT id FROM outside_calendar WHERE due <= %(now)s ORDER BY due LIMIT 1 FOR UPDATE SKIP LOCKED)"
        " RETURNING c.id, c.url, c.etag, c.modified, c.lost, c.read, p.timezone",
        now=now,
        later=now + CLAIMED,
    )


def _news(row: Any, now: datetime, fetch: Fetch) -> News:
    """Fetch it and read it, outside of any transaction. Once a day it is read whether it has changed or not, for what lies
    ahead moves on with the day."""
    is_fresh = not row.lost and row.read.date() == now.date()
    try:
        got = fetch(row.url, row.etag if is_fresh else "", row.modified if is_fresh else "")
        if got.content is None:
            return News("", None, got.etag or row.etag, got.modified or row.modified)
        spans = busy_times.read(got.content, row.timezone, now - BACK, now + AHEAD)
    except (Unfetched, busy_times.Unreadable) as problem:
        return News(str(problem), None)
    return News("", spans, got.etag, got.modified)


def note(db: Database, id: UUID, news: News, now: datetime) -> None:
    """Keep what came of reading a calendar, and tell its owner where they are busy elsewhere when they are booked here."""
    row = db.row("SELECT * FROM outside_calendar WHERE id = %(id)s", id=id)
    if row is None:  # taken back meanwhile
        return
    # Who books just now does so beside what was there before: as they are told afterwards.
    db.run("SELECT lock_coach(%(person)s)", person=row.person_id)
    if news.problem:
        _keep_for_a_day(db, row, news.problem, now)
        return
    db.run(
        "UPDATE outside_calendar SET read = %(now)s, due = %(due)s, failures = 0, problem = '', lost = false,"
        " etag = %(etag)s, modified = %(modified)s WHERE id = %(id)s",
        id=id,
        now=now,
        due=now + PAUSE,
        etag=news.etag,
        modified=news.modified,
    )
    if news.spans is not None:
        before = _overlapped(db, row.person_id, now)
        _replace(db, row, news.spans)
        if _overlapped(db, row.person_id, now) - before:
            _tell(db, row, "busy_overlap", now)


def _keep_for_a_day(db: Database, row: Any, problem: str, now: datetime) -> None:
    """What was read before stays for a day; an address that never gave anything is told of on its page alone."""
    pause = min(PAUSE * (1 << min(row.failures, 10)), LONGEST_PAUSE)
    is_lost = now >= max(row.read, row.added) + KEPT
    db.run(
        "UPDATE outside_calendar SET due = %(due)s, failures = failures + 1, problem = %(problem)s, lost = %(lost)s"
        " WHERE id = %(id)s",
        id=row.id,
        due=now + pause,
        problem=problem,
        lost=is_lost,
    )
    if is_lost and not row.lost:
        db.run("DELETE FROM outside_busy WHERE calendar_id = %(id)s", id=row.id)
        _tell(db, row, "calendar_lost", now)


def _replace(db: Database, row: Any, spans: list[Span]) -> None:
    db.run("DELETE FROM outside_busy WHERE calendar_id = %(id)s", id=row.id)
    db.many(
        "INSERT INTO outside_busy (calendar_id, person_id, during) VALUES %s",
        [(row.id, row.person_id, f"[{begin.isoformat()},{end.isoformat()})") for begin, end in spans],
    )


def _overlapped(db: Database, person: UUID, now: datetime) -> set[int]:
    """The commitments to come of that person that meet a busy time elsewhere."""
    return {row.id for row in overlapped(db, person, now)}


def overlapped(db: Database, person: UUID, now: datetime) -> list[Any]:
    """Those commitments (id, starts, ends), by start."""
    return db.rows(
        "SELECT DISTINCT c.id, lower(c.during) AS starts, upper(c.during) AS ends FROM commitment c JOIN outside_busy o"
        " ON o.person_id = c.person_id AND o.during && c.during WHERE c.person_id = %(person)s AND lower(c.during) > %(now)s"
        " AND c.block_id IS NULL ORDER BY 2",
        person=person,
        now=now,
    )


def _tell(db: Database, row: Any, kind: str, now: datetime) -> None:
    outbox.put(db, *outbox.mail_due(kind, row.person_id, calendar=str(row.id)), now)
