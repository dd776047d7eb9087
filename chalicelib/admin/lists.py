"""Long lists, a page at a time, searched by what was typed."""

from typing import Annotated, Any, Generic, TypeVar

import msgspec
from msgspec import Meta

from chalicelib.database import Database
from chalicelib.web.field_types import Body, Line

PAGE_SIZE = 50

T = TypeVar("T")
PageNumber = Annotated[int, Meta(ge=1, le=100_000)]


class Which(Body):
    """Which part of a list: what it must contain, and which page of it."""

    q: Line = ""
    page: PageNumber = 1


class WhichAndDone(Which):
    """The same on a page to which an act leads: which act it was (see audit_log)."""

    done: Line = ""


class Done(Body):
    """Which act led to a page."""

    done: Line = ""


class Listing(msgspec.Struct, Generic[T]):
    """A page of a list, and the number of the next one where there is more."""

    found: list[T]
    next: int | None


def listing(db: Database, shape: type[T], sql: str, which: Which, size: int = PAGE_SIZE, **values: Any) -> Listing[T]:
    """The rows of ``sql`` (ordered, without a limit; it may use ``%(q)s``) that stand on that page, each a ``shape``."""
    rows = db.rows(
        f"{sql} LIMIT %(limit)s OFFSET %(offset)s",
        q=which.q.strip().lower(),
        limit=size + 1,
        offset=size * (which.page - 1),
        **values,
    )
    return Listing(shaped(rows[:size], shape), which.page + 1 if len(rows) > size else None)


def shaped(rows: list[Any], shape: type[T]) -> list[T]:
    """Rows as structs of that type, by the names of their columns."""
    return msgspec.convert([row._asdict() for row in rows], list[shape])  # type: ignore[valid-type]
