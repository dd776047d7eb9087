"""A week as a calendar: hours down, days across; office hours as its ground, on it what somebody has. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from chalicelib.calendar import zones
from chalicelib.calendar.occurrences import Span
from chalicelib.calendar.timetables import touched

WORKING_DAY = range(9, 17)
"""The hours that are there in any case."""


class Item(NamedTuple):
    """Something that one has: a call, a lunch, a blocked time. ``link``: the page about it, or ''."""

    starts: datetime
    ends: datetime
    kind: str
    title: str
    link: str = ""


class Cell(NamedTuple):
    """An hour of a day: what its ground is ('office', 'away' or ''), what begins in it or comes over from the day before,
    whether something goes on in it, when it begins where it is to come and empty, and whether it is now."""

    ground: str
    items: list[Item]
    goes_on: bool
    empty_at: datetime | None
    now: bool


class Row(NamedTuple):
    hour: time
    cells: list[Cell]


def rows(
    monday: date, place: ZoneInfo, office: Sequence[Span], away: Sequence[Span], items: Sequence[Item], now: datetime
) -> list[Row]:
    """The week as that zone's clocks show it, from the first hour that something touches to the last."""
    grounds = dict.fromkeys(touched(office, monday, place), "office")
    closed = touched(away, monday, place)
    grounds |= {place_of: "away" for place_of in closed if place_of in grounds}
    begun = _placed(items, monday, place)
    going_on = touched([(one.starts, one.ends) for one in items], monday, place)
    present = touched([(now, now + timedelta(minutes=1))], monday, place)
    hours = {hour for _, hour in [*grounds, *going_on]} | set(WORKING_DAY)
    return [
        Row(time(hour), [
            Cell(
                grounds.get((day, hour), ""),
                begun.get((day, hour), []),
                (day, hour) in going_on,
                None if (day, hour) in going_on | closed else _coming(monday + timedelta(days=day), hour, place, now),
                (day, hour) in present,
            )
            for day in range(7)
        ])
        for hour in range(min(hours), max(hours) + 1)
    ]  # fmt: skip


def _placed(items: Iterable[Item], monday: date, place: ZoneInfo) -> dict[tuple[int, int], list[Item]]:
    """Each item in the first hour that it touches of each day."""
    found: dict[tuple[int, int], list[Item]] = {}
    for one in sorted(items, key=lambda item: item.starts):
        cells = touched([(one.starts, one.ends)], monday, place)
        for day in sorted({day for day, _ in cells}):
            found.setdefault((day, min(hour for other, hour in cells if other == day)), []).append(one)
    return found


def _coming(day: date, hour: int, place: ZoneInfo, now: datetime) -> datetime | None:
    """The instant at which that hour begins, in its zone; None where it has begun or clocks skip it."""
    wall = datetime.combine(day, time(hour))
    at = zones.instant(wall, place)
    local = zones.local_time(at, place)
    return local if at > now and local.replace(tzinfo=None) == wall else None
