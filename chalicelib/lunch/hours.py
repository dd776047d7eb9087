"""A member's hours for lunch in a week: those that still count, and when lunches could start in them."""

from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from chalicelib.calendar import availability, commitments, zones
from chalicelib.calendar.occurrences import Hours, Span, merged, spans
from chalicelib.calendar.timetables import Row, timetable
from chalicelib.database import Database
from chalicelib.lunch.weeks import Week, possible_starts, week_at
from chalicelib.rules import Rules
from chalicelib.web.request import Caller


class HoursOfWeek(NamedTuple):
    """What the caller has said and where they are taken; ``lunches`` the week at their location, None without one."""

    given: dict[UUID, Hours]
    taken: list[Span]
    lunches: Week | None
    monday: date
    place: ZoneInfo
    now: datetime
    nearest: datetime

    def current(self) -> dict[UUID, Hours]:
        """Those that are not over, weekly ones first, by day and time."""
        found = {id: hours for id, hours in self.given.items() if not _is_over(hours, self.now)}
        return dict(sorted(found.items(), key=lambda item: _order(item[1])))

    def starts(self) -> list[datetime]:
        """When a lunch of that week could start for the caller at their location, and be approved in time; never
        without a location."""
        return possible_starts(self.given.values(), self.taken, self.lunches, self.nearest) if self.lunches else []

    def table(self) -> list[Row]:
        """The week in the caller's zone: when they are free, when they are taken."""
        free = spans(self.given.values(), self.monday, self.monday + timedelta(days=6))
        return timetable(
            self.monday, self.place, free, self.taken, merged(self.lunches.lunches) if self.lunches else []
        )


def read(db: Database, caller: Caller, location: Any | None, values: Rules, monday: date, now: datetime) -> HoursOfWeek:
    """The caller's hours in the week of that Monday."""
    place = ZoneInfo(caller.timezone)
    lunches = week_at(monday, location.timezone, values) if location else None
    begins, ends = (zones.midnight(monday + timedelta(days=days), place) for days in (0, 7))
    if lunches:  # the place's week begins and ends by another clock
        begins, ends = min(begins, lunches.begins), max(ends, lunches.ends)
    taken = commitments.mine(db, caller, begins, ends)
    nearest = now + values.lunch.notice
    return HoursOfWeek(availability.hours_by_id(db, caller), taken, lunches, monday, place, now, nearest)


def _order(hours: Hours) -> tuple[bool, Any, time]:
    return not hours.weekly, hours.starts.weekday() if hours.weekly else hours.starts.date(), hours.starts.time()


def _is_over(hours: Hours, now: datetime) -> bool:
    place = ZoneInfo(hours.timezone)
    if not hours.weekly:
        return zones.instant(hours.ends, place) <= now
    return hours.until < zones.local_time(now, place).date()
