"""Joining: an account for who holds a live invitation code."""

import re
import secrets
import unicodedata
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from chalicelib.accounts import addresses, attempts, links
from chalicelib.database import Database
from chalicelib.errors import CONSTRAINTS, Conflict, Forbidden
from chalicelib.messaging import outbox

UNUSABLE = "This invitation cannot be used"
Outcome = Literal["enrolled", "invitation", "username", "email"]
"""What the SQL function enrol answers: it did, or what stood in the way."""


def slug_of(name: str) -> str:
    """A name as a part of a path, with eight random characters so that it is nobody else's."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "-".join([*re.findall(r"[a-z0-9]+", plain)[:4], secrets.token_hex(4)])


def enrol(
    db: Database, code: str, username: str, hash: str, name: str, email: str, timezone: str, now: datetime
) -> UUID:
    """Enrol who holds a live code, and act for them in the rest of the transaction; their id.

    Raises Forbidden for every fault of the code, and for an address that is in use (its owner gets a mail, one a day); Conflict
    for a username that is taken, which leaves the code alive.
    """
    id = uuid4()
    row = db.row(
        "SELECT * FROM enrol(%(code)s, %(id)s, %(slug)s, %(username)s, %(hash)s, %(name)s, %(email)s, %(zone)s, %(now)s)",
        code=links.digest(code),
        id=id,
        slug=slug_of(name),
        username=username,
        hash=hash,
        name=name,
        email=email,
        zone=timezone,
        now=now,
    )
    assert row is not None
    outcome: Outcome = row.outcome
    if outcome == "username":
        raise Conflict(CONSTRAINTS["username_is_unique"])
    if outcome == "email":
        tell_holder(db, row.holder, email, now)
        raise Forbidden(UNUSABLE, keep=True)
    if outcome != "enrolled":
        raise Forbidden(UNUSABLE)
    outbox.put(db, "NewUser", str(id), "person.enrolled", {"person": str(id), "invitation": str(row.invitation)}, now)
    if not row.confirmed:
        addresses.ask_to_confirm(db, id, email, now)
    return id


def tell_holder(db: Database, holder: UUID, email: str, now: datetime) -> None:
    """Mail the owner of an address that somebody tried to join with it; once a day, however many try."""
    if attempts.count_mail(db, "address_in_use", email, now) == 1:
        outbox.put(db, *outbox.mail_due("address_in_use", holder), now)
