"""Pages that speak of everything at once: welcome, joining, logging in, my week."""

from datetime import datetime, timedelta

from chalice.app import Response

from chalicelib import assets, callers
from chalicelib.accounts import sessions
from chalicelib.answers import Page, Redirect, page
from chalicelib.calendar import availability, zones
from chalicelib.callers import Caller, Request
from chalicelib.database import Database
from chalicelib.errors import NotFound
from chalicelib.fields import AnyPassword, Body, Code, Line
from chalicelib.home import enrolment
from chalicelib.lunch import events, food_types, locations
from chalicelib.web import ANYBODY, Form, Routes

routes = Routes(__name__)


class Next(Body):
    next: Line = ""


class LogIn(Body):
    username: Code
    password: AnyPassword
    next: Line = ""


class Invited(Body):
    invitation_code: Code = ""


class Nothing(Body):
    pass


def own_path(path: str) -> str:
    """``path`` if it is one of this site, else the front page."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and "\\" not in path
    return path if plain else "/"


@routes.api("GET", "/static/{name}", who=ANYBODY)
def static(name: str) -> Response:
    """A file of the pages, to be kept for ever: its name holds a hash of its content."""
    asset = assets.served(name)
    if asset is None:
        raise NotFound
    return Response(asset.text, headers={"Content-Type": asset.type, "Cache-Control": assets.FOR_EVER})


@routes.page("/", who=ANYBODY, banned=None)
def front(db: Database, caller: Caller | None, now: datetime) -> Page:
    """My week, or the welcome."""
    if caller is None or caller.banned:
        return page("welcome.html")
    return page(
        "week.html",
        events=events.mine(db, caller, now),
        hours=availability.mine(db, caller),
        location=locations.of(db, caller),
        local=zones.local_time,
    )


@routes.page("/login", who=ANYBODY)
def login(db: Database, form: Form, query: Next) -> Page:
    return page("login.html", next=query.next)


@routes.form("/login", who=ANYBODY, shows=login)
def log_in(request: Request, body: LogIn, now: datetime) -> Redirect:
    token, lasts = sessions.log_in(body.username, body.password, request.address, now)
    return Redirect(own_path(body.next or "/"), {"Set-Cookie": callers.session_cookie(token, lasts)})


@routes.form("/logout", who=ANYBODY, shows=front)
def log_out(request: Request, body: Nothing) -> Redirect:
    sessions.log_out(request.token_hash)
    return Redirect("/", {"Set-Cookie": callers.session_cookie("", timedelta())})


@routes.page("/Register", who=ANYBODY)
def register(db: Database, form: Form, query: Invited) -> Page:
    return page(
        "register.html",
        invitation_code=query.invitation_code,
        locations=locations.names(db),
        food_types=food_types.names(db),
        zones=sorted(zones.names()),
    )


@routes.form("/Register", who=ANYBODY, shows=register)
def enrol(request: Request, body: enrolment.Enrol, now: datetime) -> Redirect:
    enrolment.enrol(body, request.address, now)
    return Redirect("/login")
