"""What would help who was left over, and the press that does it: an hour given, or a food no more refused."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from chalicelib import rules
from chalicelib.calendar import availability, zones
from chalicelib.database import Database
from chalicelib.errors import Conflict
from chalicelib.lunch import food_types, hours_pages, locations
from chalicelib.rules import DAYS
from chalicelib.web import Routes
from chalicelib.web.field_types import Empty
from chalicelib.web.request import Caller
from chalicelib.web.responses import Redirect

routes = Routes(__name__)
NUMBERS = ("three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
TAKEN_BACK = "This suggestion is not there any more"


def of(db: Database, person: UUID, week: date) -> dict[str, Any]:
    """What would have helped that person in that week: ``hour`` (weekday, starts, people) and ``food`` (name, people),
    each None where nothing of the kind would."""
    hour = db.row(
        "SELECT weekday, starts, people FROM suggested_hour WHERE person_id = %(id)s AND week = %(week)s",
        id=person,
        week=week,
    )
    food = db.row(
        "SELECT f.id, f.name, s.people FROM suggested_food s JOIN food_type f ON f.id = s.food_type_id"
        " WHERE s.person_id = %(id)s AND s.week = %(week)s",
        id=person,
        week=week,
    )
    return {
        "hour": hour and {"day": DAYS[hour.weekday], "starts": hour.starts, "people": in_words(hour.people)},
        "food": food and {"name": food.name, "people": in_words(food.people)},
    }


def in_words(people: int) -> str:
    """``five people``; from thirteen on in figures."""
    return f"{NUMBERS[people - 3] if 3 <= people <= 12 else people} people"


@routes.form("/availability/suggested/hour", shows=hours_pages.week)
def add_hour(db: Database, caller: Caller, body: Empty, now: datetime) -> Redirect:
    """The suggested hour, every week from now on, in the place's time."""
    taken = db.rows("DELETE FROM suggested_hour WHERE person_id = %(me)s RETURNING week, weekday, starts", me=caller.id)
    location = locations.of(db, caller)
    if not taken or location is None:
        raise Conflict(TAKEN_BACK)
    newest = max(taken, key=lambda row: row.week)
    today = zones.day_of(now, location.timezone)
    day = today + timedelta(days=(newest.weekday - today.weekday()) % 7)
    start = datetime.combine(day, newest.starts)
    end = start + timedelta(minutes=rules.read(db).lunch.minutes)
    availability.give(db, caller, "lunch", start, end, location.timezone, True, None, [], now)
    return Redirect("/availability?done=suggested")


@routes.form("/availability/suggested/food", shows=hours_pages.week)
def eat_food(db: Database, caller: Caller, body: Empty) -> Redirect:
    """The suggested food is refused no more."""
    taken = db.rows("DELETE FROM suggested_food WHERE person_id = %(me)s RETURNING week, food_type_id", me=caller.id)
    if not taken:
        raise Conflict(TAKEN_BACK)
    food = max(taken, key=lambda row: row.week).food_type_id
    food_types.accept(db, caller.id, food)
    return Redirect("/availability?done=eats")
