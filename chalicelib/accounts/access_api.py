"""Routes of what opens an account: sessions, password, address, second factor, tokens, the calendar's address."""

from datetime import datetime
from typing import Annotated, TypedDict
from uuid import UUID

from msgspec import Meta

from chalicelib.accounts import addresses, feeds, new_passwords, second_factor, sessions, tokens
from chalicelib.accounts.tokens import NewToken, Token
from chalicelib.database import Database, Transact
from chalicelib.errors import NotFound
from chalicelib.web import Routes
from chalicelib.web.field_types import AnyPassword, Body, Code, Email, Instant, Name, Password
from chalicelib.web.request import Caller, Request

routes = Routes(__name__)


class ChangePassword(Body):
    former_password: AnyPassword
    password: Password
    keep_tokens: bool = False


class ChangeAddress(Body):
    email: Email
    password: AnyPassword


class CreateToken(Body):
    name: Name
    password: AnyPassword
    scope: tokens.Scope = "read"
    days: tokens.Days = 90


class Proof(Body):
    password: AnyPassword


class ByCode(Body):
    code: Code


class SwitchOff(Body):
    password: AnyPassword
    code: Code


class Sessions(TypedDict):
    sessions: list[sessions.Session]


class Unconfirmed(TypedDict):
    confirmed: Annotated[bool, Meta(extra_json_schema={"const": False})]


class NewAddress(Unconfirmed):
    email: str


class RecoveryCodes(TypedDict):
    recovery_codes: list[str]


class Tokens(TypedDict):
    tokens: list[Token]


class Feed(TypedDict):
    made: Instant | None


class FeedAddress(TypedDict):
    url: str


@routes.api("GET", "/api/me/sessions", by_token=False, banned=None)
def list_sessions(db: Database, caller: Caller) -> Sessions:
    """Where you are logged in."""
    return {"sessions": sessions.mine(db, caller)}


@routes.api("DELETE", "/api/me/sessions", by_token=False, banned=None, status=204)
def log_out_everywhere(db: Database, caller: Caller) -> None:
    """Log out everywhere but here."""
    sessions.end(db, caller)


@routes.api("DELETE", "/api/me/sessions/{id}", by_token=False, banned=None, status=204)
def end_session(db: Database, caller: Caller, id: UUID) -> None:
    """Log out in one place."""
    if not sessions.end(db, caller, id):
        raise NotFound("There is no such session of yours")


@routes.api("PUT", "/api/me/password", by_token=False, status=204)
def change_password(transact: Transact, caller: Caller, body: ChangePassword, request: Request, now: datetime) -> None:
    """Change your password: every other session, every link and every pending change of address ends, and so do tokens
    and the calendar's address unless you keep them."""
    new_passwords.change(transact, caller, body.former_password, body.password, body.keep_tokens, request.address, now)


@routes.api("PUT", "/api/me/email", by_token=False, status=202)
def change_address(
    transact: Transact, caller: Caller, body: ChangeAddress, request: Request, now: datetime
) -> NewAddress:
    """Change your e-mail address: it is yours when you open the link that is mailed to it."""
    addresses.change(transact, caller, body.email, body.password, request.address, now)
    return {"email": body.email.lower(), "confirmed": False}


@routes.api("POST", "/api/me/email/confirmation", by_token=False, status=202)
def confirm_again(db: Database, caller: Caller, now: datetime) -> Unconfirmed:
    """Have the link that confirms your address mailed again."""
    addresses.confirm_again(db, caller, now)
    return {"confirmed": False}


@routes.api("GET", "/api/me/second-factor", by_token=False)
def read_second_factor(db: Database, caller: Caller) -> second_factor.State:
    """Whether your second factor is on."""
    return second_factor.state(db, caller)


# Nothing that answers with a secret takes `db`: an Idempotency-Key would keep the answer, and with it the secret.
@routes.api("POST", "/api/me/second-factor", by_token=False, status=201)
def offer_second_factor(
    transact: Transact, caller: Caller, body: Proof, request: Request, now: datetime
) -> second_factor.Offer:
    """Have a key made for an authenticator app; it waits for its first code for an hour."""
    second_factor.offer(transact, caller, body.password, request.address, now)
    made: second_factor.Offer = transact(lambda db: second_factor.offered(db, caller))
    return made


@routes.api("PUT", "/api/me/second-factor", by_token=False)
def switch_on_second_factor(
    transact: Transact, caller: Caller, body: ByCode, request: Request, now: datetime
) -> RecoveryCodes:
    """Switch it on by the first code of that key. The recovery codes stand in this answer alone; you are logged out
    everywhere else."""
    return {"recovery_codes": second_factor.switch_on(transact, caller, body.code, request.address, now)}


@routes.api("DELETE", "/api/me/second-factor", by_token=False, status=204)
def switch_off_second_factor(
    transact: Transact, caller: Caller, body: SwitchOff, request: Request, now: datetime
) -> None:
    """Switch it off; you are logged out everywhere else."""
    second_factor.switch_off(transact, caller, body.password, body.code, request.address, now)


@routes.api("POST", "/api/me/second-factor/proof", by_token=False, status=204)
def prove_second_factor(transact: Transact, caller: Caller, body: ByCode, request: Request, now: datetime) -> None:
    """Show it again, for the acts of an admin in the next 15 minutes."""
    second_factor.prove(transact, caller, body.code, request.address, now)


@routes.api("GET", "/api/me/tokens", by_token=False)
def list_tokens(db: Database, caller: Caller) -> Tokens:
    """Your API tokens, without the tokens themselves."""
    return {"tokens": tokens.mine(db, caller)}


@routes.api("POST", "/api/me/tokens", by_token=False, status=201)
def create_token(transact: Transact, caller: Caller, body: CreateToken, request: Request, now: datetime) -> NewToken:
    """Make an API token, to read or to write, for 7, 30, 90 or 365 days. It is shown in this answer alone."""
    return tokens.create(transact, caller, body.name, body.scope, body.days, body.password, request.address, now)


@routes.api("DELETE", "/api/me/tokens/{id}", by_token=False, status=204)
def revoke_token(db: Database, caller: Caller, id: UUID) -> None:
    """End an API token."""
    tokens.revoke(db, caller, id)


@routes.api("GET", "/api/me/feed", by_token=False)
def read_feed(db: Database, caller: Caller) -> Feed:
    """When the address of your calendar was made; null without one."""
    return {"made": feeds.made(db, caller)}


@routes.api("PUT", "/api/me/feed", by_token=False)
def open_feed(transact: Transact, caller: Caller, body: Proof, request: Request, now: datetime) -> FeedAddress:
    """Make an address for your calendar, shown in this answer alone; a former one ends."""
    return {"url": feeds.address(feeds.open(transact, caller, body.password, request.address, now))}


@routes.api("DELETE", "/api/me/feed", by_token=False, status=204)
def close_feed(db: Database, caller: Caller) -> None:
    """End the address of your calendar."""
    feeds.close(db, caller)
