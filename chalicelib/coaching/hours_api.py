"""Routes about when a coach can be booked: office hours, days away, blocked times; and where calls take place."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from chalicelib.calendar import availability
from chalicelib.calendar.api import ChangeAvailability, Days
from chalicelib.calendar.availability import Availability
from chalicelib.coaching import blocks, call_links, days_away, office_hours, schemas
from chalicelib.coaching.office_hours import Calls
from chalicelib.database import Database
from chalicelib.web import Routes
from chalicelib.web.field_types import Body, ClockTime, Day, Instant, LocalTime, Zone, matching, wall_time
from chalicelib.web.request import Caller

routes = Routes(__name__)

CallUrl = Annotated[
    str,
    matching(
        r"^$|^https://[^\s/]+\S*\Z|^tel:\+?[0-9][0-9().-]*\Z",
        "must be a link that begins with https:// or a number that begins with tel:",
        max_length=255,
    ),
]


class GiveHours(Body, rename={"exceptions": "except"}):
    start: LocalTime
    end: LocalTime
    timezone: Zone
    weekly: bool = True
    until: Day | None = None
    exceptions: Days = []


class ChangeHours(ChangeAvailability, rename={"exceptions": "except"}):
    calls: Calls | None = None


class WhatOfCalls(Body):
    calls: Calls | None = None


class BeAway(Body):
    day: Day
    last: Day | None = None
    start: ClockTime | None = None
    end: ClockTime | None = None
    calls: Calls | None = None


class Block(Body):
    start: Instant
    end: Instant


class CallLink(Body):
    url: CallUrl


@routes.api("GET", "/api/office-hours", who="coach")
def list_office_hours(db: Database, caller: Caller) -> schemas.OfficeHours:
    """Your office hours."""
    return {"office_hours": availability.mine(db, caller, office_hours.PURPOSE)}


@routes.api("POST", "/api/office-hours", who="coach", status=201)
def give_office_hours(db: Database, caller: Caller, body: GiveHours, now: datetime) -> Availability:
    """Give office hours, once or weekly, in local time."""
    start, end = wall_time(body.start, "start"), wall_time(body.end, "end")
    return availability.give(
        db, caller, office_hours.PURPOSE, start, end, body.timezone, body.weekly, body.until, body.exceptions, now
    )


@routes.api("PATCH", "/api/office-hours/{id}", who="coach")
def change_office_hours(db: Database, caller: Caller, id: UUID, body: ChangeHours, now: datetime) -> Availability:
    """Change office hours; ``calls`` says what becomes of booked calls outside the new ones."""
    changes = {name: value for name, value in msgspec.structs.asdict(body).items() if value is not msgspec.UNSET}
    changes.pop("calls")
    if "exceptions" in changes:
        changes["except"] = changes.pop("exceptions")
    for name in changes.keys() & {"start", "end"}:
        changes[name] = wall_time(changes[name], name)
    return office_hours.change(db, caller, id, changes, body.calls, now)


@routes.api("DELETE", "/api/office-hours/{id}", who="coach", status=204)
def withdraw_office_hours(db: Database, caller: Caller, id: UUID, query: WhatOfCalls, now: datetime) -> None:
    """Take office hours back; ``calls`` says what becomes of booked calls in them."""
    office_hours.withdraw(db, caller, id, query.calls, now)


@routes.api("GET", "/api/days-away", who="coach")
def list_days_away(db: Database, caller: Caller, now: datetime) -> schemas.DaysAway:
    """When you are away, as far as it is not over."""
    return {"days_away": days_away.mine(db, caller, now)}


@routes.api("POST", "/api/days-away", who="coach", status=201)
def be_away(db: Database, caller: Caller, body: BeAway, now: datetime) -> schemas.DayAwayTaken:
    """Be away: from a day to the last, or a part of one day; ``calls`` says what becomes of booked calls in that time."""
    span = days_away.span_of(body.day, body.last, body.start, body.end, caller.timezone, now)
    return days_away.take(db, caller, span, body.calls, now)


@routes.api("DELETE", "/api/days-away/{id}", who="coach", status=204)
def be_there_again(db: Database, caller: Caller, id: UUID) -> None:
    """Take a day away back; calls that were cancelled for it stay so."""
    days_away.take_back(db, caller, id)


@routes.api("GET", "/api/blocks", who="coach")
def list_blocks(db: Database, caller: Caller, now: datetime) -> schemas.Blocks:
    """The times you keep to yourself."""
    return {"blocks": blocks.mine(db, caller, now)}


@routes.api("POST", "/api/blocks", who="coach", status=201)
def block(db: Database, caller: Caller, body: Block, now: datetime) -> schemas.Block:
    """Keep a time to yourself."""
    return blocks.keep(db, caller, body.start, body.end, now)


@routes.api("DELETE", "/api/blocks/{id}", who="coach", status=204)
def unblock(db: Database, caller: Caller, id: UUID) -> None:
    """Give a blocked time free."""
    blocks.free(db, caller, id)


@routes.api("GET", "/api/call-link", who="coach")
def read_call_link(db: Database, caller: Caller) -> schemas.CallLink:
    """Where your calls take place."""
    return {"url": call_links.read(db, caller.id)}


@routes.api("PUT", "/api/call-link", who="coach")
def give_call_link(db: Database, caller: Caller, body: CallLink, now: datetime) -> schemas.CallLink:
    """Say where your calls take place: https: or tel:; an empty one takes it away. Who has a call to come is told."""
    call_links.give(db, caller, body.url, now)
    return {"url": body.url}
