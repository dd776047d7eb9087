"""A member's hours for lunch: those that still count, and what starts of a lunch they allow."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from chalicelib import rules
from chalicelib.calendar import availability, commitments, zones
from chalicelib.calendar.availability import Hours, merged, spans
from chalicelib.calendar.timetables import Row, timetable
from chalicelib.callers import Caller
from chalicelib.database import Database
from chalicelib.lunch.weeks import possible_starts, week_at


def current(db: Database, caller: Caller, now: datetime) -> dict[UUID, Hours]:
    """The caller's hours that are not over, weekly ones first, by day and time."""
    found = {id: hours for id, hours in availability.hours_by_id(db, caller).items() if not _is_over(hours, now)}
    return dict(sorted(found.items(), key=lambda item: _order(item[1])))


def _order(hours: Hours) -> tuple[bool, Any, time]:
    return not hours.weekly, hours.starts.weekday() if hours.weekly else hours.starts.date(), hours.starts.time()


def _is_over(hours: Hours, now: datetime) -> bool:
    place = ZoneInfo(hours.timezone)
    if not hours.weekly:
        return zones.instant(hours.ends, place) <= now
    return hours.until < zones.local_time(now, place).date()


def possible(db: Database, caller: Caller, location: Any | None, monday: date, now: datetime) -> list[datetime]:
    """When a lunch of that week could start for the caller at that location; nowhere without one."""
    if location is None:
        return []
    week = week_at(monday, location.timezone, rules.read(db))
    taken = commitments.mine(db, caller, week.begins, week.ends)
    return possible_starts(availability.hours_by_id(db, caller).values(), taken, week, now)


def table(db: Database, caller: Caller, location: Any | None, monday: date) -> list[Row]:
    """That week as a table in the caller's zone: when he is free, when he is taken."""
    place = ZoneInfo(caller.timezone)
    begins, ends = (zones.instant(datetime.combine(monday + timedelta(days=days), time()), place) for days in (0, 7))
    free = spans(availability.hours_by_id(db, caller).values(), monday, monday + timedelta(days=6))
    taken = commitments.mine(db, caller, begins, ends)
    lunches = merged(week_at(monday, location.timezone, rules.read(db)).lunches) if location else []
    return timetable(monday, place, free, taken, lunches)
