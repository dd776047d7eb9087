"""Events (lunches): who sees which."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, TypedDict
from uuid import UUID
from zoneinfo import ZoneInfo

from chalicelib.accounts import feeds, links
from chalicelib.accounts.people import FORMER_MEMBER
from chalicelib.calendar import zones
from chalicelib.calendar.entries import Entry
from chalicelib.database import Database
from chalicelib.errors import NotFound
from chalicelib.lunch import company
from chalicelib.lunch.states import Response, Status
from chalicelib.web.field_types import Instant
from chalicelib.web.request import Caller

AHEAD = timedelta(weeks=4)
"""How far ahead public events are shown."""

_PEOPLE = """
    ARRAY(SELECT coalesce(nullif(p.name, ''), %(former)s) FROM attendance a JOIN person p ON p.id = a.person_id
          WHERE a.event_id = e.id AND a.response = 'approved' ORDER BY lower(p.name), p.id) AS people
"""
_SHOWN = f"""
    e.id, e.starts, e.ends, e.title, e.status, e.public, e.min_attendees, e.max_attendees, e.creator, e.revision, e.changed,
    e.location_id, l.timezone, l.name AS location, l.open, l.address, l.meeting_point, {_PEOPLE},
    ARRAY(SELECT p.id FROM attendance a JOIN person p ON p.id = a.person_id
          WHERE a.event_id = e.id AND a.response = 'approved' ORDER BY lower(p.name), p.id) AS ids,
    ARRAY(SELECT a.person_id FROM attendance a WHERE a.event_id = e.id AND a.response = 'invited') AS asked_ids,
    ARRAY(SELECT f.name FROM event_food ef JOIN food_type f ON f.id = ef.food_type_id WHERE ef.event_id = e.id
          ORDER BY lower(f.name)) AS foods
"""
_MINE = "LEFT JOIN attendance mine ON mine.event_id = e.id AND mine.person_id = %(me)s"


def mine(db: Database, caller: Caller, now: datetime) -> list[Any]:
    """The events the caller approved that are not over and not called off, by date (id, starts, title, people, ...)."""
    return db.rows(
        f"""
        SELECT {_SHOWN}, mine.response
        FROM attendance mine JOIN event e ON e.id = mine.event_id JOIN location l ON l.id = e.location_id
        WHERE mine.person_id = %(me)s AND mine.response = 'approved'
          AND e.status NOT IN ('Rejected', 'Canceled') AND e.ends > %(now)s
        ORDER BY e.starts, e.id
        """,
        me=caller.id,
        now=now,
        former=FORMER_MEMBER,
    )


def called_off(db: Database, caller: Caller, now: datetime) -> list[Any]:
    """The events to come that the caller approved and that will not be, by date, with the reason where there is one."""
    return db.rows(
        f"""
        SELECT {_SHOWN}, mine.response, coalesce(x.reason, '') AS reason
        FROM attendance mine JOIN event e ON e.id = mine.event_id JOIN location l ON l.id = e.location_id
        LEFT JOIN event_cancellation x ON x.event_id = e.id
        WHERE mine.person_id = %(me)s AND mine.response = 'approved'
          AND e.status IN ('Rejected', 'Canceled') AND e.ends > %(now)s
        ORDER BY e.starts, e.id
        """,
        me=caller.id,
        now=now,
        former=FORMER_MEMBER,
    )


def answerable(db: Database, caller: Caller, now: datetime, past: bool = False) -> list[Any]:
    """The events the caller was invited to, with their response, whatever became of them: those to come by date, or
    the last 100 that are over."""
    found = db.rows(
        f"""
        SELECT {_SHOWN}, mine.response
        FROM attendance mine JOIN event e ON e.id = mine.event_id JOIN location l ON l.id = e.location_id
        WHERE mine.person_id = %(me)s AND (e.ends <= %(now)s) = %(past)s
        ORDER BY CASE WHEN %(past)s THEN - extract(epoch FROM e.starts) ELSE extract(epoch FROM e.starts) END, e.id
        LIMIT 100
        """,
        me=caller.id,
        now=now,
        past=past,
        former=FORMER_MEMBER,
    )
    return company.as_read(db, caller.id, found)


def read(db: Database, caller: Caller, id: UUID) -> Any:
    """An event that the caller may see, with their response ('' without one). Raises NotFound.

    One to which the caller could not come, for somebody they are kept apart from, reads like one without a free seat.
    """
    row = db.row(
        f"""
        SELECT {_SHOWN}, coalesce(mine.response, '') AS response
        FROM event e JOIN location l ON l.id = e.location_id {_MINE} WHERE e.id = %(id)s
        """,
        id=id,
        me=caller.id,
        former=FORMER_MEMBER,
    )
    if row is None:
        raise NotFound("There is no such lunch")
    return company.as_read(db, caller.id, [row])[0]


def why_called_off(db: Database, id: UUID) -> str:
    """Why an event that the caller may see was called off, '' where nobody said."""
    return db.value("SELECT reason FROM event_cancellation WHERE event_id = %(id)s", id=id) or ""


def seen_by_visitors(db: Database, id: UUID) -> Any | None:
    """What anybody may read of a public event to come: title, starts, timezone, location; None of any other."""
    return db.row("SELECT * FROM public_event(%(id)s)", id=id)


class Event(TypedDict):
    """A lunch as the API shows it to who was invited; ``response`` is theirs, null where the lunch is only public."""

    id: UUID
    title: str
    status: Status
    start: Instant
    end: Instant
    timezone: str
    location: str
    meeting_point: str
    public: bool
    seats: int
    people: list[str]
    response: Response | None


def shown(event: Any) -> Event:
    """An event as the API shows it: its times in the offset of the lunch's own place."""
    place = ZoneInfo(event.timezone)
    return {
        "id": event.id,
        "title": event.title,
        "status": event.status,
        "start": zones.local_time(event.starts, place),
        "end": zones.local_time(event.ends, place),
        "timezone": event.timezone,
        "location": event.location,
        "meeting_point": event.meeting_point,
        "public": event.public,
        "seats": event.max_attendees,
        "people": event.people,
        "response": event.response or None,
    }


def entries(db: Database, person: UUID, since: datetime) -> Iterator[Entry]:
    """The lunches that person approved, as calendar entries; those that were called off are cancelled, not gone."""
    rows = db.rows(
        f"""
        SELECT {_SHOWN}
        FROM attendance mine JOIN event e ON e.id = mine.event_id JOIN location l ON l.id = e.location_id
        WHERE mine.person_id = %(person)s AND mine.response = 'approved' AND e.ends > %(since)s
        """,
        person=person,
        since=since,
        former=FORMER_MEMBER,
    )
    return map(entry, rows)


def entry(event: Any) -> Entry:
    """A lunch (id, starts, ends, title, location, address, people, meeting_point, status, revision, changed) as a calendar entry."""
    return Entry(
        event.starts,
        event.ends,
        feeds.uid("event", event.id),
        event.title,
        ", ".join(filter(None, (event.location, event.address))),
        "\n".join(filter(None, (", ".join(event.people), event.meeting_point))),
        links.absolute(f"/events/{event.id}"),
        _CALENDAR.get(event.status, "CONFIRMED"),
        event.revision,
        event.changed,
    )


_CALENDAR = {"Proposed": "TENTATIVE", "Rejected": "CANCELLED", "Canceled": "CANCELLED"}


def public(
    db: Database, caller: Caller, now: datetime, location: int | None = None, food_type: int | None = None
) -> list[Any]:
    """The public events of the next four weeks that have not begun, by date; at one location, with one food type.

    Those at which somebody comes or is asked whom the caller is kept apart from are left out.
    """
    found = db.rows(
        f"""
        SELECT {_SHOWN}, coalesce(mine.response, '') AS response
        FROM event e JOIN location l ON l.id = e.location_id {_MINE}
        WHERE e.public AND e.status IN ('Proposed', 'Confirmed') AND e.starts > %(now)s AND e.starts <= %(until)s
          AND (%(location)s IS NULL OR e.location_id = %(location)s)
          AND (%(food)s IS NULL OR EXISTS
              (SELECT FROM event_food f WHERE f.event_id = e.id AND f.food_type_id = %(food)s))
        ORDER BY e.starts, e.id LIMIT 500
        """,
        me=caller.id,
        now=now,
        until=now + AHEAD,
        location=location,
        food=food_type,
        former=FORMER_MEMBER,
    )
    return company.without_hidden(db, caller.id, found)


class Appointment(TypedDict):
    """A lunch in the lists: when, what, with whom."""

    date: str
    title: str
    people: list[str]


def appointment(event: Any) -> Appointment:
    """An event as /MyEvents/ and /PublicEvents/ show it: its date in the offset of the lunch's own place."""
    return {
        "date": zones.local_time(event.starts, ZoneInfo(event.timezone)).isoformat(timespec="seconds"),
        "title": event.title,
        "people": event.people,
    }
