"""Where a coach's calls take place. Another link reaches the calendars of all who have a call to come."""

from datetime import datetime
from uuid import UUID

from chalicelib.coaching import appointments
from chalicelib.database import Database
from chalicelib.messaging import outbox
from chalicelib.web.request import Caller


def read(db: Database, coach: UUID) -> str:
    """Where their calls take place, https: or tel:; '' where they gave none."""
    found: str | None = db.value("SELECT url FROM call_link WHERE coach_id = %(coach)s", coach=coach)
    return found or ""


def give(db: Database, caller: Caller, url: str, now: datetime) -> int:
    """Set the caller's call link or phone number, '' takes it away; how many calls to come have it now.

    Those are a version on, and their clients are told. The same link again changes nothing: 0.
    """
    calls = db.rows("SELECT * FROM change_call_link(%(url)s)", url=url)
    outbox.put_all(
        db,
        [
            (appointments.TOPIC, str(call.id), "appointment.linked", appointments.data(
                call.id, caller.id, call.client_id, (call.starts, call.ends), caller.id, caller.timezone))
            for call in calls
        ],
        now,
    )  # fmt: skip
    return len(calls)
