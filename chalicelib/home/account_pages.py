"""Pages of one's own account: who one is, what one is mailed, what opens the account, taking it along, leaving."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from chalicelib.accounts import feeds, people, refused_mails, sessions, tokens
from chalicelib.calendar import zones
from chalicelib.database import Database, Transact
from chalicelib.errors import NotFound
from chalicelib.home import erasure
from chalicelib.lunch import food_types, locations
from chalicelib.notifications import kinds, undelivered
from chalicelib.web import Form, Routes, credentials
from chalicelib.web.field_types import AnyPassword, Body, Email, Empty, FoodName, Line, Name, Password, Zone
from chalicelib.web.request import Caller, Request
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)

DONE = {
    "profile": "Your profile is changed.",
    "mails": "You get the mails you chose.",
    "asked": "A link is on its way to that address. Open it, and the address is yours.",
    "password": "Your password is changed, and you are logged out everywhere else.",
    "ended": "You are logged out there.",
    "everywhere": "You are logged out everywhere else.",
    "revoked": "That token is worth nothing any more.",
    "closed": "That calendar address is worth nothing any more.",
}
"""What just happened, by the word that a redirect carries."""


class Done(Body):
    done: Line = ""


class Profile(Body):
    name: Name
    timezone: Zone
    location: Annotated[str, Meta(max_length=100)] = ""
    refuses: list[FoodName] = []


class Mails(Body):
    wanted: list[Line] = []


class ChangeAddress(Body):
    email: Email
    password: AnyPassword


class ChangePassword(Body):
    former_password: AnyPassword
    password: Password


class CreateToken(Body):
    name: Name
    scope: Literal["read", "write"] = "read"


class Erase(Body):
    password: AnyPassword


@routes.page("/account", banned=None)
def account(db: Database, caller: Caller, request: Request, form: Form, query: Done) -> Page:
    """All of it; a banned person takes his data along and erases himself."""
    secret = credentials.cookie(request.headers.get("cookie", ""), credentials.SHOWN_ONCE)
    location = locations.of(db, caller)
    shown = page(
        "home/account.html",
        done=DONE.get(query.done),
        account=people.account(db, caller),
        location=location.name if location else "",
        refuses=food_types.refused_by(db, caller),
        kinds=kinds.KINDS.items(),
        undelivered=undelivered.of(db, caller.id),
        refused=refused_mails.refused_by(db, caller.id),
        sessions=sessions.mine(db, caller),
        tokens=tokens.mine(db, caller),
        feed=feeds.made(db, caller),
        new_token=secret if secret.startswith(tokens.PREFIX) else "",
        new_feed=feeds.address(secret) if secret and not secret.startswith(tokens.PREFIX) else "",
    )
    if secret:
        shown.headers["Set-Cookie"] = credentials.shown_once()
    return shown


@routes.page("/account/profile")
def profile(db: Database, caller: Caller, form: Form) -> Page:
    location = locations.of(db, caller)
    return page(
        "home/account_profile.html",
        location=location.name if location else "",
        refuses=food_types.refused_by(db, caller),
        locations=locations.choices(db, caller),
        food_types=food_types.names(db),
        zones=sorted(zones.names()),
    )


@routes.form("/account/profile", shows=profile)
def change_profile(db: Database, caller: Caller, body: Profile) -> Redirect:
    people.rename(db, caller, body.name, zones.zone(body.timezone).key)
    locations.choose(db, caller.id, locations.chosen(db, caller, body.location) if body.location else None)
    food_types.refuse(db, caller.id, food_types.named(db, body.refuses) if body.refuses else [])
    return Redirect("/account?done=profile")


@routes.form("/account/mails", shows=account)
def choose_mails(db: Database, caller: Caller, body: Mails) -> Redirect:
    refused_mails.choose(db, caller, {kind: kind in body.wanted for kind in kinds.KINDS})
    return Redirect("/account?done=mails")


@routes.page("/account/email")
def address(db: Database, caller: Caller, form: Form) -> Page:
    return page("home/account_email.html", account=people.account(db, caller))


@routes.form("/account/email", shows=address)
def change_address(
    transact: Transact, caller: Caller, body: ChangeAddress, request: Request, now: datetime
) -> Redirect:
    people.change_address(transact, caller, body.email, body.password, request.address, now)
    return Redirect("/account?done=asked")


@routes.form("/account/email/confirmation", shows=address)
def confirm_again(db: Database, caller: Caller, body: Empty, now: datetime) -> Redirect:
    people.confirm_again(db, caller, now)
    return Redirect("/account?done=asked")


@routes.page("/account/password")
def password(db: Database, caller: Caller, form: Form) -> Page:
    return page("home/account_password.html", username=people.account(db, caller)["username"])


@routes.form("/account/password", shows=password)
def change_password(
    transact: Transact, caller: Caller, body: ChangePassword, request: Request, now: datetime
) -> Redirect:
    people.change_password(transact, caller, body.former_password, body.password, request.address, now)
    return Redirect("/account?done=password")


@routes.form("/account/sessions", shows=account, banned=None)
def log_out_everywhere(db: Database, caller: Caller, body: Empty) -> Redirect:
    sessions.end(db, caller)
    return Redirect("/account?done=everywhere")


@routes.form("/account/sessions/{id}", shows=account, banned=None)
def end_session(db: Database, caller: Caller, id: UUID, body: Empty) -> Redirect:
    if not sessions.end(db, caller, id):
        raise NotFound("You are logged out there already")
    return Redirect("/account?done=ended")


@routes.form("/account/tokens", shows=account)
def create_token(db: Database, caller: Caller, body: CreateToken, now: datetime) -> Redirect:
    made = tokens.create(db, caller, body.name, body.scope, now)
    return Redirect("/account", {"Set-Cookie": credentials.shown_once(made["token"])})


@routes.form("/account/tokens/{id}", shows=account)
def revoke_token(db: Database, caller: Caller, id: UUID, body: Empty) -> Redirect:
    tokens.revoke(db, caller, id)
    return Redirect("/account?done=revoked")


@routes.form("/account/feed", shows=account)
def open_feed(db: Database, caller: Caller, body: Empty) -> Redirect:
    return Redirect("/account", {"Set-Cookie": credentials.shown_once(feeds.open(db, caller))})


@routes.form("/account/feed/close", shows=account)
def close_feed(db: Database, caller: Caller, body: Empty) -> Redirect:
    feeds.close(db, caller)
    return Redirect("/account?done=closed")


@routes.page("/account/erase", banned=None)
def ask_to_erase(db: Database, caller: Caller, form: Form) -> Page:
    """What will be gone, before it is."""
    return page("home/account_erase.html", username=people.account(db, caller)["username"])


@routes.form("/account/erase", shows=ask_to_erase, banned=None)
def erase(transact: Transact, caller: Caller, body: Erase, request: Request, now: datetime) -> Redirect:
    erasure.erase(transact, caller, body.password, request.address, now)
    return Redirect("/?done=erased", {"Set-Cookie": credentials.session_cookie("", timedelta())})
