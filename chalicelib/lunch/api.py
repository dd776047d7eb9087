"""Routes about lunch: my events, public events, what there is to choose from."""

from datetime import datetime
from typing import Any, TypedDict

from chalicelib.answers import Yes
from chalicelib.callers import Caller
from chalicelib.database import Database
from chalicelib.fields import Body, FoodName, Name
from chalicelib.lunch import events, food_types, locations
from chalicelib.web import Routes

routes = Routes(__name__)


class WhichEvents(Body):
    location: Name | None = None
    food_type: FoodName | None = None


class Appointments(TypedDict):
    success: Yes
    message: None
    appointments: list[events.Appointment]


class Locations(TypedDict):
    success: Yes
    message: None
    locations: list[str]


class FoodTypes(TypedDict):
    success: Yes
    message: None
    food_types: list[str]


def _appointments(found: list[Any]) -> Appointments:
    return {"success": True, "message": None, "appointments": [events.appointment(event) for event in found]}


def _refused(key: str) -> Any:
    return lambda message: {"success": False, "message": message, key: []}


@routes.api("GET", "/MyEvents", counted=True, refusal=_refused("appointments"))
def my_events(db: Database, caller: Caller, now: datetime) -> Appointments:
    """The lunches you approved that are not over yet."""
    return _appointments(events.mine(db, caller, now))


@routes.api("GET", "/PublicEvents", counted=True, refusal=_refused("appointments"))
def public_events(db: Database, caller: Caller, query: WhichEvents, now: datetime) -> Appointments:
    """Public lunches of the next four weeks, of one location or with one food type if you like."""
    location = locations.named(db, query.location) if query.location is not None else None
    food = food_types.named(db, [query.food_type], "food_type")[0] if query.food_type is not None else None
    return _appointments(events.public(db, now, location, food))


@routes.api("GET", "/ValidLocations", counted=True, refusal=_refused("locations"))
def valid_locations(db: Database, caller: Caller) -> Locations:
    """The names of the locations."""
    return {"success": True, "message": None, "locations": locations.names(db)}


@routes.api("GET", "/ValidFoodTypes", counted=True, refusal=_refused("food_types"))
def valid_food_types(db: Database, caller: Caller) -> FoodTypes:
    """The names of the food types."""
    return {"success": True, "message": None, "food_types": food_types.names(db)}
