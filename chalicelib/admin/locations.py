"""Locations as admins keep them: where lunches are, what is served there, and whether new people may choose it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec

from chalicelib.accounts import audit
from chalicelib.admin.lists import Listing, Which, listing, shaped
from chalicelib.calendar import zones
from chalicelib.database import Database
from chalicelib.errors import NotFound
from chalicelib.lunch import food_types, states
from chalicelib.web.request import Caller


class Location(msgspec.Struct):
    """A location. A closed one keeps its history; nobody can choose it, and there are no rounds. ``members`` have
    lunch there, ``lunches`` are to come."""

    id: int
    name: str
    timezone: str
    address: str
    meeting_point: str
    open: bool
    foods: list[str]
    members: int
    lunches: int


_LOCATION = """
SELECT l.id, l.name, l.timezone, l.address, l.meeting_point, l.open,
       ARRAY(SELECT f.name FROM location_food lf JOIN food_type f ON f.id = lf.food_type_id
             WHERE lf.location_id = l.id ORDER BY lower(f.name)) AS foods,
       (SELECT count(*) FROM person_location pl WHERE pl.location_id = l.id) AS members,
       (SELECT count(*) FROM event e WHERE e.location_id = l.id AND e.status IN ('Proposed', 'Confirmed')
        AND e.starts > present()) AS lunches
FROM location l
"""


def find(db: Database, which: Which) -> Listing[Location]:
    """Locations by name or address, the open ones first."""
    return listing(
        db,
        Location,
        f"{_LOCATION} WHERE position(%(q)s in lower(l.name || E'\\n' || l.address)) > 0"
        " ORDER BY l.open DESC, lower(l.name)",
        which,
    )


def open_ones(db: Database) -> list[Location]:
    """The locations that have rounds, by name."""
    return shaped(db.rows(f"{_LOCATION} WHERE l.open ORDER BY lower(l.name)"), Location)


def all_of_them(db: Database) -> list[Location]:
    """Every location, closed ones last, by name."""
    return shaped(db.rows(f"{_LOCATION} ORDER BY l.open DESC, lower(l.name)"), Location)


def read(db: Database, location: int) -> Location:
    """One location. Raises NotFound."""
    found = db.rows(f"{_LOCATION} WHERE l.id = %(id)s", id=location)
    if not found:
        raise NotFound
    return shaped(found, Location)[0]


def add(
    db: Database,
    caller: Caller,
    name: str,
    timezone: str,
    address: str,
    meeting_point: str,
    foods: Collection[str],
    now: datetime,
) -> Location:
    """Open a location. Raises Invalid for a zone or a food type we do not know, Refused for a name that is taken."""
    id = db.value(
        "INSERT INTO location (name, timezone, address, meeting_point)"
        " VALUES (%(name)s, %(timezone)s, %(address)s, %(meeting_point)s) RETURNING id",
        name=name,
        timezone=zones.zone(timezone).key,
        address=address,
        meeting_point=meeting_point,
    )
    _serve(db, id, foods)
    audit.note(db, caller, "opened the location", name, "", now)
    return read(db, id)


def change(db: Database, caller: Caller, location: int, changes: dict[str, Any], why: str, now: datetime) -> Location:
    """Change what is named: name, timezone, address, meeting_point, open, foods (their names).

    Lunches that were made keep their instants; their people are told of another name, address or meeting point. One
    that is closed has no rounds any more, also none that were asked for. Raises NotFound, Invalid, Refused.
    """
    before = read(db, location)
    if "timezone" in changes:
        zones.zone(changes["timezone"])
    columns = [name for name in ("name", "timezone", "address", "meeting_point", "open") if name in changes]
    if columns:
        db.run(
            f"UPDATE location SET {', '.join(f'{name} = %({name})s' for name in columns)} WHERE id = %(id)s",
            id=location,
            **{name: changes[name] for name in columns},
        )
    if "foods" in changes:
        _serve(db, location, changes["foods"])
    after = read(db, location)
    if any(getattr(after, field) != getattr(before, field) for field in ("name", "address", "meeting_point")):
        states.move_place(db, location, now)
    if before.open and not after.open:
        db.run("DELETE FROM asked_round WHERE location_id = %(id)s", id=location)
    if after != before:
        audit.note(db, caller, _what_changed(before, after), before.name, why, now)
    return after


def _serve(db: Database, location: int, foods: Collection[str]) -> None:
    served = food_types.named(db, foods, "foods") if foods else []
    db.run("DELETE FROM location_food WHERE location_id = %(id)s", id=location)
    db.many("INSERT INTO location_food (location_id, food_type_id) VALUES %s", [(location, food) for food in served])


def _what_changed(before: Location, after: Location) -> str:
    changed = [
        f"{field}: {getattr(before, field)} to {getattr(after, field)}"
        for field in ("name", "timezone", "address", "meeting_point")
        if getattr(before, field) != getattr(after, field)
    ]
    if before.foods != after.foods:
        changed.append(f"foods: {', '.join(before.foods) or 'none'} to {', '.join(after.foods) or 'none'}")
    verb = "changed" if before.open == after.open else "opened" if after.open else "closed"
    return f"{verb} the location" + (f" ({'; '.join(changed)})" if changed else "")
