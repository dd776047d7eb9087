"""Weekly hours as a grid: the half hours in which lunches are, ticked where one is free every week. Pure.

A half hour is a day of the week (Monday is 0) and its minute after midnight, by the person's own clock.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from chalicelib.calendar import zones
from chalicelib.calendar.occurrences import Hours, Span, merged, without

HALF = timedelta(minutes=30)
A_MONDAY = datetime.combine(date(2001, 1, 1), time())
"""Hours of a week are spans of this one's wall time."""

HalfHour = tuple[int, int]


class Cell(NamedTuple):
    """A half hour of the grid: as the form sends it ("0-11:30"), its day, and how it stands: 'on' (ticked), 'fixed' (free
    by hours that are not changed here), 'part' (of it is free) or ''."""

    key: str
    day: int
    state: str


class Row(NamedTuple):
    """The half hours that begin at that time of day ("11:30"); None on a day on which no lunch is then."""

    starts: str
    cells: list[Cell | None]


class Preset(NamedTuple):
    """Hours that are given by one press: on these days of the week, from and until these times of day."""

    days: list[int]
    start: str
    end: str

    @staticmethod
    def of(days: list[datetime], after: timedelta, until: timedelta) -> "Preset":
        """Beginning and ending so long after the first start of each day."""
        return Preset([(day + after).weekday() for day in days], f"{days[0] + after:%H:%M}", f"{days[0] + until:%H:%M}")


def half_hour(key: str) -> HalfHour:
    """The half hour of that key."""
    day, _, clock = key.partition("-")
    hours, minutes = clock.split(":")
    return int(day), int(hours) * 60 + int(minutes)


def span_of(half: HalfHour) -> Span:
    """A half hour in the week of spans."""
    begins = A_MONDAY + timedelta(days=half[0], minutes=half[1])
    return begins, begins + HALF


def is_plain(hours: Hours, timezone: str, today: date) -> bool:
    """Whether the grid changes them: every week, by the person's own clock, within a day, from now on and for good."""
    return (
        hours.weekly
        and hours.timezone == timezone
        and hours.until == date.max
        and not any(day >= today for day in hours.exceptions)
        and hours.starts.date() < today + timedelta(days=7)
        and hours.ends <= datetime.combine(hours.starts.date() + timedelta(days=1), time())
    )


def in_the_week(hours: Hours) -> Span:
    """Plain hours in the week of spans."""
    begins = A_MONDAY + timedelta(days=hours.starts.weekday(), hours=hours.starts.hour, minutes=hours.starts.minute)
    return begins, begins + (hours.ends - hours.starts)


@lru_cache(maxsize=64)
def ground(lunches: tuple[Span, ...], monday: date, place: ZoneInfo) -> frozenset[HalfHour]:
    """The half hours that lunches of that week touch, as clocks of that zone show them. Kept, as the week itself is."""
    found = set()
    for begin, end in merged(lunches):
        while begin < end:
            local = zones.local_time(begin, place)
            minute = local.hour * 60 + local.minute
            found.add(((local.date() - monday).days % 7, minute - minute % 30))
            begin += HALF / 2
    return frozenset(found)


@lru_cache(maxsize=256)
def rows(there: frozenset[HalfHour], plain: tuple[Span, ...], others: tuple[Span, ...]) -> tuple[Row, ...]:
    """The grid of these half hours: on which of them one is free, by hours that it changes or by others. Kept: many give
    the same hours, and look at them often."""
    days = sorted({day for day, _ in there})
    mine, fixed = merged(plain), merged(others)

    def cell(day: int, minute: int, starts: str) -> Cell | None:
        half = (day, minute)
        return Cell(f"{day}-{starts}", day, _state(span_of(half), mine, fixed)) if half in there else None

    found = []
    for minute in sorted({minute for _, minute in there}):
        starts = f"{minute // 60:02}:{minute % 60:02}"
        found.append(Row(starts, [cell(day, minute, starts) for day in days]))
    return tuple(found)


def _state(half: Span, plain: list[Span], others: list[Span]) -> str:
    if any(begin <= half[0] and half[1] <= end for begin, end in plain):
        return "on"
    near = [span for span in (*plain, *others) if span[0] < half[1] and half[0] < span[1]]
    return "" if not near else "part" if without([half], near) else "fixed"


def changed(day: int, kept: Iterable[Span], added: Collection[HalfHour], removed: Collection[HalfHour]) -> list[Span]:
    """What a day's hours become when half hours of it are ticked and unticked; other days' are passed over."""
    fewer = without(merged(kept), [span_of(half) for half in removed if half[0] == day])
    return merged([*fewer, *(span_of(half) for half in added if half[0] == day)])
