"""Mails that wait or were given up: to whom, which kind, why."""

from typing import Literal

import msgspec

from chalicelib.admin.lists import Listing, Which, listing
from chalicelib.database import Database
from chalicelib.web.field_types import Instant


class WaitingMail(msgspec.Struct):
    """A mail that has not left; ``person`` is '' for who is invited, whose address only the mail itself knows."""

    recipient: str
    person: str
    kind: str
    state: Literal["waiting", "refused", "expired"]
    written: Instant
    due: Instant
    attempts: int
    answer: str


def find(db: Database, which: Which) -> Listing[WaitingMail]:
    """Those that were given up, newest first, then those that wait; of the people whose name holds what is asked for."""
    return listing(
        db,
        WaitingMail,
        "SELECT m.recipient::text, coalesce(p.name, '') AS person, m.kind, m.state, m.written, m.due, m.attempts, m.answer"
        " FROM mail m LEFT JOIN person p ON p.id = m.recipient WHERE position(%(q)s IN lower(coalesce(p.name, ''))) > 0"
        " ORDER BY m.state = 'waiting', m.attempts = 0, m.written DESC, m.id",
        which,
    )
