"""The API's description (OpenAPI 3.1), made of what the routes declare: nothing is written twice.

Requests come from the whitelist types that read them, answers from the handlers' return types, refusals from who may
call and what a handler takes.
"""

import inspect
from collections.abc import Iterable
from typing import Any, TypedDict, get_args, get_origin, get_type_hints

import msgspec
from chalice.app import Response

from chalicelib.errors import UserError
from chalicelib.web import ANY_PERSON, ANYBODY, parsing, responses
from chalicelib.web.endpoints import Endpoint

VERSION = "1.0.0"
ABOUT = """Rendezvous brings people together at a time and a place.

Log in with `POST /Login`: the cookie `session` names who you are. Whoever calls /api with that cookie to change
something also sends an `Origin` of this site (browsers do) or the session's `X-CSRF-Token`. Programs send a personal
token instead, as a bearer. A `POST` below /api may
carry an `Idempotency-Key`: sent again with the same key, it is answered as before and carried out once, unless its
answer holds a secret, which is kept nowhere (such a `POST` names no such header here). Unknown
fields and parameters are refused, and a refusal changes nothing."""

PROBLEM = {
    "type": "object",
    "description": "A refusal (RFC 9457); `errors` lists the fields it is about.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                "required": ["field", "message"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["type", "title", "status", "detail"],
    "additionalProperties": False,
}
SECURITY = {
    "session": {"type": "apiKey", "in": "cookie", "name": "session", "description": "What POST /Login answers with"},
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A personal token, made on /account; below /api alone",
    },
    "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token", "description": "Or an Origin of this site"},
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Sent again with the same key, the request is carried out once",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}


class Document(TypedDict):
    """An OpenAPI document: its first keys."""

    openapi: str
    info: dict[str, str]
    servers: list[dict[str, str]]
    paths: dict[str, Any]
    components: dict[str, Any]


_REFS = "#/components/schemas/{name}"


def document(endpoints: Iterable[Endpoint], server: str = "/") -> Document:
    """The description of those endpoints that answer JSON: neither pages nor files."""
    described = [one for one in endpoints if not one.html and _returned(one) is not Response]
    shapes = [shape for endpoint in described for shape in (endpoint.takes.get("body"), answer_of(endpoint)) if shape]
    schemas, components = msgspec.json.schema_components(shapes, ref_template=_REFS)
    by_shape = dict(zip(shapes, map(_plain, schemas), strict=True))
    paths: dict[str, Any] = {}
    for endpoint in described:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, by_shape)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Rendezvous", "version": VERSION, "description": ABOUT},
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "responses": {kind.__name__: _problem(kind.title) for kind in _ALL},
            "schemas": {"Problem": PROBLEM} | {name: _plain(schema) for name, schema in components.items()},
            "securitySchemes": SECURITY,
        },
    }


def answer_of(endpoint: Endpoint) -> Any:
    """The type of the body of a success, None where there is none or it is not declared."""
    returned = _returned(endpoint)
    if get_origin(returned) is responses.Answer:
        [returned] = get_args(returned)
    return None if returned in (None, type(None), responses.Answer) else returned


def _returned(endpoint: Endpoint) -> Any:
    return get_type_hints(endpoint.handler, include_extras=True).get("return")


def _operation(endpoint: Endpoint, schemas: dict[Any, Any]) -> dict[str, Any]:
    summary, _, description = inspect.getdoc(endpoint.handler).partition("\n\n")  # type: ignore[union-attr]
    found: dict[str, Any] = {
        "operationId": _name(endpoint),
        "tags": [endpoint.handler.__module__.split(".")[1]],
        "summary": summary.rstrip("."),
        "parameters": _parameters(endpoint),
        "responses": _responses(endpoint, schemas),
    }
    if description:
        found["description"] = description
    if "body" in endpoint.takes:
        shape = endpoint.takes["body"]
        kinds = (parsing.JSON, parsing.FORM) if endpoint.forms else (parsing.JSON,)
        found["requestBody"] = {
            "required": any(field.required for field in msgspec.structs.fields(shape)),
            "content": {kind: {"schema": schemas[shape]} for kind in kinds},
        }
    if endpoint.who != ANYBODY:
        found["security"] = _security(endpoint)
    return found


def _security(endpoint: Endpoint) -> list[dict[str, list[str]]]:
    by_cookie: dict[str, list[str]] = {"session": []}
    if endpoint.below_api and endpoint.method != "GET":
        by_cookie["csrf"] = []
    return [by_cookie, {"token": []}] if endpoint.below_api and endpoint.by_token else [by_cookie]


def _name(endpoint: Endpoint) -> str:
    words = "".join(letter if letter.isalnum() else " " for letter in endpoint.path).split()
    return "_".join([endpoint.method.lower(), *words])


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": _schema(kind)}
        for name, kind in endpoint.takes.items()
        if f"{{{name}}}" in endpoint.path
    ]
    if "query" in endpoint.takes:
        _, components = msgspec.json.schema_components([endpoint.takes["query"]], ref_template=_REFS)
        [shape] = components.values()
        found += [
            {"name": name, "in": "query", "required": name in shape.get("required", ()), "schema": _plain(schema)}
            for name, schema in shape["properties"].items()
        ]
    if endpoint.keeps_answer:
        found.append(IDEMPOTENCY_KEY)
    return found


def _responses(endpoint: Endpoint, schemas: dict[Any, Any]) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "Done"}
    if endpoint.status != 204:
        shape = answer_of(endpoint)
        success["content"] = {parsing.JSON: {"schema": schemas[shape] if shape else {"type": "object"}}}
    found = {str(endpoint.status): success}
    for status in sorted(_refusals(endpoint)):
        if status == endpoint.status:  # a mock of a refusal, which other sites are refused too
            success["content"] |= _problem("")["content"]
        else:
            found[str(status)] = _refusal(endpoint, status)
    return found | {"default": {"$ref": "#/components/responses/UserError"}}


def _refusals(endpoint: Endpoint) -> set[int]:
    """The statuses with which this endpoint may refuse."""
    found = {422, 503, *endpoint.refuses}
    if "body" in endpoint.takes:
        found |= {400, 413, 415}
    if endpoint.who != ANYBODY:
        found |= {401, 403}
    if "{" in endpoint.path or endpoint.who not in (ANYBODY, ANY_PERSON):
        found.add(404)
    if endpoint.method != "GET":
        found.add(403)
        if endpoint.below_api:
            found.add(409)
    if endpoint.counted:
        found.add(429)
    return found


def _refusal(endpoint: Endpoint, status: int) -> dict[str, Any]:
    if endpoint.refusal and status in (401, 403, 404, 409, 429):
        schema = _exactly(endpoint.refusal(_ANY_TEXT))
        return {"description": _KINDS[status].title, "content": {parsing.JSON: {"schema": schema}}}
    return {"$ref": f"#/components/responses/{_KINDS[status].__name__}"}


def _problem(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/problem+json": {"schema": {"$ref": _REFS.format(name="Problem")}}},
    }


_ALL: list[type[UserError]] = [UserError, *UserError.__subclasses__()]
_KINDS = {kind.status: kind for kind in _ALL}
_ANY_TEXT = "any text"


def _exactly(example: Any) -> dict[str, Any]:
    """The schema of this value and no other, but for texts that stand where the message does."""
    if isinstance(example, dict):
        return {
            "type": "object",
            "properties": {name: _exactly(value) for name, value in example.items()},
            "required": list(example),
            "additionalProperties": False,
        }
    return {"type": "string"} if example == _ANY_TEXT else {"const": example}


def _schema(kind: Any) -> Any:
    return _plain(msgspec.json.schema(kind, ref_template=_REFS))


def _plain(schema: Any) -> Any:
    """A schema of msgspec's as OpenAPI's readers know it: patterns of ECMA-262, objects without further keys."""
    if isinstance(schema, list):
        return [_plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _plain(value) for name, value in schema.items()}
    if isinstance(found.get("pattern"), str):
        found["pattern"] = found["pattern"].replace(r"\Z", "$")
    if isinstance(found.get("properties"), dict) and found.get("type") == "object":
        found.setdefault("additionalProperties", False)
    return found
