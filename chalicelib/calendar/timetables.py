"""A week as a table of hours and days. Pure."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from chalicelib.calendar import zones
from chalicelib.calendar.availability import Span

HOUR = timedelta(hours=1)


class Row(NamedTuple):
    """An hour of the seven days, Monday first: 'taken', 'free', 'part' (of the hour is free) or ''."""

    hour: time
    cells: list[str]


def timetable(monday: date, place: ZoneInfo, free: list[Span], taken: list[Span], shown: Iterable[Span]) -> list[Row]:
    """The week as one's clock shows it in that zone, from the first hour that something touches to the last.

    ``shown``: spans whose hours are there in any case.
    """
    hours = _touched([*free, *taken, *shown], monday, place)
    week = [[_hour(monday + timedelta(days=day), hour, place) for day in range(7)] for hour in hours]
    return [Row(time(hour), [_cell(span, free, taken) for span in row]) for hour, row in zip(hours, week, strict=True)]


def _touched(spans: list[Span], monday: date, place: ZoneInfo) -> range:
    """The hours of the day from the first to the last that a span touches in that week; none without one."""
    found: set[int] = set()
    for begin, end in spans:
        first, last = (zones.local_time(at, place) for at in (begin, end - timedelta(microseconds=1)))
        if monday <= last.date() and first.date() < monday + timedelta(days=7):
            found |= {first.hour, last.hour} if first.date() == last.date() else {0, 23}
    return range(min(found), max(found) + 1) if found else range(0)


def _hour(day: date, hour: int, place: ZoneInfo) -> Span:
    starts = datetime.combine(day, time(hour))
    return zones.instant(starts, place), zones.instant(starts + HOUR, place)


def _cell(hour: Span, free: list[Span], taken: list[Span]) -> str:
    if _minutes(hour, taken):
        return "taken"
    minutes = _minutes(hour, free)
    return "free" if minutes and minutes >= hour[1] - hour[0] else "part" if minutes else ""


def _minutes(hour: Span, spans: list[Span]) -> timedelta:
    """How much of the hour the spans cover, if they do not overlap."""
    return sum((max(timedelta(), min(hour[1], end) - max(hour[0], begin)) for begin, end in spans), timedelta())
