"""What would have helped who was left over, as they and admins read it: a sentence for each change, in counts alone."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from chalicelib import rules
from chalicelib.database import Database
from chalicelib.rules import DAYS
from chalicelib.web import formats

NUMBERS = ("three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


class Help(NamedTuple):
    """One change: its kind (hour, food, return, place), what the person reads of it, and what an admin does."""

    kind: str
    sentence: str
    brief: str


# What was said of a place helps nobody who has left it, and an hour nobody whose place is closed. What somebody has done
# since is not proposed to them any more: hours that hold that one every week, a food that they eat by now.
_HERE = """
FROM left_over o JOIN person_location pl ON pl.person_id = o.person_id AND pl.location_id = place_of_round(o.round_id)
JOIN location l ON l.id = pl.location_id JOIN {table} s ON s.person_id = o.person_id AND s.week = o.week
"""
_THAT_WEEK = "WHERE o.week = %(week)s AND o.person_id = ANY(%(people)s)"
_GIVEN = """
EXISTS (SELECT FROM availability v WHERE v.person_id = o.person_id AND v.purpose = 'lunch' AND v.weekly
        AND v.until = 'infinity' AND v.timezone = l.timezone AND extract(isodow FROM v.starts) = s.weekday + 1
        AND v.starts::time <= s.starts AND v.ends >= v.starts::date + s.starts + %(lasts)s)
"""


def of(db: Database, people: Collection[UUID], week: date) -> dict[UUID, list[Help]]:
    """What would have helped each of these people in the week of that Monday. For themselves, admins and jobs."""
    found: dict[UUID, list[Help]] = defaultdict(list)
    lasts = timedelta(minutes=rules.read(db).lunch.minutes)
    for kind, query, said in _KINDS:
        for row in db.rows(query, week=week, people=list(people), lasts=lasts):
            found[row.person].append(Help(kind, *said(row, f"{in_words(row.people)} people")))
    return dict(found)


def in_words(people: int) -> str:
    """``five``; from thirteen on in figures."""
    return NUMBERS[people - 3] if 3 <= people <= 12 else f"{people:,}"


def _hour(row: Any, people: str) -> tuple[str, str]:
    zone = "" if row.timezone == row.lives_in else f" ({row.timezone})"
    when = f"{DAYS[row.weekday]}s at {formats.clock_time(row.starts)}{zone}"
    return (
        f"{people.capitalize()} at {row.place} who eat what you eat are free on {when}.",
        f"{when} ({people})",
    )


def _food(row: Any, people: str) -> tuple[str, str]:
    return (
        f"{people.capitalize()} at {row.place} who are free when you are eat {row.food}, which you refuse.",
        f"{row.food}, which they refuse ({people})",
    )


def _return(row: Any, people: str) -> tuple[str, str]:
    back = formats.day(row.back, year=False)
    return (
        f"{people.capitalize()} at {row.place} who eat what you eat and have hours of yours sit out in that week,"
        f" and are back by {back}.",
        f"pauses that end by {back} ({people})",
    )


def _place(row: Any, people: str) -> tuple[str, str]:
    return (
        f"{people.capitalize()} who have lunch at {row.near}, which is near, eat what you eat and have hours of yours.",
        f"lunch at {row.near} ({people})",
    )


_KINDS = (
    (
        "hour",
        f"SELECT o.person_id AS person, l.name AS place, l.timezone, p.timezone AS lives_in, s.weekday, s.starts, s.people"
        f" {_HERE.format(table='suggested_hour')} JOIN person p ON p.id = o.person_id {_THAT_WEEK} AND l.open"
        f" AND NOT {_GIVEN}",
        _hour,
    ),
    (
        "food",
        f"SELECT o.person_id AS person, l.name AS place, f.name AS food, s.people"
        f" {_HERE.format(table='suggested_food')} JOIN food_type f ON f.id = s.food_type_id"
        f" JOIN refusal r ON r.person_id = o.person_id AND r.food_type_id = s.food_type_id {_THAT_WEEK} AND l.open",
        _food,
    ),
    (
        "return",
        f"SELECT o.person_id AS person, l.name AS place, s.back, s.people"
        f" {_HERE.format(table='suggested_return')} {_THAT_WEEK} AND l.open",
        _return,
    ),
    (
        "place",
        f"SELECT o.person_id AS person, near.name AS near, s.people"
        f" {_HERE.format(table='suggested_place')} JOIN location near ON near.id = s.location_id AND near.open"
        f" {_THAT_WEEK}",
        _place,
    ),
)
"""Kind, query, and how a row of it is said."""
