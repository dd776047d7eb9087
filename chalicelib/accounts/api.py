"""Routes about accounts: invitations, login and logout."""

from datetime import datetime
from typing import Annotated, Any, TypedDict
from uuid import UUID

from msgspec import Meta

from chalicelib.accounts import invitations, sessions
from chalicelib.config import config
from chalicelib.database import Database
from chalicelib.web import ANYBODY, Routes, credentials
from chalicelib.web.field_types import AnyPassword, Body, Code, InvitedEmail
from chalicelib.web.request import Caller, Request
from chalicelib.web.responses import Answer, Yes

routes = Routes(__name__)


class CreateInvitation(Body):
    to: InvitedEmail | None = None


class LogIn(Body):
    username: Code
    password: AnyPassword
    code: Code | None = None


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
    """Open a session: a cookie. It takes a ``code`` where a second factor is on, and ends the session that it replaces."""
    token, lasts = sessions.log_in(
        body.username, body.password, body.code or "", request.address, request.claim_hashes, now
    )
    return Answer({"success": True}, headers={"Set-Cookie": credentials.session_cookie(token, lasts)})


@routes.api("POST", "/Logout", who=ANYBODY)
def log_out(request: Request) -> Answer[Done]:
    """End this session and delete its cookie; always 200."""
    sessions.log_out(request.claim_hashes)
    return Answer({"success": True}, headers=credentials.logged_out())


@routes.api("GET", "/api/invitations")
def list_invitations(db: Database, caller: Caller, now: datetime) -> Invitations:
    """The caller's invitations; the codes are not shown again."""
    return {"invitations": invitations.mine(db, caller, now)}


@routes.api("DELETE", "/api/invitations/{invitation}", status=204)
def revoke_invitation(db: Database, caller: Caller, invitation: UUID) -> None:
    """Take an invitation back."""
    invitations.revoke(db, caller, invitation)


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
