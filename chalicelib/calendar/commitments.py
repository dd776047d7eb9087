"""When people are taken: lunches they approved, calls they booked."""

from datetime import datetime
from typing import NamedTuple

from chalicelib.calendar.occurrences import Span
from chalicelib.database import Database
from chalicelib.web.request import Caller


class Taken(NamedTuple):
    """A span in which somebody is taken, and by what: a lunch, a call or a blocked time, with its id; or elsewhere."""

    begins: datetime
    ends: datetime
    by: str
    id: str


def mine(db: Database, caller: Caller, begins: datetime, ends: datetime) -> list[Span]:
    """The spans in which the caller is taken, of those that touch the time from ``begins`` to ``ends``, in order."""
    rows = db.rows(
        "SELECT lower(during) AS begins, upper(during) AS ends FROM commitment"
        " WHERE person_id = %(me)s AND during && tstzrange(%(begins)s, %(ends)s) ORDER BY during",
        me=caller.id,
        begins=begins,
        ends=ends,
    )
    return [(row.begins, row.ends) for row in rows]


def named(db: Database, caller: Caller, begins: datetime, ends: datetime) -> list[Taken]:
    """As ``mine``, with what the caller is taken by; and when a calendar that they keep elsewhere is busy."""
    rows = db.rows(
        "SELECT lower(during) AS begins, upper(during) AS ends, coalesce(event_id, appointment_id, block_id)::text AS id,"
        " CASE WHEN event_id IS NOT NULL THEN 'lunch' WHEN appointment_id IS NOT NULL THEN 'call' ELSE 'blocked' END AS by"
        " FROM commitment WHERE person_id = %(me)s AND during && tstzrange(%(begins)s, %(ends)s)"
        " UNION ALL SELECT lower(during), upper(during), '', 'elsewhere' FROM outside_busy"
        " WHERE person_id = %(me)s AND during && tstzrange(%(begins)s, %(ends)s) ORDER BY begins, ends",
        me=caller.id,
        begins=begins,
        ends=ends,
    )
    return [Taken(row.begins, row.ends, row.by, row.id) for row in rows]
