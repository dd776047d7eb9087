"""Mails about what opens an account: its owner is told of everything that somebody else might have done."""

from collections.abc import Callable, Iterator
from typing import Any

from chalicelib.database import Database
from chalicelib.notifications.recipients import Mail, confirmed

KINDS = ("password_changed", "password_reset", "feed_made", "second_factor_on", "second_factor_off")
"""Kinds that say what happened, and nothing that must be looked up."""


def told(kind: str) -> Callable[[Database, dict[str, Any]], Iterator[Mail]]:
    """Writes the mail of that kind to the owner of the account."""

    def write(db: Database, data: dict[str, Any]) -> Iterator[Mail]:
        for row in confirmed(db, [data["person"]]):
            yield Mail(kind, row.email, {"name": row.name, "tokens_kept": data.get("tokens_kept", False)})

    return write


def token_made(db: Database, data: dict[str, Any]) -> Iterator[Mail]:
    """A token was made; of one that has ended already there is nothing to tell."""
    token = db.row("SELECT name, scope, expires FROM api_token WHERE id = %(id)s", id=data["token"])
    if token is None:
        return
    for row in confirmed(db, [data["person"]]):
        values = {"name": row.name, "token": token.name, "scope": token.scope, "expires": token.expires}
        yield Mail("token_made", row.email, values)
