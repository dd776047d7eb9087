"""A location's week of lunches: its days and starts, and a person's hours as a mask of them. Pure, without numpy."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from chalicelib import rules
from chalicelib.calendar import zones
from chalicelib.calendar.availability import Hours, Span, spans, without


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
    return _week(monday, timezone, rules.lunch_days(values), rules.lunch_starts(values), values["lunch.minutes"])


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


def mask(free: Iterable[Span], week: Week, now: datetime) -> int:
    """The free spans as the matcher's bits: free for the whole lunch, which has not begun yet."""
    found = 0
    for begin, end in free:
        for bit, lunch in enumerate(week.lunches):
            if begin <= lunch[0] and lunch[1] <= end and lunch[0] > now:
                found |= 1 << bit
    return found


def possible_starts(hours: Iterable[Hours], taken: Iterable[Span], week: Week, now: datetime) -> list[datetime]:
    """When a lunch of that week could start for who has these hours and is taken at those spans, in UTC, in order."""
    free = without(spans(hours, week.monday, week.monday + timedelta(days=6)), taken)
    bits = mask(free, week, now)
    return [week.start(bit) for bit in range(bits.bit_length()) if bits >> bit & 1]
