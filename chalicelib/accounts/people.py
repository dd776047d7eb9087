"""People: joining, forgotten passwords, addresses confirmed by link."""

import re
import secrets
import unicodedata
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from chalicelib.accounts import links, passwords, sessions
from chalicelib.database import Database, Transact, transaction
from chalicelib.errors import Conflict, Forbidden, NotFound, TooManyRequests
from chalicelib.messaging import outbox
from chalicelib.web.request import Caller

UNUSABLE = "This invitation cannot be used"
RESET_MINUTES = 60
MOST_RESETS, MOST_RESETS_A_DAY = 5, 10
"""Links for one address in a quarter of an hour, and in a day: nobody's mailbox is filled by who knows the address."""
MOST_FORGOTTEN = 20
"""Asked for from one network address in a quarter of an hour, whether the addresses exist or not."""
CONFIRM_DAYS = 7
CONFIRMATIONS_PER_HOUR, CONFIRMATIONS_PER_DAY = 5, 10
FORMER_MEMBER = "a former member"


def slug_of(name: str) -> str:
    """A name as a part of a path, with four random characters so that it is nobody else's."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "-".join([*re.findall(r"[a-z0-9]+", plain)[:4], secrets.token_hex(4)])


def enrol(
    db: Database, code: str, username: str, hash: str, name: str, email: str, timezone: str, now: datetime
) -> UUID:
    """Enrol who holds a live code, and act for him in the rest of the transaction; his id.

    Raises Forbidden for every fault of the code, and for an address that is in use (its owner gets a mail); Conflict
    for a username that is taken, which leaves the code alive.
    """
    id = uuid4()
    row = db.row(
        "SELECT * FROM enrol(%(code)s, %(id)s, %(slug)s, %(username)s, %(hash)s, %(name)s, %(email)s, %(zone)s, %(now)s)",
        code=links.digest(code),
        id=id,
        slug=slug_of(name),
        username=username,
        hash=hash,
        name=name,
        email=email,
        zone=timezone,
        now=now,
    )
    assert row is not None
    if row.outcome == "username":
        raise Conflict("This username is taken")
    if row.outcome == "email":
        tell_holder(db, row.holder, email, now)
        raise Forbidden(UNUSABLE, keep=True)
    if row.outcome != "enrolled":
        raise Forbidden(UNUSABLE)
    outbox.put(db, "NewUser", str(id), "person.enrolled", {"person": str(id), "invitation": str(row.invitation)}, now)
    if not row.confirmed:
        ask_to_confirm(db, id, email, now)
    return id


def tell_holder(db: Database, holder: UUID, email: str, now: datetime) -> None:
    """Mail the owner of an address that somebody tried to join with it; once a day, however many try."""
    if sessions.count_mail(db, "address_in_use", email, now) == 1:
        outbox.put(db, "Mails", str(holder), "mail.due", {"kind": "address_in_use", "person": str(holder)}, now)


def ask_to_confirm(db: Database, person: UUID, email: str, now: datetime) -> None:
    """Mail a link to that address; it becomes (or stays) the person's when the link is opened."""
    change = uuid4()
    db.run(
        "INSERT INTO address_change (id, person_id, email, asked) VALUES (%(id)s, %(person)s, %(email)s, %(now)s)",
        id=change,
        person=person,
        email=email.lower(),
        now=now,
    )
    data = {"kind": "confirm", "person": str(person), "address_change": str(change)}
    outbox.put(db, "Mails", str(person), "mail.due", data, now)


def confirm(db: Database, given: str, now: datetime) -> None:
    """An address is confirmed by the link that was mailed to it; a former one is told. Raises NotFound."""
    change = links.opened("confirm", given)
    row = change and db.row(
        "SELECT * FROM confirm_address(%(id)s, %(now)s, %(days)s)", id=change, now=now, days=CONFIRM_DAYS
    )
    if not row:
        raise NotFound("This link was used, or is too old")
    if row.former:
        data = {"kind": "address_changed", "person": str(row.person_id), "former_address": str(row.former)}
        outbox.put(db, "Mails", str(row.person_id), "mail.due", data, now)


def forgot(db: Database, email: str, network: str, now: datetime) -> None:
    """Mail a link to the owner of that address, if there is one and not too many were just asked for; the caller is
    not told. Raises TooManyRequests where too many were asked for from that network address."""
    count, until = sessions.count_forgotten(db, network, now)
    if count > MOST_FORGOTTEN:
        wait = int((until - now).total_seconds()) + 1
        raise TooManyRequests("So many links were asked for that you should wait for them", retry_after=wait)
    if (
        sessions.count_reset(db, email, now) > MOST_RESETS
        or sessions.count_mail(db, "reset", email, now) > MOST_RESETS_A_DAY
    ):
        return
    reset = uuid4()
    person = db.value("SELECT ask_reset(%(email)s, %(id)s, %(now)s)", email=email, id=reset, now=now)
    if person:
        data = {"kind": "reset", "person": str(person), "password_reset": str(reset)}
        outbox.put(db, "Mails", str(person), "mail.due", data, now)


def reset_password(given: str, password: str, now: datetime) -> None:
    """Set a new password by the link that was mailed; every session ends. Raises NotFound."""
    reset = links.opened("reset", given)
    if reset is None:
        raise NotFound("This link was used, or is too old")
    hash = passwords.hash(password)

    def store(db: Database) -> Any:
        return db.value(
            "SELECT reset_password(%(id)s, %(hash)s, %(now)s, %(minutes)s)",
            id=reset,
            hash=hash,
            now=now,
            minutes=RESET_MINUTES,
        )

    if not transaction(store):
        raise NotFound("This link was used, or is too old")


def change_password(transact: Transact, caller: Caller, former: str, new: str, address: str, now: datetime) -> None:
    """Change the password; every other session ends. Raises Invalid naming the former password, TooManyRequests, Conflict."""
    kept = sessions.prove(transact, caller, former, address, now, "former_password")
    hash = passwords.hash(new)

    def store(db: Database) -> Any:
        return db.value(
            "SELECT change_password(%(kept)s, %(hash)s, %(this)s)", kept=kept, hash=hash, this=caller.session
        )

    if not transact(store):
        raise Conflict("Your password was changed meanwhile")


def change_address(transact: Transact, caller: Caller, email: str, password: str, address: str, now: datetime) -> None:
    """Mail a link to a new address; it becomes the caller's when he opens it. Raises Invalid naming the password, TooManyRequests."""
    sessions.prove(transact, caller, password, address, now, "password")
    transact(lambda db: _ask_again(db, caller, email, now))


def confirm_again(db: Database, caller: Caller, now: datetime) -> None:
    """Mail another link to the address that is still unconfirmed, or that mails were refused by. Raises Conflict,
    TooManyRequests."""
    known = account(db, caller)
    if known["email_confirmed"] and not _was_refused(db, caller):
        raise Conflict("Your address is confirmed already")
    _ask_again(db, caller, known["email"], now)


def _was_refused(db: Database, caller: Caller) -> bool:
    """Whether a mail to the caller was given up."""
    return bool(
        db.value("SELECT EXISTS (SELECT FROM mail WHERE recipient = %(me)s AND state <> 'waiting')", me=caller.id)
    )


def _ask_again(db: Database, caller: Caller, email: str, now: datetime) -> None:
    """So many an hour by one person, and so many a day to one address: nobody's letter box is to be filled by way of this."""
    asked = db.value(
        "SELECT count(*) FROM address_change WHERE person_id = %(me)s AND asked > %(since)s",
        me=caller.id,
        since=now - timedelta(hours=1),
    )
    if asked >= CONFIRMATIONS_PER_HOUR or sessions.count_mail(db, "confirm", email, now) > CONFIRMATIONS_PER_DAY:
        raise TooManyRequests("So many links were mailed that you should look for them first", retry_after=3600)
    ask_to_confirm(db, caller.id, email, now)


def account(db: Database, caller: Caller) -> dict[str, Any]:
    """What the caller logs in with and is written to: username, email, email_confirmed, slug."""
    row = db.row(
        "SELECT a.username, a.email, a.email_confirmed, p.slug FROM account a JOIN person p ON p.id = a.person_id"
        " WHERE a.person_id = %(me)s",
        me=caller.id,
    )
    assert row is not None
    found: dict[str, Any] = row._asdict()
    return found


def rename(db: Database, caller: Caller, name: str | None, timezone: str | None) -> None:
    """Change the display name, the zone, or both."""
    db.run(
        "UPDATE person SET name = coalesce(%(name)s, name), timezone = coalesce(%(zone)s, timezone) WHERE id = %(me)s",
        name=name,
        zone=timezone,
        me=caller.id,
    )
