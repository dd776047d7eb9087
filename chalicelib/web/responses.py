"""Answers: JSON, problems (RFC 9457), pages, redirects, and the headers that stand on every one of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlsplit

import msgspec
from chalice.app import Response

from chalicelib.errors import UserError

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src {connect};"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": _POLICY.format(connect="'self'"),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
HSTS = {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}
PRIVATE = "no-store, no-cache"
"""Lynx minds no-cache alone, and only at the end: else it shows again what it once read."""

T = TypeVar("T")
Yes = Annotated[bool, msgspec.Meta(extra_json_schema={"const": True})]
"""True, in an answer that always says so."""


@dataclass
class Answer(Generic[T]):
    """A JSON answer that needs more than its body: a status, headers, a cookie."""

    body: T
    status: int = 200
    headers: dict[str, str | list[str]] = field(default_factory=dict)


@dataclass
class Page:
    """A page: the template and its values."""

    template: str
    values: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str | list[str]] = field(default_factory=dict)


@dataclass
class Redirect:
    """See other (303): a path of this site, without the stage."""

    path: str
    headers: dict[str, str | list[str]] = field(default_factory=dict)


@dataclass
class Form:
    """A page's form that was refused: what was typed (passwords aside), what is wrong with which field."""

    typed: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    message: str = ""


def page(template: str, **values: Any) -> Page:
    """A page that reads well: ``page("home/login.html", next=next)``."""
    return Page(template, values)


def as_json(
    body: Any, status: int = 200, headers: Mapping[str, Any] | None = None, content_type: str = "application/json"
) -> Response:
    """A JSON response."""
    return Response(
        msgspec.json.encode(body).decode(),
        status_code=status,
        headers={"Content-Type": content_type, **(headers or {})},
    )


def as_problem(error: UserError) -> Response:
    """A refusal as problem+json; ``errors`` lists the fields it is about."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": error.title,
        "status": error.status,
        "detail": error.message,
    }
    if error.fields:
        body["errors"] = [{"field": name, "message": message} for name, message in error.fields.items()]
    return as_json(body, error.status, retry_after(error), "application/problem+json")


def retry_after(error: UserError) -> dict[str, str]:
    """The Retry-After header where the refusal knows when."""
    return {"Retry-After": str(error.retry_after)} if error.retry_after else {}


def secured(response: Response, https: bool, sockets: str = "") -> Response:
    """The response with the security headers, and not to be stored unless it says otherwise; ``sockets`` is where
    pages may open a WebSocket besides their own site."""
    if sockets:
        place = urlsplit(sockets)
        connect = f"'self' {place.scheme}://{place.netloc}"
        response.headers.setdefault("Content-Security-Policy", _POLICY.format(connect=connect))
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    if https:
        response.headers.update(HSTS)
    response.headers.setdefault("Cache-Control", PRIVATE)
    return response
