"""Pages of the second factor: a key as a picture and as text, the codes for a lost device, showing it again."""

from datetime import datetime

from chalicelib.accounts import people, second_factor
from chalicelib.database import Database, Transact, transaction
from chalicelib.errors import NotFound
from chalicelib.web import Form, Routes, auth, credentials, saved_forms
from chalicelib.web.field_types import AnyPassword, Body, Code, Line
from chalicelib.web.request import Caller, Request
from chalicelib.web.responses import Page, Redirect, page
from chalicelib.web.urls import own_path

routes = Routes(__name__)

DONE = {
    "needed": "Admins have a second factor here. Switch yours on, and what admins do is open to you.",
    "on": "Your second factor is on, and you are logged out everywhere else.",
}
"""What just happened, by the word that a redirect carries."""


class Done(Body):
    done: Line = ""


class Next(Body):
    next: Line = ""


class Begin(Body):
    password: AnyPassword


class FirstCode(Body):
    code: Code


class SwitchOff(Body):
    password: AnyPassword
    code: Code


class Show(Body):
    code: Code
    next: Line = ""
    kept: saved_forms.Kept = ""


@routes.page("/account/second-factor")
def read(db: Database, caller: Caller, request: Request, form: Form, query: Done) -> Page:
    """Whether it is on; once after it was switched on, the recovery codes."""
    codes = credentials.cookie(request.headers.get("cookie", ""), credentials.SHOWN_ONCE)
    shown = page(
        "home/second_factor.html",
        done=DONE.get(query.done),
        state=second_factor.state(db, caller),
        codes=codes.split(".") if codes else [],
        username=people.account(db, caller)["username"],
    )
    if codes:
        shown.headers["Set-Cookie"] = credentials.shown_once()
    return shown


@routes.form("/account/second-factor", shows=read)
def begin(transact: Transact, caller: Caller, body: Begin, request: Request, now: datetime) -> Redirect:
    second_factor.offer(transact, caller, body.password, request.address, now)
    return Redirect("/account/second-factor/key")


@routes.page("/account/second-factor/key")
def key(db: Database, caller: Caller, form: Form) -> Page:
    """The key that waits for its first code."""
    offer = second_factor.offered(db, caller)
    if offer is None:
        raise NotFound("No key waits for its first code: begin anew on the page of your account")
    return page("home/second_factor_key.html", key=offer["key"], picture=_picture(offer["uri"]))


@routes.form("/account/second-factor/key", shows=key)
def switch_on(transact: Transact, caller: Caller, body: FirstCode, request: Request, now: datetime) -> Redirect:
    codes = second_factor.switch_on(transact, caller, body.code, request.address, now)
    return Redirect("/account/second-factor?done=on", {"Set-Cookie": credentials.shown_once(".".join(codes))})


@routes.form("/account/second-factor/off", shows=read)
def switch_off(transact: Transact, caller: Caller, body: SwitchOff, request: Request, now: datetime) -> Redirect:
    second_factor.switch_off(transact, caller, body.password, body.code, request.address, now)
    return Redirect("/account?done=off")


@routes.page("/account/second-factor/proof")
def ask(db: Database, caller: Caller, form: Form, query: Next) -> Page:
    return page("home/second_factor_proof.html", next=query.next, kept="", done=None)


@routes.form("/account/second-factor/proof", shows=ask)
def show(transact: Transact, caller: Caller, body: Show, request: Request, now: datetime) -> Page | Redirect:
    """Show it again; a form that waited for that is offered again."""
    kept = saved_forms.unpack(body.kept) if body.kept else None
    second_factor.prove(transact, caller, body.code, request.address, now)
    if kept is None:
        return Redirect(own_path(body.next))
    transaction(lambda db: auth.enter(db, request))
    return page("home/saved_form.html", kept=kept, next=own_path(body.next), title="Your second factor is shown")


def _picture(uri: str) -> str:
    """A QR code (ISO/IEC 18004) as SVG to stand in a page."""
    import segno

    picture: str = segno.make(uri, error="m", micro=False).svg_inline(scale=4, border=4, dark="#000", light="#fff")
    return picture
