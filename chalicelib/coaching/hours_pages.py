"""Pages of a coach's office hours: given, changed, deleted; where calls take place; and why a time is not free."""

from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID

from chalicelib.calendar import availability, zones
from chalicelib.calendar.occurrences import Hours
from chalicelib.coaching import appointments, call_links, coaches, days_away, free_slots, office_hours
from chalicelib.coaching.booking_pages import typed_start
from chalicelib.coaching.hours_api import CallUrl
from chalicelib.coaching.slot_weeks import Shown
from chalicelib.database import Database
from chalicelib.errors import Invalid, NotFound
from chalicelib.rules import DAYS
from chalicelib.web import Form, Routes
from chalicelib.web.field_types import Body, ClockTime, Day, wall_span_of
from chalicelib.web.request import Caller
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)

OVERNIGHT = "They go over midnight and end on the day after: if that is not meant, change or delete them below."
DONE = {
    "given": "Your office hours are added.",
    "given_overnight": f"Your office hours are added. {OVERNIGHT}",
    "changed": "Your office hours are changed.",
    "changed_overnight": f"Your office hours are changed. {OVERNIGHT}",
    "withdrawn": "Those office hours are deleted.",
    "link": "Your call link is saved. Whoever has a call to come is told, and their calendar with them.",
}
NAMES = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
ASKED = Literal["", "keep", "cancel"]


class Give(Body):
    start: ClockTime
    end: ClockTime
    days: list[NAMES] = []
    day: Day | None = None
    until: Day | None = None


class Change(Body):
    start: ClockTime
    end: ClockTime
    until: Day | None = None
    except_also: Day | None = None
    calls: ASKED = ""


class Withdraw(Body):
    calls: ASKED = ""


class Link(Body):
    url: CallUrl = ""


class When(Body):
    day: Day | None = None
    time: ClockTime | None = None


@routes.page("/coach/hours", who="coach")
def hours(db: Database, caller: Caller, form: Form, query: Shown, now: datetime) -> Page:
    """My office hours, those that are over apart, and where my calls take place."""
    given = availability.hours_by_id(db, caller, office_hours.PURPOSE)
    return page(
        "coaching/coach_hours.html",
        done=DONE.get(query.done),
        hours={id: one for id, one in given.items() if not availability.is_over(one, now)},
        past={id: one for id, one in given.items() if availability.is_over(one, now)},
        away=days_away.mine(db, caller, now),
        days=DAYS,
        link=call_links.read(db, caller.id),
        today=zones.day_of(now, caller.timezone),
        at=datetime.fromisoformat,
    )


@routes.form("/coach/hours", shows=hours, who="coach")
def give(db: Database, caller: Caller, body: Give, now: datetime) -> Redirect:
    """Office hours on those weekdays, every week; or on one day. They may end at midnight or after it."""
    if not body.days and body.day is None:
        raise Invalid.field("days", "needs at least one, or a single day below")
    today = zones.day_of(now, caller.timezone)
    for name in dict.fromkeys(body.days):
        day = today + timedelta(days=(DAYS.index(name) - today.weekday()) % 7)
        _give(db, caller, day, body, True, now)
    if body.day is not None:
        _give(db, caller, body.day, body, False, now)
    return Redirect(f"/coach/hours?done=given{_overnight(body)}")


def _give(db: Database, caller: Caller, day: date, body: Give, weekly: bool, now: datetime) -> None:
    start, end = wall_span_of(day, body.start, body.end)
    until = body.until if weekly else None
    availability.give(db, caller, office_hours.PURPOSE, start, end, caller.timezone, weekly, until, [], now)


@routes.page("/coach/hours/{id}", who="coach")
def edit(db: Database, caller: Caller, id: UUID, form: Form) -> Page:
    return page("coaching/coach_hours_edit.html", id=id, hours=_one(db, caller, id))


@routes.form("/coach/hours/{id}", shows=edit, who="coach")
def change(db: Database, caller: Caller, id: UUID, body: Change, now: datetime) -> Redirect:
    """Change them; refused once, the page lists the calls left outside and asks what becomes of them."""
    kept = _one(db, caller, id)
    start, end = wall_span_of(kept.starts.date(), body.start, body.end)
    changes: dict[str, Any] = {"start": start, "end": end}
    if kept.weekly:
        changes |= {"until": body.until, "except": sorted({*kept.exceptions, *filter(None, [body.except_also])})}
    office_hours.change(db, caller, id, changes, body.calls or None, now)
    return Redirect(f"/coach/hours?done=changed{_overnight(body)}")


def _overnight(given: Give | Change) -> str:
    """A start and an end that were typed the wrong way round are hours over midnight: that is said."""
    start, end = wall_span_of(date.min, given.start, given.end)
    return "_overnight" if end > datetime.combine(start.date() + timedelta(days=1), time()) else ""


@routes.form("/coach/hours/{id}/delete", shows=edit, who="coach")
def withdraw(db: Database, caller: Caller, id: UUID, body: Withdraw, now: datetime) -> Redirect:
    office_hours.withdraw(db, caller, id, body.calls or None, now)
    return Redirect("/coach/hours?done=withdrawn")


@routes.form("/coach/link", shows=hours, who="coach")
def give_link(db: Database, caller: Caller, body: Link, now: datetime) -> Redirect:
    call_links.give(db, caller, body.url, now)
    return Redirect("/coach/hours?done=link")


@routes.page("/coach/why", who="coach")
def why(db: Database, caller: Caller, form: Form, query: When, now: datetime) -> Page:
    """Why a time is not free."""
    reasons = None
    if query.day is not None and query.time is not None:
        start = appointments.checked_time(typed_start(query.day, query.time, caller), now)
        reasons = free_slots.why_not(db, caller, coaches.slug_of(db, caller.id), start, None, now)
    return page("coaching/coach_why.html", reasons=reasons, day=query.day, time=query.time)


def _one(db: Database, caller: Caller, id: UUID) -> Hours:
    found = availability.hours_by_id(db, caller, office_hours.PURPOSE).get(id)
    if found is None:
        raise NotFound("There are no such office hours of yours")
    return found
