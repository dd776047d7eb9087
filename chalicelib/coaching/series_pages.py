"""Pages of a series: from one of its calls on it is moved or cancelled."""

from datetime import datetime
from typing import Any
from uuid import UUID

from chalicelib.coaching import agenda, appointments, coaches, series_changes, series_words
from chalicelib.coaching.booking_pages import typed_start
from chalicelib.database import Database
from chalicelib.errors import Conflict, Invalid, NotFound
from chalicelib.web import Form, Routes
from chalicelib.web.field_types import Body, ClockTime, Day, Line
from chalicelib.web.request import Caller
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)


class When(Body):
    day: Day
    time: ClockTime


class Why(Body):
    reason: Line = ""


@routes.page("/appointments/{id}/series")
def ask(db: Database, caller: Caller, id: UUID, form: Form, now: datetime) -> Page:
    """This call and those of its series that follow, and what can be done with all of them."""
    call = _of_a_series(db, caller, id)
    try:
        members = series_changes.following(db, caller, call.series, id, now)
    except Conflict:
        members = []
    other = call.coach_name if caller.id == call.client_id else call.client_name
    return page("coaching/series.html", call=call, other=other, following=[one.call for one in members])


@routes.form("/appointments/{id}/series/move", shows=ask)
def move(db: Database, caller: Caller, id: UUID, body: When, now: datetime) -> Redirect:
    call = _of_a_series(db, caller, id)
    start = appointments.checked_time(typed_start(body.day, body.time, caller), now, "day")
    try:
        series_changes.move(db, caller, call.series, id, start, now)
    except (Invalid, Conflict) as refused:
        coach = coaches.read(db, call.coach, call.client_id, start, start)
        if coach is None:
            raise
        raise series_words.on_page(refused, coach, to_client=caller.id == call.client_id) from None
    return Redirect(f"/appointments?done=series_moved&call={id}")


@routes.form("/appointments/{id}/series/cancel", shows=ask)
def cancel(db: Database, caller: Caller, id: UUID, body: Why, now: datetime) -> Redirect:
    call = _of_a_series(db, caller, id)
    series_changes.cancel(db, caller, call.series, id, body.reason, now)
    return Redirect(f"/appointments?done=series_cancelled&call={id}")


def _of_a_series(db: Database, caller: Caller, id: UUID) -> Any:
    """That call of the caller's. Raises NotFound, also where it is none of a series."""
    call = agenda.row(db, caller, id)
    if call.series is None:
        raise NotFound("This call is none of a series")
    return call
