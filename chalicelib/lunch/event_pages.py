"""The page of a lunch: what one wants there, said before it is done and again after it."""

from datetime import datetime
from typing import Literal
from urllib.parse import quote
from uuid import UUID

from chalice.app import Response

from chalicelib import rules
from chalicelib.accounts import links
from chalicelib.calendar import commitments
from chalicelib.calendar.entries import calendar
from chalicelib.database import Database
from chalicelib.errors import Forbidden
from chalicelib.lunch import acts, attendances, cancellations, events, states
from chalicelib.web import ANYBODY, Form, Routes
from chalicelib.web.field_types import Body, Line, Reason
from chalicelib.web.request import Caller, Request
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)

STATES = {
    "Proposed": "Proposed: it takes place when enough have approved it",
    "Confirmed": "Confirmed: it takes place",
    "Rejected": "Rejected: it does not take place",
    "Canceled": "Canceled: it does not take place",
    "Awaiting Evaluation": "Over",
    "Done": "Over",
}
RESPONSES = {
    "invited": "You are invited and have not answered yet",
    "approved": "You come",
    "rejected": "You do not come",
}
BANNED = "You are banned"


class Done(Body):
    done: Line = ""


class Respond(Body):
    response: Literal["approved", "rejected"]


class CallOff(Body):
    reason: Reason


@routes.page("/events/{id}", who=ANYBODY)
def event(db: Database, caller: Caller | None, id: UUID, form: Form, query: Done, now: datetime) -> Page | Redirect:
    """A lunch of one's own, or a public one; of that a visitor reads the title, the day and the place."""
    if caller is None:
        shown = events.seen_by_visitors(db, id)
        return page("lunch/public_event.html", event=shown, id=id) if shown else Redirect(f"/login?next=/events/{id}")
    if caller.banned:
        raise Forbidden(BANNED)
    found, values = events.read(db, caller, id), rules.read(db)
    return page(
        "lunch/event.html",
        event=found,
        done=acts.said(query.done, found, caller),
        state=STATES[found.status],
        response=RESPONSES.get(found.response, ""),
        reason=events.why_called_off(db, id) if found.status == "Canceled" else "",
        free=acts.free(found),
        can=acts.can(found, values, now, commitments.mine(db, caller, found.starts, found.ends)),
        can_call_off=found.creator == caller.id and cancellations.can_be(found, caller, now),
        deadline=states.deadline(found, values),
        map_link=map_link(found.address),
        link=links.absolute(f"/events/{id}"),
    )


@routes.form("/events/{id}", shows=event)
def respond(db: Database, caller: Caller, id: UUID, body: Respond, now: datetime) -> Redirect:
    """Join, approve, or come after all; or say that one does not come."""
    attendances.respond(db, caller, id, body.response, now)
    return Redirect(f"/events/{id}?done={body.response}")


@routes.page("/events/{id}/leave")
def ask_to_leave(db: Database, caller: Caller, id: UUID, form: Form, now: datetime) -> Page:
    """What becomes of the others, before one says that one cannot come."""
    found, values = events.read(db, caller, id), rules.read(db)
    return page(
        "lunch/leave.html",
        event=found,
        can=acts.can(found, values, now),
        consequence=acts.consequence(found, caller, values, now),
    )


@routes.form("/events/{id}/leave", shows=ask_to_leave)
def leave(db: Database, caller: Caller, id: UUID, body: Respond, now: datetime) -> Redirect:
    attendances.respond(db, caller, id, body.response, now)
    return Redirect(f"/events/{id}?done={body.response}")


@routes.page("/events/{id}/cancel")
def ask_to_call_off(db: Database, caller: Caller, id: UUID, form: Form, now: datetime) -> Page:
    found = events.read(db, caller, id)
    may = found.creator == caller.id and cancellations.can_be(found, caller, now)
    return page("lunch/call_off.html", event=found, may=may)


@routes.form("/events/{id}/cancel", shows=ask_to_call_off)
def call_off(db: Database, caller: Caller, request: Request, id: UUID, body: CallOff) -> Redirect:
    cancellations.call_off(db, request, caller, id, body.reason)
    return Redirect(f"/events/{id}?done=canceled")


@routes.page("/events/{id}/lunch.ics")
def file(db: Database, caller: Caller, id: UUID, now: datetime) -> Response:
    """The lunch as a file that a calendar program takes in."""
    return Response(
        calendar([events.entry(events.read(db, caller, id))]),
        headers={
            "Content-Type": "text/calendar; charset=utf-8",
            "Content-Disposition": 'attachment; filename="lunch.ics"',
        },
    )


def map_link(address: str) -> str:
    """Where a map shows that address; '' without one."""
    return f"https://www.openstreetmap.org/search?query={quote(address)}" if address else ""
