"""Another password: changed by who knows the former, or reset by a link that is mailed to who forgot it.

Both end what let somebody in until then (``end_access`` in the schema), so that an account can be taken back.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from chalicelib import logs
from chalicelib.accounts import attempts, links, passwords, people, proofs
from chalicelib.database import Database, Transact, transaction
from chalicelib.errors import Conflict, NotFound, TooManyRequests
from chalicelib.messaging import outbox
from chalicelib.web import rate_limits
from chalicelib.web.request import Caller

USED = "This link was used, or is too old"
RESET_MINUTES = 60
MOST_RESETS, MOST_RESETS_A_DAY = 5, 10
"""Links for one address in a quarter of an hour, and in a day: nobody's mailbox is filled by who knows the address."""
MOST_FORGOTTEN = 20
"""Asked for from one network address in a quarter of an hour, whether the addresses exist or not."""


def forgot(db: Database, email: str, network: str, now: datetime) -> None:
    """Mail a link to the owner of that address, if there is one and not too many were just asked for; the caller is
    not told. Raises TooManyRequests where too many were asked for from that network address."""
    count, until = attempts.count_forgotten(db, network, now)
    if count > MOST_FORGOTTEN:
        wait = rate_limits.seconds_until(until, now)
        raise TooManyRequests("So many links were asked for that you should wait for them", retry_after=wait)
    if (
        attempts.count_reset(db, email, now) > MOST_RESETS
        or attempts.count_mail(db, "reset", email, now) > MOST_RESETS_A_DAY
    ):
        return
    reset = uuid4()
    person = db.value("SELECT ask_reset(%(email)s, %(id)s, %(now)s)", email=email, id=reset, now=now)
    if person:
        outbox.put(db, *outbox.mail_due("reset", person, password_reset=str(reset)), now)
        logs.security("reset asked", person)


def reset(given: str, password: str, now: datetime) -> None:
    """Set a new password by the link that was mailed; all that let somebody in ends, and its owner is told.

    Raises NotFound; Invalid naming the password.
    """
    id = links.opened("reset", given)
    if id is None:
        raise NotFound(USED)

    def look(db: Database) -> Any:
        return db.row(
            "SELECT * FROM account_of_reset(%(id)s, %(now)s, %(minutes)s)", id=id, now=now, minutes=RESET_MINUTES
        )

    owner = transaction(look)
    if owner is None:
        raise NotFound(USED)
    passwords.refuse_guessable(password, owner.username, owner.email)
    hash = passwords.hash(password)

    person = transaction(lambda db: _reset(db, id, hash, now))
    if not person:
        raise NotFound(USED)
    logs.security("password reset", person)


def _reset(db: Database, id: UUID, hash: str, now: datetime) -> Any:
    """Use the link up; whose it was, None where it works no more."""
    person = db.value(
        "SELECT reset_password(%(id)s, %(hash)s, %(now)s, %(minutes)s)",
        id=id,
        hash=hash,
        now=now,
        minutes=RESET_MINUTES,
    )
    if person:
        _tell(db, "password_reset", person, now)
    return person


def change(
    transact: Transact, caller: Caller, former: str, new: str, keep_tokens: bool, address: str, now: datetime
) -> None:
    """Change the password; all that let somebody in ends but this session, and tokens and calendar where they are kept.

    Raises Invalid naming the former password or the new one, TooManyRequests, Conflict.
    """
    kept = proofs.prove(transact, caller, former, address, now, "former_password")
    mine = transact(lambda db: people.account(db, caller))
    passwords.refuse_guessable(new, mine["username"], mine["email"])
    hash = passwords.hash(new)

    def store(db: Database) -> None:
        changed = db.value(
            "SELECT change_password(%(kept)s, %(hash)s, %(this)s, %(keep)s)",
            kept=kept,
            hash=hash,
            this=caller.session,
            keep=keep_tokens,
        )
        if not changed:
            raise Conflict(proofs.MEANWHILE)
        _tell(db, "password_changed", caller.id, now, tokens_kept=keep_tokens)

    transact(store)
    logs.security("password changed", caller.id)


def _tell(db: Database, kind: str, person: Any, now: datetime, **more: bool) -> None:
    outbox.put(db, *outbox.mail_due(kind, person, **more), now)
