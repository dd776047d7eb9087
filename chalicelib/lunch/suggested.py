"""Keeps what would have helped those whom a round left over, to be read on their week."""

from datetime import date, datetime
from typing import Any

import numpy as np

from chalicelib.database import Database
from chalicelib.lunch import elsewhere, suggestions
from chalicelib.lunch.candidates import Round
from chalicelib.lunch.matching import Reason

COLUMNS = {
    "suggested_hour": "weekday smallint, starts time",
    "suggested_food": "food_type_id smallint",
    "suggested_return": "back date",
    "suggested_place": "location_id integer",
}
"""Table -> what it keeps beside person, week and how many people."""
Rows = dict[int, dict[str, Any]]
"""Row of the round -> what is kept of it."""


def keep(db: Database, given: Round, why: dict[int, Reason], now: datetime) -> None:
    """Keep what would have helped those who are left over, in place of what an earlier round of that week said."""
    people = [given.people[row] for row in why]
    with_hours = [row for row, reason in why.items() if reason != Reason.NO_HOURS]
    found = {
        "suggested_hour": _hours(given, list(why)),
        "suggested_food": _foods(given, [row for row in with_hours if why[row] == Reason.NOBODY_SUITABLE]),
        "suggested_return": _returns(db, given, with_hours, now),
        "suggested_place": _places(db, given, with_hours, now),
    }
    for table, rows in found.items():
        db.run(
            f"DELETE FROM {table} WHERE week = %(week)s AND person_id = ANY(%(people)s)",
            week=given.week.monday,
            people=people,
        )
        names = ", ".join(column.split()[0] for column in COLUMNS[table].split(", "))
        db.each(
            f"INSERT INTO {table} (person_id, week, {names}, people) SELECT person, %(week)s, {names}, people"
            f" FROM json_to_recordset(%(given)s) AS x (person uuid, {COLUMNS[table]}, people integer)",
            [{"person": given.people[row]} | kept for row, kept in rows.items()],
            week=given.week.monday,
        )


def _hours(given: Round, rows: list[int]) -> Rows:
    found = suggestions.hours(given.columns, rows, len(given.week.lunches))
    starts = {row: given.week.start(hour.bit).astimezone(given.week.zone) for row, hour in found.items()}
    return {
        row: {"weekday": starts[row].weekday(), "starts": starts[row].strftime("%H:%M"), "people": hour.people}
        for row, hour in found.items()
    }


def _foods(given: Round, rows: list[int]) -> Rows:
    found = suggestions.foods(given.columns, rows)
    return {row: {"food_type_id": food.food, "people": food.people} for row, food in found.items()}


def _returns(db: Database, given: Round, rows: list[int], now: datetime) -> Rows:
    if not rows:
        return {}
    away = elsewhere.resting(db, given, now)
    found = suggestions.returns(given.columns, rows, away.people, away.back)
    return {row: {"back": str(date.fromordinal(one.back)), "people": one.people} for row, one in found.items()}


def _places(db: Database, given: Round, rows: list[int], now: datetime) -> Rows:
    near = elsewhere.near(db, given, now) if rows else {}
    if not near:
        return {}
    refused = elsewhere.refused(db, [given.people[row] for row in rows])
    eats = {at: ~refused & np.uint64(place.served) for at, place in near.items()}
    found = suggestions.places(given.columns.free[rows], eats, {at: place.people for at, place in near.items()})
    return {rows[one]: {"location_id": at.location, "people": at.people} for one, at in found.items()}
