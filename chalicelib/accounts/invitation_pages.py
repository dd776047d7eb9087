"""Pages about invitations: give one, see mine, take one back."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from chalicelib import rules
from chalicelib.accounts import invitations, links
from chalicelib.database import Database
from chalicelib.web import Form, Routes
from chalicelib.web.field_types import Body, Empty, InvitedEmail, Line
from chalicelib.web.request import Caller
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)

DONE = {"revoked": "The invitation is taken back: its code does not work any more."}


PAGE_SIZE = 20


class Shown(Body):
    given: UUID | None = None
    done: Line = ""
    page: Annotated[int, Meta(ge=1, le=100_000)] = 1


class Give(Body):
    to: InvitedEmail | None = None


@routes.page("/invitations")
def mine(db: Database, caller: Caller, form: Form, query: Shown, now: datetime) -> Page:
    """My invitations, and the code of the one just given."""
    values = rules.read(db)
    found = invitations.mine(db, caller, now, PAGE_SIZE + 1, PAGE_SIZE * (query.page - 1))
    code = invitations.code_to_show(db, query.given, now) if query.given else ""
    return page(
        "accounts/invitations.html",
        done=DONE.get(query.done),
        code=code,
        given=next((one for one in found if one["id"] == query.given), None),
        link=links.absolute(f"/Register?invitation_code={code}"),
        minutes=int(invitations.SHOWN_FOR.total_seconds() / 60),
        invitations=found[:PAGE_SIZE],
        number=query.page,
        more=len(found) > PAGE_SIZE,
        most=values.invitation.per_day,
    )


@routes.form("/invitations", shows=mine)
def give(db: Database, caller: Caller, body: Give, now: datetime) -> Redirect:
    return Redirect(f"/invitations?given={invitations.create(db, caller, body.to or '', now)}")


@routes.form("/invitations/{invitation}/revoke", shows=mine)
def revoke(db: Database, caller: Caller, invitation: UUID, body: Empty) -> Redirect:
    invitations.revoke(db, caller, invitation)
    return Redirect("/invitations?done=revoked")
