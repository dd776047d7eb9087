"""Whether a call can still be moved or cancelled by who looks at it, said before they try."""

from datetime import datetime, timedelta

from chalicelib import rules
from chalicelib.coaching import cancellations, coaches
from chalicelib.coaching.agenda import Call
from chalicelib.database import Database
from chalicelib.web.request import Caller


def why_not_cancel(db: Database, call: Call, caller: Caller, now: datetime) -> str:
    """Why the caller cannot cancel the call any more, as a sentence; '' if they can. The database decides as it does."""
    if call.cancelled:
        return "This call is cancelled already."
    if call.starts <= now:
        return "This call has begun."
    terms = rules.read(db, str(call.coach_id)).coaching
    if caller.id == call.client_id and is_late(call, terms, now) and not cancellations.is_undoable(call, caller, now):
        return (
            f"It is too late to cancel this call: you can until {_hours(terms)} before it. {call.coach_name} still can."
        )
    return ""


def why_not_move(db: Database, call: Call, caller: Caller, now: datetime) -> str:
    """Why the caller cannot move the call any more, as a sentence; '' if they can."""
    if call.cancelled or call.starts <= now:
        return "This call cannot be moved any more."
    coach = coaches.read(db, call.coach, call.client_id, call.starts, call.ends)
    if coach is None or not coach.open:
        other = call.coach_name if caller.id == call.client_id else call.client_name
        return f"This call cannot be moved: you and {other} have no calls with each other at present."
    if caller.id != call.client_id:
        return ""
    terms = coach.rules.coaching
    if is_late(call, terms, now):
        return (
            f"It is too late to move this call: you can until {_hours(terms)} before it. {call.coach_name} still can."
        )
    if terms.moves_per_appointment == 0:
        return f"Clients do not move calls themselves. {call.coach_name} can."
    if is_moved_enough(call, terms):
        return f"You moved this call as often as a call may be moved. {call.coach_name} still can."
    return ""


def is_late(call: Call, terms: rules.Coaching, now: datetime) -> bool:
    """Whether the call is too near for its client to change it."""
    return call.starts < now + timedelta(hours=terms.cancel_hours_before)


def is_moved_enough(call: Call, terms: rules.Coaching) -> bool:
    """Whether its client has moved the call as often as they may."""
    return call.moves >= terms.moves_per_appointment


def _hours(terms: rules.Coaching) -> str:
    return "an hour" if terms.cancel_hours_before == 1 else f"{terms.cancel_hours_before} hours"
