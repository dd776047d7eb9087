"""Pauses: whole ISO weeks in which a member sits out. Lunches that were made before stay as they are."""

from datetime import date, datetime, timedelta
from typing import TypedDict
from uuid import UUID, uuid4

from chalicelib.calendar import zones
from chalicelib.database import Database
from chalicelib.errors import Invalid, NotFound
from chalicelib.web.request import Caller

LONGEST = 53
"""Weeks of a pause at most."""
FARTHEST = timedelta(days=2 * 366)
MOST = 50
"""Pauses a person may have that are not over."""


class Pause(TypedDict):
    """Weeks in which somebody sits out, both included."""

    id: UUID
    first: str
    last: str


def begin(db: Database, caller: Caller, first: str, last: str, now: datetime) -> Pause:
    """Sit out from one week to another, both included (``2026-W51``); the pause. Raises Invalid, Refused."""
    begins, monday = zones.week_of(first, "first"), zones.week_of(last, "last")
    today = zones.day_of(now, caller.timezone)
    if monday < begins:
        raise Invalid.field("last", "must not be before first")
    if monday < zones.monday(today):
        raise Invalid.field("last", "must not be past")
    if begins > today + FARTHEST:
        raise Invalid.field("first", "is too far ahead: two years at most")
    if monday - begins >= timedelta(weeks=LONGEST):
        raise Invalid.field("last", f"makes it too long: {LONGEST} weeks at most")
    if len(mine(db, caller, now)) >= MOST:
        raise Invalid.field("first", f"there are {MOST} pauses already")
    id = uuid4()
    db.run(
        "INSERT INTO pause (id, person_id, weeks) VALUES (%(id)s, %(me)s, daterange(%(begins)s, %(ends)s))",
        id=id,
        me=caller.id,
        begins=begins,
        ends=monday + timedelta(days=7),
    )
    return _shown(id, begins, monday + timedelta(days=7))


def mine(db: Database, caller: Caller, now: datetime) -> list[Pause]:
    """The caller's pauses that are not over, in order."""
    rows = db.rows(
        "SELECT id, lower(weeks) AS begins, upper(weeks) AS ends FROM pause"
        " WHERE person_id = %(me)s AND upper(weeks) > %(today)s ORDER BY weeks",
        me=caller.id,
        today=zones.day_of(now, caller.timezone),
    )
    return [_shown(row.id, row.begins, row.ends) for row in rows]


def holds(db: Database, caller: Caller, monday: date) -> bool:
    """Whether the caller sits out in the week of that Monday."""
    return bool(
        db.value(
            "SELECT EXISTS (SELECT FROM pause WHERE person_id = %(me)s AND weeks @> %(monday)s::date)",
            me=caller.id,
            monday=monday,
        )
    )


def end(db: Database, caller: Caller, id: UUID) -> None:
    """Take a pause back. Raises NotFound."""
    if not db.run("DELETE FROM pause WHERE id = %(id)s AND person_id = %(me)s", id=id, me=caller.id):
        raise NotFound("There is no such pause of yours")


def _shown(id: UUID, begins: date, ends: date) -> Pause:
    return {"id": id, "first": zones.week_name(begins), "last": zones.week_name(ends - timedelta(days=7))}
