"""Locks for what is done by one at a time: within a transaction, or over several (a relay, a sender of mails, a round)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.database import JOB, Database, connect


def hold(db: Database, what: str) -> None:
    """Wait until nobody else does this, and hold the lock until the commit."""
    db.run("SELECT pg_advisory_xact_lock(hashtextextended(%(what)s, 1))", what=what)


@contextmanager
def advisory_lock(what: str) -> Iterator["AdvisoryLock"]:
    """Wait until nobody else does this, and hold the lock while the block runs: in a session of its own, so that it
    can span several transactions and ends with the process, however that ends."""
    place = connect(JOB, autocommit=True)
    try:
        with place.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0; SET lock_timeout = 0")
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 2))", (what,))
            yield AdvisoryLock(cursor, what)
    finally:
        place.close()


class AdvisoryLock:
    """A lock that is held."""

    def __init__(self, cursor: Any, what: str):
        self._cursor = cursor
        self._what = what

    def is_awaited(self) -> bool:
        """Whether somebody waits for it."""
        self._cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND ((classid::bigint << 32) | objid::bigint) = hashtextextended(%s, 2))",
            (self._what,),
        )
        return bool(self._cursor.fetchone()[0])
