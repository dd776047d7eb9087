"""When people are taken: lunches they approved, calls they booked."""

from datetime import datetime

from chalicelib.calendar.occurrences import Span
from chalicelib.database import Database
from chalicelib.web.request import Caller


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
