"""The secret address of a person's calendar. Whoever has it reads the calendar, so it can be ended at any time."""

from datetime import datetime
from typing import Any
from uuid import UUID

from chalicelib import logs
from chalicelib.accounts import links, proofs
from chalicelib.database import Database, Transact
from chalicelib.messaging import outbox
from chalicelib.web.credentials import hashed, new_token
from chalicelib.web.request import Caller


def open(transact: Transact, caller: Caller, password: str, address: str, now: datetime) -> str:
    """Make a new address, which ends the former; the secret in it, which is shown once. Its owner is told by mail.

    Raises Invalid naming the password, TooManyRequests, Conflict.
    """
    kept = proofs.prove(transact, caller, password, address, now)
    token = new_token()

    def store(db: Database) -> None:
        proofs.hold(db, kept)
        db.run("SELECT open_feed(%(hash)s)", hash=hashed(token.encode()))
        outbox.put(db, *outbox.mail_due("feed_made", caller.id), now)

    transact(store)
    logs.security("calendar address made", caller.id)
    return token


def address(token: str) -> str:
    """The address that a calendar program is given."""
    return links.absolute(f"/feeds/{token}.ics")


def close(db: Database, caller: Caller) -> None:
    """End the address."""
    if db.run("DELETE FROM feed WHERE person_id = %(me)s", me=caller.id):
        logs.security("calendar address ended", caller.id)


def made(db: Database, caller: Caller) -> datetime | None:
    """When the caller's address was made, None without one."""
    at: datetime | None = db.value("SELECT made FROM feed WHERE person_id = %(me)s", me=caller.id)
    return at


def enter(db: Database, token: str) -> Any | None:
    """Whose address it is (person_id, name, timezone), for whom the rest of the transaction reads; None: nobody's."""
    return db.row("SELECT * FROM enter_feed(%(hash)s)", hash=hashed(token.encode("utf-8", "replace")))


def uid(kind: str, id: UUID) -> str:
    """A calendar entry's UID (RFC 7986, 5.3): the same for ever, and in every calendar."""
    return f"{kind}-{id}"
