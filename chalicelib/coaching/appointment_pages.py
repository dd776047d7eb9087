"""Pages of a call's two people: my appointments and the week they lie in, move one, cancel one."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta

from chalicelib.calendar import zones
from chalicelib.coaching import agenda, appointments, cancellations, changeable, my_weeks, slot_weeks, upcoming
from chalicelib.coaching.api import Weeks
from chalicelib.coaching.booking_pages import Press, pressed
from chalicelib.coaching.schemas import Calls
from chalicelib.coaching.slot_weeks import Shown
from chalicelib.database import Database
from chalicelib.errors import Invalid, NotFound
from chalicelib.web import Form, Routes
from chalicelib.web.field_types import Body, Line, WeekName
from chalicelib.web.request import Caller
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)

DONE = {
    "booked": "Your call is booked.",
    "series": "Your calls are booked. The first:",
    "series_moved": "This call and those that follow in its series are moved. The first:",
    "series_cancelled": "This call and those that followed in its series are cancelled. The first:",
    "moved": "The call is moved.",
    "cancelled": "The call is cancelled.",
}
CANCELLED = ("cancelled", "series_cancelled")
"""What else was done with a call that is cancelled is said no more."""


class PressToMove(Press):
    version: Annotated[int, Meta(ge=1, le=2**31 - 1)]


class Cancel(Body):
    reason: Line = ""
    version: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None


class Window(Body, rename={"first": "from"}):
    first: WeekName | None = None
    weeks: Weeks | None = None
    done: Line = ""
    call: UUID | None = None


@routes.page("/appointments")
def appointments_of(db: Database, caller: Caller, query: Window, now: datetime) -> Page:
    """My calls, some weeks at a time, above them the first of those weeks as a calendar. Without a week it begins with
    the call that was just booked, moved or cancelled if that is further away, and where these weeks hold none with the
    next one."""
    call = agenda.row(db, caller, query.call) if query.call else None
    first = agenda.window(db, caller, query.first, query.weeks, now)
    window = _further(db, caller, first, call, now) if query.first is None else first
    monday = zones.week_of(window["from"])
    this = zones.this_monday(now, caller.timezone)
    return page(
        "coaching/appointments.html",
        done=DONE.get(query.done) if call is None or not call.cancelled or query.done in CANCELLED else None,
        call=call,
        undo=call is not None and query.done == "booked" and cancellations.is_undoable(call, caller, now),
        window=window,
        monday=monday,
        leapt=call is None and window is not first,
        this=zones.week_name(this),
        before=zones.week_name(monday - timedelta(weeks=1)) if monday > this else None,
        after=zones.week_name(monday + timedelta(weeks=1)) if window["next"] or window["weeks"] > 1 else None,
        at=datetime.fromisoformat,
        **my_weeks.of(db, caller, monday, now),
    )


def _further(db: Database, caller: Caller, first: Calls, call: Any | None, now: datetime) -> Calls:
    """The window in which that call, or the next one, is; the first where that has it, or the rules end before it."""
    if any(call is None or one["id"] == call.id for one in first["appointments"]):
        return first
    wanted = call or upcoming.next_call(db, caller, now)
    try:
        week = zones.week_name(zones.day_of(wanted.starts, caller.timezone)) if wanted else None
        return agenda.window(db, caller, week, None, now) if week else first
    except Invalid:
        return first


@routes.page("/appointments/{id}/move")
def choose(db: Database, caller: Caller, id: UUID, form: Form, query: Shown, now: datetime) -> Page:
    """To which of the free slots a call is moved. Raises Invalid for a week beyond the horizon."""
    call = agenda.row(db, caller, id)
    client = None if caller.id == call.client_id else call.client
    why_not = changeable.why_not_move(db, call, caller, now)
    if why_not:
        return page("coaching/move.html", call=call, other=_other(call, caller), found=None, why_not=why_not)
    try:
        if query.week is None and query.day is None:
            query.day = slot_weeks.day_of_nearest(db, caller, call.coach, call.client_id, call.starts, now, id)
        found = slot_weeks.of(db, caller, call.coach, client, id, query, now)
    except NotFound:
        found = None
    return page("coaching/move.html", call=call, other=_other(call, caller), found=found, why_not="")


@routes.form("/appointments/{id}/move", shows=choose)
def move(db: Database, caller: Caller, id: UUID, body: PressToMove, now: datetime) -> Redirect:
    start, end = pressed(body, now)
    appointments.move(db, caller, id, start, end, body.version, now)
    return Redirect(f"/appointments?done=moved&call={id}")


@routes.page("/appointments/{id}/cancel")
def ask_to_cancel(db: Database, caller: Caller, id: UUID, form: Form, now: datetime) -> Page:
    call = agenda.row(db, caller, id)
    why_not = changeable.why_not_cancel(db, call, caller, now)
    return page("coaching/cancel.html", call=call, other=_other(call, caller), why_not=why_not)


@routes.form("/appointments/{id}/cancel", shows=ask_to_cancel)
def cancel(db: Database, caller: Caller, id: UUID, body: Cancel, now: datetime) -> Redirect:
    cancellations.cancel(db, caller, id, body.reason, body.version, now)
    return Redirect(f"/appointments?done=cancelled&call={id}")


def _other(call: Any, caller: Caller) -> str:
    name: str = call.coach_name if caller.id == call.client_id else call.client_name
    return name
