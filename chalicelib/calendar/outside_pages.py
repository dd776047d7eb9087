"""The page of calendars that are kept elsewhere."""

from datetime import datetime
from uuid import UUID

from chalicelib.calendar import outside_calendars
from chalicelib.database import Database
from chalicelib.web import Form, Routes
from chalicelib.web.field_types import Body, Empty, Line
from chalicelib.web.request import Caller
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)


class Typed(Body):
    url: Line


class Done(Body):
    done: Line = ""


@routes.page("/availability/calendars")
def calendars(db: Database, caller: Caller, form: Form, query: Done) -> Page:
    """The calendars that I keep elsewhere, and how reading them went."""
    return page(
        "calendar/outside_calendars.html",
        done={
            "added": "The calendar is read within some minutes.",
            "gone": "The calendar and its busy times are forgotten.",
        }.get(query.done),
        found=outside_calendars.mine(db, caller),
        most=outside_calendars.MOST,
        at=datetime.fromisoformat,
    )


@routes.form("/availability/calendars", shows=calendars)
def add(db: Database, caller: Caller, body: Typed, now: datetime) -> Redirect:
    outside_calendars.add(db, caller, body.url, now)
    return Redirect("/availability/calendars?done=added")


@routes.form("/availability/calendars/{id}/delete", shows=calendars)
def remove(db: Database, caller: Caller, id: UUID, body: Empty) -> Redirect:
    outside_calendars.remove(db, caller, id)
    return Redirect("/availability/calendars?done=gone")
