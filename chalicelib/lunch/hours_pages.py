"""Pages of a member's hours: the week, giving hours every week or once, changing and deleting them."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from chalicelib import rules
from chalicelib.calendar import availability, days_of_week, zones
from chalicelib.calendar.occurrences import Hours, occurrences
from chalicelib.database import Database
from chalicelib.errors import Invalid, NotFound
from chalicelib.lunch import hours, hours_given, locations, pauses, weekly_grid
from chalicelib.rules import DAYS
from chalicelib.web import Form, Routes
from chalicelib.web.field_types import Body, ClockTime, Day, Empty, Line, matching, wall_span_of
from chalicelib.web.request import Caller
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)

DONE = {
    "given": "Your hours are added. Below you can change them or take them back.",
    "merged": "Your hours are added. They met others of yours, and are one entry with them now.",
    "already": "You had given these hours already, so nothing was added.",
    "ticked": "Your weekly hours are saved. Untick what you want to take back, and save again.",
    "unticked": "Nothing was changed: your weekly hours were so already.",
    "changed": "Your hours are changed.",
    "deleted": "Your hours are deleted.",
    "suggested": "The suggested hour is added, every week from now on. Below you can change it or take it back.",
    "place": "You have lunch at another place from the next round on; lunches that were made stay as they are. On your account"
    " you can change it back.",
    "eats": "You refuse that food no more. On your account you can refuse it again.",
}
NEXT_DAYS = 8
"""So many of the coming days of weekly hours can be ticked as exceptions; any other is typed."""
NEXT_WEEKS = 3
"""Of hours on several days of the week, those of so many weeks."""


DayOfWeek = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


class Shown(Body):
    week: Line = ""
    done: Line = ""


class Copied(Body):
    copy: UUID | None = None


HalfHour = Annotated[str, matching(r"^[0-6]-([01][0-9]|2[0-3]):(00|30)\Z", "is no half hour of the week")]


class Tick(Body):
    """The half hours that are ticked, and those that were when the page was shown."""

    free: list[HalfHour] = []
    was: list[HalfHour] = []


class GiveWeekly(Body):
    start: ClockTime
    end: ClockTime
    days: list[DayOfWeek] = []
    first: Day | None = None
    until: Day | None = None


class GiveOnce(Body):
    day: Day
    start: ClockTime
    end: ClockTime


class ChangeHours(Body):
    start: ClockTime
    end: ClockTime
    days: list[DayOfWeek] = []
    day: Day | None = None
    until: Day | None = None
    skip: list[Day] = []
    skip_also: Day | None = None


@routes.page("/availability")
def week(db: Database, caller: Caller, form: Form, query: Shown, now: datetime) -> Page:
    """My hours, and how many lunches could start in them. The next week, if no other is asked for."""
    monday = zones.week_of(query.week) if query.week else zones.this_monday(now, caller.timezone) + timedelta(days=7)
    location = locations.of(db, caller)
    values = rules.read(db)
    mine = hours.read(db, caller, location, values, monday, now)
    grid = mine.grid(values)
    return page(
        "lunch/availability.html",
        done=DONE.get(query.done),
        monday=monday,
        this_monday=zones.this_monday(now, caller.timezone),
        name=zones.week_name,
        table=mine.table(),
        starts=mine.starts(),
        grid=grid,
        grid_days=sorted({cell.day for row in grid for cell in row.cells if cell}),
        presets=mine.presets(values),
        entries=mine.entries(),
        useless=mine.useless(values),
        location=location,
        paused=pauses.holds(db, caller, monday),
        values=values,
        today=mine.today,
        days=DAYS,
    )


@routes.form("/availability", shows=week)
def tick(db: Database, caller: Caller, body: Tick, now: datetime) -> Redirect:
    """Weekly hours by half hours: what was ticked or unticked since the page was shown."""
    before, after = (set(map(weekly_grid.half_hour, keys)) for keys in (body.was, body.free))
    changed = hours_given.tick(db, caller, before, after, now)
    return Redirect(f"/availability?done={'ticked' if changed else 'unticked'}")


@routes.page("/availability/weekly")
def weekly(db: Database, caller: Caller, form: Form, query: Copied, now: datetime) -> Page:
    return page(
        "lunch/hours_weekly.html", copied=_copied(db, caller, query.copy), today=zones.day_of(now, caller.timezone)
    )


@routes.form("/availability/weekly", shows=weekly)
def give_weekly(db: Database, caller: Caller, body: GiveWeekly, now: datetime) -> Redirect:
    """Hours on each of the days."""
    if not body.days:
        raise Invalid.field("days", "needs at least one of them")
    first = body.first or zones.day_of(now, caller.timezone)
    outcomes = set()
    for day in days_of_week.firsts(body.days, first, body.until):
        outcomes.add(hours_given.give_weekly(db, caller, *wall_span_of(day, body.start, body.end), body.until, now))
    return Redirect(f"/availability?done={next(one for one in ('merged', 'given', 'already') if one in outcomes)}")


@routes.page("/availability/once")
def once(db: Database, caller: Caller, form: Form, query: Copied, now: datetime) -> Page:
    return page("lunch/hours_once.html", copied=_copied(db, caller, query.copy))


@routes.form("/availability/once", shows=once)
def give_once(db: Database, caller: Caller, body: GiveOnce, now: datetime) -> Redirect:
    outcome = hours_given.give_once(db, caller, *wall_span_of(body.day, body.start, body.end), now)
    return Redirect(f"/availability?week={zones.week_name(body.day)}&done={outcome}")


@routes.page("/availability/{id}")
def edit(db: Database, caller: Caller, id: UUID, form: Form, now: datetime) -> Page:
    given = availability.hours_by_id(db, caller)
    found = _entry(given, caller, id, now)
    dated = [given[one] for one in found.ids.values()]
    return page(
        "lunch/hours_edit.html",
        id=id,
        entry=found,
        hours=found.hours,
        weekdays=[DAYS[day] for day in found.ids],
        days=_days(dated, zones.day_of(now, caller.timezone)),
        all_days=DAYS,
    )


@routes.form("/availability/{id}", shows=edit)
def change(db: Database, caller: Caller, id: UUID, body: ChangeHours, now: datetime) -> Redirect:
    found = _entry(availability.hours_by_id(db, caller), caller, id, now)
    if found.hours.weekly:
        if not body.days:
            raise Invalid.field("days", "needs at least one of them")
        days = [DAYS.index(day) for day in body.days]
        exceptions = sorted({*body.skip, *days_of_week.one_of(body.skip_also, days, "skip_also")})
        hours_given.change(db, caller, found, days, (body.start, body.end), body.until, exceptions, now)
    else:
        day = body.day or found.hours.starts.date()
        start, end = wall_span_of(day, body.start, body.end, found.hours.day_long)
        availability.change(db, caller, id, {"start": start, "end": end}, now)
    return Redirect("/availability?done=changed")


@routes.form("/availability/{id}/delete", shows=edit)
def delete(db: Database, caller: Caller, id: UUID, body: Empty, now: datetime) -> Redirect:
    for one in _entry(availability.hours_by_id(db, caller), caller, id, now).ids.values():
        availability.withdraw(db, caller, one)
    return Redirect("/availability?done=deleted")


def _entry(given: dict[UUID, Hours], caller: Caller, id: UUID, now: datetime) -> hours_given.Entry:
    """The entry that these hours belong to. Raises NotFound."""
    entries = hours_given.entries(given, zones.day_of(now, caller.timezone))
    found = next((entry for entry in entries if id in entry.ids.values()), None)
    if found is None:
        raise NotFound("There are no such hours of yours")
    return found


def _copied(db: Database, caller: Caller, id: UUID | None) -> Hours | None:
    return availability.hours_by_id(db, caller).get(id) if id else None


def _days(dated: list[Hours], today: date) -> list[date]:
    """The coming days of weekly hours, and those that are exceptions already."""
    days = set()
    for one in dated if dated[0].weekly else ():
        place = ZoneInfo(one.timezone)
        last = today + timedelta(weeks=NEXT_DAYS if len(dated) == 1 else NEXT_WEEKS) - timedelta(days=1)
        coming = occurrences(one._replace(exceptions=frozenset()), today, last)
        days |= {zones.local_time(span[0], place).date() for span in coming}
        days |= {day for day in one.exceptions if day >= today}
    return sorted(days)
