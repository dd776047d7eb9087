"""Time zones: IANA names, converted here alone, from the pinned tzdata package and never from the machine's own."""

import re
import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import msgspec

from chalicelib.errors import Invalid

zoneinfo.reset_tzpath(to=())

YEARS = range(1970, 2201)
"""Years of which there are weeks here: what is computed from a week stays far from the ends of Python's calendar."""


@cache
def names() -> frozenset[str]:
    """Every zone a person can choose."""
    return frozenset(zoneinfo.available_timezones() - {"Factory", "localtime", "posixrules"})


def zone(name: str, field: str = "timezone") -> ZoneInfo:
    """The zone of that name. Raises Invalid naming the field."""
    if name not in names():
        raise Invalid.field(field, "is not a time zone we know, such as Europe/Berlin")
    return ZoneInfo(name)


def instant(local: datetime, place: ZoneInfo) -> datetime:
    """Wall time in a zone as UTC.

    RFC 5545, 3.3.5 and PEP 495: an hour that comes twice is the first of the two, one that is skipped is read with
    the offset before the gap.
    """
    return local.replace(tzinfo=place, fold=0).astimezone(UTC)


def local_time(at: datetime, place: ZoneInfo) -> datetime:
    """An instant as wall time, with its offset."""
    return at.astimezone(place)


def text(at: datetime) -> str:
    """The same as ``at.isoformat()``, which takes six times as long, for a time of whole minutes' offset."""
    return msgspec.json.encode(at).decode()[1:-1].replace("Z", "+00:00")


def both(at: datetime, place: ZoneInfo) -> list[datetime]:
    """The instants at which clocks there show the time that they show then: two where they go back over it (PEP 495)."""
    local = at.astimezone(place)
    return sorted({local.replace(fold=fold).astimezone(UTC) for fold in (0, 1)})


def day_of(at: datetime, timezone: str) -> date:
    """The day that an instant falls on in the zone of that name."""
    return local_time(at, ZoneInfo(timezone)).date()


def at(day: date, clock_time: time, place: ZoneInfo) -> datetime:
    """The instant at which clocks there show that time of that day."""
    return instant(datetime.combine(day, clock_time), place)


def midnight(day: date, place: ZoneInfo) -> datetime:
    """The instant at which that day begins."""
    return at(day, time(), place)


def this_monday(now: datetime, timezone: str) -> date:
    """The Monday of the current week in the zone of that name."""
    return monday(day_of(now, timezone))


def monday(day: date) -> date:
    """The Monday of the ISO week of that day."""
    return day - timedelta(days=day.weekday())


def week_name(day: date) -> str:
    """The ISO week of that day: ``2026-W48``."""
    year, week, _ = day.isocalendar()
    return f"{year:04}-W{week:02}"


def week_of(name: str, field: str = "week") -> date:
    """The Monday of a week given as ``2026-W48``. Raises Invalid naming the field, for a week at the ends of time too."""
    try:
        year, week = re.fullmatch(r"([0-9]{4})-W([0-9]{2})", name).groups()  # type: ignore[union-attr]
        found = date.fromisocalendar(int(year), int(week), 1)
    except (AttributeError, ValueError):
        raise Invalid.field(field, "must be a week such as 2026-W48") from None
    if found.year not in YEARS:
        raise Invalid.field(field, f"must be a week of the years {YEARS[0]} to {YEARS[-1]}")
    return found
