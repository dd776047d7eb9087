"""Food types as admins keep them: 64 at most, for each is a bit of the matcher's masks."""

from datetime import datetime

import msgspec

from chalicelib.accounts import audit
from chalicelib.admin.lists import shaped
from chalicelib.database import Database
from chalicelib.errors import NotFound
from chalicelib.messaging import locks
from chalicelib.web.request import Caller


class FoodType(msgspec.Struct):
    """A food type: how many locations serve it, people refuse it, lunches had it."""

    id: int
    name: str
    locations: int
    refusals: int
    lunches: int


_FOOD_TYPE = """
SELECT f.id, f.name, (SELECT count(*) FROM location_food lf WHERE lf.food_type_id = f.id) AS locations,
       (SELECT count(*) FROM refusal r WHERE r.food_type_id = f.id) AS refusals,
       (SELECT count(*) FROM event_food ef WHERE ef.food_type_id = f.id) AS lunches
FROM food_type f
"""


def find(db: Database) -> list[FoodType]:
    """All food types, by name."""
    return shaped(db.rows(f"{_FOOD_TYPE} ORDER BY lower(f.name)"), FoodType)


def read(db: Database, food_type: int) -> FoodType:
    """One food type. Raises NotFound."""
    found = db.rows(f"{_FOOD_TYPE} WHERE f.id = %(id)s", id=food_type)
    if not found:
        raise NotFound
    return shaped(found, FoodType)[0]


def add(db: Database, caller: Caller, name: str, now: datetime) -> FoodType:
    """Add a food type. Raises Conflict for a name that is taken, and for the 65th."""
    locks.hold(db, "food types")
    # Without a free bit it is 64, which the constraint refuses with its own sentence.
    id = db.value(
        "INSERT INTO food_type (id, name) SELECT coalesce(min(free), 64), %(name)s FROM generate_series(0, 63) free"
        " WHERE NOT EXISTS (SELECT FROM food_type f WHERE f.id = free) RETURNING id",
        name=name,
    )
    audit.note(db, caller, "added the food type", name, "", now)
    return read(db, id)


def rename(db: Database, caller: Caller, food_type: int, name: str, now: datetime) -> FoodType:
    """Give a food type another name. Raises NotFound, Refused for a name that is taken."""
    before = read(db, food_type)
    if name != before.name:
        db.run("UPDATE food_type SET name = %(name)s WHERE id = %(id)s", name=name, id=food_type)
        audit.note(db, caller, f"renamed the food type to {name}", before.name, "", now)
    return read(db, food_type)


def remove(db: Database, caller: Caller, food_type: int, now: datetime) -> None:
    """Remove a food type. Raises NotFound, and Refused while somebody refuses it, serves it or had it."""
    name = read(db, food_type).name
    db.run("DELETE FROM food_type WHERE id = %(id)s", id=food_type)
    audit.note(db, caller, "removed the food type", name, "", now)
