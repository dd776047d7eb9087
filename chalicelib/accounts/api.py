"""Routes about accounts: invitations, login and logout, and what opens an account: password, address, tokens, feed."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, TypedDict
from uuid import UUID

from msgspec import Meta

from chalicelib.accounts import feeds, invitations, people, sessions, tokens
from chalicelib.accounts.tokens import NewToken, Token
from chalicelib.config import config
from chalicelib.database import Database, Transact
from chalicelib.errors import NotFound
from chalicelib.web import ANYBODY, Routes, credentials
from chalicelib.web.field_types import AnyPassword, Body, Code, Email, Instant, InvitedEmail, Name, Password
from chalicelib.web.request import Caller, Request
from chalicelib.web.responses import Answer, Yes

routes = Routes(__name__)


class CreateInvitation(Body):
    to: InvitedEmail | None = None


class LogIn(Body):
    username: Code
    password: AnyPassword


class ChangePassword(Body):
    former_password: AnyPassword
    password: Password


class ChangeAddress(Body):
    email: Email
    password: AnyPassword


class CreateToken(Body):
    name: Name
    scope: Literal["read", "write"] = "read"


class InvitationCode(TypedDict):
    invitation_code: str


class NoCode(TypedDict):
    invitation_code: None
    error_message: str


class Done(TypedDict):
    success: Yes


class NotDone(TypedDict):
    success: Annotated[bool, Meta(extra_json_schema={"const": False})]


class Invitations(TypedDict):
    invitations: list[invitations.Invitation]


class Sessions(TypedDict):
    sessions: list[sessions.Session]


class Unconfirmed(TypedDict):
    confirmed: Annotated[bool, Meta(extra_json_schema={"const": False})]


class NewAddress(Unconfirmed):
    email: str


class Tokens(TypedDict):
    tokens: list[Token]


class Feed(TypedDict):
    made: Instant | None


class FeedAddress(TypedDict):
    url: str


def _no_code(message: str) -> dict[str, Any]:
    return {"invitation_code": None, "error_message": message}


@routes.api(
    "POST",
    "/InvitationCode/Create",
    forms=True,
    refusal=_no_code,
    refuses=(429,),
    banned="You cannot give an invitation code",
)
def create_invitation(db: Database, caller: Caller, body: CreateInvitation, now: datetime) -> InvitationCode:
    """Make an invitation code; with ``to`` it is mailed as well, and bound to that address."""
    return {"invitation_code": invitations.code_of(invitations.create(db, caller, body.to or "", now))}


@routes.api("POST", "/Login", who=ANYBODY, forms=True, refusal=lambda message: {"success": False}, refuses=(401, 429))
def log_in(request: Request, body: LogIn, now: datetime) -> Answer[Done]:
    """Open a session: a cookie."""
    token, lasts = sessions.log_in(body.username, body.password, request.address, now)
    return Answer({"success": True}, headers={"Set-Cookie": credentials.session_cookie(token, lasts)})


@routes.api("POST", "/Logout", who=ANYBODY)
def log_out(request: Request) -> Answer[Done]:
    """End this session and delete its cookie; always 200."""
    sessions.log_out(request.token_hash)
    return Answer({"success": True}, headers={"Set-Cookie": credentials.session_cookie("", timedelta())})


@routes.api("GET", "/api/invitations")
def list_invitations(db: Database, caller: Caller, now: datetime) -> Invitations:
    """The caller's invitations; the codes are not shown again."""
    return {"invitations": invitations.mine(db, caller, now)}


@routes.api("DELETE", "/api/invitations/{invitation}", status=204)
def revoke_invitation(db: Database, caller: Caller, invitation: UUID) -> None:
    """Take an invitation back."""
    invitations.revoke(db, caller, invitation)


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
    """Change your password; you are logged out everywhere else."""
    people.change_password(transact, caller, body.former_password, body.password, request.address, now)


@routes.api("PUT", "/api/me/email", by_token=False, status=202)
def change_address(
    transact: Transact, caller: Caller, body: ChangeAddress, request: Request, now: datetime
) -> NewAddress:
    """Change your e-mail address: it is yours when you open the link that is mailed to it."""
    people.change_address(transact, caller, body.email, body.password, request.address, now)
    return {"email": body.email.lower(), "confirmed": False}


@routes.api("POST", "/api/me/email/confirmation", by_token=False, status=202)
def confirm_again(db: Database, caller: Caller, now: datetime) -> Unconfirmed:
    """Have the link that confirms your address mailed again."""
    people.confirm_again(db, caller, now)
    return {"confirmed": False}


@routes.api("GET", "/api/me/tokens", by_token=False)
def list_tokens(db: Database, caller: Caller) -> Tokens:
    """Your API tokens, without the tokens themselves."""
    return {"tokens": tokens.mine(db, caller)}


# In a transaction of its own: an Idempotency-Key would keep the answer, and with it the token.
@routes.api("POST", "/api/me/tokens", by_token=False, status=201)
def create_token(transact: Transact, caller: Caller, body: CreateToken, now: datetime) -> NewToken:
    """Make an API token, to read or to write. It is shown in this answer alone."""
    made: NewToken = transact(lambda db: tokens.create(db, caller, body.name, body.scope, now))
    return made


@routes.api("DELETE", "/api/me/tokens/{id}", by_token=False, status=204)
def revoke_token(db: Database, caller: Caller, id: UUID) -> None:
    """End an API token."""
    tokens.revoke(db, caller, id)


@routes.api("GET", "/api/me/feed", by_token=False)
def read_feed(db: Database, caller: Caller) -> Feed:
    """When the address of your calendar was made; null without one."""
    return {"made": feeds.made(db, caller)}


@routes.api("PUT", "/api/me/feed", by_token=False)
def open_feed(db: Database, caller: Caller) -> FeedAddress:
    """Make an address for your calendar, shown in this answer alone; a former one ends."""
    return {"url": feeds.address(feeds.open(db, caller))}


@routes.api("DELETE", "/api/me/feed", by_token=False, status=204)
def close_feed(db: Database, caller: Caller) -> None:
    """End the address of your calendar."""
    feeds.close(db, caller)


def _mock(path: str, status: int, body: dict[str, Any], shape: type) -> None:
    def answer() -> Answer[Any]:
        """Answers as the route of that name would, for whoever tries a client out; nothing is done."""
        return Answer(body, status)

    answer.__annotations__["return"] = Answer[shape]  # type: ignore[valid-type]

    routes.api("POST", path, who=ANYBODY, status=status)(answer)


if not config().live:
    _mock("/InvitationCode/Create/Success", 200, {"invitation_code": "xxxxxxxxxx"}, InvitationCode)
    _mock("/InvitationCode/Create/Failure/1", 429, _no_code("You are abusing the invitation code system"), NoCode)
    _mock("/InvitationCode/Create/Failure/2", 403, _no_code("You cannot give an invitation code"), NoCode)
    _mock("/InvitationCode/Create/Failure/3", 401, _no_code("You are not logged in"), NoCode)
    _mock("/Login/Success", 200, {"success": True}, Done)
    _mock("/Login/Failure", 401, {"success": False}, NotDone)
