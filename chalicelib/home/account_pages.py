"""Pages of one's own account: who one is, and what one is mailed. What opens it stands in access_pages."""

from typing import Annotated

from msgspec import Meta

from chalicelib.accounts import feeds, people, refused_mails, second_factor, sessions, tokens
from chalicelib.calendar import zones
from chalicelib.database import Database
from chalicelib.errors import Invalid
from chalicelib.lunch import food_types, locations
from chalicelib.notifications import kinds, undelivered
from chalicelib.web import Form, Routes, credentials
from chalicelib.web.field_types import Body, FoodName, Line, Name, Zone
from chalicelib.web.request import Caller, Request
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)

DONE = {
    "profile": "Your profile is changed.",
    "mails": "You get the mails you chose.",
    "asked": "A link is on its way to that address. Open it, and the address is yours.",
    "password": "Your password is changed. You are logged out everywhere else; your tokens, the address of your calendar,"
    " every link that was mailed to you and every pending change of address have ended.",
    "password_alone": "Your password is changed. You are logged out everywhere else; every link that was mailed to you and"
    " every pending change of address have ended. Your tokens and the address of your calendar stay, as you asked.",
    "ended": "You are logged out there.",
    "everywhere": "You are logged out everywhere else.",
    "revoked": "That token is worth nothing any more.",
    "closed": "That calendar address is worth nothing any more.",
    "off": "Your second factor is off, and you are logged out everywhere else.",
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


@routes.page("/account", banned=None)
def account(db: Database, caller: Caller, request: Request, form: Form, query: Done) -> Page:
    """All of it; a banned person takes their data along and erases themself."""
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
        second_factor=second_factor.state(db, caller),
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
    if not set(body.wanted) <= kinds.KINDS.keys():
        raise Invalid.field("wanted", "has a kind we do not know")
    refused_mails.choose(db, caller, {kind: kind in body.wanted for kind in kinds.KINDS})
    return Redirect("/account?done=mails")
