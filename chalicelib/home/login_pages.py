"""Pages of whoever is not in yet: joining, logging in and out, a forgotten password, an address to confirm."""

from datetime import datetime
from typing import Literal

from chalicelib.accounts import addresses, new_passwords, sessions
from chalicelib.calendar import zones
from chalicelib.database import Database, transaction
from chalicelib.errors import CONSTRAINTS, Conflict, Forbidden, Invalid
from chalicelib.home import enrolment
from chalicelib.lunch import food_types, locations
from chalicelib.web import ANYBODY, Form, Routes, auth, credentials, saved_forms
from chalicelib.web.field_types import AnyPassword, Body, Code, Email, Empty, Line, Password, Zone
from chalicelib.web.request import Caller, Request
from chalicelib.web.responses import Page, Redirect, page
from chalicelib.web.urls import own_path

routes = Routes(__name__)

DONE = {
    "registered": "You are registered. Please log in.",
    "reset": "Your password is changed. Every session, token and calendar address, every link that was mailed to you and every"
    " pending change of address has ended. Please log in with the new password.",
    "asked": "If an account has this address, a link to choose a new password is on its way there. It works for"
    f" {new_passwords.RESET_MINUTES} minutes.",
    "erased": "You are erased. Thank you for having been here.",
    "confirmed": "Thank you, your address is confirmed.",
}
"""What just happened, by the word that a redirect carries."""
UNUSABLE = "cannot be used: it is not right, was used, is too old, or is meant for another address"


class Next(Body):
    next: Line = ""
    done: Line = ""


class LogIn(Body):
    username: Code
    password: AnyPassword
    code: Code = ""
    next: Line = ""
    kept: saved_forms.Kept = ""


class Join(enrolment.Enrol):
    """Whoever names no time zone lives by that of the place they chose."""

    timezone: Zone | Literal[""] = ""


class Invited(Body):
    invitation_code: Code = ""


class Done(Body):
    done: Line = ""


class Forgot(Body):
    email: Email


class Mailed(Body):
    link: Line = ""


class Reset(Body):
    link: Line
    password: Password


class Confirm(Body):
    link: Line


@routes.page("/login", who=ANYBODY)
def login(db: Database, caller: Caller | None, form: Form, query: Next, request: Request) -> Page | Redirect:
    if caller and not form.message:
        return Redirect(own_path(query.next))
    shown = page("home/login.html", next=query.next, kept="", done=DONE.get(query.done), username="")
    if query.done == "registered":
        shown.values["username"] = credentials.cookie(request.headers.get("cookie", ""), credentials.SHOWN_ONCE)
        shown.headers["Set-Cookie"] = credentials.shown_once()
    return shown


@routes.form("/login", who=ANYBODY, shows=login)
def log_in(request: Request, body: LogIn, now: datetime) -> Page | Redirect:
    """Open a session; a form that was sent when the last one had ended is offered again, for the new one."""
    kept = saved_forms.unpack(body.kept) if body.kept else None
    token, lasts = sessions.log_in(body.username, body.password, body.code, request.address, request.claim_hashes, now)
    cookie: dict[str, str | list[str]] = {"Set-Cookie": credentials.session_cookie(token, lasts)}
    if kept is None:
        return Redirect(own_path(body.next), cookie)
    request.claims = (token.encode(),)
    transaction(lambda db: auth.enter(db, request))
    values = {"kept": kept, "next": own_path(body.next), "title": "You are logged in again"}
    return Page("home/saved_form.html", values, headers=cookie)


@routes.form("/logout", who=ANYBODY, shows=login)
def log_out(request: Request, body: Empty) -> Redirect:
    sessions.log_out(request.claim_hashes)
    return Redirect("/", credentials.logged_out())


@routes.page("/Register", who=ANYBODY)
def register(db: Database, form: Form, query: Invited) -> Page:
    return page(
        "home/register.html",
        invitation_code=query.invitation_code,
        locations=locations.names(db),
        food_types=food_types.names(db),
        zones=sorted(zones.names()),
    )


@routes.form("/Register", who=ANYBODY, shows=register)
def enrol(request: Request, body: Join, now: datetime) -> Redirect:
    """Leads to the login, which finds the username by a cookie: it stands in no address."""
    body.timezone = body.timezone or transaction(lambda db: _zone_of(db, body.location))
    try:
        enrolment.enrol(body, request.address, now)
    except Conflict as refused:
        if refused.message == CONSTRAINTS["username_is_unique"]:
            refused.fields = {"username": "is taken: please choose another"}
        raise
    except Forbidden as refused:
        refused.fields = {"invitation_code": UNUSABLE}
        raise
    return Redirect("/login?done=registered", {"Set-Cookie": credentials.shown_once(body.username)})


def _zone_of(db: Database, location: str | None) -> str:
    """The time zone of the location of that name. Raises Invalid without one."""
    if not location:
        raise Invalid.field("timezone", "is missing: choose yours, or a place that has it")
    return str(locations.open_one(db, location).timezone)


@routes.page("/forgotten", who=ANYBODY)
def forgotten(db: Database, form: Form, query: Done) -> Page:
    return page("home/forgotten.html", done=DONE.get(query.done))


@routes.form("/forgotten", who=ANYBODY, shows=forgotten)
def forgot(db: Database, body: Forgot, request: Request, now: datetime) -> Redirect:
    new_passwords.forgot(db, body.email, request.address, now)
    return Redirect("/forgotten?done=asked")


@routes.page("/forgotten/reset", who=ANYBODY)
def choose_password(db: Database, form: Form, query: Mailed) -> Page:
    return page("home/reset.html", link=query.link)


@routes.form("/forgotten/reset", who=ANYBODY, shows=choose_password)
def reset_password(body: Reset, now: datetime) -> Redirect:
    new_passwords.reset(body.link, body.password, now)
    return Redirect("/login?done=reset")


@routes.page("/account/confirm", who=ANYBODY, banned=None)
def confirm_address(db: Database, form: Form, query: Mailed) -> Page:
    """A question, because programs that look at mails open every link in them."""
    return page("home/confirm_address.html", link=query.link)


@routes.form("/account/confirm", who=ANYBODY, shows=confirm_address)
def confirm(db: Database, body: Confirm, now: datetime) -> Redirect:
    addresses.confirm(db, body.link, now)
    return Redirect("/?done=confirmed")
