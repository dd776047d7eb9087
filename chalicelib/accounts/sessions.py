"""Sessions: logging in and out. The server ends them; a cookie is only a claim."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypedDict
from uuid import UUID

from chalicelib import logs, rules
from chalicelib.accounts import attempts, passwords, second_factor
from chalicelib.database import Database, transaction
from chalicelib.errors import NotLoggedIn, TooManyRequests
from chalicelib.web import rate_limits
from chalicelib.web.credentials import hashed, new_token
from chalicelib.web.field_types import Instant
from chalicelib.web.request import Caller

WRONG = "This username and password do not belong together, or the code of the second factor is not right"


def log_in(
    username: str, password: str, code: str, address: str, replaced: Sequence[bytes], now: datetime
) -> tuple[str, timedelta]:
    """Open a session for who proves to be that account's owner; its token and how long it lasts.

    ``code``: of the second factor where one is on, else ''. ``replaced``: digests of the cookies that came with the
    login, whose sessions end. The attempt is counted before the password is looked at, and taken back when all was
    right: so any number of guesses at once stays within the limit. Raises NotLoggedIn, or TooManyRequests until the
    window ends, for the right password too.
    """
    # What is counted is what is looked up: to PostgreSQL the lower case of a dotted capital I is a plain i.
    username = username.lower()
    found, wait = transaction(lambda db: _look(db, username, address, now))
    person = found.person_id if found else None
    if wait:
        logs.security("login refused: too many failures", person)
        raise TooManyRequests("Too many failed logins. Please wait", retry_after=wait)
    token = new_token()
    lasts = None
    if passwords.verify(found.password if found else None, password):
        lasts = transaction(lambda db: _open(db, found, username, code, address, token, replaced, now))
    if lasts is None:
        logs.security("login failed", person)
        raise NotLoggedIn(WRONG)
    logs.security("login", person)
    return token, lasts


def _open(
    db: Database, account: Any, username: str, code: str, address: str, token: str, replaced: Sequence[bytes], now: datetime
) -> timedelta | None:  # fmt: skip
    """Open the session and take the counted attempt back; how long it lasts. None where the code is not right, or the
    password or the second factor changed meanwhile."""
    if account.second_factor and not second_factor.accepts(db, account.person_id, account.second_factor, code, now):
        return None
    lasts = timedelta(days=rules.read(db).session.days)
    opened = db.value(
        "SELECT open_session(%(person)s, %(kept)s, %(factor)s, %(token)s, %(now)s, %(until)s, %(replaced)s)",
        person=account.person_id,
        kept=account.password,
        factor=account.second_factor,
        token=hashed(token.encode()),
        now=now,
        until=now + lasts,
        replaced=list(replaced),
    )
    if not opened:
        return None
    attempts.tally(db, "login", f"{username}\n{address}", now, -1)
    attempts.tally(db, "login address", address, now, -1)
    return lasts


def _look(db: Database, username: str, address: str, now: datetime) -> tuple[Any, int]:
    """The account of that name, and how many seconds a login must wait."""
    limit = rules.read(db).login.failures_per_15_minutes
    of_account = attempts.tally(db, "login", f"{username}\n{address}", now)
    of_address = attempts.tally(db, "login address", address, now)
    until = max(
        of_account.until if of_account.count > limit else now,
        of_address.until if of_address.count > 10 * limit else now,
    )
    found = db.row("SELECT * FROM login_of(%(username)s)", username=username)
    return found, rate_limits.seconds_until(until, now) if until > now else 0


def log_out(token_hashes: Sequence[bytes]) -> None:
    """End the sessions whose cookies came, if there are any."""
    if token_hashes:
        ended = transaction(
            lambda db: db.rows("SELECT close_sessions(%(tokens)s) AS person", tokens=list(token_hashes))
        )
        for row in ended:
            logs.security("logout", row.person)


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
    """End one session of the caller's, or all but the one they call from (log out everywhere); how many."""
    which = "id = %(id)s" if session else "id IS DISTINCT FROM %(this)s"
    ended = db.run(
        f"DELETE FROM session WHERE person_id = %(me)s AND {which}", me=caller.id, id=session, this=caller.session
    )
    if ended:
        logs.security("sessions ended", caller.id)
    return ended
