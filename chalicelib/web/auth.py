"""Who is calling, and whether they may."""

from chalicelib.database import Database
from chalicelib.errors import Forbidden, NotFound, NotLoggedIn
from chalicelib.web import credentials, csrf
from chalicelib.web.endpoints import ANY_PERSON, ANYBODY, Endpoint
from chalicelib.web.request import Caller, Request


def identify(request: Request, *, page: bool) -> None:
    """Whom the request claims to come from: a bearer's token counts for the API alone, and before the cookie."""
    token = b""
    if not page and request.path.startswith("/api/"):
        token = credentials.bearer_token(request.headers.get("authorization", ""))
    request.bearer = bool(token)
    request.token = token or credentials.cookie(request.headers.get("cookie", "")).encode("ascii", "replace")


def enter(db: Database, request: Request) -> None:
    """Set who acts, and when, for the transaction; ``request.caller`` is who is there."""
    row = db.row(
        "SELECT * FROM enter(%(token)s, %(now)s, %(bearer)s)",
        token=request.token_hash,
        now=request.now,
        bearer=request.bearer,
    )
    request.caller = row and Caller(
        row.person_id, row.session_id, row.name, row.timezone, tuple(row.roles), row.banned, row.scope
    )


def permit(endpoint: Endpoint, request: Request) -> None:
    """Raises NotLoggedIn, Forbidden or NotFound unless the caller may call this."""
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
