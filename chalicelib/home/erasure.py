"""Erasing oneself: the id stays, so that others keep their history; everything else is blank or gone."""

from datetime import datetime

from chalicelib import logs
from chalicelib.accounts import proofs
from chalicelib.coaching import cancellations, relationships
from chalicelib.database import Database, Transact
from chalicelib.errors import Conflict
from chalicelib.lunch import attendances
from chalicelib.web.request import Caller


def erase(transact: Transact, caller: Caller, password: str, address: str, now: datetime) -> None:
    """Withdraw the caller from whatever is coming, tell the others, and erase them.

    Raises Invalid naming the password, TooManyRequests after too many wrong ones, Conflict for the last admin.
    """
    kept = proofs.prove(transact, caller, password, address, now)

    def work(db: Database) -> None:
        cancellations.withdraw_person(db, caller.id, now)
        relationships.leave(db, caller.id)
        attendances.withdraw_person(db, caller.id, now)
        if not db.value("SELECT erase(%(kept)s)", kept=kept):
            raise Conflict(proofs.MEANWHILE)

    transact(work)
    logs.security("erased", caller.id)
