"""Routes about lunch: my events and whether I come, public events, pauses, what there is to choose from."""

from datetime import datetime
from typing import Annotated, Any, Literal, TypedDict
from uuid import UUID

from msgspec import Meta

from chalicelib.database import Database
from chalicelib.lunch import attendances, cancellations, events, food_types, locations, pauses, proposals, reviews
from chalicelib.web import Routes, url
from chalicelib.web.field_types import Body, FoodName, Lines, Name, Reason, WeekName
from chalicelib.web.request import Caller, Request
from chalicelib.web.responses import Answer, Yes

routes = Routes(__name__)


class WhichEvents(Body):
    location: Name | None = None
    food_type: FoodName | None = None


class WhichOfMine(Body):
    past: bool = False


class Respond(Body):
    response: Literal["approved", "rejected"]


class Propose(Body):
    title: Name
    location: Name
    start: proposals.Start
    public: bool = False
    people: Annotated[list[proposals.Slug], Meta(max_length=proposals.MOST_ASKED)] = []


class CallOff(Body):
    reason: Reason


class GiveReview(Body):
    enjoyed: Annotated[dict[str, bool], Meta(max_length=20)]
    description: Annotated[Lines, Meta(max_length=reviews.LONGEST)] | None = None


class BeginPause(Body):
    first: WeekName
    last: WeekName


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


class Events(TypedDict):
    events: list[events.Event]


class Pauses(TypedDict):
    pauses: list[pauses.Pause]


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
    return _appointments(events.public(db, caller, now, location, food))


@routes.api("GET", "/ValidLocations", counted=True, refusal=_refused("locations"))
def valid_locations(db: Database, caller: Caller) -> Locations:
    """The names of the locations."""
    return {"success": True, "message": None, "locations": locations.names(db)}


@routes.api("GET", "/ValidFoodTypes", counted=True, refusal=_refused("food_types"))
def valid_food_types(db: Database, caller: Caller) -> FoodTypes:
    """The names of the food types."""
    return {"success": True, "message": None, "food_types": food_types.names(db)}


@routes.api("GET", "/api/events")
def list_events(db: Database, caller: Caller, query: WhichOfMine, now: datetime) -> Events:
    """The lunches you were invited to that are not over, with your response; with past, the last 100 that are."""
    return {"events": [events.shown(event) for event in events.answerable(db, caller, now, query.past)]}


@routes.api("GET", "/api/events/{id}")
def read_event(db: Database, caller: Caller, id: UUID) -> events.Event:
    """A lunch of yours, or a public one."""
    return events.shown(events.read(db, caller, id))


@routes.api("POST", "/api/events", status=201, refuses=(403, 409))
def propose(db: Database, caller: Caller, body: Propose, now: datetime) -> Answer[events.Event]:
    """Propose a lunch: for everybody, or for people you have had lunch with. Starts at an hour of lunch at the location,
    given in its own time or with an offset. You approve it by proposing it. Only while lunch.members_may_propose is on."""
    id = proposals.propose(db, caller, body.title, body.location, body.start, body.public, body.people, now)
    return Answer(events.shown(events.read(db, caller, id)), 201, {"Location": url(f"/api/events/{id}")})


@routes.api("DELETE", "/api/events/{id}", status=204, refuses=(409,))
def call_off(db: Database, caller: Caller, request: Request, id: UUID, body: CallOff) -> None:
    """Call off a lunch to come that you proposed; its people are told, and read the reason. Admins may call off any; their
    reason is read by admins alone."""
    cancellations.call_off(db, request, caller, id, body.reason)


@routes.api("PUT", "/api/events/{id}/attendance")
def respond(db: Database, caller: Caller, id: UUID, body: Respond, now: datetime) -> events.Event:
    """Say whether you come. Approving rejects your other invitations for that time."""
    attendances.respond(db, caller, id, body.response, now)
    return events.shown(events.read(db, caller, id))


@routes.api("GET", "/api/events/{id}/review")
def read_review(db: Database, caller: Caller, id: UUID) -> reviews.Review:
    """Whom you had lunch with there, whether you have reviewed it, and until when you can."""
    return reviews.read(db, caller, id)


@routes.api("PUT", "/api/events/{id}/review", status=204, refuses=(409,))
def review(db: Database, caller: Caller, id: UUID, body: GiveReview, now: datetime) -> None:
    """Say of each of the people whether you enjoyed their company, and describe the lunch if you like. The answers are
    not kept, so they cannot be changed: again, it changes nothing."""
    reviews.give(db, caller, id, body.enjoyed, body.description or "", now)


@routes.api("POST", "/api/pauses", status=201)
def begin_pause(db: Database, caller: Caller, body: BeginPause, now: datetime) -> pauses.Pause:
    """Sit out from one week to another, both included: 2026-W51. Lunches made before stay."""
    return pauses.begin(db, caller, body.first, body.last, now)


@routes.api("GET", "/api/pauses")
def list_pauses(db: Database, caller: Caller, now: datetime) -> Pauses:
    """Your pauses that are not over."""
    return {"pauses": pauses.mine(db, caller, now)}


@routes.api("DELETE", "/api/pauses/{id}", status=204)
def end_pause(db: Database, caller: Caller, id: UUID) -> None:
    """Take a pause back."""
    pauses.end(db, caller, id)
