"""Why a time cannot be booked, in a client's own words: the field of the page that it is about, and how the sentence goes on."""

from chalicelib.coaching.coaches import Coach
from chalicelib.errors import Invalid

IN_THEIR_WORDS = {
    "length": ("time", "is shown with another length than calls of {name} have by now: choose again"),
    "past": ("day", "is past"),
    "notice": ("time", "is too soon: calls are booked at least {notice_hours} hours ahead"),
    "too_far": ("day", "is too far ahead: calls are booked up to {horizon_weeks} weeks ahead"),
    "outside_hours": ("time", "is outside the office hours of {name}"),
    "off_grid": ("time", "is not one at which calls of {name} begin"),
    "away": ("day", "is one on which {name} is away at that time"),
    "outside": ("time", "is one at which {name} is busy elsewhere"),
    "taken": ("time", "is taken already"),
    "buffer": ("time", "is too close to something else of {name}"),
    "client_taken": ("time", "is one at which you have something else yourself"),
    "client_outside": ("time", "is one at which a calendar that you keep elsewhere is busy"),
    "month_is_full": ("day", "is in a month of which you have your calls already: {calls_per_month}"),
}
"""Reason of ``slots.REASONS`` -> the field of the page that it is about, and how the sentence goes on for a client."""


def refusal(coach: Coach, reason: str) -> Invalid:
    """A reason as a refusal of the field that it is about."""
    return Invalid.field(*of(coach, reason))


def of(coach: Coach, reason: str) -> tuple[str, str]:
    """The field, and the words with the coach's name and numbers."""
    field, words = IN_THEIR_WORDS[reason]
    terms = coach.rules.coaching
    numbers = {name: getattr(terms, name) for name in ("notice_hours", "horizon_weeks", "calls_per_month")}
    return field, words.format(name=coach.name, **numbers)
