"""Office hours: when a coach has calls. Changing them never drops a booked call in silence: it lists those and asks."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from chalicelib.calendar import availability, zones
from chalicelib.calendar.availability import Availability
from chalicelib.calendar.occurrences import Hours, Span, occurrences
from chalicelib.coaching import cancellations
from chalicelib.coaching.slots import MARGIN
from chalicelib.database import Database
from chalicelib.errors import Conflict
from chalicelib.web.request import Caller

PURPOSE = "coaching"

Calls = Literal["keep", "cancel"]
"""What becomes of booked calls that lie outside the new hours."""
BOOKED = "is booked"
"""What is said of each of them where nothing was said of it."""


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
            cancellations.cancel_coming(db, now, coach=caller.id, span=call, offers=True)
    return result


def _said(calls: Iterable[Span], place: ZoneInfo) -> dict[str, str]:
    return {zones.local_time(start, place).isoformat(): BOOKED for start, _ in calls}


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
