"""E-mail addresses: one is a person's when the link that was mailed to it is opened."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from chalicelib import logs
from chalicelib.accounts import attempts, links, people, proofs
from chalicelib.database import Database, Transact
from chalicelib.errors import Conflict, NotFound, TooManyRequests
from chalicelib.messaging import outbox
from chalicelib.web.request import Caller

CONFIRM_DAYS = 7
CONFIRMATIONS_PER_HOUR, CONFIRMATIONS_PER_DAY = 5, 10


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
    outbox.put(db, *outbox.mail_due("confirm", person, address_change=str(change)), now)


def confirm(db: Database, given: str, now: datetime) -> None:
    """An address is confirmed by the link that was mailed to it; a former one is told, and links mailed there end.

    Raises NotFound.
    """
    change = links.opened("confirm", given)
    row = change and db.row(
        "SELECT * FROM confirm_address(%(id)s, %(now)s, %(days)s)", id=change, now=now, days=CONFIRM_DAYS
    )
    if not row:
        raise NotFound("This link was used, or is too old")
    if row.former:
        outbox.put(db, *outbox.mail_due("address_changed", row.person_id, former_address=str(row.former)), now)
    logs.security("address confirmed", row.person_id)


def change(transact: Transact, caller: Caller, email: str, password: str, address: str, now: datetime) -> None:
    """Mail a link to a new address; it becomes the caller's when it is opened. Raises Invalid naming the password,
    TooManyRequests, Conflict."""
    kept = proofs.prove(transact, caller, password, address, now)

    def ask(db: Database) -> None:
        proofs.hold(db, kept)
        _ask_again(db, caller, email, now)

    transact(ask)
    logs.security("change of address asked", caller.id)


def confirm_again(db: Database, caller: Caller, now: datetime) -> None:
    """Mail another link to the address that is still unconfirmed, or that mails were refused by. Raises Conflict,
    TooManyRequests."""
    known = people.account(db, caller)
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
    if asked >= CONFIRMATIONS_PER_HOUR or attempts.count_mail(db, "confirm", email, now) > CONFIRMATIONS_PER_DAY:
        raise TooManyRequests("So many links were mailed that you should look for them first", retry_after=3600)
    ask_to_confirm(db, caller.id, email, now)
