"""Office hours: when a coach has calls. Changing them never drops a booked call in silence: it lists those and asks."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from chalicelib.calendar import availability, zones
from chalicelib.calendar.availability import Availability
from chalicelib.calendar.occurrences import Hours, Span, occurrences
from chalicelib.coaching import appointments
from chalicelib.coaching.schemas import Block
from chalicelib.coaching.slots import MARGIN
from chalicelib.database import Database
from chalicelib.errors import Conflict, Invalid, NotFound
from chalicelib.web.request import Caller

PURPOSE = "coaching"
LONGEST_BLOCK = timedelta(days=31)

Calls = Literal["keep", "cancel"]
"""What becomes of booked calls that lie outside the new hours."""


def change(
    db: Database, caller: Caller, id: UUID, changes: dict[str, Any], calls: Calls | None, now: datetime
) -> Availability:
    """Change office hours; as they are kept then. Raises NotFound, Invalid; Conflict naming the calls left outside."""
    changed: Availability = _asking(
        db, caller, calls, now, lambda: availability.change(db, caller, id, changes, now, PURPOSE)
    )
    return changed


def withdraw(db: Database, caller: Caller, id: UUID, calls: Calls | None, now: datetime) -> None:
    """Take office hours back. Raises NotFound; Conflict naming the calls left outside."""
    _asking(db, caller, calls, now, lambda: availability.withdraw(db, caller, id, PURPOSE))


def _asking(db: Database, caller: Caller, calls: Calls | None, now: datetime, do: Callable[[], Any]) -> Any:
    """Do it, and see to the booked calls that were inside office hours before and are not after."""
    db.run("SELECT lock_coach(%(me)s)", me=caller.id)
    booked = _coming(db, caller, now)
    before = availability.hours_by_id(db, caller, PURPOSE).values()
    inside = [call for call in booked if _is_inside(before, call)]
    result = do()
    after = availability.hours_by_id(db, caller, PURPOSE).values()
    outside = [call for call in inside if not _is_inside(after, call)]
    if outside and calls is None:
        raise Conflict(
            "Calls are booked outside the new hours: say whether to keep or to cancel them",
            fields=_said(outside, ZoneInfo(caller.timezone)),
        )
    if calls == "cancel":
        for call in outside:
            appointments.cancel_coming(db, now, coach=caller.id, span=call, offers=True)
    return result


def be_away(db: Database, caller: Caller, day: date, now: datetime, *, asked: bool = True) -> int:
    """Have no office hours on that day of one's own zone, and cancel its calls with three offers each; how many.

    Raises Invalid; Conflict naming the calls of that day where nobody was asked about them yet.
    """
    place = ZoneInfo(caller.timezone)
    today = zones.local_time(now, place).date()
    if not today <= day <= today + availability.FARTHEST:
        raise Invalid.field("day", "must be within the coming two years")
    begin, end = (zones.midnight(day + timedelta(days=n), place) for n in (0, 1))
    db.run("SELECT lock_coach(%(me)s)", me=caller.id)
    booked = [] if asked else [call for call in _coming(db, caller, now) if call[0] < end and begin < call[1]]
    if booked:
        raise Conflict("Calls are booked on that day: say that they are to be cancelled", fields=_said(booked, place))
    db.many(
        "INSERT INTO availability_exception (availability_id, day) VALUES %s ON CONFLICT DO NOTHING",
        [
            (id, one)
            for id, hours in availability.hours_by_id(db, caller, PURPOSE).items()
            for one in (day - timedelta(days=1), day, day + timedelta(days=1))
            if any(start < end and stop > begin for start, stop in occurrences(hours, one, one))
        ],
    )
    return appointments.cancel_coming(db, now, coach=caller.id, span=(begin, end), reason="away", offers=True)


def block(db: Database, caller: Caller, start: datetime, end: datetime, now: datetime) -> Block:
    """Keep a time to oneself: no calls and no lunches. Raises Invalid; Conflict where something is booked in it."""
    span = appointments.checked_span(start, end, now)
    if span[1] <= now:
        raise Invalid.field("end", "must not be past")
    if span[1] - span[0] > LONGEST_BLOCK:
        raise Invalid.field("end", f"must be within {LONGEST_BLOCK.days} days of start")
    id = uuid4()
    db.run(
        "INSERT INTO block (id, person_id, during) VALUES (%(id)s, %(me)s, %(during)s)",
        id=id,
        me=caller.id,
        during=appointments.as_range(span),
    )
    return _block(id, span, caller)


def unblock(db: Database, caller: Caller, id: UUID) -> None:
    """Give a blocked time free. Raises NotFound."""
    if not db.run("DELETE FROM block WHERE id = %(id)s AND person_id = %(me)s", id=id, me=caller.id):
        raise NotFound("There is no such blocked time of yours")


def blocks(db: Database, caller: Caller, now: datetime) -> list[Block]:
    """The caller's blocked times that are not over, in order."""
    rows = db.rows(
        "SELECT id, lower(during) AS starts, upper(during) AS ends FROM block"
        " WHERE person_id = %(me)s AND lower(during) > %(since)s AND upper(during) > %(now)s ORDER BY lower(during)",
        me=caller.id,
        since=now - LONGEST_BLOCK,
        now=now,
    )
    return [_block(row.id, (row.starts, row.ends), caller) for row in rows]


def _block(id: UUID, span: Span, caller: Caller) -> Block:
    place = ZoneInfo(caller.timezone)
    return {
        "id": id,
        "start": zones.local_time(span[0], place).isoformat(),
        "end": zones.local_time(span[1], place).isoformat(),
    }


def _said(calls: Iterable[Span], place: ZoneInfo) -> dict[str, str]:
    return {zones.local_time(start, place).isoformat(): "is booked" for start, _ in calls}


def _coming(db: Database, caller: Caller, now: datetime) -> list[Span]:
    rows = db.rows(
        "SELECT a.starts, a.ends FROM appointment a WHERE a.coach_id = %(me)s AND a.starts > %(now)s"
        " AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id) ORDER BY a.starts",
        me=caller.id,
        now=now,
    )
    return [(row.starts, row.ends) for row in rows]


def _is_inside(given: Iterable[Hours], call: Span) -> bool:
    first, last = ((at + days).astimezone(UTC).date() for at, days in zip(call, (-MARGIN, MARGIN), strict=True))
    return any(begin <= call[0] and call[1] <= end for hours in given for begin, end in occurrences(hours, first, last))
