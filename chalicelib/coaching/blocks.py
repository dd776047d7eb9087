"""Times that a coach keeps to themselves: neither called nor lunched."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from chalicelib.calendar import zones
from chalicelib.calendar.occurrences import Span
from chalicelib.coaching import appointments
from chalicelib.coaching.schemas import Block
from chalicelib.database import Database
from chalicelib.errors import Invalid, NotFound
from chalicelib.web.request import Caller

LONGEST_BLOCK = timedelta(days=31)


def keep(db: Database, caller: Caller, start: datetime, end: datetime, now: datetime) -> Block:
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
    return _shown(id, span, caller)


def first_free(db: Database, caller: Caller, spans: Sequence[Span]) -> Span:
    """The first of those times in which the caller has nothing; the first of all where they have something in each."""
    for span in spans:
        if not db.value(
            "SELECT EXISTS (SELECT FROM busy(%(me)s, tstzrange(%(begin)s, %(end)s)))",
            me=caller.id,
            begin=span[0],
            end=span[1],
        ):
            return span
    return spans[0]


def free(db: Database, caller: Caller, id: UUID) -> None:
    """Give a blocked time free. Raises NotFound."""
    if not db.run("DELETE FROM block WHERE id = %(id)s AND person_id = %(me)s", id=id, me=caller.id):
        raise NotFound("There is no such blocked time of yours")


def read(db: Database, caller: Caller, id: UUID) -> Span | None:
    """A blocked time of the caller's; None if there is none."""
    row = db.row(
        "SELECT lower(during) AS starts, upper(during) AS ends FROM block WHERE id = %(id)s AND person_id = %(me)s",
        id=id,
        me=caller.id,
    )
    return (row.starts, row.ends) if row else None


def mine(db: Database, caller: Caller, now: datetime) -> list[Block]:
    """The caller's blocked times that are not over, in order."""
    rows = db.rows(
        "SELECT id, lower(during) AS starts, upper(during) AS ends FROM block"
        " WHERE person_id = %(me)s AND lower(during) > %(since)s AND upper(during) > %(now)s ORDER BY lower(during)",
        me=caller.id,
        since=now - LONGEST_BLOCK,
        now=now,
    )
    return [_shown(row.id, (row.starts, row.ends), caller) for row in rows]


def _shown(id: UUID, span: Span, caller: Caller) -> Block:
    place = ZoneInfo(caller.timezone)
    return {
        "id": id,
        "start": zones.local_time(span[0], place).isoformat(),
        "end": zones.local_time(span[1], place).isoformat(),
    }
