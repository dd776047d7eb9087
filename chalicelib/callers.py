"""Who is calling, from where, and whether their own browser sent them: cookie, address, same-site, CSRF token."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from chalicelib.config import config, secret
from chalicelib.database import Database
from chalicelib.errors import Forbidden

COOKIE = "session"
SHOWN_ONCE = "shown_once"
CSRF_FIELD = "csrf"
ONCE_FIELD = "once"
"""Makes a form another one each time that it is shown, so that one pressed twice is told from two."""
CSRF_HEADER = "x-csrf-token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Caller(NamedTuple):
    """The person whose live session, or personal API token, the request carries.

    ``session`` is None where a token called; ``scope`` is then the token's: ``read`` or ``write``.
    """

    id: UUID
    session: UUID | None
    name: str
    timezone: str
    roles: tuple[str, ...]
    banned: bool
    scope: str = "write"

    def is_a(self, role: str) -> bool:
        return role in self.roles


@dataclass
class Request:
    """What web.py knows of a request. ``address`` is the network address API Gateway saw, never a header's claim."""

    method: str
    path: str
    resource: str
    headers: Any
    query: list[tuple[str, str]]
    body: str
    address: str
    now: datetime
    prefix: str = ""
    id: str = ""
    token: bytes = b""
    bearer: bool = False
    caller: Caller | None = None
    typed: dict[str, Any] = field(default_factory=dict)

    @property
    def token_hash(self) -> bytes | None:
        """What stands for the session cookie, or the bearer's token, in the database."""
        return hashed(self.token) if self.token else None


def hashed(token: bytes) -> bytes:
    """A token as it is kept at rest. The token has 256 random bits, so a plain digest is enough."""
    return hashlib.sha256(token).digest()


def cookie(cookies: str, wanted: str = COOKIE) -> str:
    """The value of that name in a Cookie header, '' where there is none.

    Lynx sends a cookie's attributes back as if they were cookies (``session=...; SameSite=Lax``): they are passed over.
    """
    for pair in cookies.split(";"):
        name, _, value = pair.strip().partition("=")
        if name == wanted:
            return value.strip('"')
    return ""


def bearer_of(authorization: str) -> bytes:
    """The token in an Authorization header (RFC 6750), b'' where there is none."""
    scheme, _, token = authorization.partition(" ")
    return token.strip().encode("ascii", "replace") if scheme.lower() == "bearer" else b""


def identify(request: Request, *, page: bool) -> None:
    """Whom the request claims to come from: a bearer's token counts for the API alone, and before the cookie."""
    token = b"" if page or not request.path.startswith("/api/") else bearer_of(request.headers.get("authorization", ""))
    request.bearer = bool(token)
    request.token = token or cookie(request.headers.get("cookie", "")).encode("ascii", "replace")


def new_token() -> str:
    """A token of 256 random bits."""
    return secrets.token_urlsafe(32)


def session_cookie(token: str, lasts: timedelta) -> str:
    """The Set-Cookie header that opens a session in a browser, or deletes it where ``lasts`` is zero."""
    secure = "; Secure" if config().live else ""
    return f"{COOKIE}={token}; Max-Age={int(lasts.total_seconds())}; Path=/; HttpOnly; SameSite=Lax{secure}"


def shown_once(secret: str = "") -> str:
    """The Set-Cookie header that carries a secret over the redirect to the page that shows it, or takes it away."""
    secure = "; Secure" if config().live else ""
    return f"{SHOWN_ONCE}={secret}; Max-Age={60 if secret else 0}; Path=/; HttpOnly; SameSite=Strict{secure}"


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


def refuse_other_sites(request: Request) -> None:
    """Refuse what another site made a browser send, reading included; a link that was followed is none. Raises Forbidden."""
    origin = request.headers.get("origin")  # browsers send none along a link
    followed = request.method in SAFE_METHODS and request.headers.get("sec-fetch-mode", "") == "navigate"
    elsewhere = request.headers.get("sec-fetch-site", "") == "cross-site" and not followed
    if elsewhere or (origin is not None and not _same_site(origin, request.headers.get("host", ""))):
        raise Forbidden("This request was sent by another site")


def _same_site(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()


def require_intent(request: Request) -> None:
    """An API call by cookie that changes something names its own site or carries the CSRF token; one by a token is
    meant, if the token is not for reading alone. Raises Forbidden."""
    if request.method in SAFE_METHODS:
        return
    if request.caller and request.caller.scope == "read":
        raise Forbidden("This token may only read")
    if request.bearer or request.headers.get("origin") is not None:
        return
    if not is_csrf_token(request, request.headers.get(CSRF_HEADER, "")):
        raise Forbidden("Send an Origin header of this site or the X-CSRF-Token of this session")


def csrf_token(request: Request) -> str:
    """The token that this session's forms carry; derived from it, so nothing is stored."""
    return hmac.new(secret("links"), b"csrf " + hashed(request.token), hashlib.sha256).hexdigest()[:32]


def is_csrf_token(request: Request, given: str) -> bool:
    return hmac.compare_digest(csrf_token(request).encode(), given.encode("utf-8", "replace"))
