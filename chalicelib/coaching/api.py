"""Routes about coaching: slots, office hours, appointments, series, relationships."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from chalicelib.calendar import availability
from chalicelib.calendar.api import ChangeAvailability, Days
from chalicelib.calendar.availability import Availability
from chalicelib.calendar.occurrences import Span
from chalicelib.coaching import (
    agenda,
    appointments,
    blocks,
    call_links,
    coaches,
    days_away,
    free_slots,
    office_hours,
    schemas,
    series,
)
from chalicelib.coaching.office_hours import Calls
from chalicelib.database import Database
from chalicelib.web import Routes, url
from chalicelib.web.field_types import (
    Body,
    ClockTime,
    Day,
    Instant,
    Line,
    LocalTime,
    WeekName,
    Zone,
    matching,
    wall_time,
)
from chalicelib.web.request import Caller
from chalicelib.web.responses import Answer

routes = Routes(__name__)

Slug = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._-]+\Z")]
Weeks = Annotated[int, Meta(ge=1, le=200)]
CallUrl = Annotated[
    str,
    matching(
        r"^$|^https://[^\s/]+\S*\Z|^tel:\+?[0-9][0-9().-]*\Z",
        "must be a link that begins with https:// or a number that begins with tel:",
        max_length=255,
    ),
]


class WhichWeeks(Body, rename={"first": "from"}):
    first: WeekName | None = None
    weeks: Weeks | None = None


class WhichSlots(WhichWeeks, rename={"first": "from"}):
    client: Slug | None = None
    moving: UUID | None = None


class WhichTime(Body):
    start: Instant
    client: Slug | None = None


class WhichStart(WhichTime):
    moving: UUID | None = None


class BookCall(Body):
    coach: Slug
    start: Instant
    end: Instant
    client: Slug | None = None


class MoveCall(Body):
    start: Instant
    end: Instant
    version: Annotated[int, Meta(ge=1, le=2**31 - 1)]


class CancelCall(Body):
    reason: Line = ""
    version: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None


class BookSeries(Body):
    coach: Slug
    start: Instant
    months: Annotated[int, Meta(ge=1, le=36)]
    client: Slug | None = None


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


def _slots(spans: list[Span], caller: Caller) -> schemas.Slots:
    return {"slots": free_slots.shown(spans, caller.timezone)}


@routes.api("GET", "/api/coaches/{slug}/slots")
def list_slots(db: Database, caller: Caller, slug: str, query: WhichSlots, now: datetime) -> schemas.SlotsOfWeeks:
    """The free slots of your coach, by weeks of your zone; each can be booked as it stands here."""
    coach, first, weeks, found = free_slots.of_weeks(
        db, caller, slug, query.first, query.weeks, query.client, query.moving, now
    )
    return {
        "coach": {"slug": slug, "name": coach.name, "timezone": coach.zone.key},
        "from": first,
        "weeks": weeks,
        "slots": free_slots.shown(found, caller.timezone),
    }


@routes.api("GET", "/api/coaches/{slug}/first")
def first_slot(db: Database, caller: Caller, slug: str, now: datetime) -> schemas.Slots:
    """The first free slot of your coach, as a list of one; empty where there is none within the horizon."""
    found = free_slots.first(db, caller, slug, now)
    return _slots([found] if found else [], caller)


@routes.api("GET", "/api/coaches/{slug}/nearest")
def nearest_slots(db: Database, caller: Caller, slug: str, query: WhichStart, now: datetime) -> schemas.Slots:
    """The three free slots nearest to a time that you would have liked."""
    start = appointments.checked_time(query.start, now)
    whose = coaches.seen(db, caller, slug, now, now, query.client, query.moving).client
    client = whose and whose.id
    found = free_slots.nearest(db, slug, client, start, now, limited=client == caller.id, moving=query.moving)
    return _slots(found, caller)


@routes.api("GET", "/api/coaches/{slug}/why")
def why_not_free(db: Database, caller: Caller, slug: str, query: WhichTime, now: datetime) -> schemas.Reasons:
    """Why a time is not free, for the coach and the admin; no reason where it is."""
    start = appointments.checked_time(query.start, now)
    return {"reasons": free_slots.why_not(db, caller, slug, start, query.client, now)}


@routes.api("GET", "/api/appointments")
def list_appointments(db: Database, caller: Caller, query: WhichWeeks, now: datetime) -> schemas.Calls:
    """Your calls from the start of a week; ``next`` names the window after it."""
    return agenda.window(db, caller, query.first, query.weeks, now)


@routes.api("POST", "/api/appointments", status=201)
def book(db: Database, caller: Caller, body: BookCall, now: datetime) -> Answer[schemas.Call]:
    """Book a call with your coach; as a coach, for a client of yours."""
    call = appointments.book(db, caller, body.coach, body.start, body.end, body.client, now)
    return Answer(call, 201, {"Location": url(f"/api/appointments/{call['id']}")})


@routes.api("GET", "/api/appointments/{id}")
def read(db: Database, caller: Caller, id: UUID) -> schemas.Call:
    """One call of yours."""
    return agenda.read(db, caller, id)


@routes.api("PATCH", "/api/appointments/{id}")
def move(db: Database, caller: Caller, id: UUID, body: MoveCall, now: datetime) -> schemas.Call:
    """Move a call; ``version`` is the one you saw."""
    return appointments.move(db, caller, id, body.start, body.end, body.version, now)


@routes.api("DELETE", "/api/appointments/{id}", status=204)
def cancel(db: Database, caller: Caller, id: UUID, query: CancelCall, now: datetime) -> None:
    """Cancel a call; with a version, only if it is still that one."""
    appointments.cancel(db, caller, id, query.reason, query.version, now)


@routes.api("POST", "/api/series", status=201)
def book_series(db: Database, caller: Caller, body: BookSeries, now: datetime) -> schemas.Series:
    """Book a call every month, on that weekday of the month at that hour: all of them or none."""
    return {"appointments": series.book(db, caller, body.coach, body.start, body.months, body.client, now)}


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
