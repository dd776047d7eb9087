"""A second factor: six digits that an authenticator app shows for half a minute (TOTP, RFC 6238), or a recovery code.

The key is derived from the id of a row, as links are: no table holds it, and what a former secret made stays good. A code is taken once, and is good half a
minute early or late. Recovery codes are shown once, kept as digests and taken once.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import TypedDict
from urllib.parse import quote
from uuid import UUID, uuid4

from chalicelib import logs
from chalicelib.accounts import attempts, links, people, proofs
from chalicelib.config import secret_keys
from chalicelib.database import Database, Transact
from chalicelib.errors import Conflict, Invalid
from chalicelib.messaging import outbox
from chalicelib.web.field_types import Instant
from chalicelib.web.request import Caller

SECONDS = 30
DIGITS = 6
RECOVERY_CODES = 10
WRONG = "is not right, was used already, or is of another time"


class State(TypedDict):
    """Whether the caller's second factor is on, since when, and how many recovery codes are left."""

    on: bool
    since: Instant | None
    recovery_codes: int


class Offer(TypedDict):
    """A key for an authenticator app: as text, and as the address that its QR code holds."""

    key: str
    uri: str


def state(db: Database, caller: Caller) -> State:
    """How it stands with the caller's second factor."""
    row = db.row(
        "SELECT since, (SELECT count(*) FROM recovery_code r WHERE r.person_id = f.person_id) AS codes"
        " FROM second_factor f WHERE f.person_id = %(me)s AND f.active",
        me=caller.id,
    )
    if row is None:
        return {"on": False, "since": None, "recovery_codes": 0}
    return {"on": True, "since": row.since, "recovery_codes": row.codes}


def offer(transact: Transact, caller: Caller, password: str, address: str, now: datetime) -> None:
    """Make a key that waits for its first code. Raises Invalid naming the password, TooManyRequests, Conflict."""
    kept = proofs.prove(transact, caller, password, address, now)

    def store(db: Database) -> None:
        proofs.hold(db, kept)
        if db.value("SELECT offer_second_factor(%(id)s)", id=uuid4()) is None:
            raise Conflict("Your second factor is on already")

    transact(store)


def offered(db: Database, caller: Caller) -> Offer | None:
    """The key that waits for its first code; None where none does. Once it is on, it is shown to nobody."""
    id = _offered(db, caller)
    if id is None:
        return None
    text = base64.b32encode(_keys(id)[0]).decode()
    label = quote(f"Rendezvous:{people.account(db, caller)['username']}", safe=":")
    return {"key": text, "uri": f"otpauth://totp/{label}?secret={text}&issuer=Rendezvous"}


def switch_on(transact: Transact, caller: Caller, code: str, address: str, now: datetime) -> list[str]:
    """Switch it on by the first code of the key that was offered; every other session ends. The recovery codes.

    Raises Invalid naming the code, TooManyRequests, Conflict where no key waits.
    """
    codes = [base64.b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(RECOVERY_CODES)]

    def store(db: Database) -> None:
        id = _offered(db, caller)
        if id is None:
            raise Conflict("No second factor waits to be switched on: begin anew")
        if not accepts(db, caller.id, id, code, now):
            raise Invalid.field("code", WRONG)
        digests = [links.digest(one) for one in codes]
        done = db.value(
            "SELECT switch_on_second_factor(%(id)s, %(digests)s, %(this)s)", id=id, digests=digests, this=caller.session
        )
        if not done:
            raise Conflict("No second factor waits to be switched on: begin anew")
        _tell(db, "second_factor_on", caller.id, now)

    _guarded(transact, caller, address, now, store)
    logs.security("second factor switched on", caller.id)
    return codes


def switch_off(transact: Transact, caller: Caller, password: str, code: str, address: str, now: datetime) -> None:
    """Switch it off; every other session ends. Raises Invalid naming password or code, TooManyRequests, Conflict."""
    kept = proofs.prove(transact, caller, password, address, now)

    def store(db: Database) -> None:
        proofs.hold(db, kept)
        _insist(db, caller, code, now)
        db.run("SELECT switch_off_second_factor(%(this)s)", this=caller.session)
        _tell(db, "second_factor_off", caller.id, now)

    _guarded(transact, caller, address, now, store)
    logs.security("second factor switched off", caller.id)


def prove(transact: Transact, caller: Caller, code: str, address: str, now: datetime) -> None:
    """Show it again in this session, before an act that asks for it. Raises Invalid naming the code, TooManyRequests,
    Conflict where it is not on."""

    def store(db: Database) -> None:
        _insist(db, caller, code, now)
        db.run("SELECT prove_session(%(this)s)", this=caller.session)

    _guarded(transact, caller, address, now, store)
    logs.security("second factor shown", caller.id)


def accepts(db: Database, person: UUID, factor: UUID, code: str, now: datetime) -> bool:
    """Whether the code is right, and not used before; from now on it is."""
    plain = "".join(code.split()).replace("-", "")
    if len(plain) == DIGITS and plain.isascii() and plain.isdigit():
        found = [_step_of(key, plain, now) for key in _keys(factor)]
        step = next((step for step in found if step is not None), None)
        return step is not None and bool(db.value("SELECT take_step(%(person)s, %(step)s)", person=person, step=step))
    if not plain:
        return False
    return bool(db.value("SELECT take_recovery_code(%(person)s, %(digest)s)", person=person, digest=links.digest(code)))


def _step_of(key: bytes, code: str, now: datetime) -> int | None:
    """The half minute of which it is the code: this one, the one before or the one after."""
    from cryptography.hazmat.primitives.hashes import SHA1
    from cryptography.hazmat.primitives.twofactor.hotp import HOTP

    hotp = HOTP(key, DIGITS, SHA1())  # noqa: S303  # RFC 6238 as every app has it; collisions of SHA-1 do not matter to an HMAC
    present = int(now.timestamp()) // SECONDS
    steps = [step for step in (present - 1, present, present + 1) if step > 0]
    return next((step for step in steps if hmac.compare_digest(hotp.generate(step).decode(), code)), None)


def _keys(factor: UUID) -> list[bytes]:
    """The key as each secret makes it, the newest first: an app keeps the one that it was shown."""
    text = b"second factor " + factor.bytes
    return [hmac.new(key, text, hashlib.sha256).digest()[:20] for key in secret_keys("links")]


def _offered(db: Database, caller: Caller) -> UUID | None:
    id: UUID | None = db.value(
        "SELECT id FROM second_factor WHERE person_id = %(me)s AND NOT active AND since > present() - interval '1 hour'",
        me=caller.id,
    )
    return id


def _insist(db: Database, caller: Caller, code: str, now: datetime) -> None:
    id = db.value("SELECT id FROM second_factor WHERE person_id = %(me)s AND active", me=caller.id)
    if id is None:
        raise Conflict("Your second factor is not on")
    if not accepts(db, caller.id, id, code, now):
        raise Invalid.field("code", WRONG)


def _guarded(
    transact: Transact, caller: Caller, address: str, now: datetime, store: Callable[[Database], None]
) -> None:
    """Carry out what a code allows: a wrong one counts as a failed login does."""
    transact(lambda db: attempts.count_proof(db, caller, address, now))

    def work(db: Database) -> None:
        store(db)
        attempts.forgive_proof(db, caller, address, now)

    transact(work)


def _tell(db: Database, kind: str, person: UUID, now: datetime) -> None:
    outbox.put(db, *outbox.mail_due(kind, person), now)
