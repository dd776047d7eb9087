"""Events (lunches): who sees which."""

from datetime import datetime, timedelta
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

from chalicelib.accounts.people import FORMER_MEMBER
from chalicelib.calendar import zones
from chalicelib.callers import Caller
from chalicelib.database import Database

AHEAD = timedelta(weeks=4)
"""How far ahead public events are shown."""

_PEOPLE = """
    ARRAY(SELECT coalesce(nullif(p.name, ''), %(former)s) FROM attendance a JOIN person p ON p.id = a.person_id
          WHERE a.event_id = e.id AND a.response = 'approved' ORDER BY lower(p.name), p.id) AS people
"""


def mine(db: Database, caller: Caller, now: datetime) -> list[Any]:
    """The events the caller approved that are not over and not called off, by date (id, starts, title, people, ...)."""
    return db.rows(
        f"""
        SELECT e.id, e.starts, e.ends, e.title, e.status, l.timezone, l.name AS location, l.meeting_point, {_PEOPLE}
        FROM attendance mine JOIN event e ON e.id = mine.event_id JOIN location l ON l.id = e.location_id
        WHERE mine.person_id = %(me)s AND mine.response = 'approved'
          AND e.status NOT IN ('Rejected', 'Canceled') AND e.ends > %(now)s
        ORDER BY e.starts, e.id
        """,
        me=caller.id,
        now=now,
        former=FORMER_MEMBER,
    )


def public(db: Database, now: datetime, location: int | None = None, food_type: int | None = None) -> list[Any]:
    """The public events of the next four weeks that have not begun, by date; at one location, with one food type."""
    return db.rows(
        f"""
        SELECT e.id, e.starts, e.ends, e.title, e.status, l.timezone, l.name AS location, l.meeting_point, {_PEOPLE}
        FROM event e JOIN location l ON l.id = e.location_id
        WHERE e.public AND e.status IN ('Proposed', 'Confirmed') AND e.starts > %(now)s AND e.starts <= %(until)s
          AND (%(location)s IS NULL OR e.location_id = %(location)s)
          AND (%(food)s IS NULL OR EXISTS
              (SELECT FROM event_food f WHERE f.event_id = e.id AND f.food_type_id = %(food)s))
        ORDER BY e.starts, e.id LIMIT 500
        """,
        now=now,
        until=now + AHEAD,
        location=location,
        food=food_type,
        former=FORMER_MEMBER,
    )


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
