"""Why a week has no free slot: which rule, whose absence, or whose calls empty it. Pure."""

from collections import Counter
from datetime import datetime

from chalicelib.calendar.occurrences import Span
from chalicelib.coaching import slots
from chalicelib.coaching.slots import Calendar

NO_HOURS = "no_hours"

_TO_ANYBODY = {
    "past": "What there was in this week is past.",
    "too_far": "Calls are booked up to {weeks} weeks ahead, until {until}.",
    "notice": "Calls are booked at least {notice} hours ahead.",
}
TO_CLIENT = _TO_ANYBODY | {
    NO_HOURS: "{coach} has no office hours in this week.",
    "away": "{coach} is away {absences}.",
    "outside": "{coach} is busy elsewhere.",
    "month_is_full": "You have your {calls} of that month already.",
    "taken": "The other times of {coach} are taken.",
    "buffer": "The other times are too close to something else of {coach}.",
    "client_taken": "At the other times you have something else yourself.",
    "client_outside": "At the other times a calendar that you keep elsewhere is busy.",
}
TO_COACH = _TO_ANYBODY | {
    NO_HOURS: "You have no office hours in this week.",
    "away": "You are away {absences}.",
    "outside": "At the other times a calendar that you keep elsewhere is busy.",
    "month_is_full": "{client} has their {calls} of that month already.",
    "taken": "At the other times you have something else yourself.",
    "buffer": "The other times are too close to something else of yours.",
    "client_taken": "At the other times {client} has something else.",
    "client_outside": "At the other times a calendar that {client} keeps elsewhere is busy.",
}
"""Reason -> a sentence for whoever reads it: the client, or the coach who looks for a time for one."""


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
