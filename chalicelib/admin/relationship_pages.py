"""Pages about who coaches whom: assigned, given another coach, ended; what becomes of booked calls is asked first."""

from datetime import datetime
from typing import Literal

from chalicelib.admin import audit_log, relationships
from chalicelib.admin.lists import WhichAndDone
from chalicelib.coaching import handovers, slots
from chalicelib.coaching import relationships as coaching
from chalicelib.coaching.api import Slug
from chalicelib.database import Database
from chalicelib.errors import Invalid, NotFound
from chalicelib.web import Form, Routes
from chalicelib.web.field_types import Body, Line, Reason
from chalicelib.web.request import Caller
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)


class Assign(Body):
    coach: Slug
    client: Slug
    why: Reason


class Reassign(Body):
    coach: Slug
    why: Reason
    calls: Literal["", "keep", "cancel"] = ""


class ToWhom(Body):
    coach: Slug | None = None


class HandOver(Body):
    coach: Slug
    plan: Line
    why: Reason


class End(Body):
    why: Reason
    calls: Literal["", "keep", "cancel"] = ""


@routes.page("/admin/relationships", who="admin")
def find(db: Database, caller: Caller, query: WhichAndDone) -> Page:
    done = audit_log.told(db, caller, query.done)
    return page("admin/relationships.html", query=query, done=done, listing=relationships.find(db, query))


@routes.page("/admin/relationships/new", who="admin")
def ask(db: Database, form: Form) -> Page:
    return page(
        "admin/new_relationship.html", coaches=relationships.coaches(db), clients=relationships.without_coach(db)
    )


@routes.form("/admin/relationships/new", shows=ask, who="admin")
def assign(db: Database, caller: Caller, body: Assign, now: datetime) -> Redirect:
    coaching.assign(db, caller, body.coach, body.client, body.why, now)
    return audit_log.lead_to(db, caller, "/admin/relationships", now)


@routes.page("/admin/relationships/{client}", who="admin")
def read(db: Database, client: Slug, form: Form) -> Page:
    found = relationships.read(db, client)
    others = [one for one in relationships.coaches(db) if one[0] not in (found.coach, client)]
    return page("admin/relationship.html", one=found, coming=relationships.coming(db, client), others=others)


@routes.form("/admin/relationships/{client}/move", shows=read, who="admin")
def move(db: Database, caller: Caller, client: Slug, body: Reassign, now: datetime) -> Redirect:
    """Give them another coach; refused once where calls are booked, the page lists them and asks."""
    coaching.move(db, caller, client, body.coach, body.calls or None, body.why, now)
    return audit_log.lead_to(db, caller, "/admin/relationships", now)


@routes.page("/admin/relationships/{client}/hand-over", who="admin")
def plan(db: Database, client: Slug, form: Form, query: ToWhom, now: datetime) -> Page:
    """What becomes of each booked call if the client gets that coach and keeps their calls."""
    coach = query.coach or str(form.typed.get("coach") or "")
    found = relationships.read(db, client)
    named = dict(relationships.coaches(db)).get(coach, coach)
    try:
        made = handovers.plan(db, client, coach, now)
    except Invalid:
        raise NotFound("There is no such coach") from None
    return page("admin/hand_over.html", one=found, coach=coach, coach_name=named, plan=made, reasons=slots.REASONS)


@routes.form("/admin/relationships/{client}/hand-over", shows=plan, who="admin")
def hand_over(db: Database, caller: Caller, client: Slug, body: HandOver, now: datetime) -> Redirect:
    """Do what was seen."""
    handovers.hand_over(db, caller, client, body.coach, body.plan, body.why, now)
    return audit_log.lead_to(db, caller, "/admin/relationships", now)


@routes.form("/admin/relationships/{client}/end", shows=read, who="admin")
def end(db: Database, caller: Caller, client: Slug, body: End, now: datetime) -> Redirect:
    """Take their coach from them; refused once where calls are booked, the page lists them and asks."""
    coaching.end(db, caller, client, body.calls or None, body.why, now)
    return audit_log.lead_to(db, caller, "/admin/relationships", now)
