"""Pages about people: finding them, bans, roles, many invitations at once."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID, uuid4

from msgspec import Meta

from chalicelib.admin import audit_log, directory, invitations, roles, round_results
from chalicelib.admin.api import Why
from chalicelib.admin.directory import Role, WhichPeople
from chalicelib.admin.lists import Done
from chalicelib.calendar import zones
from chalicelib.database import Database
from chalicelib.errors import Invalid
from chalicelib.web import Form, Routes
from chalicelib.web.field_types import Body, Lines, Reason
from chalicelib.web.request import Caller
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)

ROLES = {
    "member": "is matched for lunch and may invite others",
    "client": "books calls with a coach",
    "coach": "gives office hours and is booked by clients",
    "admin": "does everything that these pages offer",
}
"""Role -> what who has it does."""


class Hold(Body):
    hold: Literal["yes", "no"]
    why: Reason


class Pasted(Body):
    batch: UUID
    addresses: Annotated[Lines, Meta(min_length=1, max_length=invitations.MOST_ADDRESSES * 120)]


@routes.page("/admin/people", who="admin")
def find(db: Database, query: WhichPeople) -> Page:
    return page("admin/people.html", query=query, listing=directory.find(db, query))


@routes.page("/admin/people/{person}", who="admin")
def read(db: Database, caller: Caller, person: UUID, query: Done, now: datetime) -> Page:
    found = directory.read(db, person)
    lunches = directory.coming_lunches(db, person, now)
    done = audit_log.told(db, caller, query.done)
    return page(
        "admin/person.html",
        person=found,
        roles=ROLES,
        lunches=lunches,
        hours=directory.hours(db, person, zones.day_of(now, found.timezone)),
        results=directory.results(db, person),
        why=round_results.WHY,
        calls=directory.calls(db, person, now),
        done=done,
    )


@routes.page("/admin/people/{person}/ban", who="admin")
def ask_ban(db: Database, person: UUID, form: Form, now: datetime) -> Page:
    found = directory.read(db, person)
    return page("admin/ban.html", person=found, lunches=directory.coming_lunches(db, person, now))


@routes.form("/admin/people/{person}/ban", shows=ask_ban, who="admin")
def ban(db: Database, caller: Caller, person: UUID, body: Why, now: datetime) -> Redirect:
    directory.ban(db, caller, person, body.why, now)
    return audit_log.lead_to(db, caller, f"/admin/people/{person}", now)


@routes.page("/admin/people/{person}/unban", who="admin")
def ask_unban(db: Database, person: UUID, form: Form) -> Page:
    return page("admin/unban.html", person=directory.read(db, person))


@routes.form("/admin/people/{person}/unban", shows=ask_unban, who="admin")
def unban(db: Database, caller: Caller, person: UUID, body: Why, now: datetime) -> Redirect:
    directory.unban(db, caller, person, body.why, now)
    return audit_log.lead_to(db, caller, f"/admin/people/{person}", now)


@routes.page("/admin/people/{person}/roles/{role}", who="admin")
def ask_role(db: Database, person: UUID, role: Role, form: Form) -> Page:
    return page("admin/role.html", person=directory.read(db, person), role=role, means=ROLES[role])


@routes.form("/admin/people/{person}/roles/{role}", shows=ask_role, who="admin")
def change_role(db: Database, caller: Caller, person: UUID, role: Role, body: Hold, now: datetime) -> Redirect:
    change = roles.grant if body.hold == "yes" else roles.take
    change(db, caller, person, role, body.why, now)
    return audit_log.lead_to(db, caller, f"/admin/people/{person}", now)


@routes.page("/admin/invitations", who="admin")
def paste(db: Database, form: Form) -> Page:
    return page(
        "admin/invitations.html", batch=uuid4(), batches=invitations.batches(db), most=invitations.MOST_ADDRESSES
    )


@routes.form("/admin/invitations", shows=paste, who="admin")
def invite(db: Database, caller: Caller, body: Pasted, now: datetime) -> Redirect:
    addresses = [one for line in body.addresses.splitlines() for one in line.replace(";", ",").split(",")]
    if any(len(one) > 320 for one in addresses):
        raise Invalid.field("addresses", "must be one to a line, or with commas between them")
    invitations.invite(db, caller, body.batch, addresses, now)
    return audit_log.lead_to(db, caller, f"/admin/invitations/{body.batch}", now)


@routes.page("/admin/invitations/{batch}", who="admin")
def report(db: Database, caller: Caller, batch: UUID, query: Done) -> Page:
    done = audit_log.told(db, caller, query.done)
    return page("admin/batch.html", batch=invitations.read(db, batch), done=done)
