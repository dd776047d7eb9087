"""Pages of a coach's clients: when the last and the next call is, and a calendar to book for one of them."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from chalicelib.calendar import zones
from chalicelib.coaching import agenda, appointments, coaches, no_shows, slot_weeks
from chalicelib.coaching.api import Slug
from chalicelib.coaching.booking_pages import Press, pressed
from chalicelib.coaching.slot_weeks import Shown
from chalicelib.database import Database
from chalicelib.errors import NotFound
from chalicelib.web import Form, Routes, formats
from chalicelib.web.field_types import Body
from chalicelib.web.request import Caller
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)


class Attendance(Body):
    came: bool


@routes.page("/coach/clients", who="coach")
def clients(db: Database, caller: Caller, now: datetime) -> Page:
    """My clients: their last and next call, and how long ago the last was."""
    today = zones.day_of(now, caller.timezone)
    return page(
        "coaching/coach_clients.html",
        clients=coaches.clients(db, caller),
        former=coaches.former_clients(db, caller),
        ago=lambda at: _ago((today - zones.day_of(at, caller.timezone)).days),
    )


@routes.page("/coach/clients/{client}", who="coach")
def client_page(db: Database, caller: Caller, client: Slug, form: Form, query: Shown, now: datetime) -> Page:
    """Free times for a client of mine, to book for them, and who came to the calls that are over: that alone where they
    are a client of mine no longer."""
    over = agenda.over(db, caller.id, client, now)
    name = next((one.name for one in coaches.clients(db, caller) if one.slug == client), None)
    if name is None and not over:
        raise NotFound("There is no such client of yours")
    told = agenda.row(db, caller, query.id) if query.id else None
    return page(
        "coaching/coach_client.html",
        client=client,
        name=name or over[0].client_name,
        over=over,
        told=told,
        done=_said(told, caller) if told else "",
        found=_free(db, caller, client, query, now) if name is not None else None,
    )


def _free(db: Database, caller: Caller, client: Slug, query: Shown, now: datetime) -> dict[str, Any]:
    """The week that was asked for; without one, that of the first free time for that client."""
    mine = coaches.slug_of(db, caller.id)
    whose = coaches.client_of(db, caller, mine, client)
    if query.week is None and query.day is None and whose:
        query.day = slot_weeks.day_of_nearest(db, caller, mine, whose, now, now)
    return slot_weeks.of(db, caller, mine, client, None, query, now)


@routes.form("/coach/clients/{client}", shows=client_page, who="coach")
def book(db: Database, caller: Caller, client: Slug, body: Press, now: datetime) -> Redirect:
    start, end = pressed(body, now)
    call = appointments.book(db, caller, coaches.slug_of(db, caller.id), start, end, client, now)
    return Redirect(f"/coach?done=booked&id={call['id']}&day={zones.day_of(start, caller.timezone)}")


@routes.form("/coach/clients/{client}/calls/{id}", shows=client_page, who="coach")
def note_no_show(db: Database, caller: Caller, client: Slug, id: UUID, body: Attendance, now: datetime) -> Redirect:
    """Say whether the client came to that call."""
    no_shows.note(db, caller, id, body.came, now)
    return Redirect(f"/coach/clients/{client}?id={id}")


def _said(call: agenda.Call, caller: Caller) -> str:
    """Whether the client came to that call, as a sentence."""
    starts, ends = (at.astimezone(ZoneInfo(caller.timezone)) for at in (call.starts, call.ends))
    when = f"the call of {formats.day(starts)}, {formats.span(starts, ends)}"
    if not call.no_show:
        return f"{call.client_name} came to {when}."
    counts = (
        "It counts as a call of that month" if call.uses_up_a_month else "It does not count as a call of that month"
    )
    return f"Noted: {call.client_name} did not come to {when}. {counts}, and they are told by mail."


def _ago(days: int) -> str:
    """``3 weeks ago``, in the largest unit of which there is one."""
    for unit, length in (("month", 30), ("week", 7), ("day", 1)):
        if count := days // length:
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "today"
