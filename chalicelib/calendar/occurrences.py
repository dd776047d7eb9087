"""When somebody is free, as spans of time: the occurrences of hours that were given in wall time. Pure."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from chalicelib.calendar import zones

WEEK = timedelta(weeks=1)


class Hours(NamedTuple):
    """An availability: wall times in a zone; a weekly one repeats every seven days up to ``until``."""

    starts: datetime
    ends: datetime
    timezone: str
    weekly: bool
    until: date
    exceptions: frozenset[date]

    @property
    def day_long(self) -> bool:
        """Whether they end when clocks show the same again: 22:00 to 22:00."""
        return self.ends - self.starts == timedelta(days=1)


Span = tuple[datetime, datetime]
"""A half-open span of two aware datetimes in UTC."""


def occurrences(hours: Hours, first: date, last: date) -> Iterator[Span]:
    """The spans that start on the local days ``first`` to ``last``. Computed in wall time, so DST is right."""
    place = ZoneInfo(hours.timezone)
    starts, ends, last = hours.starts, hours.ends, min(last, hours.until)
    if hours.weekly and starts.date() < first:
        ahead = timedelta(days=-(-(first - starts.date()).days // 7) * 7)
        starts, ends = starts + ahead, ends + ahead
    while first <= (day := starts.date()) <= last:
        if day not in hours.exceptions:
            begin, end = zones.instant(starts, place), zones.instant(ends, place)
            if begin < end:  # a short span can fall into the hour that is skipped
                yield begin, end
        if not hours.weekly:
            return
        starts, ends = starts + WEEK, ends + WEEK


def spans(given: Iterable[Hours], first: date, last: date) -> list[Span]:
    """All occurrences that touch the days ``first`` to ``last``, merged where they meet, in order."""
    margin = timedelta(days=2)  # a day in one zone is up to two days in another, and a span may cross midnight
    found = (span for hours in given for span in occurrences(hours, first - margin, last + margin))
    return merged(found)


def merged(found: Iterable[Span]) -> list[Span]:
    """The same time as few spans: those that meet or overlap are one. In order."""
    whole: list[Span] = []
    for begin, end in sorted(found):
        if whole and begin <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((begin, end))
    return whole


def without(free: list[Span], taken: Iterable[Span]) -> list[Span]:
    """The free spans less the taken ones."""
    for begin, end in taken:
        free = [
            piece
            for span in free
            for piece in ((span[0], min(span[1], begin)), (max(span[0], end), span[1]))
            if piece[0] < piece[1]
        ]
    return free
