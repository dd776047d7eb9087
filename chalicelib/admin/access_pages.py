"""Pages by which admins end what lets somebody in: a question each, with a reason."""

from datetime import datetime
from uuid import UUID

from chalicelib.admin import access, audit_log, directory
from chalicelib.admin.api import Why
from chalicelib.database import Database
from chalicelib.web import Form, Routes
from chalicelib.web.request import Caller
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)


@routes.page("/admin/people/{person}/sessions", who="admin")
def ask_sessions(db: Database, person: UUID, form: Form) -> Page:
    return page("admin/end_sessions.html", person=directory.read(db, person))


@routes.form("/admin/people/{person}/sessions", shows=ask_sessions, who="admin")
def end_sessions(db: Database, caller: Caller, person: UUID, body: Why, now: datetime) -> Redirect:
    access.end_sessions(db, caller, person, body.why, now)
    return audit_log.lead_to(db, caller, f"/admin/people/{person}", now)


@routes.page("/admin/people/{person}/second-factor", who="admin")
def ask_second_factor(db: Database, person: UUID, form: Form) -> Page:
    return page("admin/remove_second_factor.html", person=directory.read(db, person))


@routes.form("/admin/people/{person}/second-factor", shows=ask_second_factor, who="admin")
def remove_second_factor(db: Database, caller: Caller, person: UUID, body: Why, now: datetime) -> Redirect:
    access.remove_second_factor(db, caller, person, body.why, now)
    return audit_log.lead_to(db, caller, f"/admin/people/{person}", now)
