"""Reads what a request carries: JSON or a form, into a whitelist type, or a refusal that names the field."""

import json
from functools import cache
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec

from chalicelib.errors import BadRequest, Invalid, TooLarge, UnsupportedMediaType
from chalicelib.web.field_types import convert
from chalicelib.web.validation_messages import invalid, printable

MAX_BYTES = 64 * 1024
MAX_FIELDS = 200
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

S = TypeVar("S")


def read(raw: str, content_type: str, accepted: tuple[str, ...], shape: type[S]) -> S:
    """The body as a ``shape``; an empty one counts as no field.

    Raises UnsupportedMediaType (415), TooLarge (413), BadRequest (400) or Invalid (422), the latter naming the field.
    """
    if not raw:
        return checked({}, shape)
    if kind_of(content_type, accepted) == JSON:
        return checked(read_json(raw), shape)
    return checked(form_values(read_pairs(raw), shape), shape, texts=True)


def kind_of(content_type: str, accepted: tuple[str, ...]) -> str:
    """The media type without its parameters; the first accepted one where none is given. Raises UnsupportedMediaType."""
    kind = content_type.partition(";")[0].strip().lower() if content_type.strip() else accepted[0]
    if kind not in accepted:
        raise UnsupportedMediaType(f"send {' or '.join(accepted)}")
    return kind


def _refuse_too_large(raw: str) -> None:
    if len(raw) > MAX_BYTES or len(raw.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise TooLarge(f"a body has at most {MAX_BYTES} bytes")


def checked(given: Any, shape: type[S], *, texts: bool = False) -> S:
    """``given`` as a ``shape``. Raises Invalid naming the field and what is wrong with it."""
    try:
        return convert(given, shape, texts=texts)
    except msgspec.ValidationError as error:
        raise invalid(str(error)) from None


def read_json(raw: str) -> Any:
    """The JSON value; a key given twice, NaN and Infinity are refused. Raises TooLarge, BadRequest or Invalid."""
    _refuse_too_large(raw)

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise Invalid.field(printable(key), "is given twice")
            found[key] = value
        return found

    def refuse(constant: str) -> Any:
        raise BadRequest(f"{constant} is not JSON")

    try:
        value = json.loads(raw, object_pairs_hook=once, parse_constant=refuse)
    except (ValueError, RecursionError):
        raise BadRequest("this is not JSON") from None
    if "\\ud" in raw or "\\uD" in raw:
        _refuse_halves(value)
    return value


def _refuse_halves(value: Any) -> None:
    """Half of a surrogate pair can be escaped in JSON and is no text: no UTF-8 holds it, and msgspec breaks on it."""
    for name, given in value.items() if isinstance(value, dict) else [("body", value)]:
        try:
            json.dumps([name, given], ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise Invalid.field(printable(name), "has half a character") from None


def read_pairs(raw: str) -> list[tuple[str, str]]:
    """The pairs of a form or a query string. Raises TooLarge or BadRequest."""
    _refuse_too_large(raw)
    try:
        return parse_qsl(raw, keep_blank_values=True, strict_parsing=True, max_num_fields=MAX_FIELDS, errors="replace")
    except ValueError:
        raise BadRequest("this is not a form") from None


def form_values(pairs: list[tuple[str, str]], shape: type) -> dict[str, Any]:
    """The pairs by name: lists for the fields that ``shape`` has as lists; any other name given twice is refused."""
    lists = list_fields(shape)
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in lists:
            found.setdefault(name, []).append(value)
        elif name in found:
            raise Invalid.field(printable(name), "is given twice")
        else:
            found[name] = value
    return found


def read_form(pairs: list[tuple[str, str]], shape: type[S]) -> S:
    """A page's form as a ``shape``. A browser sends an empty text for what was left out: it counts as absent where
    the field may be. Raises Invalid naming every field that something is wrong with, so that nobody mends them one
    by one."""
    fields = _fields(shape)  # type: ignore[arg-type]  # a type is hashable
    optional = {field.encode_name for field in fields if not field.required}
    given = {name: value for name, value in form_values(pairs, shape).items() if value != "" or name not in optional}
    try:
        return checked(given, shape, texts=True)
    except Invalid as first:
        wrong = {field.encode_name: _fault(given.get(field.encode_name), field) for field in fields}
        faults = first.fields | {name: fault for name, fault in wrong.items() if fault}
        raise Invalid(first.message, fields=faults) from None


@cache
def _fields(shape: type) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(shape)


def _fault(value: Any, field: Any) -> str:
    """What is wrong with one field of a form, '' if nothing is."""
    if value is None:
        return "is missing" if field.required else ""
    try:
        convert(value, field.type, texts=True)
    except msgspec.ValidationError as error:
        return next(iter(invalid(str(error)).fields.values()))
    return ""


def typed(pairs: list[tuple[str, str]], shape: type) -> dict[str, Any]:
    """The pairs by name as they were typed, good or not, to be shown again."""
    lists = list_fields(shape)
    found: dict[str, Any] = {}
    for name, value in pairs:
        found[name] = [*found.get(name, []), value] if name in lists else value
    return found


@cache
def list_fields(shape: type) -> frozenset[str]:
    """The fields of a ``shape`` that hold several values."""
    info = msgspec.inspect.type_info(shape)
    return frozenset(
        field.encode_name
        for field in getattr(info, "fields", ())
        if isinstance(field.type, msgspec.inspect.ListType | msgspec.inspect.SetType)
        or (
            isinstance(field.type, msgspec.inspect.UnionType)
            and any(isinstance(kind, msgspec.inspect.ListType) for kind in field.type.types)
        )
    )
