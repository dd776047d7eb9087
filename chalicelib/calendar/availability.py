"""When people are free: once or weekly, in their own wall time, with exceptions."""

from datetime import date, datetime, timedelta
from typing import Any, TypedDict
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from chalicelib.calendar import zones
from chalicelib.calendar.occurrences import Hours, spans
from chalicelib.database import Database
from chalicelib.errors import Conflict, Forbidden, Invalid, NotFound
from chalicelib.messaging import locks, outbox, topics
from chalicelib.web.request import Caller

FARTHEST = timedelta(days=2 * 366)
MOST = 100
"""Availabilities a person may have for one purpose, those that are over not counted."""
MOST_EXCEPTIONS = 366


Availability = TypedDict(
    "Availability",
    {
        "id": UUID, "purpose": str, "start": str, "end": str, "timezone": str, "weekly": bool, "until": str | None,
        "except": list[str],
    },
)  # fmt: skip
"""An availability as the API shows it: ``start`` and ``end`` are wall time in its zone, ``2026-11-24T11:30``."""


def give(
    db: Database,
    caller: Caller,
    purpose: str,
    start: datetime,
    end: datetime,
    timezone: str,
    weekly: bool,
    until: date | None,
    exceptions: list[date],
    now: datetime,
) -> Availability:
    """Say when one is free; the availability as it is kept. Raises Invalid naming the field and the rule, Forbidden for
    office hours of who is no coach."""
    if purpose == "coaching" and not caller.is_a("coach"):
        raise Forbidden("Only coaches have office hours")
    hours = checked(start, end, timezone, weekly, until, exceptions, now)
    lock(db, caller)
    if sum(not is_over(kept, now) for kept in hours_by_id(db, caller, purpose).values()) >= MOST:
        raise Invalid.field("start", f"there are {MOST} availabilities already, which is the most one can give")
    id = uuid4()
    db.run(
        "INSERT INTO availability (id, person_id, purpose, starts, ends, timezone, weekly, until)"
        " VALUES (%(id)s, %(me)s, %(purpose)s, %(starts)s, %(ends)s, %(timezone)s, %(weekly)s, %(until)s)",
        id=id,
        me=caller.id,
        purpose=purpose,
        **_columns(hours),
    )
    _except(db, id, hours)
    _tell(db, caller, id, purpose, hours, now)
    return shown(id, purpose, hours)


def lock(db: Database, caller: Caller) -> None:
    """Have the caller's availabilities changed by one transaction at a time, this one until it ends."""
    locks.hold(db, f"availability {caller.id}")


def change(
    db: Database, caller: Caller, id: UUID, changes: dict[str, Any], now: datetime, purpose: str = "lunch"
) -> Availability:
    """Change some fields of an availability of that purpose; as it is kept then. Raises NotFound, Invalid, Conflict."""
    row = db.row("SELECT * FROM availability WHERE id = %(id)s AND person_id = %(me)s FOR UPDATE", id=id, me=caller.id)
    if row is None:
        raise NotFound("There is no such availability of yours")
    _refuse_office_hours(row.purpose, purpose)
    kept = hours_of(row, _exceptions(db, id))
    weekly = changes.get("weekly", kept.weekly)
    until = changes["until"] if "until" in changes else (kept.until if kept.weekly and kept.until != date.max else None)
    hours = checked(
        changes.get("start", kept.starts),
        changes.get("end", kept.ends),
        changes.get("timezone", kept.timezone),
        weekly,
        until if weekly else None,
        changes.get("except", sorted(kept.exceptions)),
        now,
        begun=kept.starts.date(),
    )
    db.run(
        "UPDATE availability SET starts = %(starts)s, ends = %(ends)s, timezone = %(timezone)s, weekly = %(weekly)s,"
        " until = %(until)s WHERE id = %(id)s",
        id=id,
        **_columns(hours),
    )
    db.run("DELETE FROM availability_exception WHERE availability_id = %(id)s", id=id)
    _except(db, id, hours)
    _tell(db, caller, id, row.purpose, hours, now)
    return shown(id, row.purpose, hours)


def withdraw(db: Database, caller: Caller, id: UUID, purpose: str = "lunch") -> None:
    """Take an availability of that purpose back. Raises NotFound, Conflict."""
    given = db.value("SELECT purpose FROM availability WHERE id = %(id)s AND person_id = %(me)s", id=id, me=caller.id)
    if given is None:
        raise NotFound("There is no such availability of yours")
    _refuse_office_hours(given, purpose)
    db.run("DELETE FROM availability WHERE id = %(id)s AND person_id = %(me)s", id=id, me=caller.id)


def _refuse_office_hours(given: str, purpose: str) -> None:
    """Calls may be booked in office hours, so they change where it is asked what becomes of those; and only they do."""
    if given != purpose and purpose == "coaching":
        raise NotFound("There are no such office hours of yours")
    if given != purpose:
        raise Conflict("Office hours are changed at /api/office-hours, which asks about booked calls")


def mine(db: Database, caller: Caller, purpose: str = "lunch") -> list[Availability]:
    """The caller's availabilities for that purpose, in order of their start."""
    return [shown(id, purpose, hours) for id, hours in hours_by_id(db, caller, purpose).items()]


def hours_by_id(db: Database, caller: Caller, purpose: str = "lunch") -> dict[UUID, Hours]:
    """The caller's availabilities for that purpose as values, in order of their start."""
    rows = db.rows(
        "SELECT *, ARRAY(SELECT day FROM availability_exception x WHERE x.availability_id = a.id) AS exceptions"
        " FROM availability a WHERE purpose = %(p)s AND person_id = %(me)s ORDER BY starts, id",
        p=purpose,
        me=caller.id,
    )
    return {row.id: hours_of(row, frozenset(row.exceptions)) for row in rows}


def checked(
    start: datetime,
    end: datetime,
    timezone: str,
    weekly: bool,
    until: date | None,
    exceptions: list[date],
    now: datetime,
    begun: date | None = None,
) -> Hours:
    """What was given as Hours, or Invalid: empty, backwards, past, too long, too far. ``begun``: the day on which they
    begin already; weekly hours may have begun long ago, and are no farther away for it."""
    place = zones.zone(timezone)
    today = zones.local_time(now, place).date()
    for field, given in (("start", start.date()), ("end", end.date())):
        if start.date() != begun and not today - FARTHEST <= given <= today + FARTHEST:
            raise Invalid.field(field, "must be within two years")
    if end <= start:
        raise Invalid.field("end", "must be after start")
    if end - start > timedelta(hours=24):
        raise Invalid.field("end", "must be within 24 hours of start")
    if until is not None and not weekly:
        raise Invalid.field("until", "is for weekly hours only")
    if until is not None and until < start.date():
        raise Invalid.field("until", "must not be before start")
    if len(exceptions) > MOST_EXCEPTIONS:
        raise Invalid.field("except", f"can name at most {MOST_EXCEPTIONS} days")
    hours = Hours(start, end, timezone, weekly, (until or date.max) if weekly else start.date(), frozenset(exceptions))
    if is_over(hours, now):
        raise Invalid.field("until" if weekly else "end", "must not be past")
    return hours


def is_over(hours: Hours, now: datetime) -> bool:
    """Whether nothing of them is to come: the day of the last is past, or the end of the only one."""
    place = ZoneInfo(hours.timezone)
    if hours.weekly:
        return hours.until < zones.local_time(now, place).date()
    return zones.instant(hours.ends, place) <= now


def _columns(hours: Hours) -> dict[str, Any]:
    return {
        "starts": hours.starts,
        "ends": hours.ends,
        "timezone": hours.timezone,
        "weekly": hours.weekly,
        "until": "infinity" if hours.until == date.max else hours.until,
    }


def hours_of(row: Any, exceptions: frozenset[date]) -> Hours:
    """A row of availability as Hours."""
    return Hours(row.starts, row.ends, row.timezone, row.weekly, row.until, exceptions)


def shown(id: UUID, purpose: str, hours: Hours) -> Availability:
    """An availability as the API shows it."""
    return {
        "id": id,
        "purpose": purpose,
        "start": hours.starts.isoformat(timespec="minutes"),
        "end": hours.ends.isoformat(timespec="minutes"),
        "timezone": hours.timezone,
        "weekly": hours.weekly,
        "until": hours.until.isoformat() if hours.weekly and hours.until != date.max else None,
        "except": [day.isoformat() for day in sorted(hours.exceptions)],
    }


def _exceptions(db: Database, id: UUID) -> frozenset[date]:
    """Asked once its availability is locked: the statement that locks would see those of before."""
    rows = db.rows("SELECT day FROM availability_exception WHERE availability_id = %(id)s", id=id)
    return frozenset(row.day for row in rows)


def _except(db: Database, id: UUID, hours: Hours) -> None:
    db.many(
        "INSERT INTO availability_exception (availability_id, day) VALUES %s",
        [(id, day) for day in sorted(hours.exceptions)],
    )


def _tell(db: Database, caller: Caller, id: UUID, purpose: str, hours: Hours, now: datetime) -> None:
    """Tell the week's topic when the hours fall into the current week of the person's zone."""
    place = ZoneInfo(caller.timezone)
    monday = zones.monday(zones.local_time(now, place).date())
    begin = zones.midnight(monday, place)
    end = zones.midnight(monday + timedelta(days=7), place)
    if any(span[0] < end and span[1] > max(begin, now) for span in spans([hours], monday, monday + timedelta(days=6))):
        data = {"person": str(caller.id), "availability": str(id), "purpose": purpose, "week": zones.week_name(monday)}
        outbox.put(db, topics.week_topic(monday), topics.week_key(monday), "availability.given", data, now)
