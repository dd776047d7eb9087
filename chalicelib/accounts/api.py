"""Routes about accounts: invitation codes, login, logout."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chalicelib import callers
from chalicelib.accounts import invitations, sessions
from chalicelib.answers import Answer
from chalicelib.callers import Caller, Request
from chalicelib.config import config
from chalicelib.database import Database
from chalicelib.fields import AnyPassword, Body, Code, InvitedEmail
from chalicelib.web import ANYBODY, Routes

routes = Routes(__name__)


class CreateInvitation(Body):
    to: InvitedEmail | None = None


class LogIn(Body):
    username: Code
    password: AnyPassword


def _no_code(message: str) -> dict[str, Any]:
    return {"invitation_code": None, "error_message": message}


@routes.api("POST", "/InvitationCode/Create", forms=True, refusal=_no_code, banned="You cannot give an invitation code")
def create_invitation(db: Database, caller: Caller, body: CreateInvitation, now: datetime) -> dict[str, Any]:
    """Make an invitation code; with ``to`` it is mailed as well, and bound to that address."""
    return {"invitation_code": invitations.code_of(invitations.create(db, caller, body.to or "", now))}


@routes.api("POST", "/Login", who=ANYBODY, forms=True, refusal=lambda message: {"success": False})
def log_in(request: Request, body: LogIn, now: datetime) -> Answer:
    """Open a session: a cookie."""
    token, lasts = sessions.log_in(body.username, body.password, request.address, now)
    return Answer({"success": True}, headers={"Set-Cookie": callers.session_cookie(token, lasts)})


@routes.api("POST", "/Logout", who=ANYBODY)
def log_out(request: Request) -> Answer:
    """End this session and delete its cookie; always 200."""
    sessions.log_out(request.token_hash)
    return Answer({"success": True}, headers={"Set-Cookie": callers.session_cookie("", timedelta())})


@routes.api("GET", "/api/invitations")
def list_invitations(db: Database, caller: Caller, now: datetime) -> dict[str, Any]:
    """The caller's invitations; the codes are not shown again."""
    return {"invitations": invitations.mine(db, caller, now)}


@routes.api("DELETE", "/api/invitations/{invitation}", status=204)
def revoke_invitation(db: Database, caller: Caller, invitation: UUID) -> None:
    """Take an invitation back."""
    invitations.revoke(db, invitation)


def _mock(path: str, status: int, body: dict[str, Any]) -> None:
    def answer() -> Answer:
        return Answer(body, status)

    routes.api("POST", path, who=ANYBODY)(answer)


if not config().live:
    _mock("/InvitationCode/Create/Success", 200, {"invitation_code": "xxxxxxxxxx"})
    _mock("/InvitationCode/Create/Failure/1", 429, _no_code("You are abusing the invitation code system"))
    _mock("/InvitationCode/Create/Failure/2", 403, _no_code("You cannot give an invitation code"))
    _mock("/InvitationCode/Create/Failure/3", 401, _no_code("You are not logged in"))
    _mock("/Login/Success", 200, {"success": True})
    _mock("/Login/Failure", 401, {"success": False})
