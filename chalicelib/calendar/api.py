"""Routes about the calendar: when one is free."""

from datetime import datetime
from typing import Annotated, Literal, TypedDict
from uuid import UUID

import msgspec
from msgspec import Meta

from chalicelib.calendar import availability
from chalicelib.calendar.availability import Availability
from chalicelib.database import Database
from chalicelib.web import Routes
from chalicelib.web.field_types import Body, Day, LocalTime, Zone, wall_time
from chalicelib.web.request import Caller

routes = Routes(__name__)

Days = Annotated[list[Day], Meta(max_length=availability.MOST_EXCEPTIONS)]


class GiveAvailability(Body, rename={"exceptions": "except"}):
    purpose: Literal["lunch", "coaching"]
    start: LocalTime
    end: LocalTime
    timezone: Zone
    weekly: bool = False
    until: Day | None = None
    exceptions: Days = []


class ChangeAvailability(Body, rename={"exceptions": "except"}):
    start: LocalTime | msgspec.UnsetType = msgspec.UNSET
    end: LocalTime | msgspec.UnsetType = msgspec.UNSET
    timezone: Zone | msgspec.UnsetType = msgspec.UNSET
    weekly: bool | msgspec.UnsetType = msgspec.UNSET
    until: Day | None | msgspec.UnsetType = msgspec.UNSET
    exceptions: Days | msgspec.UnsetType = msgspec.UNSET


class WhichAvailability(Body):
    purpose: Literal["lunch", "coaching"] = "lunch"


class Availabilities(TypedDict):
    availability: list[Availability]


@routes.api("POST", "/api/availability", status=201)
def give(db: Database, caller: Caller, body: GiveAvailability, now: datetime) -> Availability:
    """Say when you are free, once or weekly, in local time."""
    return availability.give(
        db,
        caller,
        body.purpose,
        wall_time(body.start, "start"),
        wall_time(body.end, "end"),
        body.timezone,
        body.weekly,
        body.until,
        body.exceptions,
        now,
    )


@routes.api("GET", "/api/availability")
def list_availability(db: Database, caller: Caller, query: WhichAvailability) -> Availabilities:
    """When you said that you are free."""
    return {"availability": availability.mine(db, caller, query.purpose)}


@routes.api("PATCH", "/api/availability/{id}")
def change(db: Database, caller: Caller, id: UUID, body: ChangeAvailability, now: datetime) -> Availability:
    """Change an availability; what is not named stays."""
    changes = {name: value for name, value in msgspec.structs.asdict(body).items() if value is not msgspec.UNSET}
    if "exceptions" in changes:
        changes["except"] = changes.pop("exceptions")
    for name in changes.keys() & {"start", "end"}:
        changes[name] = wall_time(changes[name], name)
    return availability.change(db, caller, id, changes, now)


@routes.api("DELETE", "/api/availability/{id}", status=204)
def withdraw(db: Database, caller: Caller, id: UUID) -> None:
    """Take an availability back."""
    availability.withdraw(db, caller, id)
