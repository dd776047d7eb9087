"""Personal API tokens: a person's key for their own programs, to read or to write. Shown once, kept as a digest."""

from datetime import datetime, timedelta
from typing import Literal, TypedDict
from uuid import UUID, uuid4

from chalicelib import logs
from chalicelib.accounts import proofs
from chalicelib.database import Database, Transact
from chalicelib.errors import Conflict, NotFound
from chalicelib.messaging import locks, outbox
from chalicelib.web.credentials import hashed, new_token
from chalicelib.web.field_types import Instant
from chalicelib.web.request import Caller

MOST = 20
"""Tokens a person may have."""
PREFIX = "rendezvous_"
"""What every token begins with, so that whoever finds one lying about knows what it opens."""
Scope = Literal["read", "write"]
Days = Literal[7, 30, 90, 365]
"""For how many days a token may be made."""


class Token(TypedDict):
    """A personal API token, without the token itself. ``used``: to the minute; null until then."""

    id: UUID
    name: str
    scope: Scope
    made: Instant
    expires: Instant
    used: Instant | None


class NewToken(Token):
    token: str


def create(
    transact: Transact, caller: Caller, name: str, scope: Scope, days: int, password: str, address: str, now: datetime
) -> NewToken:
    """Make a token of that name; it stands in this answer and nowhere else, and its owner is told by mail.

    Raises Invalid naming the password, TooManyRequests, Conflict.
    """
    kept = proofs.prove(transact, caller, password, address, now)
    id, token, expires = uuid4(), PREFIX + new_token(), now + timedelta(days=days)

    def store(db: Database) -> None:
        proofs.hold(db, kept)
        locks.hold(db, f"token {caller.id}")
        if len(mine(db, caller)) >= MOST:
            raise Conflict(f"You have {MOST} tokens already. Revoke one first")
        db.run(
            "INSERT INTO api_token (id, person_id, name, token_hash, scope, made, expires)"
            " VALUES (%(id)s, %(me)s, %(name)s, %(hash)s, %(scope)s, %(now)s, %(expires)s)",
            id=id,
            me=caller.id,
            name=name,
            hash=hashed(token.encode()),
            scope=scope,
            now=now,
            expires=expires,
        )
        outbox.put(db, *outbox.mail_due("token_made", caller.id, token=str(id)), now)

    transact(store)
    logs.security("token made", caller.id)
    return {"id": id, "name": name, "scope": scope, "made": now, "expires": expires, "used": None, "token": token}


def mine(db: Database, caller: Caller) -> list[Token]:
    """The caller's tokens, newest first, by name: the tokens themselves are known to nobody."""
    rows = db.rows(
        "SELECT id, name, scope, made, expires, CASE WHEN isfinite(used) THEN used END AS used"
        " FROM api_token WHERE person_id = %(me)s ORDER BY made DESC, name",
        me=caller.id,
    )
    return [row._asdict() for row in rows]


def revoke(db: Database, caller: Caller, id: UUID) -> None:
    """End a token at once. Raises NotFound."""
    if not db.run("DELETE FROM api_token WHERE id = %(id)s AND person_id = %(me)s", id=id, me=caller.id):
        raise NotFound("There is no such token of yours")
    logs.security("token revoked", caller.id)
