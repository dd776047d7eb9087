"""The admin's lists as files for a spreadsheet (CSV, RFC 4180): all of what was searched for, not a page of it."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from chalice.app import Response

from chalicelib.admin import audit_log, directory, events, locations, mails, relationships, round_results
from chalicelib.admin.directory import WhichPeople
from chalicelib.admin.events import WhichEvents
from chalicelib.admin.lists import Listing, Which
from chalicelib.database import Database
from chalicelib.lunch.states import Status
from chalicelib.web import Routes
from chalicelib.web.field_types import Body, Line, Number, WeekName

routes = Routes(__name__)

MOST = 10_000
"""Rows of a file; whoever has more searches for less."""
Name = Literal["people", "lunches", "rounds", "locations", "relationships", "mails", "audit"]


class Searched(Body):
    """What was searched for on the page of the list."""

    q: Line = ""
    who: Literal["", "member", "client", "coach", "admin", "banned"] = ""
    week: WeekName | Literal[""] = ""
    location: Number | Literal[""] = ""
    status: Literal[""] | Status = ""


FIND: dict[str, tuple[type[Which], Callable[[Database, Any], Listing[Any]]]] = {
    "people": (WhichPeople, directory.find),
    "lunches": (WhichEvents, events.find),
    "rounds": (Which, round_results.find),
    "locations": (Which, locations.find),
    "relationships": (Which, relationships.find),
    "mails": (Which, mails.find),
    "audit": (Which, audit_log.acts),
}


@routes.page("/admin/lists/{listed}", who="admin")
def file(db: Database, listed: Name, query: Searched, now: datetime) -> Response:
    """The list as a file: a row for everything that is found, at most 10,000; times in UTC."""
    kind, find = FIND[listed]
    given = {field: getattr(query, field) for field in kind.__struct_fields__ if field != "page"}
    text = io.StringIO()
    writer = csv.writer(text)
    for number, row in enumerate(_every(db, kind, find, given)):
        values = msgspec.structs.asdict(row)
        if not number:
            writer.writerow(values)
        writer.writerow(map(cell, values.values()))
    headers: dict[str, str | list[str]] = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{listed}-{now:%Y-%m-%d}.csv"',
    }
    return Response(text.getvalue(), headers=headers)


def _every(
    db: Database, kind: type[Which], find: Callable[[Database, Any], Listing[Any]], given: dict[str, Any]
) -> Iterator[Any]:
    """What is found, page after page."""
    number: int | None = 1
    seen = 0
    while number and seen < MOST:
        listing = find(db, kind(**given, page=number))
        yield from listing.found
        seen += len(listing.found)
        number = listing.next


def cell(value: Any) -> str:
    """A value as a cell. What a spreadsheet would take for a formula stands behind an apostrophe (OWASP, CSV injection)."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="minutes")
    if isinstance(value, list):
        return "; ".join(map(cell, value))
    if isinstance(value, msgspec.Struct):
        return " ".join(cell(part) for name, part in msgspec.structs.asdict(value).items() if name != "id")
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
