"""When a coach is away: whole days or a part of one. No calls then, whatever the office hours are, until it is taken back."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from chalicelib.calendar import availability, zones
from chalicelib.calendar.occurrences import Span
from chalicelib.coaching import agenda, appointments, cancellations
from chalicelib.coaching.agenda import Call
from chalicelib.coaching.schemas import DayAway, DayAwayTaken
from chalicelib.database import Database
from chalicelib.errors import Conflict, Invalid, NotFound
from chalicelib.web import formats
from chalicelib.web.field_types import wall_span_of, wall_time_of
from chalicelib.web.request import Caller

LONGEST = timedelta(days=366)
MOST = 100
"""Days away to come that a coach may have."""
REASON = "away"
"""Of the cancellations that it brought."""

Calls = Literal["keep", "cancel"]
"""What becomes of the booked calls that it touches."""


def span_of(day: date, last: date | None, start: str | None, end: str | None, timezone: str, now: datetime) -> Span:
    """Those days of that zone, or the part of one day. Raises Invalid naming the field."""
    place = ZoneInfo(timezone)
    today = zones.day_of(now, timezone)
    for field, given in (("day", day), ("last", last or day)):
        if not today <= given <= today + availability.FARTHEST:
            raise Invalid.field(field, "must be within the coming two years")
    last = last or day
    if last < day:
        raise Invalid.field("last", "must not be before the first day")
    if last - day >= LONGEST:
        raise Invalid.field("last", f"must be within {LONGEST.days} days of the first")
    if last > day and (start or end):
        raise Invalid.field("start" if start else "end", "is for a part of one day only")
    begin = wall_time_of(day, start) if start else datetime.combine(day, time())
    until = wall_time_of(day, end) if end else datetime.combine(last + timedelta(days=1), time())
    if start and end:
        begin, until = wall_span_of(day, start, end)
    span = zones.instant(begin, place), zones.instant(until, place)
    if until <= begin or span[1] <= span[0]:
        raise Invalid.field("end", "must be after start")
    if span[1] <= now:
        raise Invalid.field("end" if end else "day", "must not be past")
    return span


def touched(db: Database, caller: Caller, span: Span, now: datetime) -> list[Call]:
    """The booked calls of the caller, as coach, that lie in that time or reach into it and have not begun, by start."""
    return [call for call in agenda.between(db, caller.id, span) if call.coach_id == caller.id and call.starts > now]


def take(
    db: Database, caller: Caller, span: Span, calls: Calls | Mapping[UUID, Calls] | None, now: datetime
) -> DayAwayTaken:
    """Be away in that time. ``calls`` says of all the calls it touches, or of each, whether it is kept or cancelled;
    whose call is cancelled is offered other times.

    Raises Conflict naming the calls where it says nothing of one of them: nothing has happened then; Invalid for too many.
    """
    db.run("SELECT lock_coach(%(me)s)", me=caller.id)
    if len(mine(db, caller, now)) >= MOST:
        raise Invalid.field("day", f"cannot be added: there are {MOST} days away to come already")
    found = touched(db, caller, span, now)
    said = {call.id: calls if isinstance(calls, str) else (calls or {}).get(call.id) for call in found}
    if None in said.values():
        place = ZoneInfo(caller.timezone)
        raise Conflict(
            "Calls are booked in that time: say whether to keep or to cancel them",
            fields={zones.local_time(call.starts, place).isoformat(): "is booked" for call in found},
        )
    id = uuid4()
    db.run(
        "INSERT INTO day_away (id, person_id, during, timezone, made)"
        " VALUES (%(id)s, %(me)s, %(during)s, %(timezone)s, %(now)s)",
        id=id,
        me=caller.id,
        during=appointments.as_range(span),
        timezone=caller.timezone,
        now=now,
    )
    gone = [call for call in found if said[call.id] == "cancel"]
    for call in gone:
        cancellations.cancel_coming(db, now, coach=caller.id, span=(call.starts, call.ends), reason=REASON, offers=True)
    return {**_shown(id, span, caller.timezone), "cancelled": len(gone), "kept": len(found) - len(gone)}


def mine(db: Database, caller: Caller, now: datetime) -> list[DayAway]:
    """The caller's days away that are not over, in order."""
    rows = db.rows(
        "SELECT id, lower(during) AS starts, upper(during) AS ends, timezone FROM day_away"
        " WHERE person_id = %(me)s AND upper(during) > %(now)s ORDER BY during, id",
        me=caller.id,
        now=now,
    )
    return [_shown(row.id, (row.starts, row.ends), row.timezone) for row in rows]


def still(db: Database, caller: Caller, span: Span) -> list[UUID]:
    """Which of the caller's days away have a part of that time."""
    rows = db.rows(
        "SELECT id FROM day_away WHERE person_id = %(me)s AND during && %(during)s::tstzrange ORDER BY during, id",
        me=caller.id,
        during=appointments.as_range(span),
    )
    return [row.id for row in rows]


def spans(db: Database, caller: Caller, within: Span) -> list[Span]:
    """When the caller is away, of what touches that time, in order."""
    rows = db.rows(
        "SELECT lower(during) AS starts, upper(during) AS ends FROM day_away"
        " WHERE person_id = %(me)s AND during && tstzrange(%(begin)s, %(end)s) ORDER BY during",
        me=caller.id,
        begin=within[0],
        end=within[1],
    )
    return [(row.starts, row.ends) for row in rows]


def read(db: Database, caller: Caller, id: UUID) -> Any | None:
    """One of the caller's (id, starts, ends, timezone, made); None where there is none, for it was taken back."""
    return db.row(
        "SELECT id, lower(during) AS starts, upper(during) AS ends, timezone, made FROM day_away"
        " WHERE id = %(id)s AND person_id = %(me)s",
        id=id,
        me=caller.id,
    )


def take_back(db: Database, caller: Caller, id: UUID) -> None:
    """Be there again. Calls that were cancelled stay so. Raises NotFound."""
    if not db.run("DELETE FROM day_away WHERE id = %(id)s AND person_id = %(me)s", id=id, me=caller.id):
        raise NotFound("There is no such day away of yours")


def _shown(id: UUID, span: Span, timezone: str) -> DayAway:
    place = ZoneInfo(timezone)
    start, end = (zones.local_time(at, place) for at in span)
    whole = formats.begins_its_day(start) and formats.begins_its_day(end)
    last = zones.local_time(span[1] - timedelta(microseconds=1), place).date()  # as instants: clocks may skip midnight
    return {
        "id": id,
        "day": start.date().isoformat(),
        "last": last.isoformat(),
        "start": start.isoformat(),
        "end": end.isoformat(),
        "whole": whole,
        "timezone": timezone,
    }
