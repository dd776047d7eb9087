"""What comes next for somebody: the page that holds nothing any more opens there."""

from datetime import datetime, timedelta
from typing import Any

from chalicelib.coaching import agenda
from chalicelib.database import Database
from chalicelib.web.request import Caller

FARTHEST = timedelta(weeks=104)


def next_call(db: Database, caller: Caller, now: datetime) -> Any | None:
    """The caller's next call, as ``agenda.row`` has it; None without one."""
    of_one_side = (
        "(SELECT a.id, a.starts FROM appointment a WHERE a.{side} = %(me)s AND a.starts > %(now)s"
        " AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id) ORDER BY a.starts LIMIT 1)"
    )
    # One side at a time: each is the first row of its own index.
    sides = " UNION ALL ".join(of_one_side.format(side=side) for side in ("coach_id", "client_id"))
    id = db.value(f"SELECT id FROM ({sides}) one ORDER BY starts LIMIT 1", me=caller.id, now=now)
    return id and agenda.row(db, caller, id)


def next_commitment(db: Database, caller: Caller, now: datetime) -> datetime | None:
    """When the caller is taken next (a call, a lunch, a blocked time), within two years; None if never."""
    found: datetime | None = db.value(
        "SELECT min(lower(b)) FROM busy(%(me)s, tstzrange(%(now)s, %(end)s)) b WHERE lower(b) > %(now)s",
        me=caller.id,
        now=now,
        end=now + FARTHEST,
    )
    return found
