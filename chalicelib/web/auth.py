"""Who is calling, and whether they may."""

from datetime import timedelta

from chalicelib import rules
from chalicelib.database import Database
from chalicelib.errors import Forbidden, NotFound, NotLoggedIn, ProofNeeded, SecondFactorNeeded
from chalicelib.web import credentials, csrf
from chalicelib.web.endpoints import ANY_PERSON, ANYBODY, Endpoint
from chalicelib.web.request import Caller, Request

MOST_COOKIES = 4
"""How many cookies of a session's name are looked at: a stale one of another path must not hide the live one."""
PROVEN_FOR = timedelta(minutes=15)
"""How long an admin may act after a second factor was shown."""


def identify(request: Request, *, page: bool) -> None:
    """Whom the request claims to come from: a bearer's token counts for the API alone, and before the cookie."""
    bearer = b""
    if not page and request.path.startswith("/api/"):
        bearer = credentials.bearer_token(request.headers.get("authorization", ""))
    request.bearer = bool(bearer)
    found = credentials.cookies(request.headers.get("cookie", ""))[:MOST_COOKIES]
    request.claims = (bearer,) if bearer else tuple(one.encode("ascii", "replace") for one in found)
    request.token = request.claims[0] if request.claims else b""


def enter(db: Database, request: Request) -> None:
    """Set who acts, and when, for the transaction; ``request.caller`` is who is there: the first claim that is live."""
    for claim in request.claims or (b"",):
        row = db.row(
            "SELECT * FROM enter(%(token)s, %(now)s, %(bearer)s)",
            token=credentials.hashed(claim) if claim else None,
            now=request.now,
            bearer=request.bearer,
        )
        request.caller = row and Caller(
            row.person_id, row.session_id, row.name, row.timezone, tuple(row.roles), row.banned, row.scope,
            row.second_factor, row.proved,
        )  # fmt: skip
        if row:
            request.token, request.pressed = claim, row.pressed
            return


def permit(db: Database, endpoint: Endpoint, request: Request) -> None:
    """Raises NotLoggedIn, Forbidden, NotFound, or what a second factor is missing for, unless the caller may call this."""
    if endpoint.who == ANYBODY:
        return
    caller = request.caller
    if caller is None:
        raise NotLoggedIn
    if endpoint.below_api:
        csrf.require_intent(request)
    if request.bearer and not endpoint.by_token:
        raise Forbidden("Log in for this: a token will not do")
    if caller.banned and endpoint.banned is not None:
        raise Forbidden(endpoint.banned)
    if endpoint.who != ANY_PERSON and not caller.is_a(endpoint.who):
        raise NotFound
    if endpoint.who == "admin":
        require_second_factor(db, request, caller)


def require_second_factor(db: Database, request: Request, caller: Caller) -> None:
    """An admin has a second factor wherever admin.second_factor says so, and shows it again before acting.

    Routes of admins ask by themselves; a route that serves others too calls this where an admin acts as one.
    """
    if not caller.second_factor:
        if rules.read(db).admin.second_factor:
            raise SecondFactorNeeded
        return
    if request.is_safe:
        return
    if request.bearer:
        raise Forbidden("Log in for this: an act of an admin asks for the second factor")
    if caller.proved is None or caller.proved <= request.now - PROVEN_FOR:
        raise ProofNeeded
