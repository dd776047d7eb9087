"""Tickets: a page asks for one, and opens a socket with it; sockets that come and go.

A frame that a socket hears lists tokens of everybody at its locations. Which are one's own only one's pages know.
"""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import TypedDict
from uuid import UUID

from chalicelib.config import config, secret_keys
from chalicelib.database import Database, transaction
from chalicelib.errors import Unavailable
from chalicelib.web.credentials import hashed, new_token
from chalicelib.web.request import Caller

LASTS = timedelta(minutes=1)


class Ticket(TypedDict):
    """What opens a socket at ``url``, once; ``tokens`` by lunch are what its frames call the caller."""

    ticket: str
    url: str
    tokens: dict[str, str]


def issue(db: Database, caller: Caller, now: datetime) -> Ticket:
    """A ticket for the caller's session, and their tokens for their lunches that are not over a day.

    Raises Unavailable where there is no socket server.
    """
    if not config().sockets_url:
        raise Unavailable("There are no live updates here")
    ticket = new_token()
    db.run(
        "INSERT INTO ticket (token_hash, session_id, expires) VALUES (%(hash)s, %(session)s, %(until)s)",
        hash=hashed(ticket.encode()),
        session=caller.session,
        until=now + LASTS,
    )
    lunches = db.rows(
        "SELECT e.id FROM attendance a JOIN event e ON e.id = a.event_id"
        " WHERE a.person_id = %(me)s AND a.response <> 'rejected' AND e.ends > %(since)s ORDER BY e.starts LIMIT 500",
        me=caller.id,
        since=now - timedelta(days=1),
    )
    tokens = {str(row.id): tokens_of(row.id, caller.id)[0] for row in lunches}
    return {"ticket": ticket, "url": config().sockets_url, "tokens": tokens}


def tokens_of(event: UUID, person: UUID) -> list[str]:
    """What frames call that person at that lunch: 128 bits that nobody else can compute or trace back.

    By the newest key, which pages are told, then by the one before: a page that was open when the key was rotated
    knows that one, until its socket ends after two hours.
    """
    text = b"live " + event.bytes + person.bytes
    digests = [hmac.new(key, text, hashlib.sha256).digest() for key in secret_keys("links")[:2]]
    return [base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=") for digest in digests]


def open_socket(ticket: str, connection: str, now: datetime) -> bool:
    """Let a socket in by its ticket; whether it may stay."""
    hash = hashed(ticket.encode("utf-8", "replace"))
    return bool(
        transaction(
            lambda db: db.value(
                "SELECT open_socket(%(hash)s, %(connection)s, %(now)s)", hash=hash, connection=connection, now=now
            )
        )
    )


def close_socket(connection: str) -> None:
    """A socket is closed."""
    transaction(lambda db: db.run("SELECT close_socket(%(connection)s)", connection=connection))
