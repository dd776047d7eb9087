"""Where people have lunch."""

from typing import Any

from chalicelib.database import Database
from chalicelib.errors import Invalid
from chalicelib.web.request import Caller


def names(db: Database) -> list[str]:
    """The locations one can choose, by name."""
    return [row.name for row in db.rows("SELECT name FROM location WHERE open ORDER BY lower(name)")]


def named(db: Database, name: str, field: str = "location") -> int:
    """The id of the open location of that name, ignoring case. Raises Invalid naming the field."""
    return int(open_one(db, name, field).id)


def open_one(db: Database, name: str, field: str = "location") -> Any:
    """The open location of that name (id, name, timezone), ignoring case. Raises Invalid naming the field."""
    row = db.row("SELECT id, name, timezone FROM location WHERE open AND lower(name) = lower(%(name)s)", name=name)
    if row is None:
        raise Invalid.field(field, "is not a location we know")
    return row


def of(db: Database, caller: Caller) -> Any | None:
    """The caller's location (id, name, timezone, address, meeting_point, open), None without one.

    Without one, or at one that is closed, nobody is matched.
    """
    return db.row(
        "SELECT l.id, l.name, l.timezone, l.address, l.meeting_point, l.open FROM person_location pl"
        " JOIN location l ON l.id = pl.location_id WHERE pl.person_id = %(me)s",
        me=caller.id,
    )


def near(db: Database, location: int) -> list[str]:
    """The names of the open locations near that one, in its zone."""
    rows = db.rows(
        "SELECT o.name FROM location l JOIN location_near n ON l.id IN (n.location_id, n.near_id)"
        " JOIN location o ON o.id IN (n.location_id, n.near_id) AND o.id <> l.id AND o.open AND o.timezone = l.timezone"
        " WHERE l.id = %(here)s ORDER BY lower(o.name)",
        here=location,
    )
    return [row.name for row in rows]


def choices(db: Database, caller: Caller) -> list[tuple[str, str]]:
    """What the caller can choose, each with what is shown: the open locations, and their own where it is closed, so that
    a form that is saved for something else leaves it as it is."""
    mine = of(db, caller)
    closed = [(mine.name, f"{mine.name} (closed)")] if mine and not mine.open else []
    return closed + [(name, name) for name in names(db)]


def chosen(db: Database, caller: Caller, name: str) -> int:
    """The id of the location of that name: an open one, or the caller's own. Raises Invalid naming the field."""
    mine = of(db, caller)
    return int(mine.id) if mine and mine.name.lower() == name.lower() else named(db, name)


def choose(db: Database, person: Any, location: int | None) -> None:
    """Make it the person's location; None: they have none, and are not matched."""
    if location is None:
        db.run("DELETE FROM person_location WHERE person_id = %(person)s", person=person)
        return
    db.run(
        "INSERT INTO person_location (person_id, location_id) VALUES (%(person)s, %(location)s)"
        " ON CONFLICT (person_id) DO UPDATE SET location_id = excluded.location_id",
        person=person,
        location=location,
    )
