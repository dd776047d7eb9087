"""Endpoints: who may call, what a handler takes, and how it is read from the request."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, get_type_hints
from urllib.parse import unquote

import msgspec

from chalicelib import bodies, callers
from chalicelib.answers import Page
from chalicelib.callers import Request
from chalicelib.errors import Forbidden, Invalid, NotFound, NotLoggedIn
from chalicelib.fields import convert

ANYBODY = "anybody"
ANY_PERSON = "any person"


@dataclass
class Form:
    """A page's form that was refused: what was typed (passwords aside), what is wrong with which field."""

    typed: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    message: str = ""


@dataclass(frozen=True)
class Endpoint:
    """One method of one path: who may call it, what it takes, how it answers."""

    method: str
    path: str
    handler: Callable[..., Any]
    who: str
    takes: dict[str, Any]
    status: int = 200
    html: bool = False
    forms: bool = False
    counted: bool = False
    banned: str | None = "You are banned"
    by_token: bool = True
    refusal: Callable[[str], Any] | None = None
    refuses: tuple[int, ...] = ()
    shows: Callable[..., Page] | None = None


ENDPOINTS: list[Endpoint] = []
"""Every endpoint there is, for the API's description and for the table of who may open what."""


def takes(handler: Callable[..., Any]) -> dict[str, Any]:
    hints = get_type_hints(handler, include_extras=True)
    return {name: hints.get(name, str) for name in inspect.signature(handler).parameters}


def permit(endpoint: Endpoint, request: Request) -> None:
    """Raises NotLoggedIn or Forbidden unless the caller may call this."""
    if endpoint.who == ANYBODY:
        return
    caller = request.caller
    if caller is None:
        raise NotLoggedIn
    if endpoint.path.startswith("/api/"):
        callers.require_intent(request)
    if request.bearer and not endpoint.by_token:
        raise Forbidden("Log in for this: a token will not do")
    if caller.banned and endpoint.banned is not None:
        raise Forbidden(endpoint.banned)
    if endpoint.who != ANY_PERSON and not caller.is_a(endpoint.who):
        raise NotFound


def arguments(endpoint: Endpoint, request: Request, parts: dict[str, str]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, kind in endpoint.takes.items():
        match name:
            case "db" | "form" | "transact":
                pass
            case "caller":
                given[name] = request.caller
            case "now":
                given[name] = request.now
            case "request":
                given[name] = request
            case "query":
                given[name] = read_query(endpoint, request)
            case "body":
                given[name] = (
                    _read_form(endpoint, request, kind) if endpoint.html else _read_body(endpoint, request, kind)
                )
            case _:
                given[name] = _part(parts[name], kind)
    if "query" not in endpoint.takes:
        read_query(endpoint, request)
    if "form" in endpoint.takes:
        given["form"] = Form()
    return given


def read_query(endpoint: Endpoint, request: Request) -> Any:
    """The query as the handler takes it. Raises Invalid naming what is wrong, or not known here."""
    kind = endpoint.takes.get("query")
    if kind is not None and endpoint.html:
        return bodies.read_form(request.query, kind)
    if kind is not None:
        return bodies.checked(bodies.form_values(request.query, kind), kind, texts=True)
    if request.query and endpoint.method and not endpoint.html:
        raise Invalid.field(bodies.printable(request.query[0][0]), "is not known here")
    return None


def _read_body(endpoint: Endpoint, request: Request, kind: type) -> Any:
    accepted = (bodies.JSON, bodies.FORM) if endpoint.forms else (bodies.JSON,)
    return bodies.read(request.body, request.headers.get("content-type", ""), accepted, kind)


def _read_form(endpoint: Endpoint, request: Request, kind: type) -> Any:
    if request.body:
        bodies.kind_of(request.headers.get("content-type", ""), (bodies.FORM,))
    pairs = bodies.read_pairs(request.body) if request.body else []
    request.typed = bodies.typed([pair for pair in pairs if "password" not in pair[0]], kind)
    tokens = [value for name, value in pairs if name == callers.CSRF_FIELD]
    if endpoint.who != ANYBODY and not (len(tokens) == 1 and callers.is_csrf_token(request, tokens[0])):
        raise Forbidden("This form is not of your session any more. Please send it again")
    return bodies.read_form([pair for pair in pairs if pair[0] not in (callers.CSRF_FIELD, callers.ONCE_FIELD)], kind)


def _part(text: str, kind: Any) -> Any:
    text = unquote(text)
    if not text.isprintable():
        raise NotFound  # PostgreSQL takes no NUL, and no name holds a control character
    try:
        return convert(text, kind, texts=True)
    except msgspec.ValidationError:
        raise NotFound from None
