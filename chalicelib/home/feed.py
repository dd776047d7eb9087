"""A person's lunches and calls as a calendar that programs subscribe to (RFC 5545, RFC 7986)."""

import hashlib
from datetime import datetime, timedelta

from chalice.app import Response

from chalicelib.accounts import feeds
from chalicelib.calendar.entries import Entry, calendar
from chalicelib.coaching import call_entries
from chalicelib.database import Database
from chalicelib.errors import NotFound
from chalicelib.lunch import events

PAST = timedelta(weeks=4)
"""How long an entry stays after it is over, cancelled ones too: long enough for every program to have noticed."""


def serve(db: Database, token: str, known: str, now: datetime) -> Response:
    """The calendar of a secret address; 304 where its ETag is ``known``. Raises NotFound."""
    whose = feeds.enter(db, token)
    if whose is None:
        raise NotFound
    person, since = whose.person_id, now - PAST
    text = written(sorted([*events.entries(db, person, since), *call_entries.entries(db, person, since, now)]))
    etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    headers: dict[str, str | list[str]] = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if etag in [one.strip().removeprefix("W/") for one in known.split(",")] or known.strip() == "*":
        return Response("", status_code=304, headers=headers)
    return Response(text, headers=headers | {"Content-Type": "text/calendar; charset=utf-8"})


def written(found: list[Entry]) -> str:
    """The entries as an iCalendar object; all times in UTC."""
    return calendar(found, "NAME:Rendezvous", "X-WR-CALNAME:Rendezvous")
