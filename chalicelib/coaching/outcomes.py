"""What the database answers to who books, moves or cancels a call, and what the caller reads of it."""

from typing import Literal

from chalicelib.errors import Conflict, NotFound

Outcome = Literal[
    "booked", "moved", "cancelled_now", "handed_over", "not_there", "taken", "client_taken", "month_is_full", "no_relationship",
    "stale", "cancelled", "begun", "too_late", "moved_enough",
]  # fmt: skip
"""What book_calls, move_call, cancel_call and hand_over_call answer."""

SENTENCES: dict[str, str] = {
    "taken": "This time is taken",
    "client_taken": "The client is already taken at that time",
    "month_is_full": "There are no more calls in that month (coaching.calls_per_month)",
    "no_relationship": "This coach and this client have no calls with each other at present",
    "stale": "This call was changed meanwhile: look at it again",
    "cancelled": "This call is cancelled",
    "begun": "This call has begun already",
    "too_late": "It is too late to change this call (coaching.cancel_hours_before)",
    "moved_enough": "This call was moved as often as it may be (coaching.moves_per_appointment)",
}
"""Outcome that refuses -> what the caller reads."""


def raise_unless(outcome: Outcome, wanted: Outcome) -> None:
    """Raises NotFound or Conflict with what the caller reads, unless the database answered as wanted."""
    if outcome == "not_there":
        raise NotFound("There is no such call of yours")
    if outcome != wanted:
        raise refused(outcome)


def refused(outcome: Outcome) -> Conflict:
    """An outcome that refuses as an error."""
    return Conflict(SENTENCES[outcome])
