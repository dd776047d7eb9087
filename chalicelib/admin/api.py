"""Routes of admins. To everybody else they do not exist (404)."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

import msgspec
from msgspec import UNSET, Meta, UnsetType

from chalicelib.admin import (
    audit_log,
    directory,
    events,
    food_types,
    invitations,
    locations,
    messages,
    roles,
    round_hours,
    round_results,
)
from chalicelib.admin.audit_log import Act
from chalicelib.admin.directory import Person, Role, WhichPeople
from chalicelib.admin.events import Event, WhichEvents
from chalicelib.admin.lists import Listing, Which
from chalicelib.admin.round_results import Round
from chalicelib.database import Database
from chalicelib.web import Routes
from chalicelib.web.field_types import Body, FoodName, Line, Name, Number, Reason, WeekName, Zone
from chalicelib.web.request import Caller, Request

routes = Routes(__name__)

Foods = Annotated[list[FoodName], Meta(max_length=64)]
Places = Annotated[list[Name], Meta(max_length=100)]


class Why(Body):
    why: Reason


class Invite(Body):
    addresses: invitations.Addresses


class AddLocation(Body):
    name: Name
    timezone: Zone
    address: Line = ""
    meeting_point: Line = ""
    foods: Foods = []
    near: Places = []


class ChangeLocation(Body):
    name: Name | UnsetType = UNSET
    timezone: Zone | UnsetType = UNSET
    address: Line | UnsetType = UNSET
    meeting_point: Line | UnsetType = UNSET
    open: bool | UnsetType = UNSET
    foods: Foods | UnsetType = UNSET
    near: Places | UnsetType = UNSET
    why: Line = ""


class NameFoodType(Body):
    name: FoodName


class AskRound(Body):
    location: Number
    week: WeekName
    why: Line = ""


class ListOfFoodTypes(msgspec.Struct):
    found: list[food_types.FoodType]


class EventWithReviews(msgspec.Struct):
    event: Event
    reviews: list[str]


class RoundWithLeftOver(msgspec.Struct):
    round: Round
    hours: list[round_hours.Hour]
    left_over: list[round_results.LeftOver]


class Asked(msgspec.Struct):
    location: int
    week: str


def api(method: str, path: str, **more: Any) -> Callable[..., Any]:
    return routes.api(method, f"/api/admin{path}", who="admin", **more)


@api("GET", "/people")
def find_people(db: Database, query: WhichPeople) -> Listing[Person]:
    """People by name, username, e-mail or slug."""
    return directory.find(db, query)


@api("GET", "/people/{person}")
def read_person(db: Database, person: UUID) -> Person:
    """One person."""
    return directory.read(db, person)


@api("PUT", "/people/{person}/ban")
def ban(db: Database, caller: Caller, person: UUID, body: Why, now: datetime) -> Person:
    """Ban somebody: they are withdrawn from their coming lunches and calls, and the others are told."""
    directory.ban(db, caller, person, body.why, now)
    return directory.read(db, person)


@api("DELETE", "/people/{person}/ban", status=204)
def unban(db: Database, caller: Caller, person: UUID, query: Why, now: datetime) -> None:
    """Let somebody in again."""
    directory.unban(db, caller, person, query.why, now)


@api("PUT", "/people/{person}/roles/{role}")
def grant_role(db: Database, caller: Caller, person: UUID, role: Role, body: Why, now: datetime) -> Person:
    """Give somebody a role."""
    roles.grant(db, caller, person, role, body.why, now)
    return directory.read(db, person)


@api("DELETE", "/people/{person}/roles/{role}", status=204)
def take_role(db: Database, caller: Caller, person: UUID, role: Role, query: Why, now: datetime) -> None:
    """Take a role from somebody; the last admin stays one."""
    roles.take(db, caller, person, role, query.why, now)


@api("POST", "/invitations", status=201)
def invite(db: Database, caller: Caller, body: Invite, now: datetime) -> invitations.Batch:
    """Invite up to 500 addresses; what became of each."""
    return invitations.invite(db, caller, uuid4(), body.addresses, now)


@api("GET", "/locations")
def find_locations(db: Database, query: Which) -> Listing[locations.Location]:
    """Locations by name or address, closed ones too."""
    return locations.find(db, query)


@api("POST", "/locations", status=201)
def add_location(db: Database, caller: Caller, body: AddLocation, now: datetime) -> locations.Location:
    """Open a location."""
    given = (body.name, body.timezone, body.address, body.meeting_point, body.foods, body.near)
    return locations.add(db, caller, *given, now)


@api("PATCH", "/locations/{location}")
def change_location(
    db: Database, caller: Caller, location: Number, body: ChangeLocation, now: datetime
) -> locations.Location:
    """Change a location, close it or open it again; what is not named stays."""
    changes = {name: value for name, value in msgspec.structs.asdict(body).items() if value is not UNSET}
    return locations.change(db, caller, location, changes, changes.pop("why"), now)


@api("GET", "/food-types")
def find_food_types(db: Database) -> ListOfFoodTypes:
    """The food types, and how much each is used."""
    return ListOfFoodTypes(food_types.find(db))


@api("POST", "/food-types", status=201)
def add_food_type(db: Database, caller: Caller, body: NameFoodType, now: datetime) -> food_types.FoodType:
    """Add a food type; there can be 64."""
    return food_types.add(db, caller, body.name, now)


@api("PATCH", "/food-types/{food_type}")
def rename_food_type(
    db: Database, caller: Caller, food_type: Number, body: NameFoodType, now: datetime
) -> food_types.FoodType:
    """Give a food type another name."""
    return food_types.rename(db, caller, food_type, body.name, now)


@api("DELETE", "/food-types/{food_type}", status=204)
def remove_food_type(db: Database, caller: Caller, food_type: Number, now: datetime) -> None:
    """Remove a food type that nothing uses."""
    food_types.remove(db, caller, food_type, now)


@api("GET", "/events")
def find_events(db: Database, query: WhichEvents) -> Listing[Event]:
    """The lunches that were made, and who was brought together, the newest first."""
    return events.find(db, query)


@api("GET", "/events/{event}")
def read_event(db: Database, event: UUID) -> EventWithReviews:
    """One lunch and what was written about it."""
    return EventWithReviews(events.read(db, event), events.reviews(db, event))


@api("PUT", "/events/{event}/cancellation")
def cancel_event(db: Database, caller: Caller, request: Request, event: UUID, body: Why) -> Event:
    """Call a coming lunch off."""
    events.cancel(db, request, caller, event, body.why)
    return events.read(db, event)


@api("GET", "/rounds")
def find_rounds(db: Database, query: Which) -> Listing[Round]:
    """The rounds of the matcher, the last first."""
    return round_results.find(db, query)


@api("POST", "/rounds", status=202)
def ask_round(db: Database, caller: Caller, body: AskRound, now: datetime) -> Asked:
    """Run a round now: it begins within a minute or two, and adds only what is newly possible."""
    round_results.ask(db, caller, body.location, body.week, body.why, now)
    return Asked(body.location, body.week)


@api("GET", "/rounds/{round}")
def read_round(db: Database, round: UUID) -> RoundWithLeftOver:
    """One round, how many were free at each of its hours and how many of them have lunch then, who is still left over from
    it, and why."""
    found, left = round_results.read(db, round), round_results.left_over(db, round)
    return RoundWithLeftOver(found, round_hours.of(db, round), left)


@api("GET", "/outbox")
def read_outbox(db: Database) -> messages.Waiting:
    """The messages that wait to be published."""
    return messages.waiting(db)


@api("GET", "/audit")
def read_audit(db: Database, query: Which) -> Listing[Act]:
    """Every act of an admin, the newest first."""
    return audit_log.acts(db, query)
