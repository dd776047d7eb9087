"""What a handler's parameters are filled with, by their names: read from the request, converted to their types."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

import msgspec

from chalicelib.errors import Forbidden, Invalid, NotFound
from chalicelib.web import csrf, parsing
from chalicelib.web.endpoints import ANYBODY, Endpoint
from chalicelib.web.field_types import Empty, convert
from chalicelib.web.request import Request
from chalicelib.web.responses import Form
from chalicelib.web.validation_messages import printable

OPENED = ("db", "transact")
"""Parameters that stand for the database: the dispatcher opens a transaction for these."""


def arguments(endpoint: Endpoint, request: Request, parts: Mapping[str, str]) -> dict[str, Any]:
    """The handler's arguments, the database aside. Raises BadRequest, Invalid, NotFound or Forbidden."""
    given = {
        name: SOURCES[name](endpoint, request) if name in SOURCES else _part_of_path(parts[name], kind)
        for name, kind in endpoint.takes.items()
        if name not in OPENED
    }
    if "query" not in endpoint.takes:
        read_query(endpoint, request)
    if "body" not in endpoint.takes and endpoint.method and endpoint.below_api and not request.is_safe:
        parsing.read(request.body, request.headers.get("content-type", ""), (parsing.JSON,), Empty)
    return given


def read_query(endpoint: Endpoint, request: Request) -> Any:
    """The query as the handler takes it. Raises Invalid naming what is wrong, or not known here."""
    kind = endpoint.takes.get("query")
    if kind is not None and endpoint.html:
        return parsing.read_form(request.query, kind)
    if kind is not None:
        return parsing.checked(parsing.form_values(request.query, kind), kind, texts=True)
    if request.query and endpoint.method and not endpoint.html:
        raise Invalid.field(printable(request.query[0][0]), "is not known here")
    return None


def _read_body(endpoint: Endpoint, request: Request) -> Any:
    kind = endpoint.takes["body"]
    if endpoint.html:
        return _read_form(endpoint, request, kind)
    accepted = (parsing.JSON, parsing.FORM) if endpoint.forms else (parsing.JSON,)
    return parsing.read(request.body, request.headers.get("content-type", ""), accepted, kind)


def _read_form(endpoint: Endpoint, request: Request, kind: type) -> Any:
    if request.body:
        parsing.kind_of(request.headers.get("content-type", ""), (parsing.FORM,))
    pairs = parsing.read_pairs(request.body) if request.body else []
    request.typed = parsing.typed([pair for pair in pairs if "password" not in pair[0]], kind)
    tokens = [value for name, value in pairs if name == csrf.FIELD]
    if endpoint.who != ANYBODY and not (len(tokens) == 1 and csrf.is_token(request, tokens[0])):
        raise Forbidden("This form is not of your session any more. Please send it again")
    return parsing.read_form([pair for pair in pairs if pair[0] not in (csrf.FIELD, csrf.ONCE_FIELD)], kind)


def _part_of_path(text: str, kind: Any) -> Any:
    text = unquote(text)
    if not text.isprintable():
        raise NotFound  # PostgreSQL takes no NUL, and no name holds a control character
    try:
        return convert(text, kind, texts=True)
    except msgspec.ValidationError:
        raise NotFound from None


SOURCES: dict[str, Callable[[Endpoint, Request], Any]] = {
    "caller": lambda endpoint, request: request.caller,
    "now": lambda endpoint, request: request.now,
    "request": lambda endpoint, request: request,
    "form": lambda endpoint, request: Form(),
    "query": read_query,
    "body": _read_body,
}
"""Parameter -> where it comes from. Any other name is a part of the path."""
