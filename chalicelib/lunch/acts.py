"""What a person can do about a lunch just now, what becomes of the others then, and what is said of it after. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from chalicelib import rules
from chalicelib.calendar import zones
from chalicelib.calendar.occurrences import Span
from chalicelib.lunch import states
from chalicelib.web import formats
from chalicelib.web.request import Caller


class Can(NamedTuple):
    """Whether one can approve (join, come after all), say no to an invitation, leave; and why one cannot approve."""

    approve: bool
    reject: bool
    leave: bool
    why_not: str


def free(event: Any) -> int:
    """Seats that are left for who reads of the event: nobody has taken them, and they are not kept for whom a round
    asked."""
    kept = 0 if event.creator else len(event.asked_ids) - (event.response == "invited")
    seats: int = event.max_attendees
    return max(0, seats - len(event.ids) - kept)


def can(event: Any, values: rules.Rules, now: datetime, taken: Iterable[Span] = ()) -> Can:
    """What who reads of the event (with ``response``, '' where not asked) can do about it.

    :param taken: when they are, by this lunch or others, by calls and blocked times
    """
    if event.status not in states.COMING or event.starts <= now:
        return Can(False, False, False, "")
    why_not = ""
    if event.status == "Proposed" and states.is_late(event, values, now):
        why_not = "It is too late to approve this lunch."
    elif free(event) == 0:
        why_not = "All seats of this lunch are taken."
    elif any(begins < event.ends and event.starts < ends for begins, ends in taken):
        why_not = "You are already taken at that time."
    wants = event.response != "approved" and (event.response or event.public)
    return Can(
        approve=bool(wants and not why_not),
        reject=event.response == "invited",
        leave=event.response == "approved",
        why_not=why_not if wants else "",
    )


def others(event: Any, caller: Caller) -> list[str]:
    """The names of everybody who comes but the caller."""
    return [name for id, name in zip(event.ids, event.people, strict=True) if id != caller.id]


def consequence(event: Any, caller: Caller, values: rules.Rules, now: datetime) -> str:
    """What becomes of the others if the caller, who approved, leaves now."""
    left = others(event, caller)
    if not left:
        return "Nobody else has approved it yet."
    names = formats.listed(left)
    if len(left) >= event.min_attendees:
        return (
            f"It takes place without you: {names} still {'comes' if len(left) == 1 else 'come'}, and {_is(left)} told."
        )
    if event.status == "Confirmed" and states.is_late(event, values, now):
        return f"It is too late to find somebody else, so it does not take place: {names} {_is(left)} told at once."
    if event.status == "Confirmed":
        return f"Without you it is one too few: {names} {_is(left)} told. {_what_then(event, left, values, now)}"
    return f"It takes place if enough approve it by {_by(event, values)}."


def _what_then(event: Any, left: list[str], values: rules.Rules, now: datetime) -> str:
    """What becomes of a lunch that is one too few for those who are left: a round gives up what nobody could fill."""
    if event.public or event.creator or len(left) + len(event.asked_ids) >= event.min_attendees:
        return f"It takes place if somebody comes by {_by(event, values)}."
    if event.open and states.can_look_again(event, values, now):
        return f"We look for other company for {formats.listed(left)} at once."
    return f"It takes place only if you come after all, by {_by(event, values)}."


def said(word: str, event: Any, caller: Caller) -> str:
    """What just happened, to whom and when, and how to undo it; '' where it is not as the word says."""
    when = _when(event)
    names = formats.listed(others(event, caller))
    if word == "approved" and event.response == "approved":
        company = f" with {names}" if names else ""
        missing = event.min_attendees - len(event.ids)
        waits = (
            f" It takes place when {missing} more {'approves' if missing == 1 else 'approve'} it."
            if missing > 0
            else ""
        )
        return f"You come to {event.title} on {when}{company}.{waits}"
    if word == "rejected" and event.response == "rejected":
        return f"You do not come to {event.title} on {when}; that hour is yours again.{_what_became(event, names)}"
    if word == "proposed" and event.creator == caller.id:
        asked = "Everybody can see and join it." if event.public else "Whom you asked gets a mail."
        return f"You proposed {event.title} on {when}. {asked}"
    if word == "canceled" and event.status == "Canceled":
        told = f" {names} {_is(others(event, caller))} told." if names else ""
        return f"{event.title} on {when} is called off.{told} It cannot be put on again."
    return ""


def _what_became(event: Any, names: str) -> str:
    """Of a lunch that somebody just said no to; ``names`` come, or would have."""
    if event.status == "Rejected":
        return " The lunch does not take place" + (f": {names} {_is(event.people)} told." if names else ".")
    if event.status == "Confirmed":
        return f" It takes place with {names}."
    return f" It takes place if enough approve it in time, {names} among them." if names else ""


def _is(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _when(event: Any) -> str:
    starts = zones.local_time(event.starts, ZoneInfo(event.timezone))
    return f"{formats.day(starts, year=False)}, {formats.clock_time(starts)} ({event.timezone})"


def _by(event: Any, values: rules.Rules) -> str:
    at = zones.local_time(states.deadline(event, values), ZoneInfo(event.timezone))
    return f"{formats.day(at, year=False)}, {formats.clock_time(at)} ({event.timezone})"
