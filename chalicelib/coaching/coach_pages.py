"""Pages of a coach: their calendar and clients, their office hours, blocked times, days away, calls for their clients."""

from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from chalicelib.calendar import availability, zones
from chalicelib.calendar.occurrences import Hours
from chalicelib.coaching import agenda, appointments, coaches, free_slots, office_hours, upcoming
from chalicelib.coaching.api import CallUrl, Slug
from chalicelib.coaching.booking_pages import Press, Shown, by_day, slots_of_week, typed_start, week_of_nearest
from chalicelib.database import Database
from chalicelib.errors import Invalid, NotFound
from chalicelib.rules import DAYS
from chalicelib.web import Form, Routes
from chalicelib.web.field_types import Body, ClockTime, Day, Empty, wall_time_of
from chalicelib.web.request import Caller
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)

DONE = {
    "given": "Your office hours are added.",
    "changed": "Your office hours are changed.",
    "away": "You are away on that day. Whoever had a call is told, and offered other times.",
    "blocked": "That time is yours.",
    "freed": "That time is free again.",
    "link": "Your call link is saved.",
    "booked": "The call is booked.",
}
NAMES = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


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
    calls: Literal["", "keep", "cancel"] = ""


class Withdraw(Body):
    calls: Literal["", "keep", "cancel"] = ""


class Away(Body):
    day: Day
    calls: Literal["", "cancel"] = ""


class Block(Body):
    day: Day
    start: ClockTime
    end: ClockTime


class Link(Body):
    url: CallUrl = ""


class When(Body):
    day: Day | None = None
    time: ClockTime | None = None


@routes.page("/coach", who="coach")
def overview(db: Database, caller: Caller, form: Form, query: Shown, now: datetime) -> Page:
    """My calendar of a week (calls, lunches, blocked times), my office hours, my clients."""
    this = zones.this_monday(now, caller.timezone)
    monday = zones.week_of(query.week) if query.week else this
    rows = _commitments(db, caller, monday)
    leapt = query.week is None and not any(row.ends > now for row in rows)
    if leapt and (ahead := upcoming.next_commitment(db, caller, now)):
        monday = zones.this_monday(ahead, caller.timezone)
        rows = _commitments(db, caller, monday)
    return page(
        "coaching/coach.html",
        done=DONE.get(query.done),
        monday=monday,
        leapt=leapt and monday != this,
        this=zones.week_name(this),
        days=by_day([(row.starts, row.ends) for row in rows], caller),
        what={row.starts: row for row in rows},
        before=zones.week_name(monday - timedelta(weeks=1)) if monday > this else None,
        after=zones.week_name(monday + timedelta(weeks=1)) if monday < this + timedelta(weeks=104) else None,
        hours=_hours(db, caller, now),
        blocks=office_hours.blocks(db, caller, now),
        clients=coaches.clients(db, caller),
        link=coaches.call_link(db, caller.id),
        at=datetime.fromisoformat,
    )


@routes.page("/coach/hours", who="coach")
def give_page(db: Database, caller: Caller, form: Form) -> Page:
    return page("coaching/coach_hours.html", days=DAYS)


@routes.form("/coach/hours", shows=give_page, who="coach")
def give(db: Database, caller: Caller, body: Give, now: datetime) -> Redirect:
    """Office hours on those weekdays, every week; or on one day."""
    if not body.days and body.day is None:
        raise Invalid.field("days", "needs at least one, or a single day below")
    today = zones.day_of(now, caller.timezone)
    for name in dict.fromkeys(body.days):
        day = today + timedelta(days=(DAYS.index(name) - today.weekday()) % 7)
        _give(db, caller, day, body, True, now)
    if body.day is not None:
        _give(db, caller, body.day, body, False, now)
    return Redirect("/coach?done=given")


def _give(db: Database, caller: Caller, day: date, body: Give, weekly: bool, now: datetime) -> None:
    start, end = wall_time_of(day, body.start), wall_time_of(day, body.end)
    until = body.until if weekly else None
    availability.give(db, caller, office_hours.PURPOSE, start, end, caller.timezone, weekly, until, [], now)


@routes.page("/coach/hours/{id}", who="coach")
def edit(db: Database, caller: Caller, id: UUID, form: Form) -> Page:
    return page("coaching/coach_hours_edit.html", id=id, hours=_one(db, caller, id))


@routes.form("/coach/hours/{id}", shows=edit, who="coach")
def change(db: Database, caller: Caller, id: UUID, body: Change, now: datetime) -> Redirect:
    """Change them; refused once, the page lists the calls left outside and asks what becomes of them."""
    kept = _one(db, caller, id)
    day = kept.starts.date()
    changes: dict[str, Any] = {"start": wall_time_of(day, body.start), "end": wall_time_of(day, body.end)}
    if kept.weekly:
        changes |= {"until": body.until, "except": sorted({*kept.exceptions, *filter(None, [body.except_also])})}
    office_hours.change(db, caller, id, changes, body.calls or None, now)
    return Redirect("/coach?done=changed")


@routes.form("/coach/hours/{id}/delete", shows=edit, who="coach")
def withdraw(db: Database, caller: Caller, id: UUID, body: Withdraw, now: datetime) -> Redirect:
    office_hours.withdraw(db, caller, id, body.calls or None, now)
    return Redirect("/coach?done=changed")


@routes.form("/coach/away", shows=overview, who="coach")
def be_away(db: Database, caller: Caller, body: Away, now: datetime) -> Redirect:
    """Be away; refused once where calls are booked on that day, the page lists them and asks."""
    office_hours.be_away(db, caller, body.day, now, asked=body.calls == "cancel")
    return Redirect(f"/coach?done=away&week={zones.week_name(body.day)}")


@routes.form("/coach/block", shows=overview, who="coach")
def block(db: Database, caller: Caller, body: Block, now: datetime) -> Redirect:
    start, end = typed_start(body.day, body.start, caller), typed_start(body.day, body.end, caller)
    office_hours.block(db, caller, start, end, now)
    return Redirect(f"/coach?done=blocked&week={zones.week_name(body.day)}")


@routes.form("/coach/blocks/{id}/delete", shows=overview, who="coach")
def unblock(db: Database, caller: Caller, id: UUID, body: Empty) -> Redirect:
    office_hours.unblock(db, caller, id)
    return Redirect("/coach?done=freed")


@routes.form("/coach/link", shows=overview, who="coach")
def give_link(db: Database, caller: Caller, body: Link) -> Redirect:
    coaches.give_call_link(db, caller, body.url)
    return Redirect("/coach?done=link")


@routes.page("/coach/clients/{client}", who="coach")
def client_page(db: Database, caller: Caller, client: Slug, form: Form, query: Shown, now: datetime) -> Page:
    """Free slots for a client of mine, to book for them."""
    name = next((one.name for one in coaches.clients(db, caller) if one.slug == client), None)
    if name is None:
        raise NotFound("There is no such client of yours")
    mine = _my_slug(db, caller)
    whose = coaches.client_of(db, caller, mine, client)
    week = query.week or (week_of_nearest(db, caller, mine, whose, now, now) if whose else None)
    return page(
        "coaching/coach_client.html",
        client=client,
        name=name,
        **slots_of_week(db, caller, mine, client, None, week, now),
    )


@routes.form("/coach/clients/{client}", shows=client_page, who="coach")
def book(db: Database, caller: Caller, client: Slug, body: Press, now: datetime) -> Redirect:
    appointments.book(db, caller, _my_slug(db, caller), body.start, body.end, client, now)
    day = zones.day_of(body.start, caller.timezone)
    return Redirect(f"/coach?done=booked&week={zones.week_name(day)}")


@routes.page("/coach/why", who="coach")
def why(db: Database, caller: Caller, form: Form, query: When, now: datetime) -> Page:
    """Why a time is not free."""
    reasons = None
    if query.day is not None and query.time is not None:
        start = appointments.checked_time(typed_start(query.day, query.time, caller), now)
        reasons = free_slots.why_not(db, caller, _my_slug(db, caller), start, None, now)
    return page("coaching/coach_why.html", reasons=reasons, day=query.day, time=query.time)


def _commitments(db: Database, caller: Caller, monday: date) -> list[Any]:
    """What the caller has in that week, by start (starts, ends, kind, with: whom a call is with, or '')."""
    begin, end = agenda.span_of(monday, 1, caller.timezone)
    return db.rows(
        "SELECT lower(b) AS starts, upper(b) AS ends, a.id, coalesce(p.name, '') AS other,"
        " CASE WHEN a.id IS NOT NULL THEN 'call' WHEN k.id IS NOT NULL THEN 'blocked' ELSE 'lunch' END AS kind"
        " FROM busy(%(me)s, tstzrange(%(begin)s, %(end)s)) b"
        " LEFT JOIN appointment a ON (a.coach_id = %(me)s OR a.client_id = %(me)s) AND a.during = b"
        "  AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id)"
        " LEFT JOIN person p ON p.id = CASE WHEN a.coach_id = %(me)s THEN a.client_id ELSE a.coach_id END"
        " LEFT JOIN block k ON k.person_id = %(me)s AND k.during = b ORDER BY b",
        me=caller.id,
        begin=begin,
        end=end,
    )


def _hours(db: Database, caller: Caller, now: datetime) -> dict[UUID, Hours]:
    today = zones.day_of(now, caller.timezone)
    return {
        id: one for id, one in availability.hours_by_id(db, caller, office_hours.PURPOSE).items() if one.until >= today
    }


def _one(db: Database, caller: Caller, id: UUID) -> Hours:
    found = availability.hours_by_id(db, caller, office_hours.PURPOSE).get(id)
    if found is None:
        raise NotFound("There are no such office hours of yours")
    return found


def _my_slug(db: Database, caller: Caller) -> str:
    slug: str = db.value("SELECT slug FROM person WHERE id = %(me)s", me=caller.id)
    return slug
