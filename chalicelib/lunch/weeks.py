"""A location's week of lunches: its days and starts, and when they could start for a person. Pure, without numpy."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from chalicelib import rules
from chalicelib.calendar import zones
from chalicelib.calendar.occurrences import Hours, Span, spans, without
from chalicelib.lunch.encode import mask


class Week(NamedTuple):
    """A location's week: the lunches it has room for (bit day * starts + start), when it begins and ends in UTC."""

    monday: date
    zone: ZoneInfo
    lunches: tuple[Span, ...]
    begins: datetime
    ends: datetime

    def start(self, bit: int) -> datetime:
        """When the lunch of that bit begins, in UTC."""
        return self.lunches[bit][0]


def week_at(monday: date, timezone: str, values: rules.Rules) -> Week:
    """The week that begins on that Monday, at a place in that zone."""
    return _week(monday, timezone, values.lunch.days, values.lunch.starts, values.lunch.minutes)


@lru_cache(maxsize=64)
def _week(monday: date, timezone: str, days: range, starting: range, minutes: int) -> Week:
    """Kept, for everybody at a place looks at the same few weeks. ``starting``: minutes after midnight."""
    zone = ZoneInfo(timezone)
    midnight = datetime.combine(monday, time())
    length = timedelta(minutes=minutes)
    starts = [zones.instant(midnight + timedelta(days=day, minutes=after), zone) for day in days for after in starting]
    return Week(
        monday,
        zone,
        tuple((start, start + length) for start in starts),
        zones.instant(midnight, zone),
        zones.instant(midnight + timedelta(days=7), zone),
    )


def possible_starts(hours: Iterable[Hours], taken: Iterable[Span], week: Week, now: datetime) -> list[datetime]:
    """When a lunch of that week could start for who has these hours and is taken at those spans, in UTC, in order."""
    free = without(spans(hours, week.monday, week.monday + timedelta(days=6)), taken)
    bits = mask(free, week.lunches, now)
    return [week.start(bit) for bit in range(bits.bit_length()) if bits >> bit & 1]
