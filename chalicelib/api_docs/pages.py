"""The API's own pages: the same document for programs (/api/openapi.json) and for people (/api/)."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from chalicelib.api_docs import openapi
from chalicelib.errors import NotFound
from chalicelib.web import ANYBODY, ENDPOINTS, Routes, url
from chalicelib.web.responses import Page, page

routes = Routes(__name__)


class Field(NamedTuple):
    """A field of a body, however deep (``found[].id``): what it holds, in words, and whether it must be there."""

    name: str
    holds: str
    required: bool


class Answer(NamedTuple):
    """How an operation may answer: the status, what it means, and the body's fields."""

    status: str
    means: str
    fields: list[Field]


class Operation(NamedTuple):
    """A method of a path, as people read it. ``known_by`` names the security schemes it asks for."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    known_by: list[str]
    parameters: list[tuple[str, Field]]
    body: list[Field] | None
    answers: list[Answer]


@routes.api("GET", "/api/openapi.json", who=ANYBODY)
def read() -> openapi.Document:
    """This description, as OpenAPI 3.1."""
    return _document(url("") or "/")


@routes.page("/api", who=ANYBODY, banned=None)
def index(db: Any) -> Page:
    return page("api_docs/index.html", about=openapi.ABOUT, slices=_slices())


@routes.page("/api/reference/{slice}", who=ANYBODY, banned=None)
def slice_of_it(db: Any, slice: str) -> Page:
    if slice not in _slices():
        raise NotFound
    return page("api_docs/slice.html", slice=slice, operations=_slices()[slice])


@cache
def _document(server: str) -> openapi.Document:
    return openapi.document(ENDPOINTS, server)


@cache
def _slices() -> dict[str, list[Operation]]:
    """The operations by the slice they belong to."""
    document = _document("/")
    found: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            [tag] = operation["tags"]
            found.setdefault(tag, []).append(_operation(document, method.upper(), path, operation))
    return dict(sorted(found.items()))


def _operation(document: openapi.Document, method: str, path: str, given: dict[str, Any]) -> Operation:
    body = given.get("requestBody")
    return Operation(
        given["operationId"],
        method,
        path,
        given["summary"].replace("`", ""),
        given.get("description", "").replace("`", ""),
        [name for one in given.get("security", []) for name in one],
        [
            (one["in"], Field(one["name"], in_words(document, one["schema"]), one["required"]))
            for one in given["parameters"]
        ],
        list(fields(document, next(iter(body["content"].values()))["schema"])) if body else None,
        [_answer(document, status, one) for status, one in given["responses"].items() if status != "default"],
    )


def _answer(document: openapi.Document, status: str, given: dict[str, Any]) -> Answer:
    is_problem = "$ref" in given
    given = _resolved(document, given)
    if is_problem or "content" not in given:
        return Answer(status, given["description"], [])
    content = next(iter(given["content"].values()))
    return Answer(status, given["description"], list(fields(document, content["schema"])))


def fields(document: openapi.Document, schema: dict[str, Any], before: str = "") -> Iterator[Field]:
    """The fields of an object, those of objects inside it after it with its name in front."""
    schema = _resolved(document, schema)
    for name, given in schema.get("properties", {}).items():
        required = name in schema.get("required", ())
        yield Field(before + name, in_words(document, given), required)
        inner, suffix = _resolved(document, given), "."
        if inner.get("type") == "array":
            inner, suffix = _resolved(document, inner["items"]), "[]."
        for one in inner.get("anyOf", [inner]):
            yield from fields(document, one, before + name + suffix)


def in_words(document: openapi.Document, schema: dict[str, Any]) -> str:
    """What a schema allows, in words: ``text of 1 to 100 characters``."""
    schema = _resolved(document, schema)
    if "anyOf" in schema:
        return " or ".join(in_words(document, one) for one in schema["anyOf"])
    if "const" in schema:
        return f"always {json.dumps(schema['const'])}"
    if "enum" in schema:
        return "one of " + ", ".join(json.dumps(value) for value in schema["enum"])
    kind = schema.get("type", "anything")
    if kind == "array":
        return "list of " + in_words(document, schema["items"]) + _bounds(schema, "Items", ", ")
    if kind == "string":
        return _TEXTS.get(schema.get("format", "")) or "text" + _bounds(schema, "Length", " of ", " characters")
    return str(_KINDS.get(kind, kind)) + _bounds(schema, "imum", " from ")


_KINDS = {"integer": "whole number", "boolean": "true or false"}
_TEXTS = {"uuid": "UUID", "date-time": "time such as 2026-11-24T12:30:00+01:00", "date": "day such as 2026-11-24"}


def _bounds(schema: dict[str, Any], what: str, before: str, unit: str = "") -> str:
    low, high = schema.get(f"min{what}"), schema.get(f"max{what}")
    if low is None and high is None:
        return ""
    words = (
        f"{low} to {high}"
        if low is not None and high is not None
        else f"up to {high}"
        if low is None
        else f"{low} or more"
    )
    return f"{before}{words}{unit}"


def _resolved(document: openapi.Document, given: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in given:
        return given
    found: Any = document
    for part in given["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return dict(found)
