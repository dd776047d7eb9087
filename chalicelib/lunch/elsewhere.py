"""Who a round cannot bring together with those it left over: who sits out in that week, and who has lunch at a place
near. They are counted to say what would help, and for nothing else."""

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np

from chalicelib import rules
from chalicelib.database import Database
from chalicelib.lunch import candidates
from chalicelib.lunch.suggestions import Array, Others

LONGEST_AWAY = timedelta(weeks=13)
"""Whoever comes back later than that helps nobody now."""
ANY_NUMBER = 2**31 - 1


class Away(NamedTuple):
    """Who sits out, and the Monday, as an ordinal, from which each of them is matched again."""

    people: Others
    back: Array


class Near(NamedTuple):
    """A place near: what is served there as a mask, and who has lunch there."""

    served: int
    people: Others


def resting(db: Database, given: candidates.Round, now: datetime) -> Away:
    """Who would be in the round, but sits out in its week and is back before long."""
    most = rules.read(db).lunch.per_week
    rows = candidates.people_at(db, given.location.id, given.week, most, resting=True)
    back = _back(db, [row.id for row in rows], given.week.monday)
    rows = [row for row in rows if back[row.id] <= given.week.monday + LONGEST_AWAY]
    return Away(_others(db, rows, given, now), np.array([back[row.id].toordinal() for row in rows], np.int64))


def near(db: Database, given: candidates.Round, now: datetime) -> dict[int, Near]:
    """The open places near in the same zone, and who has lunch there. Whether their own round has run already makes no
    difference: hours count as they were given."""
    places = db.rows(
        """
        SELECT l.id, coalesce((SELECT bit_or(1::bigint << f.food_type_id) FROM location_food f
                               WHERE f.location_id = l.id), 0) AS served
        FROM location_near n JOIN location l ON l.id IN (n.location_id, n.near_id) AND l.id <> %(here)s
        WHERE %(here)s IN (n.location_id, n.near_id) AND l.open AND l.timezone = %(timezone)s ORDER BY l.id
        """,
        here=given.location.id,
        timezone=given.location.timezone,
    )
    found = {}
    for place in places:
        rows = candidates.people_at(db, place.id, given.week, ANY_NUMBER)
        found[place.id] = Near(place.served & candidates.ALL_FOODS, _others(db, rows, given, now))
    return found


def refused(db: Database, people: list[UUID]) -> Array:
    """What each of them refuses, as a mask."""
    rows = db.rows(
        "SELECT person_id, bit_or(1::bigint << food_type_id) AS mask FROM refusal"
        " WHERE person_id = ANY(%(people)s) GROUP BY person_id",
        people=people,
    )
    masks = {row.person_id: row.mask & candidates.ALL_FOODS for row in rows}
    return np.array([masks.get(person, 0) for person in people], np.uint64)


def _others(db: Database, rows: list[Any], given: candidates.Round, now: datetime) -> Others:
    free = candidates.hours_of(db, rows, given.week, now, booked=False)
    return Others(free, np.array([row.eats & candidates.ALL_FOODS for row in rows], np.uint64))


def _back(db: Database, people: list[UUID], monday: date) -> dict[UUID, date]:
    """The first Monday from that one on in which each of them does not pause: one pause may follow another."""
    back = dict.fromkeys(people, monday)
    for row in db.rows(
        "SELECT person_id, lower(weeks) AS begins, upper(weeks) AS ends FROM pause"
        " WHERE person_id = ANY(%(people)s) AND upper(weeks) > %(monday)s ORDER BY person_id, weeks",
        people=people,
        monday=monday,
    ):
        if row.begins <= back[row.person_id]:
            back[row.person_id] = row.ends
    return back
