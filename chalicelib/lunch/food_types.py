"""What can be eaten, and what a person refuses to eat."""

from collections.abc import Collection
from typing import Any

from chalicelib.database import Database
from chalicelib.errors import Invalid
from chalicelib.web.request import Caller


def names(db: Database) -> list[str]:
    """All food types, by name."""
    return [row.name for row in db.rows("SELECT name FROM food_type ORDER BY lower(name)")]


def named(db: Database, wanted: Collection[str], field: str = "refuses") -> list[int]:
    """The ids of the food types of those names, ignoring case. Raises Invalid naming the field."""
    lowered = {name.lower() for name in wanted}
    rows = db.rows(
        "SELECT id, lower(name) AS name FROM food_type WHERE lower(name) = ANY(%(names)s)", names=list(lowered)
    )
    if len(rows) != len(lowered):
        raise Invalid.field(field, "has a food type we do not know")
    return [row.id for row in rows]


def refused_by(db: Database, caller: Caller) -> list[str]:
    """The names of what the caller refuses."""
    rows = db.rows(
        "SELECT f.name FROM refusal r JOIN food_type f ON f.id = r.food_type_id WHERE r.person_id = %(me)s ORDER BY lower(f.name)",
        me=caller.id,
    )
    return [row.name for row in rows]


def refuse(db: Database, person: Any, food_types: Collection[int]) -> None:
    """Make these, and no others, what the person refuses."""
    db.run("DELETE FROM refusal WHERE person_id = %(person)s", person=person)
    db.many(
        "INSERT INTO refusal (person_id, food_type_id) VALUES %s", [(person, food) for food in sorted(set(food_types))]
    )


def accept(db: Database, person: Any, food_type: int) -> None:
    """Have the person refuse this one no more."""
    db.run(
        "DELETE FROM refusal WHERE person_id = %(person)s AND food_type_id = %(food)s", person=person, food=food_type
    )
