"""Who did what to whom, when, and why: every act of an admin, written in the transaction of the act."""

from datetime import datetime
from typing import Any

from chalicelib.database import Database
from chalicelib.web.request import Caller


def note(db: Database, caller: Caller, what: str, whom: Any, why: str, now: datetime) -> None:
    """Record an act of the caller's: ``note(db, caller, "banned", person, "sells things", now)``.

    People stand in it by their ids, so that erasure leaves no name behind.
    """
    db.run(
        "INSERT INTO audit (at, admin_id, what, whom, why) VALUES (%(now)s, %(me)s, %(what)s, %(whom)s, %(why)s)",
        now=now,
        me=caller.id,
        what=what,
        whom=str(whom),
        why=why,
    )
