"""Calendars that people keep elsewhere, by their addresses. ``outside_reading`` fetches them."""

from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from chalicelib.calendar import fetching, zones
from chalicelib.calendar.occurrences import Span
from chalicelib.database import Database
from chalicelib.errors import Conflict, NotFound
from chalicelib.messaging import locks
from chalicelib.web.field_types import Moment
from chalicelib.web.request import Caller

MOST = 5
UNREADABLE = {
    "no_calendar": "what stands there is no calendar",
    "empty": "it is empty",
    "too_much": "it has more than can be read",
}
PROBLEMS = fetching.PROBLEMS | UNREADABLE
"""What can be wrong with a calendar -> how a sentence about it goes on."""


class OutsideCalendar(TypedDict):
    """A calendar as its owner is shown it: of its address the host alone. ``read``: when it was read last; ``problem``:
    what went wrong since, or ''; ``busy``: how many busy times of it stand here."""

    id: UUID
    host: str
    added: Moment
    read: Moment | None
    problem: str
    lost: bool
    busy: int


def add(db: Database, caller: Caller, url: str, now: datetime) -> OutsideCalendar:
    """Keep one's busy times of that address free; it is read within some minutes. Raises Invalid, Conflict."""
    url = fetching.checked_url(url.strip())
    locks.hold(db, f"calendars {caller.id}")
    taken = {
        row.number for row in db.rows("SELECT number FROM outside_calendar WHERE person_id = %(me)s", me=caller.id)
    }
    number = next((n for n in range(1, MOST + 1) if n not in taken), None)
    if number is None:
        raise Conflict(f"You have {MOST} calendars already, which is the most one can give")
    id = uuid4()
    db.run(
        "INSERT INTO outside_calendar (id, person_id, number, url, host, added, due)"
        " VALUES (%(id)s, %(me)s, %(number)s, %(url)s, %(host)s, %(now)s, %(now)s)",
        id=id,
        me=caller.id,
        number=number,
        url=url,
        host=fetching.host_of(url),
        now=now,
    )
    return shown(read(db, caller, id), caller)


def mine(db: Database, caller: Caller) -> list[OutsideCalendar]:
    """The caller's, in the order in which they were given."""
    return [shown(row, caller) for row in db.rows(f"{_MINE} ORDER BY c.added, c.number", me=caller.id)]


def read(db: Database, caller: Caller, id: UUID) -> Any:
    """One of the caller's. Raises NotFound."""
    row = db.row(f"{_MINE} AND c.id = %(id)s", id=id, me=caller.id)
    if row is None:
        raise NotFound("There is no such calendar of yours")
    return row


def remove(db: Database, caller: Caller, id: UUID) -> None:
    """Forget a calendar and its busy times. Raises NotFound."""
    if not db.run("DELETE FROM outside_calendar WHERE id = %(id)s AND person_id = %(me)s", id=id, me=caller.id):
        raise NotFound("There is no such calendar of yours")


def busy(db: Database, caller: Caller, within: Span) -> list[Span]:
    """When the caller is busy elsewhere, of what touches that time, in order."""
    rows = db.rows(
        "SELECT DISTINCT lower(during) AS starts, upper(during) AS ends FROM outside_busy"
        " WHERE person_id = %(me)s AND during && tstzrange(%(begin)s, %(end)s) ORDER BY 1, 2",
        me=caller.id,
        begin=within[0],
        end=within[1],
    )
    return [(row.starts, row.ends) for row in rows]


def shown(row: Any, caller: Caller) -> OutsideCalendar:
    """A calendar as the API shows it, times in the caller's zone."""
    place = ZoneInfo(caller.timezone)
    return {
        "id": row.id,
        "host": row.host,
        "added": zones.local_time(row.added, place).isoformat(),
        "read": zones.local_time(row.read, place).isoformat() if row.was_read else None,
        "problem": PROBLEMS.get(row.problem, ""),
        "lost": row.lost,
        "busy": row.busy,
    }


_MINE = """
SELECT c.id, c.host, c.added, c.read, c.read > 'epoch' AS was_read, c.problem, c.lost,
       (SELECT count(*) FROM outside_busy b WHERE b.calendar_id = c.id) AS busy
FROM outside_calendar c WHERE c.person_id = %(me)s
"""
