"""Calendar months in a zone, and the dates of a series: the n-th weekday of every month at the same hour."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from chalicelib.calendar import zones
from chalicelib.calendar.occurrences import Span


def month_span(at: datetime, zone: ZoneInfo) -> Span:
    """The calendar month of that instant in the zone, as a span in UTC."""
    first = at.astimezone(zone).date().replace(day=1)
    return zones.midnight(first, zone), zones.midnight(_next_month(first), zone)


def monthly(start: datetime, months: int, zone: ZoneInfo) -> list[datetime]:
    """The starts of a series in UTC: that weekday of the month at that local hour, ``months`` times, ``start`` first.

    Which one of the month it is counts from its beginning; a fifth is the last where there is no fifth (RFC 5545:
    BYDAY with 1 to 4, or -1). An hour that is skipped or comes twice is read as zones.instant says.
    """
    local = start.astimezone(zone)
    which = (local.day - 1) // 7 + 1
    found = [start]
    first = local.date().replace(day=1)
    for _ in range(months - 1):
        first = _next_month(first)
        day = nth_weekday(first, local.weekday(), which)
        found.append(zones.instant(datetime.combine(day, local.time().replace(fold=0)), zone))
    return found


def nth_weekday(first: date, weekday: int, which: int) -> date:
    """The n-th (1 to 5) of that weekday in the month that begins on ``first``; a fifth is the last there is."""
    day = first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (which - 1))
    return day if day.month == first.month else day - timedelta(days=7)


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)
