"""Whom mails go to."""

from typing import NamedTuple
from uuid import UUID

from chalicelib.database import Database, Prepared


class Reader(NamedTuple):
    """Somebody who can be written to, with the columns of ``CONFIRMED``."""

    email: str
    name: str
    timezone: str


CONFIRMED = Prepared(
    "SELECT a.email, p.name, p.timezone FROM account a JOIN person p ON p.id = a.person_id"
    " WHERE a.person_id = %(person)s AND a.email_confirmed"
    " AND NOT EXISTS (SELECT FROM ban b WHERE b.person_id = a.person_id)"
)


def confirmed(db: Database, person: UUID) -> Reader | None:
    """The person if they confirmed their address, for until then it gets the confirmation and nothing else, and are
    not banned; None if not."""
    row = db.row(CONFIRMED, person=person)
    return Reader(*row) if row else None
