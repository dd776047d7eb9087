"""Sessions: logging in and out. The server ends them; a cookie is only a claim."""

import hashlib
from datetime import datetime, timedelta
from typing import Any, TypedDict
from uuid import UUID

from chalicelib import rules
from chalicelib.accounts import passwords
from chalicelib.database import Database, Transact, transaction
from chalicelib.errors import Invalid, NotLoggedIn, TooManyRequests
from chalicelib.web.credentials import hashed, new_token
from chalicelib.web.field_types import Instant
from chalicelib.web.request import Caller

WINDOW_SECONDS = 15 * 60


def log_in(username: str, password: str, address: str, now: datetime) -> tuple[str, timedelta]:
    """Open a session for who proves to be that account's owner; its token and how long it lasts.

    The attempt is counted before the password is looked at, and taken back when it was right: so any number of
    guesses at once stays within the limit. Raises NotLoggedIn, or TooManyRequests until the window ends, for the right
    password too.
    """
    # What is counted is what is looked up: to PostgreSQL the lower case of a dotted capital I is a plain i.
    username = username.lower()
    account = hashlib.sha256(f"{username}\n{address}".encode("utf-8", "replace")).digest()
    origin = hashlib.sha256(address.encode()).digest()

    def count(db: Database) -> tuple[Any, bool, int]:
        limit = rules.read(db).login.failures_per_15_minutes
        of_account = _tally(db, "login", account, now)
        of_address = _tally(db, "login address", origin, now)
        wait = max(
            of_account.until if of_account.count > limit else now,
            of_address.until if of_address.count > 10 * limit else now,
        )
        found = db.row("SELECT * FROM login_of(%(username)s)", username=username)
        return found, wait > now, int((wait - now).total_seconds()) + 1

    found, too_many, wait = transaction(count)
    if too_many:
        raise TooManyRequests("Too many failed logins. Please wait", retry_after=wait)
    if not passwords.verify(found.password if found else None, password):
        raise NotLoggedIn("This username and password do not belong together")
    token = new_token()

    def open(db: Database) -> timedelta:
        lasts = timedelta(days=rules.read(db).session.days)
        _tally(db, "login", account, now, -1)
        _tally(db, "login address", origin, now, -1)
        db.run(
            "SELECT open_session(%(person)s, %(token)s, %(now)s, %(until)s)",
            person=found.person_id,
            token=hashed(token.encode()),
            now=now,
            until=now + lasts,
        )
        return lasts

    return token, transaction(open)


def _tally(db: Database, what: str, who: bytes, now: datetime, step: int = 1) -> Any:
    return db.row(
        "SELECT * FROM tally(%(what)s, %(who)s, %(seconds)s, %(now)s, %(step)s)",
        what=what,
        who=who,
        seconds=WINDOW_SECONDS,
        now=now,
        step=step,
    )


def prove(transact: Transact, caller: Caller, password: str, address: str, now: datetime, field: str) -> str:
    """Let the caller prove by his password that it is he, before what cannot be undone; the hash that is kept.

    Counted as a login is, and checked outside the transactions. Raises Invalid naming the field, or TooManyRequests.
    """
    who = hashlib.sha256(f"{caller.id}\n{address}".encode()).digest()

    def count(db: Database) -> tuple[str, int, Any]:
        limit = rules.read(db).login.failures_per_15_minutes
        return db.value("SELECT my_password()"), limit, _tally(db, "login", who, now)

    kept, limit, counted = transact(count)
    if counted.count > limit:
        raise TooManyRequests(
            "Too many wrong passwords. Please wait", retry_after=int((counted.until - now).total_seconds()) + 1
        )
    if not passwords.verify(kept, password):
        raise Invalid.field(field, "is not your password")
    transact(lambda db: _tally(db, "login", who, now, -1))
    return str(kept)


def count_enrolment(db: Database, address: str, now: datetime, step: int = 1) -> tuple[int, datetime]:
    """Count one enrolment from that network address (or take it back); the count and when its window ends."""
    row = _tally(db, "enrolment", hashlib.sha256(address.encode()).digest(), now, step)
    return row.count, row.until


def count_forgotten(db: Database, network: str, now: datetime) -> tuple[int, datetime]:
    """Count one who forgot a password at that network address; how many did, and when the window ends."""
    row = _tally(db, "forgotten", hashlib.sha256(network.encode()).digest(), now)
    return row.count, row.until


def count_mail(db: Database, kind: str, email: str, now: datetime) -> int:
    """Count a mail of that kind which anybody can ask for to any address; how many were asked for in a day."""
    row = db.row(
        "SELECT * FROM tally(%(what)s, %(who)s, %(day)s, %(now)s)",
        what=f"mail {kind}",
        who=hashlib.sha256(email.lower().encode()).digest(),
        day=24 * 3600,
        now=now,
    )
    count: int = row.count  # type: ignore[union-attr]
    return count


def count_reset(db: Database, email: str, now: datetime) -> int:
    """Count one who forgot the password of that address; how many did in the window."""
    count: int = _tally(db, "reset", hashlib.sha256(email.lower().encode()).digest(), now).count
    return count


def log_out(token_hash: bytes | None) -> None:
    """End this session, if it is one."""
    if token_hash:
        transaction(lambda db: db.run("SELECT close_session(%(token)s)", token=token_hash))


class Session(TypedDict):
    """Where somebody is logged in; ``this``: it is the session that asks."""

    id: UUID
    opened: Instant
    expires: Instant
    this: bool


def mine(db: Database, caller: Caller) -> list[Session]:
    """The caller's open sessions, newest first."""
    rows = db.rows(
        "SELECT id, opened, expires FROM session WHERE person_id = %(me)s AND expires > present() ORDER BY opened DESC",
        me=caller.id,
    )
    return [row._asdict() | {"this": row.id == caller.session} for row in rows]


def end(db: Database, caller: Caller, session: UUID | None = None) -> int:
    """End one session of the caller's, or all but the one he calls from (log out everywhere); how many."""
    if session:
        return db.run("DELETE FROM session WHERE person_id = %(me)s AND id = %(id)s", me=caller.id, id=session)
    return db.run(
        "DELETE FROM session WHERE person_id = %(me)s AND id IS DISTINCT FROM %(this)s",
        me=caller.id,
        this=caller.session,
    )
