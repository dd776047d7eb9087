"""Whether the caller's own browser meant this: same-site headers, and the token that a session's forms carry."""

import hashlib
import hmac
from urllib.parse import urlsplit

from chalicelib.config import secret_keys
from chalicelib.errors import Forbidden
from chalicelib.web.credentials import hashed
from chalicelib.web.request import Request

FIELD = "csrf"
ONCE_FIELD = "once"
"""Makes a form another one each time that it is shown, so that one pressed twice is told from two."""
HEADER = "x-csrf-token"


def refuse_other_sites(request: Request) -> None:
    """Refuse what another site made a browser send, reading included; a followed link is let through. Raises Forbidden."""
    origin = request.headers.get("origin")  # browsers send none along a link
    followed = request.is_safe and request.headers.get("sec-fetch-mode", "") == "navigate"
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
    """An API call that changes something names its own site or carries the CSRF token; one by a personal token is
    meant, if that token may write. Raises Forbidden."""
    if request.is_safe:
        return
    if request.caller and request.caller.scope == "read":
        raise Forbidden("This token may only read")
    if request.bearer or request.headers.get("origin") is not None:
        return
    if not is_token(request, request.headers.get(HEADER, "")):
        raise Forbidden("Send an Origin header of this site or the X-CSRF-Token of this session")


def token(request: Request) -> str:
    """The token that this session's forms carry; derived from it, so nothing is stored."""
    return _tokens(request)[0]


def is_token(request: Request, given: str) -> bool:
    """Whether it is this session's, by whichever key: a form that was open when the key was rotated may be sent."""
    sent = given.encode("utf-8", "replace")
    return any(hmac.compare_digest(token.encode(), sent) for token in _tokens(request))


def _tokens(request: Request) -> list[str]:
    text = b"csrf " + hashed(request.token)
    return [hmac.new(key, text, hashlib.sha256).hexdigest()[:32] for key in secret_keys("links")]
