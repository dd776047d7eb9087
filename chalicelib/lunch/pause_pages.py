"""The page of one's pauses: which weeks one sits out."""

from datetime import date, datetime, timedelta
from uuid import UUID

from chalicelib.calendar import zones
from chalicelib.database import Database
from chalicelib.lunch import pauses, silences
from chalicelib.web import Form, Routes
from chalicelib.web.field_types import Body, Empty, Line, WeekName
from chalicelib.web.request import Caller
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)

DONE = {
    "begun": "You are not matched in those weeks.",
    "ended": "You are matched again in those weeks.",
    "answered": "Thank you: you are matched again, from the next round on. If you would rather not be for a while, pause.",
}


class Done(Body):
    done: Line = ""


class Begin(Body):
    first: WeekName
    last: WeekName


OFFERED = 26
"""Weeks ahead that the page offers; the API takes a longer pause."""


@routes.page("/availability/pauses")
def mine(db: Database, caller: Caller, form: Form, query: Done, now: datetime) -> Page:
    monday = zones.this_monday(now, caller.timezone)
    return page(
        "lunch/pauses.html",
        done=DONE.get(query.done),
        silent=silences.waits(db, caller.id),
        pauses=[pause | {"text": _text(pause["first"], pause["last"])} for pause in pauses.mine(db, caller, now)],
        weeks=[_option(monday + timedelta(weeks=number)) for number in range(OFFERED)],
    )


@routes.form("/availability/pauses", shows=mine)
def begin(db: Database, caller: Caller, body: Begin, now: datetime) -> Redirect:
    pauses.begin(db, caller, body.first, body.last, now)
    return Redirect("/availability/pauses?done=begun")


@routes.form("/availability/pauses/{id}", shows=mine)
def end(db: Database, caller: Caller, id: UUID, body: Empty) -> Redirect:
    pauses.end(db, caller, id)
    return Redirect("/availability/pauses?done=ended")


@routes.form("/availability/silence", shows=mine)
def answer(db: Database, caller: Caller, body: Empty, now: datetime) -> Redirect:
    """Who let invitations go by wants to be matched all the same."""
    silences.answer(db, caller, now)
    return Redirect("/availability/pauses?done=answered")


def _option(monday: date) -> tuple[str, str]:
    name = zones.week_name(monday)
    return name, _text(name, name)


def _text(first: str, last: str) -> str:
    """``14 to 20 December 2026 (week 51)``."""
    begins, ends = zones.week_of(first), zones.week_of(last) + timedelta(days=6)
    weeks = f"week {int(first[-2:])}" if first == last else f"weeks {int(first[-2:])} to {int(last[-2:])}"
    until = f"{ends.day} {ends:%B %Y}"
    if begins.year != ends.year:
        return f"{begins.day} {begins:%B %Y} to {until} ({weeks})"
    return f"{begins.day}{'' if begins.month == ends.month else f' {begins:%B}'} to {until} ({weeks})"
