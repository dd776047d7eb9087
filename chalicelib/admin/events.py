"""The lunches that were made: who was brought together where and when, and calling one off."""

from datetime import timedelta
from typing import Literal
from uuid import UUID

import msgspec

from chalicelib.accounts.people import FORMER_MEMBER
from chalicelib.admin.lists import Listing, Which, listing, shaped
from chalicelib.calendar import zones
from chalicelib.database import Database
from chalicelib.errors import NotFound
from chalicelib.lunch import cancellations
from chalicelib.lunch.states import Response, Status
from chalicelib.web.field_types import Instant, Number, WeekName
from chalicelib.web.request import Caller, Request

FEW = 20
"""Lunches on a page: each takes some lines on a phone."""


class WhichEvents(Which):
    """Which lunches: by title, location or somebody's name; of a status; of a week (2026-W48); at a location."""

    location: Number | Literal[""] = ""
    status: Literal[""] | Status = ""
    week: WeekName | Literal[""] = ""


class Attendee(msgspec.Struct):
    """Somebody who was asked to a lunch, what they said, and whether they reviewed it (nobody can read how)."""

    id: UUID
    name: str
    response: Response
    reviewed: bool


class Event(msgspec.Struct):
    """A lunch; ``by_system``: the matcher made it."""

    id: UUID
    title: str
    location: str
    timezone: str
    starts: Instant
    ends: Instant
    status: Status
    public: bool
    by_system: bool
    attendees: list[Attendee]


_EVENT = """
SELECT * FROM (
    SELECT e.id, e.location_id, e.title, l.name AS location, l.timezone, e.starts, e.ends, e.status, e.public,
           e.creator IS NULL AS by_system,
           (SELECT coalesce(json_agg(json_build_object('id', p.id, 'name', coalesce(nullif(p.name, ''), %(former)s),
                                                       'response', a.response, 'reviewed', a.reviewed)
                                     ORDER BY lower(p.name), p.id), '[]')
            FROM attendance a JOIN person p ON p.id = a.person_id WHERE a.event_id = e.id) AS attendees
    FROM event e JOIN location l ON l.id = e.location_id
) event
"""


def find(db: Database, which: WhichEvents) -> Listing[Event]:
    """Lunches, the newest first. Raises Invalid for a week there is not."""
    monday = zones.week_of(which.week) if which.week else None
    return listing(
        db,
        Event,
        f"""{_EVENT}
        WHERE %(status)s IN ('', status) AND (%(location)s IS NULL OR location_id = %(location)s)
          AND (%(from)s IS NULL OR (starts AT TIME ZONE timezone)::date >= %(from)s
               AND (starts AT TIME ZONE timezone)::date < %(to)s)
          AND (position(%(q)s in lower(title || E'\\n' || location)) > 0 OR EXISTS
               (SELECT FROM json_array_elements(attendees) one WHERE position(%(q)s in lower(one ->> 'name')) > 0))
        ORDER BY starts DESC, id
        """,
        which,
        size=FEW,
        status=which.status,
        location=which.location if which.location != "" else None,
        former=FORMER_MEMBER,
        **{"from": monday, "to": monday and monday + timedelta(days=7)},
    )


def read(db: Database, event: UUID) -> Event:
    """One lunch. Raises NotFound."""
    found = db.rows(f"{_EVENT} WHERE id = %(id)s", id=event, former=FORMER_MEMBER)
    if not found:
        raise NotFound
    return shaped(found, Event)[0]


def reviews(db: Database, event: UUID) -> list[str]:
    """What was written about the lunch, once its reviews are over: earlier, who has reviewed would tell who wrote."""
    rows = db.rows("SELECT description FROM review WHERE event_id = %(id)s ORDER BY id", id=event)
    return [row.description for row in rows]


def cancel(db: Database, request: Request, caller: Caller, event: UUID, why: str) -> None:
    """Call a coming lunch off; its people are free again and told; the reason is for admins. Raises NotFound, Conflict when it is
    past that."""
    cancellations.call_off(db, request, caller, event, why)
