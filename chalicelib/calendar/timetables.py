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
    week = [[_hour(monday + timedelta(days=day), hour, place) for day in range(7)] for hour in range(24)]
    cells = [[_cell(span, free, taken) for span in hour] for hour in week]
    everything = [*free, *taken, *shown]
    touched = [hour for hour in range(24) if any(_minutes(span, everything) for span in week[hour])]
    if not touched:
        return []
    return [Row(time(hour), cells[hour]) for hour in range(touched[0], touched[-1] + 1)]


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
