"""Pages about lunches and rounds, and the places and foods they are made of."""

from datetime import datetime
from uuid import UUID

import msgspec

from chalicelib.admin import audit_log, charts, events, food_types, locations, round_hours, round_results
from chalicelib.admin.api import Foods, NameFoodType, Places, Why
from chalicelib.admin.events import WhichEvents
from chalicelib.admin.lists import Done, WhichAndDone
from chalicelib.calendar import zones
from chalicelib.database import Database
from chalicelib.lunch.events import why_called_off
from chalicelib.web import Form, Routes
from chalicelib.web.field_types import Body, Empty, Line, Name, Number, WeekName, Zone
from chalicelib.web.request import Caller, Request
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)


class Place(Body):
    name: Name
    timezone: Zone
    address: Line = ""
    meeting_point: Line = ""
    foods: Foods = []
    near: Places = []
    why: Line = ""


class RunRound(Body):
    location: Number
    week: WeekName
    why: Line = ""


@routes.page("/admin/events", who="admin")
def find_events(db: Database, query: WhichEvents) -> Page:
    places = [(str(one.id), one.name) for one in locations.all_of_them(db)]
    return page("admin/events.html", query=query, listing=events.find(db, query), places=places)


@routes.page("/admin/events/{event}", who="admin")
def read_event(db: Database, caller: Caller, event: UUID, query: Done, now: datetime) -> Page:
    return page(
        "admin/event.html",
        done=audit_log.told(db, caller, query.done),
        event=events.read(db, event),
        reviews=events.reviews(db, event),
        reason=why_called_off(db, event),
    )


@routes.page("/admin/events/{event}/cancel", who="admin")
def ask_cancel(db: Database, event: UUID, form: Form) -> Page:
    return page("admin/cancel.html", event=events.read(db, event))


@routes.form("/admin/events/{event}/cancel", shows=ask_cancel, who="admin")
def cancel(db: Database, caller: Caller, request: Request, event: UUID, body: Why) -> Redirect:
    events.cancel(db, request, caller, event, body.why)
    return audit_log.lead_to(db, caller, f"/admin/events/{event}", request.now)


@routes.page("/admin/rounds", who="admin")
def find_rounds(db: Database, caller: Caller, query: WhichAndDone) -> Page:
    return page(
        "admin/rounds.html",
        query=query,
        done=audit_log.told(db, caller, query.done),
        waiting=round_results.waiting(db),
        listing=round_results.find(db, query),
        late=round_results.late,
    )


@routes.page("/admin/rounds/new", who="admin")
def ask_round(db: Database, form: Form, now: datetime) -> Page:
    places = locations.open_ones(db)
    return page("admin/new_round.html", locations=places, weeks=round_results.weeks(places, now))


@routes.form("/admin/rounds/new", shows=ask_round, who="admin")
def run_round(db: Database, caller: Caller, body: RunRound, now: datetime) -> Redirect:
    round_results.ask(db, caller, body.location, body.week, body.why, now)
    return audit_log.lead_to(db, caller, "/admin/rounds", now)


@routes.page("/admin/rounds/{round}", who="admin")
def read_round(db: Database, round: UUID) -> Page:
    found = round_results.read(db, round)
    hours = round_hours.of(db, round)
    return page(
        "admin/round.html",
        bars=round_hours.chart(hours, found.timezone),
        hours=round_hours.table(hours, found.timezone),
        share=charts.share,
        round=found,
        late=round_results.late(found),
        left=round_results.left_over(db, round),
        why=round_results.WHY,
    )


@routes.page("/admin/locations", who="admin")
def find_locations(db: Database, caller: Caller, query: WhichAndDone) -> Page:
    done = audit_log.told(db, caller, query.done)
    return page("admin/locations.html", query=query, done=done, listing=locations.find(db, query))


@routes.page("/admin/locations/new", who="admin")
def ask_location(db: Database, caller: Caller, form: Form) -> Page:
    return _location_page(db, None, caller.timezone)


@routes.form("/admin/locations/new", shows=ask_location, who="admin")
def add_location(db: Database, caller: Caller, body: Place, now: datetime) -> Redirect:
    given = (body.name, body.timezone, body.address, body.meeting_point, body.foods, body.near)
    added = locations.add(db, caller, *given, now)
    return audit_log.lead_to(db, caller, f"/admin/locations/{added.id}", now)


@routes.page("/admin/locations/{location}", who="admin")
def read_location(db: Database, caller: Caller, location: Number, form: Form, query: Done) -> Page:
    found = locations.read(db, location)
    return _location_page(db, found, found.timezone, audit_log.told(db, caller, query.done))


@routes.form("/admin/locations/{location}", shows=read_location, who="admin")
def change_location(db: Database, caller: Caller, location: Number, body: Place, now: datetime) -> Redirect:
    changes = msgspec.structs.asdict(body)
    locations.change(db, caller, location, changes, changes.pop("why"), now)
    return audit_log.lead_to(db, caller, f"/admin/locations/{location}", now)


@routes.page("/admin/locations/{location}/close", who="admin")
def ask_close(db: Database, location: Number, form: Form) -> Page:
    return page("admin/close.html", location=locations.read(db, location))


@routes.form("/admin/locations/{location}/close", shows=ask_close, who="admin")
def close(db: Database, caller: Caller, location: Number, body: Why, now: datetime) -> Redirect:
    locations.change(db, caller, location, {"open": False}, body.why, now)
    return audit_log.lead_to(db, caller, f"/admin/locations/{location}", now)


@routes.form("/admin/locations/{location}/open", shows=read_location, who="admin")
def reopen(db: Database, caller: Caller, location: Number, body: Empty, now: datetime) -> Redirect:
    locations.change(db, caller, location, {"open": True}, "", now)
    return audit_log.lead_to(db, caller, f"/admin/locations/{location}", now)


@routes.page("/admin/food-types", who="admin")
def find_food_types(db: Database, caller: Caller, form: Form, query: Done) -> Page:
    done = audit_log.told(db, caller, query.done)
    return page("admin/food_types.html", done=done, food_types=food_types.find(db))


@routes.form("/admin/food-types", shows=find_food_types, who="admin")
def add_food_type(db: Database, caller: Caller, body: NameFoodType, now: datetime) -> Redirect:
    food_types.add(db, caller, body.name, now)
    return audit_log.lead_to(db, caller, "/admin/food-types", now)


@routes.page("/admin/food-types/{food_type}", who="admin")
def read_food_type(db: Database, food_type: Number, form: Form) -> Page:
    return page("admin/food_type.html", food_type=food_types.read(db, food_type))


@routes.form("/admin/food-types/{food_type}", shows=read_food_type, who="admin")
def rename_food_type(db: Database, caller: Caller, food_type: Number, body: NameFoodType, now: datetime) -> Redirect:
    food_types.rename(db, caller, food_type, body.name, now)
    return audit_log.lead_to(db, caller, "/admin/food-types", now)


@routes.form("/admin/food-types/{food_type}/remove", shows=read_food_type, who="admin")
def remove_food_type(db: Database, caller: Caller, food_type: Number, body: Empty, now: datetime) -> Redirect:
    food_types.remove(db, caller, food_type, now)
    return audit_log.lead_to(db, caller, "/admin/food-types", now)


def _location_page(db: Database, location: locations.Location | None, timezone: str, done: str = "") -> Page:
    here = location.id if location else None
    near = [one.name for one in locations.all_of_them(db) if one.timezone == timezone and one.id != here]
    return page(
        "admin/location.html",
        location=location,
        done=done,
        timezone=timezone,
        near=near,
        zones=sorted(zones.names()),
        foods=[one.name for one in food_types.find(db)],
    )
