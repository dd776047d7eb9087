"""Pages of a member's hours: the week, giving hours every week or once, changing and deleting them."""

from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from chalicelib import rules
from chalicelib.calendar import availability, zones
from chalicelib.calendar.occurrences import Hours, occurrences
from chalicelib.database import Database
from chalicelib.errors import Invalid, NotFound
from chalicelib.lunch import hours, locations, pauses
from chalicelib.rules import DAYS
from chalicelib.web import Form, Routes
from chalicelib.web.field_types import Body, ClockTime, Day, Empty, Line, wall_time_of
from chalicelib.web.request import Caller
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)

DONE = {
    "given": "Your hours are added.",
    "changed": "Your hours are changed.",
    "deleted": "Your hours are deleted.",
    "suggested": "The suggested hour is added, every week from now on. Below you can change it or take it back.",
    "place": "You have lunch at another place from the next round on; lunches that were made stay as they are. On your account"
    " you can change it back.",
    "eats": "You refuse that food no more. On your account you can refuse it again.",
}
NEXT_DAYS = 8
"""So many of the coming days of weekly hours can be ticked as exceptions; any other is typed."""


class Shown(Body):
    week: Line = ""
    done: Line = ""


class Copied(Body):
    copy: UUID | None = None


class GiveWeekly(Body):
    start: ClockTime
    end: ClockTime
    days: list[Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]] = []
    first: Day | None = None
    until: Day | None = None


class GiveOnce(Body):
    day: Day
    start: ClockTime
    end: ClockTime


class ChangeHours(Body):
    start: ClockTime
    end: ClockTime
    day: Day | None = None
    until: Day | None = None
    skip: list[Day] = []
    skip_also: Day | None = None


@routes.page("/availability")
def week(db: Database, caller: Caller, query: Shown, now: datetime) -> Page:
    """My hours, and how many lunches could start in them. The next week, if no other is asked for."""
    monday = zones.week_of(query.week) if query.week else zones.this_monday(now, caller.timezone) + timedelta(days=7)
    location = locations.of(db, caller)
    values = rules.read(db)
    mine = hours.read(db, caller, location, values, monday, now)
    return page(
        "lunch/availability.html",
        done=DONE.get(query.done),
        monday=monday,
        this_monday=zones.this_monday(now, caller.timezone),
        name=zones.week_name,
        table=mine.table(),
        starts=mine.starts(),
        hours=mine.current(),
        location=location,
        paused=pauses.holds(db, caller, monday),
        values=values,
        today=zones.day_of(now, caller.timezone),
    )


@routes.page("/availability/weekly")
def weekly(db: Database, caller: Caller, form: Form, query: Copied, now: datetime) -> Page:
    return page(
        "lunch/hours_weekly.html", copied=_copied(db, caller, query.copy), today=zones.day_of(now, caller.timezone)
    )


@routes.form("/availability/weekly", shows=weekly)
def give_weekly(db: Database, caller: Caller, body: GiveWeekly, now: datetime) -> Redirect:
    """One availability for each of the days."""
    if not body.days:
        raise Invalid.field("days", "needs at least one of them")
    first = body.first or zones.day_of(now, caller.timezone)
    for name in dict.fromkeys(body.days):
        day = first + timedelta(days=(DAYS.index(name) - first.weekday()) % 7)
        start, end = wall_time_of(day, body.start), wall_time_of(day, body.end)
        availability.give(db, caller, "lunch", start, end, caller.timezone, True, body.until, [], now)
    return Redirect("/availability?done=given")


@routes.page("/availability/once")
def once(db: Database, caller: Caller, form: Form, query: Copied, now: datetime) -> Page:
    return page("lunch/hours_once.html", copied=_copied(db, caller, query.copy))


@routes.form("/availability/once", shows=once)
def give_once(db: Database, caller: Caller, body: GiveOnce, now: datetime) -> Redirect:
    start, end = wall_time_of(body.day, body.start), wall_time_of(body.day, body.end)
    availability.give(db, caller, "lunch", start, end, caller.timezone, False, None, [], now)
    return Redirect(f"/availability?week={zones.week_name(body.day)}&done=given")


@routes.page("/availability/{id}")
def edit(db: Database, caller: Caller, id: UUID, form: Form, now: datetime) -> Page:
    found = _one(db, caller, id)
    return page("lunch/hours_edit.html", id=id, hours=found, days=_days(found, zones.day_of(now, caller.timezone)))


@routes.form("/availability/{id}", shows=edit)
def change(db: Database, caller: Caller, id: UUID, body: ChangeHours, now: datetime) -> Redirect:
    found = _one(db, caller, id)
    day = found.starts.date() if found.weekly or body.day is None else body.day
    changes: dict[str, Any] = {"start": wall_time_of(day, body.start), "end": wall_time_of(day, body.end)}
    if found.weekly:
        changes |= {"until": body.until, "except": sorted({*body.skip, *filter(None, [body.skip_also])})}
    availability.change(db, caller, id, changes, now)
    return Redirect("/availability?done=changed")


@routes.form("/availability/{id}/delete", shows=edit)
def delete(db: Database, caller: Caller, id: UUID, body: Empty) -> Redirect:
    availability.withdraw(db, caller, id)
    return Redirect("/availability?done=deleted")


def _one(db: Database, caller: Caller, id: UUID) -> Hours:
    found = availability.hours_by_id(db, caller).get(id)
    if found is None:
        raise NotFound("There are no such hours of yours")
    return found


def _copied(db: Database, caller: Caller, id: UUID | None) -> Hours | None:
    return availability.hours_by_id(db, caller).get(id) if id else None


def _days(found: Hours, today: date) -> list[date]:
    """The coming days of weekly hours, and those that are exceptions already."""
    if not found.weekly:
        return []
    place = ZoneInfo(found.timezone)
    every = found._replace(exceptions=frozenset())
    coming = occurrences(every, today, today + timedelta(weeks=NEXT_DAYS) - timedelta(days=1))
    days = {zones.local_time(span[0], place).date() for span in coming}
    return sorted(days | {day for day in found.exceptions if day >= today})
