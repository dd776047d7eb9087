"""Pages of what opens one's account: password, address, sessions, tokens, the calendar's address."""

from datetime import datetime
from uuid import UUID

from chalicelib.accounts import addresses, feeds, new_passwords, people, sessions, tokens
from chalicelib.database import Database, Transact
from chalicelib.errors import NotFound
from chalicelib.home.account_pages import account
from chalicelib.web import Form, Routes, credentials
from chalicelib.web.field_types import AnyPassword, Body, Email, Empty, Name, Password
from chalicelib.web.request import Caller, Request
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)


class ChangeAddress(Body):
    email: Email
    password: AnyPassword


class ChangePassword(Body):
    former_password: AnyPassword
    password: Password
    keep_tokens: bool = False


class CreateToken(Body):
    name: Name
    password: AnyPassword
    scope: tokens.Scope = "read"
    days: tokens.Days = 90


class Proof(Body):
    password: AnyPassword


@routes.page("/account/email")
def address(db: Database, caller: Caller, form: Form) -> Page:
    return page("home/account_email.html", account=people.account(db, caller))


@routes.form("/account/email", shows=address)
def change_address(
    transact: Transact, caller: Caller, body: ChangeAddress, request: Request, now: datetime
) -> Redirect:
    addresses.change(transact, caller, body.email, body.password, request.address, now)
    return Redirect("/account?done=asked")


@routes.form("/account/email/confirmation", shows=address)
def confirm_again(db: Database, caller: Caller, body: Empty, now: datetime) -> Redirect:
    addresses.confirm_again(db, caller, now)
    return Redirect("/account?done=asked")


@routes.page("/account/password")
def password(db: Database, caller: Caller, form: Form) -> Page:
    return page("home/account_password.html", username=people.account(db, caller)["username"])


@routes.form("/account/password", shows=password)
def change_password(
    transact: Transact, caller: Caller, body: ChangePassword, request: Request, now: datetime
) -> Redirect:
    new_passwords.change(transact, caller, body.former_password, body.password, body.keep_tokens, request.address, now)
    return Redirect(f"/account?done={'password_alone' if body.keep_tokens else 'password'}")


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
def create_token(transact: Transact, caller: Caller, body: CreateToken, request: Request, now: datetime) -> Redirect:
    made = tokens.create(transact, caller, body.name, body.scope, body.days, body.password, request.address, now)
    return Redirect("/account", {"Set-Cookie": credentials.shown_once(made["token"])})


@routes.form("/account/tokens/{id}", shows=account)
def revoke_token(db: Database, caller: Caller, id: UUID, body: Empty) -> Redirect:
    tokens.revoke(db, caller, id)
    return Redirect("/account?done=revoked")


@routes.form("/account/feed", shows=account)
def open_feed(transact: Transact, caller: Caller, body: Proof, request: Request, now: datetime) -> Redirect:
    token = feeds.open(transact, caller, body.password, request.address, now)
    return Redirect("/account", {"Set-Cookie": credentials.shown_once(token)})


@routes.form("/account/feed/close", shows=account)
def close_feed(db: Database, caller: Caller, body: Empty) -> Redirect:
    feeds.close(db, caller)
    return Redirect("/account?done=closed")
