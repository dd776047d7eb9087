"""A coach's week as a calendar, and what a press on an empty hour offers: keep it, or book a client."""

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from chalicelib import rules
from chalicelib.calendar import zones
from chalicelib.calendar.occurrences import Span
from chalicelib.coaching import agenda, appointments, blocks, coaches, free_slots, my_weeks, slots, upcoming
from chalicelib.coaching.api import Slug
from chalicelib.coaching.booking_pages import Press, pressed, typed_instant
from chalicelib.coaching.slot_weeks import Shown
from chalicelib.database import Database
from chalicelib.web import Form, Routes, formats
from chalicelib.web.field_types import Body, ClockTime, Day, Empty, Instant, wall_span_of
from chalicelib.web.request import Caller
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)


WHY_NOT = {
    "past": "is past",
    "too_far": "is farther ahead than calls are booked",
    "outside_hours": "is outside your office hours, or would end outside them",
    "off_grid": "is not one at which calls begin in your office hours",
    "away": "is in a time in which you are away",
    "outside": "is one at which a calendar that you keep elsewhere is busy",
    "taken": "is taken, or would reach into what is",
    "buffer": "is too close to something else that you have",
}
"""Reason of ``slots.REASONS`` -> how the sentence about a call that would begin then goes on, for the coach."""


class Block(Body):
    day: Day
    start: ClockTime
    end: ClockTime


class At(Body):
    at: Instant | None = None


class BookAt(Press):
    client: Slug


@routes.page("/coach", who="coach")
def week(db: Database, caller: Caller, form: Form, query: Shown, now: datetime) -> Page:
    """My week: calls, lunches, blocked times and days away, on my office hours. Without a week, this one; where nothing
    of it is to come, the next that holds something."""
    this = zones.this_monday(now, caller.timezone)
    monday = _monday(query, this)
    shown = my_weeks.of(db, caller, monday, now)
    leapt = not (query.week or query.day) and not any(item.ends > now for _, items in shown["agenda"] for item in items)
    if leapt and (ahead := upcoming.next_commitment(db, caller, now)):
        monday = zones.this_monday(ahead, caller.timezone)
        shown = my_weeks.of(db, caller, monday, now)
    return page(
        "coaching/coach.html",
        done=_said(db, caller, query),
        monday=monday,
        leapt=leapt and monday != this,
        this=zones.week_name(this),
        before=zones.week_name(monday - timedelta(weeks=1)) if monday > this else None,
        after=zones.week_name(monday + timedelta(weeks=1)) if monday < this + timedelta(weeks=104) else None,
        blocks=blocks.mine(db, caller, now),
        at=datetime.fromisoformat,
        **(shown | ({"chosen": query.day} if query.day else {})),
    )


@routes.page("/coach/at", who="coach")
def hour(db: Database, caller: Caller, form: Form, query: At, now: datetime) -> Page:
    """What can be done with an empty hour: keep it, or book a client then, or where no call can begin then, at the times
    nearest to it. Where none is named, it is the next."""
    at = query.at or _typed_start(form) or now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    place = ZoneInfo(caller.timezone)
    starts = appointments.checked_time(at, now, "at").astimezone(place)
    why_not, offers = _bookable(db, caller, starts, now)
    return page(
        "coaching/coach_hour.html",
        starts=starts,
        an_hour_later=zones.instant(starts.replace(tzinfo=None) + timedelta(hours=1), place).astimezone(place),
        minutes=rules.read(db, str(caller.id)).coaching.call_minutes,
        clients=[(one.slug, one.name) for one in coaches.clients(db, caller)],
        why_not=why_not,
        offers=offers,
    )


def _bookable(db: Database, caller: Caller, starts: datetime, now: datetime) -> tuple[str, list[tuple[str, str]]]:
    """Why none of the caller's calls can begin then, and the nearest times at which one can; '' and none if it can."""
    slug = coaches.slug_of(db, caller.id)
    coach = coaches.seen(db, caller, slug, starts, starts + agenda.LONGEST, None, None)
    reason = slots.first_reason(coach.calendar, (starts, starts + coach.calendar.terms.length), now)
    if reason is None:
        return "", []
    place = ZoneInfo(caller.timezone)
    offers = free_slots.nearest(db, slug, None, starts, now, limited=False)
    local = [start.astimezone(place) for start, _ in offers]
    return WHY_NOT[reason], [
        (at.isoformat(), f"{formats.day(at, year=False)}, {formats.clock_time(at)}") for at in local
    ]


@routes.form("/coach/at", shows=hour, who="coach")
def book(db: Database, caller: Caller, body: BookAt, now: datetime) -> Redirect:
    """Book a client then."""
    slug = coaches.slug_of(db, caller.id)
    start, end = pressed(body, now)
    call = appointments.book(db, caller, slug, start, end, body.client, now)
    return Redirect(f"/coach?done=booked&id={call['id']}&day={_day(start, caller)}")


def _typed_start(form: Form) -> datetime | None:
    """The hour that a refused form was about."""
    try:
        at = datetime.fromisoformat(form.typed["start"])
    except (KeyError, TypeError, ValueError):
        return None
    return at if at.tzinfo else None


@routes.form("/coach/block", shows=week, who="coach")
def block(db: Database, caller: Caller, body: Block, now: datetime) -> Redirect:
    """Keep a time to oneself; an end that is not after the start is the next day's, and of a time that comes twice it is
    the first that is free: the page says then which."""
    walls = wall_span_of(body.day, body.start, body.end)
    kept = blocks.keep(db, caller, *blocks.first_free(db, caller, _spans(walls, caller, now)), now)
    return Redirect(f"/coach?done=blocked&id={kept['id']}&day={body.day}")


def _spans(walls: Span, caller: Caller, now: datetime) -> list[Span]:
    """The spans that clocks there show so, in order: two where they show the start twice. Raises Invalid."""
    place = ZoneInfo(caller.timezone)
    first, last = (
        appointments.checked_time(typed_instant(wall, caller, field), now, field)
        for wall, field in zip(walls, ("start", "end"), strict=True)
    )
    ends = zones.both(last, place)
    found = [(start, next((end for end in ends if end > start), None)) for start in zones.both(first, place)]
    return [(start, end) for start, end in found if end is not None] or [(first, last)]


@routes.form("/coach/blocks/{id}/delete", shows=week, who="coach")
def unblock(db: Database, caller: Caller, id: UUID, body: Empty) -> Redirect:
    span = blocks.read(db, caller, id)
    blocks.free(db, caller, id)
    return Redirect(f"/coach?done=freed&day={_day(span[0], caller)}" if span else "/coach")


def _monday(query: Shown, this: date) -> date:
    if query.day is not None:
        return zones.week_of(zones.week_name(query.day), "day")
    return zones.week_of(query.week) if query.week else this


def _said(db: Database, caller: Caller, query: Shown) -> str:
    """What was done just now, to whom and when."""
    place = ZoneInfo(caller.timezone)
    if query.done == "booked" and query.id and not (call := agenda.row(db, caller, query.id)).cancelled:
        starts, ends = call.starts.astimezone(place), call.ends.astimezone(place)
        return f"The call is booked. {formats.day(starts)}, {formats.span(starts, ends)}, with {call.client_name}."
    if query.done == "blocked" and query.id and (span := blocks.read(db, caller, query.id)):
        starts, ends = (at.astimezone(place) for at in span)
        return f"That time is yours. {formats.day(starts)}, {formats.span(starts, ends)}: nobody can book it."
    if query.done == "freed" and query.day:
        return f"That time on {formats.day(query.day)} is blocked no more."
    return ""


def _day(at: datetime, caller: Caller) -> date:
    return zones.day_of(at, caller.timezone)
