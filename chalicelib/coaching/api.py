"""Routes about coaching: slots, office hours, appointments, series, relationships."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from chalicelib.calendar.occurrences import Span
from chalicelib.coaching import (
    agenda,
    appointments,
    cancellations,
    coaches,
    free_slots,
    no_shows,
    schemas,
    series,
    series_changes,
)
from chalicelib.database import Database
from chalicelib.web import Routes, url
from chalicelib.web.field_types import (
    Body,
    Instant,
    Line,
    WeekName,
)
from chalicelib.web.request import Caller
from chalicelib.web.responses import Answer

routes = Routes(__name__)

Slug = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._-]+\Z")]
Weeks = Annotated[int, Meta(ge=1, le=200)]


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


class Attendance(Body):
    came: bool


class BookSeries(Body):
    coach: Slug
    start: Instant
    months: Annotated[int, Meta(ge=1, le=36)]
    client: Slug | None = None


class CancelSeries(Body, rename={"first": "from"}):
    first: UUID
    reason: Line = ""


class MoveSeries(Body, rename={"first": "from"}):
    first: UUID
    start: Instant


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
    return _slots(free_slots.to_move(db, caller, query.moving, found, now), caller)


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
    cancellations.cancel(db, caller, id, query.reason, query.version, now)


@routes.api("PUT", "/api/appointments/{id}/no-show")
def note_no_show(db: Database, caller: Caller, id: UUID, body: Attendance, now: datetime) -> schemas.Call:
    """Say, as its coach, whether the client came to a call that is over."""
    return no_shows.note(db, caller, id, body.came, now)


@routes.api("POST", "/api/series", status=201)
def book_series(db: Database, caller: Caller, body: BookSeries, now: datetime) -> schemas.Series:
    """Book a call every month, on that weekday of the month at that hour: all of them or none."""
    return series.book(db, caller, body.coach, body.start, body.months, body.client, now)


@routes.api("PATCH", "/api/series/{id}")
def move_series(db: Database, caller: Caller, id: UUID, body: MoveSeries, now: datetime) -> schemas.Moved:
    """Move a call of a series and those after it, each to that weekday of its month at that hour: all of them or none."""
    return {"appointments": series_changes.move(db, caller, id, body.first, body.start, now)}


@routes.api("DELETE", "/api/series/{id}", status=204, refuses=(409,))
def cancel_series(db: Database, caller: Caller, id: UUID, body: CancelSeries, now: datetime) -> None:
    """Cancel a call of a series and those after it: all of them or none."""
    series_changes.cancel(db, caller, id, body.first, body.reason, now)
