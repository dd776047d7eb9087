"""Why a week has no free slot: which rule, whose absence, or whose calls empty it. Pure."""

from collections import Counter
from datetime import datetime

from chalicelib.calendar.occurrences import Span
from chalicelib.coaching import slots
from chalicelib.coaching.slots import Calendar

NO_HOURS = "no_hours"


def reasons(calendar: Calendar, begin: datetime, end: datetime, now: datetime) -> list[str]:
    """What takes away the slots that the office hours make in that time, what takes most of them first: keys of
    ``slots.REASONS``, or NO_HOURS where they make none. Past ones are named only where nothing else is."""
    found = Counter(_reason(calendar, slot, now) for slot in set(slots.grid(calendar, begin, end)) if slot[0] < end)
    if not found:
        return [NO_HOURS]
    named = [reason for reason, _ in found.most_common() if reason]
    return [reason for reason in named if reason != "past"] or named


def _reason(calendar: Calendar, slot: Span, now: datetime) -> str:
    """The first of what stands in its way, in the order in which people would say it."""
    start, terms = slot[0], calendar.terms
    checks = {
        "past": start <= now,
        "too_far": start > now + terms.horizon,
        "away": slots.meets(calendar.away, slot),
        "outside": slots.meets(calendar.outside, slot),
        "month_is_full": slots.month_of(start, calendar.zone) in slots.full_months(calendar),
        "notice": calendar.limited and start < now + terms.notice,
        "taken": slots.meets(calendar.taken, slot),
        "buffer": slots.meets(slots.widened(calendar.taken, terms.buffer), slot),
        "client_taken": slots.meets(calendar.client_taken, slot),
        "client_outside": slots.meets(calendar.client_outside, slot),
    }
    return next((reason for reason, holds in checks.items() if holds), "")
