"""Pages of who waits for an earlier time: ask, give up, and take the time that a mail told of."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from chalicelib.coaching import appointments, coaches, waiting_list
from chalicelib.database import Database
from chalicelib.errors import NotFound
from chalicelib.web import Form, Routes
from chalicelib.web.field_types import Body, Day, Empty, Instant, Line
from chalicelib.web.request import Caller
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)


DONE = {
    "asked": "You are told by mail when an earlier time comes free.",
    "gone": "You wait no longer.",
    "over": "You do not wait for that any more: you took a time, gave it up, or have another coach.",
}


class Wait(Body):
    until: Day | None = None


class Done(Body):
    done: Line = ""


class Which(Body):
    start: Instant | None = None


class Take(Body):
    start: Instant
    call: UUID | None = None
    """The call that they saw would be moved."""


@routes.page("/waiting", who="client")
def waiting(db: Database, caller: Caller, form: Form, query: Done, now: datetime) -> Page:
    """For what I wait, and to ask for it."""
    found = waiting_list.mine(db, caller, now)
    return page(
        "coaching/waiting.html",
        coach=coaches.mine(db, caller),
        waiting=found,
        done=DONE.get(query.done),
        at=datetime.fromisoformat,
    )


@routes.form("/waiting", shows=waiting, who="client")
def ask(db: Database, caller: Caller, body: Wait, now: datetime) -> Redirect:
    coach = coaches.mine(db, caller)
    if coach is None:
        raise NotFound("You have no coach at present")
    waiting_list.ask(db, caller, coach.slug, body.until, now)
    return Redirect("/waiting?done=asked")


@routes.form("/waiting/{id}/delete", shows=waiting, who="client")
def give_up(db: Database, caller: Caller, id: UUID, body: Empty) -> Redirect:
    waiting_list.give_up(db, caller, id)
    return Redirect("/waiting?done=gone")


@routes.page("/waiting/{id}", who="client")
def offer(db: Database, caller: Caller, id: UUID, form: Form, query: Which, now: datetime) -> Page | Redirect:
    """The time that a mail told of, or else the earliest that is free: one press takes it, if it is free still. Whoever
    follows the mail when all is over reads so."""
    try:
        row = waiting_list.read(db, caller, id)
        found = waiting_list.openings(db, row.coach, row.coach_id, caller.id, row.until, now)
    except NotFound:
        if form.message:
            raise
        return Redirect("/waiting?done=over")
    free = [(start, end) for start, end in found.free if start == _wanted(query, now)] or found.free[:1]
    place = ZoneInfo(caller.timezone)
    offered = [(start.astimezone(place), end.astimezone(place)) for start, end in free]
    return page("coaching/earlier_time.html", one=row, call=found.call, offered=offered, wanted=_wanted(query, now))


@routes.form("/waiting/{id}", shows=offer, who="client")
def take(db: Database, caller: Caller, id: UUID, body: Take, now: datetime) -> Redirect:
    done, call = waiting_list.take(db, caller, id, body.start, body.call, now)
    return Redirect(f"/appointments?done={done}&call={call}")


def _wanted(query: Which, now: datetime) -> Any:
    return appointments.checked_time(query.start, now) if query.start else None
