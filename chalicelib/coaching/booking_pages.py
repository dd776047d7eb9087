"""Pages of a call's two people: book, my appointments, move, cancel. A press books what it shows."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Meta

from chalicelib.calendar import zones
from chalicelib.calendar.occurrences import Span
from chalicelib.coaching import agenda, appointments, coaches, free_slots, series, upcoming
from chalicelib.coaching.api import Slug, Weeks
from chalicelib.coaching.schemas import Calls
from chalicelib.database import Database
from chalicelib.errors import Invalid, NotFound, UserError
from chalicelib.web import Form, Routes
from chalicelib.web.field_types import Body, ClockTime, Day, Instant, Line, WeekName, wall_time_of
from chalicelib.web.request import Caller
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)

DONE = {
    "booked": "Your call is booked.",
    "series": "Your calls are booked. The first:",
    "moved": "The call is moved.",
    "cancelled": "The call is cancelled.",
}


class Shown(Body):
    week: WeekName | None = None
    done: Line = ""


class Press(Body):
    start: Instant
    end: Instant


class Typed(Body):
    day: Day
    time: ClockTime
    months: Annotated[int, Meta(ge=1, le=36)] = 1


class PressToMove(Press):
    version: Annotated[int, Meta(ge=1, le=2**31 - 1)]


class Cancel(Body):
    reason: Line = ""
    version: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None


class Window(Body, rename={"first": "from"}):
    first: WeekName | None = None
    weeks: Weeks | None = None
    done: Line = ""
    call: UUID | None = None


@routes.page("/book", who="client")
def book(db: Database, caller: Caller, form: Form, query: Shown, now: datetime) -> Page:
    """The free slots of my coach, week by week; without a week the one that has the first of them."""
    coach = coaches.mine(db, caller)
    if coach is None:
        return page("coaching/book_nobody.html")
    first = free_slots.first(db, caller, coach.slug, now)
    week = query.week or (zones.week_name(_day(first, caller)) if first else None)
    return page(
        "coaching/book.html",
        coach=coach,
        first=first,
        offers=nearest(db, caller, coach.slug, form, now),
        **slots_of_week(db, caller, coach.slug, None, None, week, now),
    )


@routes.form("/book", shows=book, who="client")
def press(db: Database, caller: Caller, body: Press, now: datetime) -> Redirect:
    """Book what was pressed."""
    call = appointments.book(db, caller, _my_coach(db, caller), body.start, body.end, None, now)
    return Redirect(f"/appointments?done=booked&call={call['id']}")


@routes.page("/book/time", who="client")
def time(db: Database, caller: Caller, form: Form, now: datetime) -> Page:
    """Book by typing a day and a time, once or every month."""
    coach = coaches.mine(db, caller)
    if coach is None:
        return page("coaching/book_nobody.html")
    return page("coaching/book_time.html", coach=coach, offers=nearest(db, caller, coach.slug, form, now))


@routes.form("/book/time", shows=time, who="client")
def book_time(db: Database, caller: Caller, body: Typed, now: datetime) -> Redirect:
    slug, start = _my_coach(db, caller), typed_start(body.day, body.time, caller)
    if body.months > 1:
        calls = series.book(db, caller, slug, start, body.months, None, now)
        return Redirect(f"/appointments?done=series&call={calls[0]['id']}")
    coach = coaches.seen(db, caller, slug, now, now, None, None)
    call = appointments.book(db, caller, slug, start, start + coach.calendar.terms.length, None, now)
    return Redirect(f"/appointments?done=booked&call={call['id']}")


@routes.page("/appointments")
def appointments_of(db: Database, caller: Caller, query: Window, now: datetime) -> Page:
    """My calls, some weeks at a time. Without a week it begins with the call that was just booked, moved or cancelled
    if that is further away, and where these weeks hold none with the next one."""
    call = agenda.row(db, caller, query.call) if query.call else None
    first = agenda.window(db, caller, query.first, query.weeks, now)
    window = _further(db, caller, first, call, now) if query.first is None else first
    return page(
        "coaching/appointments.html",
        done=DONE.get(query.done),
        call=call,
        window=window,
        monday=zones.week_of(window["from"]),
        leapt=call is None and window is not first,
        this=zones.week_name(zones.day_of(now, caller.timezone)),
        at=datetime.fromisoformat,
    )


def _further(db: Database, caller: Caller, first: Calls, call: Any | None, now: datetime) -> Calls:
    """The window in which that call, or the next one, is; the first where that has it, or the rules end before it."""
    if any(call is None or one["id"] == call.id for one in first["appointments"]):
        return first
    wanted = call or upcoming.next_call(db, caller, now)
    try:
        week = zones.week_name(_day((wanted.starts, wanted.ends), caller)) if wanted else None
        return agenda.window(db, caller, week, None, now) if week else first
    except Invalid:
        return first


@routes.page("/appointments/{id}/move")
def choose(db: Database, caller: Caller, id: UUID, form: Form, query: Shown, now: datetime) -> Page:
    """To which of the free slots a call is moved."""
    call = agenda.row(db, caller, id)
    client = None if caller.id == call.client_id else call.client
    try:
        week = query.week or week_of_nearest(db, caller, call.coach, call.client_id, call.starts, now, id)
        found = slots_of_week(db, caller, call.coach, client, id, week, now)
    except (NotFound, Invalid):
        found = None
    return page("coaching/move.html", call=call, other=_other(call, caller), found=found)


@routes.form("/appointments/{id}/move", shows=choose)
def move(db: Database, caller: Caller, id: UUID, body: PressToMove, now: datetime) -> Redirect:
    appointments.move(db, caller, id, body.start, body.end, body.version, now)
    return Redirect(f"/appointments?done=moved&call={id}")


@routes.page("/appointments/{id}/cancel")
def ask_to_cancel(db: Database, caller: Caller, id: UUID, form: Form) -> Page:
    call = agenda.row(db, caller, id)
    return page("coaching/cancel.html", call=call, other=_other(call, caller))


@routes.form("/appointments/{id}/cancel", shows=ask_to_cancel)
def cancel(db: Database, caller: Caller, id: UUID, body: Cancel, now: datetime) -> Redirect:
    appointments.cancel(db, caller, id, body.reason, body.version, now)
    return Redirect(f"/appointments?done=cancelled&call={id}")


def slots_of_week(
    db: Database, caller: Caller, slug: str, client: str | None, moving: UUID | None, week: str | None, now: datetime
) -> dict[str, Any]:
    """One week of slots for a page: the days, and the weeks before and after as far as there can be slots."""
    coach, name, _, slots = free_slots.of_weeks(db, caller, slug, week, 1, client, moving, now)
    monday = zones.week_of(name)
    this = zones.this_monday(now, caller.timezone)
    last = this + coach.calendar.terms.horizon
    return {
        "zone": coach.zone.key,
        "monday": monday,
        "days": by_day(slots, caller),
        "before": zones.week_name(monday - timedelta(weeks=1)) if monday > this else None,
        "after": zones.week_name(monday + timedelta(weeks=1)) if monday < last else None,
    }


def week_of_nearest(
    db: Database, caller: Caller, slug: str, client: UUID, wanted: datetime, now: datetime, moving: UUID | None = None
) -> str | None:
    """The week that has the free slot nearest to that time: a page of slots opens there. None without any."""
    found = free_slots.nearest(db, slug, client, wanted, now, limited=client == caller.id, moving=moving, count=1)
    return zones.week_name(_day(found[0], caller)) if found else None


def by_day(slots: Iterable[Span], caller: Caller) -> list[tuple[date, list[Span]]]:
    """The slots by the days of the caller's zone, in that zone."""
    place = ZoneInfo(caller.timezone)
    local = [(start.astimezone(place), end.astimezone(place)) for start, end in slots]
    return [(day, list(found)) for day, found in groupby(local, key=lambda slot: slot[0].date())]


def nearest(db: Database, caller: Caller, slug: str, form: Form, now: datetime) -> list[tuple[date, list[Span]]]:
    """What is offered instead of the time that was refused: the three nearest free slots."""
    if not (form.errors or form.message):
        return []
    try:
        if "start" in form.typed:
            wanted = datetime.fromisoformat(form.typed["start"])
        else:
            wanted = typed_start(date.fromisoformat(form.typed["day"]), form.typed["time"], caller)
        start = appointments.checked_time(wanted, now)
    except (KeyError, ValueError, TypeError, UserError):
        return []
    return by_day(free_slots.nearest(db, slug, caller.id, start, now), caller)


def typed_start(day: date, clock: str, caller: Caller) -> datetime:
    """A day and a time of the caller's zone as an instant. Raises Invalid for a time that their clock skips that day;
    of one that comes twice it is the first."""
    place = ZoneInfo(caller.timezone)
    wall = wall_time_of(day, clock)
    if not 1 < day.year < 9999:
        raise Invalid.field("day", "must be within ten years")
    start = zones.instant(wall, place)
    if zones.local_time(start, place).replace(tzinfo=None) != wall:
        raise Invalid.field("time", f"is skipped by the clocks of {caller.timezone} on that day")
    return start


def _my_coach(db: Database, caller: Caller) -> Slug:
    coach = coaches.mine(db, caller)
    if coach is None:
        raise NotFound("You have no coach at present")
    slug: str = coach.slug
    return slug


def _day(span: Span, caller: Caller) -> date:
    return zones.day_of(span[0], caller.timezone)


def _other(call: Any, caller: Caller) -> str:
    name: str = call.coach_name if caller.id == call.client_id else call.client_name
    return name
