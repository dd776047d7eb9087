"""A person's lunches and calls as a calendar that programs subscribe to (RFC 5545, RFC 7986)."""

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from chalice.app import Response

from chalicelib.accounts import feeds
from chalicelib.calendar.entries import Entry, calendar
from chalicelib.coaching import agenda
from chalicelib.database import Database
from chalicelib.errors import NotFound
from chalicelib.lunch import events

PAST = timedelta(weeks=4)
"""How long an entry stays after it is over, cancelled ones too: long enough for every program to have noticed."""

SOURCES: tuple[Callable[[Database, UUID, datetime], Iterable[Entry]], ...] = (events.entries, agenda.entries)
"""What gives entries: (db, person, since) -> those that end after then."""


def serve(db: Database, token: str, known: str, now: datetime) -> Response:
    """The calendar of a secret address; 304 where its ETag is ``known``. Raises NotFound."""
    whose = feeds.enter(db, token)
    if whose is None:
        raise NotFound
    entries = sorted(entry for source in SOURCES for entry in source(db, whose.person_id, now - PAST))
    # Weak: DTSTAMP says when the calendar was written, which is no change of it.
    etag = f'W/"{hashlib.sha256(repr(entries).encode()).hexdigest()[:32]}"'
    headers: dict[str, str | list[str]] = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if etag in [one.strip() for one in known.split(",")] or known.strip() == "*":
        return Response("", status_code=304, headers=headers)
    return Response(written(entries, now), headers=headers | {"Content-Type": "text/calendar; charset=utf-8"})


def written(found: list[Entry], now: datetime) -> str:
    """The entries as an iCalendar object; all times in UTC."""
    return calendar(found, now, "NAME:Rendezvous", "X-WR-CALNAME:Rendezvous")
