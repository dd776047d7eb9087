"""The press that does what would help: an hour given, a food no more refused, lunch at a place near."""

from datetime import datetime, timedelta
from typing import Any

from chalicelib import rules
from chalicelib.calendar import availability, zones
from chalicelib.database import Database
from chalicelib.errors import Conflict
from chalicelib.lunch import food_types, hours_pages, locations
from chalicelib.web import Routes
from chalicelib.web.field_types import Empty
from chalicelib.web.request import Caller
from chalicelib.web.responses import Redirect

routes = Routes(__name__)
TAKEN_BACK = "This suggestion is not there any more"


@routes.form("/availability/suggested/hour", shows=hours_pages.week)
def add_hour(db: Database, caller: Caller, body: Empty, now: datetime) -> Redirect:
    """The suggested hour, every week from now on, in the place's time."""
    location = _place(db, caller)
    newest = _taken(db, caller, "suggested_hour")
    today = zones.day_of(now, location.timezone)
    day = today + timedelta(days=(newest.weekday - today.weekday()) % 7)
    start = datetime.combine(day, newest.starts)
    end = start + timedelta(minutes=rules.read(db).lunch.minutes)
    availability.give(db, caller, "lunch", start, end, location.timezone, True, None, [], now)
    return Redirect("/availability?done=suggested")


@routes.form("/availability/suggested/food", shows=hours_pages.week)
def eat_food(db: Database, caller: Caller, body: Empty) -> Redirect:
    """The suggested food is refused no more."""
    newest = _taken(db, caller, "suggested_food")
    food_types.accept(db, caller.id, newest.food_type_id)
    return Redirect("/availability?done=eats")


@routes.form("/availability/suggested/place", shows=hours_pages.week)
def go_there(db: Database, caller: Caller, body: Empty) -> Redirect:
    """The suggested place is one's location."""
    newest = _taken(db, caller, "suggested_place")
    locations.choose(db, caller.id, newest.location_id)
    return Redirect("/availability?done=place")


def _place(db: Database, caller: Caller) -> Any:
    """The caller's location. Raises Conflict where they have none: then no suggestion is about it."""
    location = locations.of(db, caller)
    if location is None:
        raise Conflict(TAKEN_BACK)
    return location


def _taken(db: Database, caller: Caller, table: str) -> Any:
    """The newest suggestion of that table, which is done now and so is none any more. Raises Conflict where there is none
    that is about the caller's location."""
    rows = db.rows(
        f"DELETE FROM {table} s USING left_over o WHERE s.person_id = %(me)s AND o.person_id = s.person_id"
        " AND o.week = s.week AND place_of_round(o.round_id) = %(here)s RETURNING s.*",
        me=caller.id,
        here=_place(db, caller).id,
    )
    if not rows:
        raise Conflict(TAKEN_BACK)
    return max(rows, key=lambda row: row.week)
