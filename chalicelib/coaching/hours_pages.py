"""Pages of a coach's office hours: given, changed, deleted; and where calls take place."""

from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID

from chalicelib.calendar import availability, days_of_week, zones
from chalicelib.calendar.occurrences import Hours
from chalicelib.coaching import call_links, days_away, hours_undo, office_hours
from chalicelib.coaching.hours_api import CallUrl
from chalicelib.coaching.hours_undo import Undo
from chalicelib.database import Database
from chalicelib.errors import Invalid, NotFound
from chalicelib.rules import DAYS
from chalicelib.web import Form, Routes
from chalicelib.web.field_types import Body, ClockTime, Day, Line, wall_span_of
from chalicelib.web.request import Caller
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)

DONE = {  # the words of ``done``, joined by dots
    "given": "Your office hours are added.",
    "changed": "Your office hours are changed.",
    "withdrawn": "Those office hours are deleted.",
    "overnight": "They go over midnight and end on the day after: if that is not meant, undo it.",
    "cancelled": "Whoever had a call that lies outside now is told, and offered other times; an undo leaves it cancelled.",
    "offered": "Whoever had a call in those hours is told, and offered other times.",
    "undone": "That is undone: your office hours are as they were before it.",
    "link": "Your call link is saved.",
    "link-told": "Your call link is saved. Whoever has a call to come is told, and their calendar with them.",
}
NAMES = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
ASKED = Literal["", "keep", "cancel"]


class Told(Body):
    done: Line = ""
    undo: hours_undo.Text = ""


class UndoIt(Body):
    undo: hours_undo.Text
    calls: ASKED = ""


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
    again: list[Day] = []
    calls: ASKED = ""


class Withdraw(Body):
    calls: ASKED = ""


class Link(Body):
    url: CallUrl = ""


@routes.page("/coach/hours", who="coach")
def hours(db: Database, caller: Caller, form: Form, query: Told, now: datetime) -> Page:
    """My office hours, those that are over apart, and where my calls take place; and where an undo touches calls, what
    becomes of those."""
    given = availability.hours_by_id(db, caller, office_hours.PURPOSE)
    about = _about(given, query.undo, now)
    return page(
        "coaching/coach_hours.html",
        done=" ".join(DONE[word] for word in query.done.split(".") if word in DONE),
        about=about,
        undo=query.undo if about else "",
        asked=form.typed.get("undo", "") if office_hours.BOOKED in form.errors.values() else "",
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
    days = [(day, True) for day in days_of_week.firsts(body.days, today, body.until)]
    if body.day is not None:
        days.append((body.day, False))
    given = [_give(db, caller, day, body, weekly, now) for day, weekly in days]
    walls = wall_span_of(today, body.start, body.end)
    return hours_undo.told(["given", *_overnight(*walls)], Undo(given=given))


def _about(given: dict[UUID, Hours], undo: str, now: datetime) -> list[Hours]:
    """The hours that were just given, changed or deleted; none where nothing can be taken back any more."""
    try:
        done = hours_undo.read(undo)
        if done.was is None or done.id is not None:
            return [given[id] for id in (done.id, *done.given) if id in given]
        was = hours_undo.as_hours(done.was, now)
        return [was] if was not in given.values() else []
    except Invalid:
        return []


def _give(db: Database, caller: Caller, day: date, body: Give, weekly: bool, now: datetime) -> UUID:
    start, end = wall_span_of(day, body.start, body.end)
    until = body.until if weekly else None
    given = availability.give(db, caller, office_hours.PURPOSE, start, end, caller.timezone, weekly, until, [], now)
    return given["id"]


@routes.form("/coach/hours/undo", shows=hours, who="coach")
def undo(db: Database, caller: Caller, body: UndoIt, now: datetime) -> Redirect:
    """What was given goes, what was changed is as it was, what was deleted is there again."""
    hours_undo.carry_out(db, caller, hours_undo.read(body.undo), body.calls or None, now)
    return Redirect("/coach/hours?done=" + ("undone.offered" if body.calls == "cancel" else "undone"))


@routes.page("/coach/hours/{id}", who="coach")
def edit(db: Database, caller: Caller, id: UUID, form: Form, now: datetime) -> Page:
    one = _one(db, caller, id)
    today = zones.day_of(now, one.timezone)
    left_out = sorted(day for day in one.exceptions if day >= today)
    example = days_of_week.firsts([DAYS[one.starts.weekday()]], today, None)[0]
    return page("coaching/coach_hours_edit.html", id=id, hours=one, left_out=left_out, example=example)


@routes.form("/coach/hours/{id}", shows=edit, who="coach")
def change(db: Database, caller: Caller, id: UUID, body: Change, now: datetime) -> Redirect:
    """Change them; refused once, the page lists the calls left outside and asks what becomes of them."""
    kept = _one(db, caller, id)
    start, end = wall_span_of(kept.starts.date(), body.start, body.end, kept.day_long)
    changes: dict[str, Any] = {"start": start, "end": end}
    if kept.weekly:
        also = days_of_week.one_of(body.except_also, [kept.starts.weekday()], "except_also")
        changes |= {"until": body.until, "except": sorted({*kept.exceptions, *also} - set(body.again))}
    office_hours.change(db, caller, id, changes, body.calls or None, now)
    done = ["changed", *_overnight(start, end), *_cancelled(body)]
    return hours_undo.told(done, Undo(was=hours_undo.as_given(kept, now), id=id))


def _cancelled(given: Change | Withdraw) -> list[str]:
    return ["cancelled"] if given.calls == "cancel" else []


def _overnight(start: datetime, end: datetime) -> list[str]:
    """A start and an end that were typed the wrong way round are hours over midnight: that is said."""
    return ["overnight"] if end > datetime.combine(start.date() + timedelta(days=1), time()) else []


@routes.form("/coach/hours/{id}/delete", shows=edit, who="coach")
def withdraw(db: Database, caller: Caller, id: UUID, body: Withdraw, now: datetime) -> Redirect:
    kept = _one(db, caller, id)
    office_hours.withdraw(db, caller, id, body.calls or None, now)
    was = hours_undo.as_given(hours_undo.anew(kept, now), now)
    return hours_undo.told(["withdrawn", *_cancelled(body)], Undo(was=was))


@routes.form("/coach/link", shows=hours, who="coach")
def give_link(db: Database, caller: Caller, body: Link, now: datetime) -> Redirect:
    told = call_links.give(db, caller, body.url, now)
    return Redirect("/coach/hours?done=link" + ("-told" if told else ""))


def _one(db: Database, caller: Caller, id: UUID) -> Hours:
    found = availability.hours_by_id(db, caller, office_hours.PURPOSE).get(id)
    if found is None:
        raise NotFound("There are no such office hours of yours")
    return found
