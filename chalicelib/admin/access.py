"""Helping who lost a device, or whose account somebody else is in: admins end sessions and take a second factor away."""

from datetime import datetime
from uuid import UUID

from chalicelib import logs
from chalicelib.accounts import audit
from chalicelib.admin import directory
from chalicelib.database import Database
from chalicelib.errors import Conflict
from chalicelib.messaging import outbox
from chalicelib.web.request import Caller


def end_sessions(db: Database, caller: Caller, person: UUID, why: str, now: datetime) -> None:
    """Log somebody out wherever they are. Raises NotFound."""
    directory.read(db, person)
    db.run("SELECT end_sessions_of(%(person)s)", person=person)
    audit.note(db, caller, "ended the sessions of", person, why, now)
    logs.security("sessions ended by an admin", person, by=caller.id)


def remove_second_factor(db: Database, caller: Caller, person: UUID, why: str, now: datetime) -> None:
    """Let somebody log in by the password alone, and log them out wherever they are; they are told by mail.

    Raises NotFound, Conflict where none is on.
    """
    directory.read(db, person)
    if not db.value("SELECT remove_second_factor_of(%(person)s)", person=person):
        raise Conflict("This person's second factor is not on")
    outbox.put(db, *outbox.mail_due("second_factor_off", person), now)
    audit.note(db, caller, "took the second factor from", person, why, now)
    logs.security("second factor taken away by an admin", person, by=caller.id)
