"""Personal API tokens: a person's key for his own programs, to read or to write. Shown once, kept as a digest."""

from datetime import datetime
from typing import Literal, TypedDict
from uuid import UUID, uuid4

from chalicelib.database import Database
from chalicelib.errors import Conflict, NotFound
from chalicelib.web.credentials import hashed, new_token
from chalicelib.web.field_types import Instant
from chalicelib.web.request import Caller

MOST = 20
"""Tokens a person may have."""
PREFIX = "rendezvous_"
"""What every token begins with, so that whoever finds one lying about knows what it opens."""


class Token(TypedDict):
    """A personal API token, without the token itself."""

    id: UUID
    name: str
    scope: Literal["read", "write"]
    made: Instant


class NewToken(Token):
    token: str


def create(db: Database, caller: Caller, name: str, scope: Literal["read", "write"], now: datetime) -> NewToken:
    """Make a token of that name to 'read' or 'write'; it stands in this answer and nowhere else. Raises Conflict."""
    db.run("SELECT pg_advisory_xact_lock(hashtextextended(%(who)s, 1))", who=f"token {caller.id}")
    if len(mine(db, caller)) >= MOST:
        raise Conflict(f"You have {MOST} tokens already. Revoke one first")
    id, token = uuid4(), PREFIX + new_token()
    db.run(
        "INSERT INTO api_token (id, person_id, name, token_hash, scope, made)"
        " VALUES (%(id)s, %(me)s, %(name)s, %(hash)s, %(scope)s, %(now)s)",
        id=id,
        me=caller.id,
        name=name,
        hash=hashed(token.encode()),
        scope=scope,
        now=now,
    )
    return {"id": id, "name": name, "scope": scope, "made": now, "token": token}


def mine(db: Database, caller: Caller) -> list[Token]:
    """The caller's tokens, newest first, by name: the tokens themselves are known to nobody."""
    rows = db.rows(
        "SELECT id, name, scope, made FROM api_token WHERE person_id = %(me)s ORDER BY made DESC, name", me=caller.id
    )
    return [row._asdict() for row in rows]


def revoke(db: Database, caller: Caller, id: UUID) -> None:
    """End a token at once. Raises NotFound."""
    if not db.run("DELETE FROM api_token WHERE id = %(id)s AND person_id = %(me)s", id=id, me=caller.id):
        raise NotFound("There is no such token of yours")
