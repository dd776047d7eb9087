"""Whom mails go to."""

from typing import Any
from uuid import UUID

from chalicelib.database import Database, Prepared


def confirmed(db: Database, person: UUID) -> Any:
    """The person (email, name, timezone) if they confirmed their address, for until then it gets the confirmation and
    nothing else, and are not banned; None if not."""
    return db.row(_CONFIRMED, person=person)


_CONFIRMED = Prepared(
    "SELECT a.email, p.name, p.timezone FROM account a JOIN person p ON p.id = a.person_id"
    " WHERE a.person_id = %(person)s AND a.email_confirmed"
    " AND NOT EXISTS (SELECT FROM ban b WHERE b.person_id = a.person_id)"
)
