"""A location's week of lunches: its days and starts, and a person's hours as a mask of them. Pure, without numpy."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from chalicelib import rules
from chalicelib.calendar import zones
from chalicelib.calendar.availability import Hours, Span, spans, without


class Week(NamedTuple):
    """A location's week: its name, the days and starts of its lunches, and when it begins and ends in UTC."""

    monday: date
    zone: ZoneInfo
    days: range
    starts: range
    length: timedelta
    begins: datetime
    ends: datetime

    def start(self, bit: int) -> datetime:
        """When the lunch of that bit begins, in UTC."""
        day, start = divmod(bit, len(self.starts))
        local = datetime.combine(self.monday + timedelta(days=self.days[day]), time())
        return zones.instant(local + timedelta(minutes=self.starts[start]), self.zone)


def week_at(monday: date, timezone: str, values: rules.Rules) -> Week:
    """The week that begins on that Monday, at a place in that zone."""
    zone = ZoneInfo(timezone)
    return Week(
        monday,
        zone,
        rules.lunch_days(values),
        rules.lunch_starts(values),
        timedelta(minutes=values["lunch.minutes"]),
        zones.instant(datetime.combine(monday, time()), zone),
        zones.instant(datetime.combine(monday + timedelta(days=7), time()), zone),
    )


def mask(free: list[Span], week: Week, now: datetime) -> int:
    """The free spans as the matcher's bits."""
    found = 0
    for bit in range(len(week.days) * len(week.starts)):
        begin = week.start(bit)
        if begin > now and any(span[0] <= begin and begin + week.length <= span[1] for span in free):
            found |= 1 << bit
    return found


def possible_starts(hours: Iterable[Hours], taken: Iterable[Span], week: Week, now: datetime) -> list[datetime]:
    """When a lunch of that week could start for who has these hours and is taken at those spans, in UTC, in order."""
    free = without(spans(hours, week.monday, week.monday + timedelta(days=6)), taken)
    bits = mask(free, week, now)
    return [week.start(bit) for bit in range(bits.bit_length()) if bits >> bit & 1]
