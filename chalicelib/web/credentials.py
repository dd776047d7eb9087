"""By what a browser or a program shows who it is: the session's cookie, or a personal API token."""

import hashlib
import secrets
from datetime import timedelta

from chalicelib.config import config

COOKIE = "session"
SHOWN_ONCE = "shown_once"


def new_token() -> str:
    """A token of 256 random bits."""
    return secrets.token_urlsafe(32)


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


def bearer_token(authorization: str) -> bytes:
    """The token in an Authorization header (RFC 6750), b'' where there is none."""
    scheme, _, token = authorization.partition(" ")
    return token.strip().encode("ascii", "replace") if scheme.lower() == "bearer" else b""


def session_cookie(token: str, lasts: timedelta) -> str:
    """The Set-Cookie header that opens a session in a browser, or deletes it where ``lasts`` is zero."""
    secure = "; Secure" if config().live else ""
    return f"{COOKIE}={token}; Max-Age={int(lasts.total_seconds())}; Path=/; HttpOnly; SameSite=Lax{secure}"


def shown_once(secret: str = "") -> str:
    """The Set-Cookie header that carries a secret over the redirect to the page that shows it, or takes it away."""
    secure = "; Secure" if config().live else ""
    return f"{SHOWN_ONCE}={secret}; Max-Age={60 if secret else 0}; Path=/; HttpOnly; SameSite=Strict{secure}"
