"""Proofs: the caller shows by the password that it is really they, before anything that opens or ends the account."""

from datetime import datetime
from typing import Any

from chalicelib.accounts import attempts, passwords
from chalicelib.database import Database, Transact
from chalicelib.errors import Conflict, Invalid
from chalicelib.web.request import Caller

MEANWHILE = "Your password was changed meanwhile"


def prove(
    transact: Transact, caller: Caller, password: str, address: str, now: datetime, field: str = "password"
) -> str:
    """Let the caller prove by the password that it is they; the hash that is kept.

    Counted as a login is, and checked outside the transactions. Raises Invalid naming the field, or TooManyRequests.
    """

    def count(db: Database) -> Any:
        attempts.count_proof(db, caller, address, now)
        return db.value("SELECT my_password()")

    kept = transact(count)
    if not passwords.verify(kept, password):
        raise Invalid.field(field, "is not your password")
    transact(lambda db: attempts.forgive_proof(db, caller, address, now))
    return str(kept)


def hold(db: Database, kept: str) -> None:
    """What follows is done only while the proof holds. Raises Conflict."""
    if not db.value("SELECT hold_password(%(kept)s)", kept=kept):
        raise Conflict(MEANWHILE)
