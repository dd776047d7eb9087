"""Pages about invitations: give one, see mine, take one back."""

from datetime import datetime
from uuid import UUID

from chalicelib import rules
from chalicelib.accounts import invitations
from chalicelib.answers import Page, Redirect, page
from chalicelib.callers import Caller
from chalicelib.database import Database
from chalicelib.fields import Body, InvitedEmail, Line
from chalicelib.web import Form, Routes

routes = Routes(__name__)

DONE = {"revoked": "The invitation is taken back: its code does not work any more."}


class Shown(Body):
    given: UUID | None = None
    done: Line = ""


class Give(Body):
    to: InvitedEmail | None = None


class Nothing(Body):
    pass


@routes.page("/invitations")
def mine(db: Database, caller: Caller, form: Form, query: Shown, now: datetime) -> Page:
    """My invitations, and the code of the one just given."""
    values = rules.read(db)
    return page(
        "invitations.html",
        done=DONE.get(query.done),
        code=invitations.code_to_show(db, caller, query.given, now) if query.given else "",
        invitations=invitations.mine(db, caller, now),
        days=values["invitation.days_valid"],
        most=values["invitation.per_day"],
    )


@routes.form("/invitations", shows=mine)
def give(db: Database, caller: Caller, body: Give, now: datetime) -> Redirect:
    return Redirect(f"/invitations?given={invitations.create(db, caller, body.to or '', now)}")


@routes.form("/invitations/{invitation}/revoke", shows=mine)
def revoke(db: Database, caller: Caller, invitation: UUID, body: Nothing) -> Redirect:
    invitations.revoke(db, invitation)
    return Redirect("/invitations?done=revoked")
