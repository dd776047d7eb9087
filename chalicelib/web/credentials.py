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


def cookie_name(name: str = COOKIE) -> str:
    """What a cookie is called: over https so that no other host of the domain can set one (RFC 6265bis, 4.1.3.2)."""
    return f"__Host-{name}" if config().live else name


def cookies(header: str, wanted: str = COOKIE) -> list[str]:
    """The values that a Cookie header has under that name, in order.

    Lynx sends a cookie's attributes back as if they were cookies (``session=...; SameSite=Lax``): they are passed over.
    """
    pairs = (pair.strip().partition("=") for pair in header.split(";"))
    found = (value.strip('"') for name, _, value in pairs if name == cookie_name(wanted))
    return [value for value in found if value]


def cookie(header: str, wanted: str) -> str:
    """The first value of that name in a Cookie header, '' where there is none."""
    return next(iter(cookies(header, wanted)), "")


def bearer_token(authorization: str) -> bytes:
    """The token in an Authorization header (RFC 6750), b'' where there is none."""
    scheme, _, token = authorization.partition(" ")
    return token.strip().encode("ascii", "replace") if scheme.lower() == "bearer" else b""


def session_cookie(token: str, lasts: timedelta) -> str:
    """The Set-Cookie header that opens a session in a browser, or deletes it where ``lasts`` is zero."""
    return _set_cookie(COOKIE, token, int(lasts.total_seconds()), "Lax")


def shown_once(secret: str = "") -> str:
    """The Set-Cookie header that carries a secret over the redirect to the page that shows it, or takes it away."""
    return _set_cookie(SHOWN_ONCE, secret, 60 if secret else 0, "Strict")


def _set_cookie(name: str, value: str, seconds: int, same_site: str) -> str:
    secure = "; Secure" if config().live else ""
    return f"{cookie_name(name)}={value}; Max-Age={seconds}; Path=/; HttpOnly; SameSite={same_site}{secure}"


def logged_out() -> dict[str, str | list[str]]:
    """The headers of an answer to who logs out: the cookie goes, and whatever the browser has kept of this site."""
    return {"Set-Cookie": session_cookie("", timedelta()), "Clear-Site-Data": '"cache", "storage"'}
