"""Which slots are free, and why a time is not: pure functions of a coach's calendar, the rules and the present.

What is shown and what can be booked are one predicate seen from two sides: ``span in free(...)`` exactly where
``why_not(...)`` is empty.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from chalicelib.calendar.occurrences import Hours, Span, merged, occurrences
from chalicelib.rules import Rules

Month = tuple[int, int]
"""Year and month in the coach's zone."""

NEVER = (datetime.max.replace(tzinfo=UTC),) * 2
MARGIN = timedelta(days=2)
"""A local day is up to two days away from the UTC day of the same instant, and hours may cross midnight."""


class Terms(NamedTuple):
    """The business rules as slots need them."""

    length: timedelta
    interval: timedelta
    notice: timedelta
    horizon: timedelta
    buffer: timedelta
    per_month: int


class Calendar(NamedTuple):
    """All that decides whether a slot is free. Spans in UTC."""

    zone: ZoneInfo
    hours: tuple[Hours, ...]
    taken: list[Span]
    """The coach's commitments."""
    client_taken: list[Span]
    calls: list[datetime]
    """Starts of the client's calls that count towards coaching.calls_per_month."""
    terms: Terms
    limited: bool
    """Whether notice and calls per month hold: they bind the client, not the coach who books for them."""
    away: Sequence[Span] = ()
    """When the coach is away, whatever the hours are."""
    outside: Sequence[Span] = ()
    """When a calendar that the coach keeps elsewhere is busy."""
    client_outside: Sequence[Span] = ()
    """When one of the client's is."""


def terms_of(rules: Rules) -> Terms:
    """The coaching rules in force as Terms."""
    return Terms(
        length=timedelta(minutes=rules.coaching.call_minutes),
        interval=timedelta(minutes=rules.coaching.slot_interval_minutes),
        notice=timedelta(hours=rules.coaching.notice_hours),
        horizon=timedelta(weeks=rules.coaching.horizon_weeks),
        buffer=timedelta(minutes=rules.coaching.buffer_minutes),
        per_month=rules.coaching.calls_per_month,
    )


def free(calendar: Calendar, begin: datetime, end: datetime, now: datetime) -> list[Span]:
    """The free slots that start from ``begin`` until before ``end``, in order.

    Slots stand on the grid of each office-hours range: its start and every interval of elapsed time after it, so a
    change to or from daylight saving time neither skips nor repeats one.
    """
    first, last = _bounds(calendar, now)
    first, last = max(first, begin), min(last, end - timedelta(microseconds=1))
    if first > last:
        return []
    closed = iter(_closed(calendar))
    begin, end = next(closed, NEVER)
    full = full_months(calendar)
    found: list[Span] = []
    for start, stop in sorted(grid(calendar, first, last)):
        while end <= start:
            begin, end = next(closed, NEVER)
        if stop > begin or (full and month_of(start, calendar.zone) in full):
            continue
        if not found or found[-1][0] != start:  # hours that overlap may offer it twice
            found.append((start, stop))
    return found


def why_not(calendar: Calendar, span: Span, now: datetime) -> list[str]:
    """Every reason (keys of REASONS) for which that span cannot be booked; none if it can."""
    return list(_reasons(calendar, span, now))


def first_reason(calendar: Calendar, span: Span, now: datetime) -> str | None:
    """The first of them, or None: whoever books reads no other."""
    return next(_reasons(calendar, span, now), None)


def _reasons(calendar: Calendar, span: Span, now: datetime) -> Iterator[str]:
    start, stop = span
    first, last = _bounds(calendar, now)
    if stop - start != calendar.terms.length:
        yield "length"
    if start < first:
        yield "past" if start <= now else "notice"
    if start > last:
        yield "too_far"
    if misplaced := _misplaced(calendar, span):
        yield misplaced
    yield from _meeting(calendar, span)
    if month_of(start, calendar.zone) in full_months(calendar):
        yield "month_is_full"


def _meeting(calendar: Calendar, span: Span) -> Iterator[str]:
    """Of what the span has a part."""
    if meets(calendar.away, span):
        yield "away"
    if meets(calendar.outside, span):
        yield "outside"
    if meets(widened(calendar.taken, calendar.terms.buffer), span):
        yield "taken" if meets(calendar.taken, span) else "buffer"
    if meets(calendar.client_taken, span):
        yield "client_taken"
    if meets(calendar.client_outside, span):
        yield "client_outside"


REASONS = {
    "length": "must have the length of a call (coaching.call_minutes)",
    "past": "must not be past",
    "notice": "must be further ahead (coaching.notice_hours)",
    "too_far": "is too far ahead (coaching.horizon_weeks)",
    "outside_hours": "is not within one of the coach's office hours",
    "off_grid": "is not one of the starts that are offered (coaching.slot_interval_minutes)",
    "away": "is in a time in which the coach is away",
    "outside": "is a time at which a calendar that the coach keeps elsewhere is busy",
    "taken": "is taken",
    "buffer": "is too close to something else of the coach (coaching.buffer_minutes)",
    "client_taken": "is a time at which the client is taken",
    "client_outside": "is a time at which a calendar that the client keeps elsewhere is busy",
    "month_is_full": "is in a month that has its calls already (coaching.calls_per_month)",
}
"""Reason -> how a sentence about that time goes on; with the rule that refuses it."""


def nearest(slots: Iterable[Span], wanted: datetime, count: int = 3) -> list[Span]:
    """The slots whose starts are nearest to the wanted one, in order of time."""
    return sorted(sorted(slots, key=lambda slot: (abs(slot[0] - wanted), slot))[:count])


def month_of(start: datetime, zone: ZoneInfo) -> Month:
    """The calendar month of that instant in the zone."""
    local = start.astimezone(zone)
    return local.year, local.month


def widened(spans: list[Span], by: timedelta) -> list[Span]:
    """Spans with that much more on both sides."""
    return [(begin - by, end + by) for begin, end in spans] if by else spans


def _bounds(calendar: Calendar, now: datetime) -> Span:
    """The earliest and the latest start that notice and horizon allow."""
    soonest = now + timedelta(microseconds=1)
    return (
        max(now + calendar.terms.notice, soonest) if calendar.limited else soonest,
        now + calendar.terms.horizon,
    )


def grid(calendar: Calendar, first: datetime, last: datetime) -> Iterator[Span]:
    """Every slot that the office hours make, free or not, whose start is from ``first`` to ``last``."""
    length, interval = calendar.terms.length, calendar.terms.interval
    days = (first - MARGIN).astimezone(UTC).date(), (last + MARGIN).astimezone(UTC).date()
    for begin, end in _ranges(calendar, *days):
        start = begin
        if start < first:
            start += -(-(first - start) // interval) * interval
        while (stop := start + length) <= end and start <= last:
            yield start, stop
            start += interval


def _ranges(calendar: Calendar, first: date, last: date) -> Iterator[Span]:
    return (span for hours in calendar.hours for span in occurrences(hours, first, last))


def _closed(calendar: Calendar) -> list[Span]:
    """What is closed to calls, merged where it meets, in order."""
    taken = (*widened(calendar.taken, calendar.terms.buffer), *calendar.client_taken)
    return merged([*taken, *calendar.away, *calendar.outside, *calendar.client_outside])


def full_months(calendar: Calendar) -> set[Month]:
    """The months in which the client can book no more calls."""
    if not calendar.limited:
        return set()
    months = [month_of(start, calendar.zone) for start in calendar.calls]
    return {month for month in months if months.count(month) >= calendar.terms.per_month}


def _misplaced(calendar: Calendar, span: Span) -> str:
    """Whether the span lies outside every office-hours range, or inside one but off its grid; '' where it is on one."""
    around = (span[0] - MARGIN).astimezone(UTC).date(), (span[1] + MARGIN).astimezone(UTC).date()
    reason = "outside_hours"
    for begin, end in _ranges(calendar, *around):
        if begin <= span[0] and span[1] <= end:
            if (span[0] - begin) % calendar.terms.interval == timedelta():
                return ""
            reason = "off_grid"
    return reason


def meets(spans: Iterable[Span], span: Span) -> bool:
    """Whether one of the spans has a part of that one."""
    return any(begin < span[1] and span[0] < end for begin, end in spans)
