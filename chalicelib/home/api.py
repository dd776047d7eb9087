"""Routes that speak of everything at once: joining, and /api/me."""

from datetime import datetime
from typing import Any, Literal, TypedDict

import msgspec

from chalicelib.accounts import people
from chalicelib.answers import Yes
from chalicelib.calendar import zones
from chalicelib.callers import Caller, Request
from chalicelib.database import Database
from chalicelib.fields import Body, FoodName, Name, Zone
from chalicelib.home import enrolment
from chalicelib.lunch import food_types, locations
from chalicelib.web import ANYBODY, Routes

routes = Routes(__name__)


class ChangeMe(Body):
    name: Name | msgspec.UnsetType = msgspec.UNSET
    timezone: Zone | msgspec.UnsetType = msgspec.UNSET
    location: Name | None | msgspec.UnsetType = msgspec.UNSET
    refuses: list[FoodName] | msgspec.UnsetType = msgspec.UNSET


class Enrolled(TypedDict):
    success: Yes
    message: Literal["Please log in"]


@routes.api(
    "POST",
    "/Enrollment/Create",
    who=ANYBODY,
    forms=True,
    refusal=lambda message: {"success": False, "message": message},
    refuses=(403, 409, 429),
)
def enrol(request: Request, body: enrolment.Enrol, now: datetime) -> Enrolled:
    """Join with an invitation code. It opens no session: log in next."""
    enrolment.enrol(body, request.address, now)
    return {"success": True, "message": "Please log in"}


@routes.api("GET", "/api/me", banned=None)
def read(db: Database, caller: Caller) -> dict[str, Any]:
    """Who you are here. Without a location you are not matched."""
    account = people.account(db, caller)
    location = locations.of(db, caller)
    return account | {
        "name": caller.name,
        "timezone": caller.timezone,
        "roles": list(caller.roles),
        "banned": caller.banned,
        "location": location.name if location else None,
        "refuses": food_types.refused_by(db, caller),
    }


@routes.api("PATCH", "/api/me")
def change(db: Database, caller: Caller, body: ChangeMe) -> dict[str, Any]:
    """Change your name, zone, location or what you refuse; what is not named stays."""
    name = None if body.name is msgspec.UNSET else body.name
    timezone = None if body.timezone is msgspec.UNSET else zones.zone(body.timezone).key
    people.rename(db, caller, name, timezone)
    if body.location is not msgspec.UNSET:
        locations.choose(db, caller.id, None if body.location is None else locations.named(db, body.location))
    if body.refuses is not msgspec.UNSET:
        food_types.refuse(db, caller.id, food_types.named(db, body.refuses) if body.refuses else [])
    changed: dict[str, Any] = read(db, caller._replace(name=name or caller.name, timezone=timezone or caller.timezone))
    return changed
