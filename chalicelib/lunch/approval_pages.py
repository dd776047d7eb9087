"""/Validate: the lunches that wait for one's answer. One press approves, and rejects what overlaps."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from chalicelib import rules
from chalicelib.database import Database
from chalicelib.errors import NotFound
from chalicelib.lunch import acts, approvals, attendances, events, states
from chalicelib.web import Form, Routes, formats
from chalicelib.web.field_types import Body, Line
from chalicelib.web.request import Caller
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)


class Done(Body):
    done: Line = ""
    event: UUID | None = None


class Answer(Body):
    event: UUID
    response: Literal["approved", "rejected"]


@routes.page("/Validate")
def waiting(db: Database, caller: Caller, form: Form, query: Done, now: datetime) -> Page:
    """All lunches one is invited to, and public ones one could join, the best fit first."""
    values = rules.read(db)
    return page(
        "lunch/validate.html",
        done=_said(db, caller, query),
        answered=query.event if query.done else None,
        waiting=approvals.waiting(db, caller, now),
        free=acts.free,
        deadline=lambda event: states.deadline(event, values),
        auto_approve=values.lunch.auto_approve,
    )


@routes.form("/Validate", shows=waiting)
def answer(db: Database, caller: Caller, body: Answer, now: datetime) -> Redirect:
    attendances.respond(db, caller, body.event, body.response, now)
    return Redirect(f"/Validate?done={body.response}&event={body.event}")


def _said(db: Database, caller: Caller, query: Done) -> str:
    """What just happened, to the lunch and to those that overlap it."""
    if not query.done or query.event is None:
        return ""
    try:
        event = events.read(db, caller, query.event)
    except NotFound:
        return ""
    said = acts.said(query.done, event, caller)
    gone = approvals.rejected_for(db, caller, event) if said and query.done == "approved" else []
    return f"{said} You do not come to {formats.listed(gone)}, at the same time." if gone else said
