"""Pages on which a client books: the calendar of their coach's free times, or a time that they type. A press books."""

from datetime import date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta

from chalicelib.calendar import zones
from chalicelib.calendar.occurrences import Span
from chalicelib.coaching import (
    agenda,
    appointments,
    client_words,
    coaches,
    free_slots,
    series,
    series_words,
    slot_weeks,
    slots,
)
from chalicelib.coaching.api import Slug
from chalicelib.coaching.slot_weeks import Shown, by_day
from chalicelib.database import Database
from chalicelib.errors import Conflict, Invalid, NotFound, UserError
from chalicelib.web import Form, Routes
from chalicelib.web.field_types import Body, ClockTime, Day, Instant, wall_time_of
from chalicelib.web.request import Caller
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)

Minutes = Annotated[int, Meta(ge=1, le=1440)]


class Press(Body):
    start: Instant
    minutes: Minutes


class PressToBook(Press):
    coach: Slug | None = None
    """With whom the page said."""


class Typed(Body):
    day: Day
    time: ClockTime
    coach: Slug | None = None
    months: Annotated[int, Meta(ge=1, le=36)] = 1


@routes.page("/book", who="client")
def book(db: Database, caller: Caller, form: Form, query: Shown, now: datetime) -> Page:
    """The free times of my coach as a calendar; without a week or day, the week that has the first of them."""
    coach = coaches.mine(db, caller)
    if coach is None:
        return page("coaching/book_nobody.html")
    first = free_slots.first(db, caller, coach.slug, now)
    if query.week is None and query.day is None and first:
        query.day = zones.day_of(first[0], caller.timezone)
    shown = slot_weeks.of(db, caller, coach.slug, None, None, query, now)
    used, following = slot_weeks.allowance(db, caller, coach.slug, shown["monday"], now)
    return page(
        "coaching/book.html",
        coach=coach,
        first=first,
        offers=nearest(db, caller, coach.slug, form, now),
        used=used,
        following=following,
        **shown,
    )


@routes.form("/book", shows=book, who="client")
def press(db: Database, caller: Caller, body: PressToBook, now: datetime) -> Redirect:
    """Book what was pressed."""
    span, slug = pressed(body, now), _my_coach(db, caller, body.coach)
    try:
        call = appointments.book(db, caller, slug, *span, None, now)
    except (Conflict, Invalid) as refused:
        coach = coaches.seen(db, caller, slug, *span, None, None)
        reason = slots.first_reason(coach.calendar, span, now)
        if reason in (None, "taken"):
            raise
        field, words = client_words.of(coach, reason)
        raise Conflict(f"That {field} {words}") from refused
    return Redirect(f"/appointments?done=booked&call={call['id']}")


@routes.page("/book/time", who="client")
def time(db: Database, caller: Caller, form: Form, now: datetime) -> Page:
    """Book by typing a day and a time, once or every month."""
    coach = coaches.mine(db, caller)
    if coach is None:
        return page("coaching/book_nobody.html")
    minutes = coaches.seen(db, caller, coach.slug, now, now, None, None).rules.coaching.call_minutes
    offers = nearest(db, caller, coach.slug, form, now)
    return page("coaching/book_time.html", coach=coach, offers=offers, minutes=minutes)


@routes.form("/book/time", shows=time, who="client")
def book_time(db: Database, caller: Caller, body: Typed, now: datetime) -> Redirect:
    slug, start = _my_coach(db, caller, body.coach), typed_start(body.day, body.time, caller)
    if body.months > 1:
        try:
            calls = series.book(db, caller, slug, start, body.months, None, now)["appointments"]
        except (Conflict, Invalid) as refused:
            coach = coaches.seen(db, caller, slug, now, now, None, None)
            raise series_words.on_page(refused, coach, to_client=True) from refused
        return Redirect(f"/appointments?done=series&call={calls[0]['id']}")
    at = appointments.checked_time(start, now, "day")
    coach = coaches.seen(db, caller, slug, at, at + agenda.LONGEST, None, None)
    span = (at, at + coach.calendar.terms.length)
    if reason := slots.first_reason(coach.calendar, span, now):
        raise client_words.refusal(coach, reason)
    call = appointments.book(db, caller, slug, *span, None, now)
    return Redirect(f"/appointments?done=booked&call={call['id']}")


def pressed(body: Press, now: datetime) -> Span:
    """The time on a button that was pressed. Raises Invalid where it is absurdly far."""
    start = appointments.checked_time(body.start, now)
    return start, start + timedelta(minutes=body.minutes)


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


def typed_start(day: date, clock: str, caller: Caller, field: str = "time") -> datetime:
    """A day and a time of the caller's zone as an instant. Raises Invalid for a time that their clock skips that day;
    of one that comes twice it is the first."""
    return typed_instant(wall_time_of(day, clock), caller, field)


def typed_instant(wall: datetime, caller: Caller, field: str = "time") -> datetime:
    """Wall time of the caller's zone as an instant. Raises Invalid as ``typed_start``."""
    if not 1 < wall.year < 9999:
        raise Invalid.field("day", "must be within ten years")
    place = ZoneInfo(caller.timezone)
    start = zones.instant(wall, place)
    if zones.local_time(start, place).replace(tzinfo=None) != wall:
        raise Invalid.field(field, f"is skipped by the clocks of {caller.timezone} on that day")
    return start


def _my_coach(db: Database, caller: Caller, said: Slug | None) -> Slug:
    """The caller's coach. Raises NotFound; Conflict where the page said another one."""
    coach = coaches.mine(db, caller)
    if coach is None:
        raise NotFound("You have no coach at present")
    if said not in (None, coach.slug):
        raise Conflict(f"Your coach is {coach.name} now. These are their times")
    slug: str = coach.slug
    return slug
