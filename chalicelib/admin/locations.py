"""Locations as admins keep them: where lunches are, what is served there, which others are near, and whether new people
may choose it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec

from chalicelib.accounts import audit
from chalicelib.admin.lists import Listing, Which, listing, shaped
from chalicelib.calendar import zones
from chalicelib.database import Database
from chalicelib.errors import Invalid, NotFound
from chalicelib.lunch import food_types, states
from chalicelib.web.request import Caller


class Location(msgspec.Struct):
    """A location. A closed one keeps its history; nobody can choose it, and there are no rounds. ``members`` have
    lunch there, ``lunches`` are to come; who has lunch there could have it at those that are ``near``, in its zone."""

    id: int
    name: str
    timezone: str
    address: str
    meeting_point: str
    open: bool
    foods: list[str]
    near: list[str]
    members: int
    lunches: int


_LOCATION = """
SELECT l.id, l.name, l.timezone, l.address, l.meeting_point, l.open,
       ARRAY(SELECT f.name FROM location_food lf JOIN food_type f ON f.id = lf.food_type_id
             WHERE lf.location_id = l.id ORDER BY lower(f.name)) AS foods,
       ARRAY(SELECT o.name FROM location_near n JOIN location o ON o.id IN (n.location_id, n.near_id) AND o.id <> l.id
             WHERE l.id IN (n.location_id, n.near_id) AND o.timezone = l.timezone ORDER BY lower(o.name)) AS near,
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
    near: Collection[str],
    now: datetime,
) -> Location:
    """Open a location. Raises Invalid for a zone, a food type or a place near that we do not know, Refused for a name that
    is taken."""
    id = db.value(
        "INSERT INTO location (name, timezone, address, meeting_point)"
        " VALUES (%(name)s, %(timezone)s, %(address)s, %(meeting_point)s) RETURNING id",
        name=name,
        timezone=zones.zone(timezone).key,
        address=address,
        meeting_point=meeting_point,
    )
    _serve(db, id, foods)
    _keep_near(db, id, near)
    audit.note(db, caller, "opened the location", name, "", now)
    return read(db, id)


def change(db: Database, caller: Caller, location: int, changes: dict[str, Any], why: str, now: datetime) -> Location:
    """Change what is named: name, timezone, address, meeting_point, open, foods and near (their names).

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
    if "near" in changes:
        _keep_near(db, location, changes["near"])
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


def _keep_near(db: Database, location: int, near: Collection[str]) -> None:
    """Make these, and no others in its zone, the places that are near, for both sides. Raises Invalid."""
    db.run("DELETE FROM location_near WHERE %(id)s IN (location_id, near_id)", id=location)
    lowered = sorted({name.lower() for name in near})
    made = db.run(
        "INSERT INTO location_near (location_id, near_id) SELECT least(l.id, o.id), greatest(l.id, o.id)"
        " FROM location l JOIN location o ON o.timezone = l.timezone AND o.id <> l.id"
        " WHERE l.id = %(id)s AND lower(o.name) = ANY(%(names)s)",
        id=location,
        names=lowered,
    )
    if made != len(lowered):
        raise Invalid.field("near", "has a location that is not another one in the same time zone")


def _what_changed(before: Location, after: Location) -> str:
    changed = [
        f"{field}: {getattr(before, field)} to {getattr(after, field)}"
        for field in ("name", "timezone", "address", "meeting_point")
        if getattr(before, field) != getattr(after, field)
    ]
    for field in ("foods", "near"):
        was, now = getattr(before, field), getattr(after, field)
        if was != now:
            changed.append(f"{field}: {', '.join(was) or 'none'} to {', '.join(now) or 'none'}")
    verb = "changed" if before.open == after.open else "opened" if after.open else "closed"
    return f"{verb} the location" + (f" ({'; '.join(changed)})" if changed else "")
