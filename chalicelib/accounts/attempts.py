"""What a guesser has: so many attempts in a quarter of an hour, counted before they are looked at.

An attempt that was right is taken back, so any number of guesses at once stays within the limit.
"""

import hashlib
from datetime import datetime
from typing import Any

from chalicelib import rules
from chalicelib.database import Database
from chalicelib.errors import TooManyRequests
from chalicelib.web import rate_limits
from chalicelib.web.request import Caller

WINDOW_SECONDS = 15 * 60
DAY_SECONDS = 24 * 60 * 60


def tally(db: Database, what: str, who: str, now: datetime, step: int = 1, seconds: int = WINDOW_SECONDS) -> Any:
    """Count one more of ``what`` by ``who``, of which a digest is kept; its count, and until when it counts."""
    return db.row(
        "SELECT * FROM tally(%(what)s, %(who)s, %(seconds)s, %(now)s, %(step)s)",
        what=what,
        who=hashlib.sha256(who.encode("utf-8", "replace")).digest(),
        seconds=seconds,
        now=now,
        step=step,
    )


def count_proof(db: Database, caller: Caller, address: str, now: datetime) -> None:
    """Count that the caller is about to prove who it is, by password or code; the count stays whatever comes of it.

    Raises TooManyRequests after login.failures_per_15_minutes from one network address.
    """
    counted = tally(db, "login", f"{caller.id}\n{address}", now)
    if counted.count > rules.read(db).login.failures_per_15_minutes:
        wait = rate_limits.seconds_until(counted.until, now)
        raise TooManyRequests("Too many wrong attempts. Please wait", retry_after=wait, keep=True)


def forgive_proof(db: Database, caller: Caller, address: str, now: datetime) -> None:
    """The attempt was right: it counts no longer."""
    tally(db, "login", f"{caller.id}\n{address}", now, -1)


def count_enrolment(db: Database, address: str, now: datetime, step: int = 1) -> tuple[int, datetime]:
    """Count one enrolment from that network address (or take it back); the count and when its window ends."""
    row = tally(db, "enrolment", address, now, step)
    return row.count, row.until


def count_reset(db: Database, email: str, now: datetime) -> int:
    """Count one who forgot the password of that address; how many did in the window."""
    count: int = tally(db, "reset", email.lower(), now).count
    return count


def count_forgotten(db: Database, network: str, now: datetime) -> tuple[int, datetime]:
    """Count one who forgot a password at that network address; how many did, and when the window ends."""
    row = tally(db, "forgotten", network, now)
    return row.count, row.until


def count_mail(db: Database, kind: str, email: str, now: datetime) -> int:
    """Count a mail of that kind which anybody can ask for to any address; how many were asked for in a day."""
    count: int = tally(db, f"mail {kind}", email.lower(), now, seconds=DAY_SECONDS).count
    return count
