"""Routes about lunch: my events, public events, what there is to choose from."""

from datetime import datetime
from typing import Any

from chalicelib.callers import Caller
from chalicelib.database import Database
from chalicelib.fields import Body, FoodName, Name
from chalicelib.lunch import events, food_types, locations
from chalicelib.web import Routes

routes = Routes(__name__)


class WhichEvents(Body):
    location: Name | None = None
    food_type: FoodName | None = None


def _listing(key: str, found: list[Any]) -> dict[str, Any]:
    return {"success": True, "message": None, key: found}


def _refused(key: str) -> Any:
    return lambda message: {"success": False, "message": message, key: []}


@routes.api("GET", "/MyEvents", counted=True, refusal=_refused("appointments"))
def my_events(db: Database, caller: Caller, now: datetime) -> dict[str, Any]:
    """The lunches you approved that are not over yet."""
    return _listing("appointments", [events.appointment(event) for event in events.mine(db, caller, now)])


@routes.api("GET", "/PublicEvents", counted=True, refusal=_refused("appointments"))
def public_events(db: Database, caller: Caller, query: WhichEvents, now: datetime) -> dict[str, Any]:
    """Public lunches of the next four weeks, of one location or with one food type if you like."""
    location = locations.named(db, query.location) if query.location is not None else None
    food = food_types.named(db, [query.food_type], "food_type")[0] if query.food_type is not None else None
    return _listing("appointments", [events.appointment(event) for event in events.public(db, now, location, food)])


@routes.api("GET", "/ValidLocations", counted=True, refusal=_refused("locations"))
def valid_locations(db: Database, caller: Caller) -> dict[str, Any]:
    """The names of the locations."""
    return _listing("locations", locations.names(db))


@routes.api("GET", "/ValidFoodTypes", counted=True, refusal=_refused("food_types"))
def valid_food_types(db: Database, caller: Caller) -> dict[str, Any]:
    """The names of the food types."""
    return _listing("food_types", food_types.names(db))
