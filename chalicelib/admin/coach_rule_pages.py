"""Pages about the rules of one coach: what of everybody's holds for them too, and what is theirs."""

from datetime import datetime
from uuid import UUID

from chalicelib import rules
from chalicelib.admin import audit_log, business_rules, directory
from chalicelib.admin.lists import Done
from chalicelib.admin.overview_pages import MaybeWhy, TypedRule, about_value
from chalicelib.database import Database
from chalicelib.errors import Invalid, NotFound
from chalicelib.web import Form, Routes
from chalicelib.web.request import Caller
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)


@routes.page("/admin/people/{person}/rules", who="admin")
def find(db: Database, caller: Caller, person: UUID, query: Done) -> Page:
    """The rules about coaching as they hold for this coach."""
    coach = _coach(db, person)
    scope = str(person)
    return page(
        "admin/coach_rules.html",
        person=coach,
        done=audit_log.told(db, caller, query.done),
        undo=business_rules.undoable(db, caller, audit_log.number(query.done), scope),
        found=business_rules.find(db, scope),
        shown=rules.shown,
    )


@routes.page("/admin/people/{person}/rules/{rule}", who="admin")
def read(db: Database, person: UUID, rule: str, form: Form) -> Page:
    coach = _coach(db, person)
    return page(
        "admin/coach_rule.html",
        person=coach,
        rule=business_rules.read(db, rule, str(person)),
        history=business_rules.history(db, rule, str(person)),
        shown=rules.shown,
    )


@routes.form("/admin/people/{person}/rules/{rule}", shows=read, who="admin")
def set_value(db: Database, caller: Caller, person: UUID, rule: str, body: TypedRule, now: datetime) -> Redirect:
    _coach(db, person)
    try:
        value = business_rules.typed(rule, body.value)
        business_rules.set_value(db, caller, rule, value, body.why, now, str(person))
    except Invalid as refused:
        raise about_value(rule, refused) from None
    return audit_log.lead_to(db, caller, f"/admin/people/{person}/rules", now)


@routes.form("/admin/people/{person}/rules/{rule}/reset", shows=read, who="admin")
def reset(db: Database, caller: Caller, person: UUID, rule: str, body: MaybeWhy, now: datetime) -> Redirect:
    """What holds for everybody holds for this coach again."""
    _coach(db, person)
    business_rules.reset(db, caller, rule, body.why, now, str(person))
    return audit_log.lead_to(db, caller, f"/admin/people/{person}/rules", now)


def _coach(db: Database, person: UUID) -> directory.Person:
    found = directory.read(db, person)
    if "coach" not in found.roles:
        raise NotFound("This person is no coach")
    return found
