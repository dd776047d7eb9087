"""A week as a table of hours and days. Pure."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from chalicelib.calendar import zones
from chalicelib.calendar.occurrences import Span

HALF_AN_HOUR = timedelta(minutes=30)


class Row(NamedTuple):
    """An hour of the seven days, Monday first: 'taken', 'free', 'part' (of the hour is free) or ''."""

    hour: time
    cells: list[str]


def timetable(monday: date, place: ZoneInfo, free: list[Span], taken: list[Span], shown: Iterable[Span]) -> list[Row]:
    """The week as one's clock shows it in that zone, from the first hour that something touches to the last.

    ``shown``: spans whose hours are there in any case.
    """
    filled = touched([*free, *taken], monday, place)
    hours = sorted({hour for _, hour in filled | touched(shown, monday, place)})
    if not hours:
        return []
    return [
        Row(time(hour), [
            _cell(_hour(monday + timedelta(days=day), hour, place), free, taken) if (day, hour) in filled else ""
            for day in range(7)
        ])
        for hour in range(hours[0], hours[-1] + 1)
    ]  # fmt: skip


def touched(spans: Iterable[Span], monday: date, place: ZoneInfo) -> set[tuple[int, int]]:
    """The hours that a span touches in that week: day (Monday is 0) and hour of the day."""
    found = set()
    for begin, end in spans:
        while begin < end:  # clocks change by half an hour too
            local = zones.local_time(begin, place)
            found.add(((local.date() - monday).days, local.hour))
            begin += HALF_AN_HOUR
        local = zones.local_time(end - timedelta(microseconds=1), place)
        found.add(((local.date() - monday).days, local.hour))
    return {(day, hour) for day, hour in found if 0 <= day < 7}


def _hour(day: date, hour: int, place: ZoneInfo) -> Span:
    starts = datetime.combine(day, time(hour))
    return zones.instant(starts, place), zones.instant(starts + 2 * HALF_AN_HOUR, place)


def _cell(hour: Span, free: list[Span], taken: list[Span]) -> str:
    if _minutes(hour, taken):
        return "taken"
    minutes = _minutes(hour, free)
    return "free" if minutes and minutes >= hour[1] - hour[0] else "part" if minutes else ""


def _minutes(hour: Span, spans: list[Span]) -> timedelta:
    """How much of the hour the spans cover, if they do not overlap."""
    return sum((max(timedelta(), min(hour[1], end) - max(hour[0], begin)) for begin, end in spans), timedelta())
