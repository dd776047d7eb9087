"""Kinds of mail that people do not want. What a kind is called, and which there are, notifications know."""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from chalicelib.accounts import links
from chalicelib.database import Database
from chalicelib.web.request import Caller


def refused_by(db: Database, person: UUID) -> frozenset[str]:
    """The kinds a person refuses."""
    rows = db.rows("SELECT kind FROM mail_refusal WHERE person_id = %(person)s", person=person)
    return frozenset(row.kind for row in rows)


def choose(db: Database, caller: Caller, wanted: Mapping[str, bool]) -> None:
    """Take (True) or refuse (False) these kinds; what is not named stays."""
    taken = [kind for kind, takes in wanted.items() if takes]
    db.run("DELETE FROM mail_refusal WHERE person_id = %(me)s AND kind = ANY(%(taken)s)", me=caller.id, taken=taken)
    db.many(
        "INSERT INTO mail_refusal (person_id, kind) VALUES %s ON CONFLICT DO NOTHING",
        [(caller.id, kind) for kind, takes in wanted.items() if not takes],
    )


class Link(NamedTuple):
    """What a mail's link says: that kind, of that person, while the mailbox it was sent to is theirs."""

    kind: str
    mailbox: str
    person: UUID


def token(kind: str, person: UUID, address: str) -> str:
    """What stands in a mail's link and lets whoever has the mail refuse that kind; derived, so no table holds it."""
    mailbox = hashlib.sha256(address.encode()).hexdigest()[:16]
    return f"{kind}.{mailbox}.{links.link(_purpose(kind, mailbox), person)}"


def opened(db: Database, given: str) -> Link | None:
    """What such a token says; None if it is not one that we derive, or was sent to an address that is theirs no more."""
    kind, _, rest = given.partition(".")
    mailbox, _, link = rest.partition(".")
    person = links.opened(_purpose(kind, mailbox), link)
    there = person and db.value("SELECT takes_mail_at(%(person)s, %(mailbox)s)", person=person, mailbox=mailbox)
    return Link(kind, mailbox, person) if person and there else None


def refuse(db: Database, link: Link) -> bool:
    """Refuse that kind; False if the person is not here any more, or has another address now."""
    return bool(db.value("SELECT refuse_mail(%(person)s, %(mailbox)s, %(kind)s)", **link._asdict()))


def _purpose(kind: str, mailbox: str) -> str:
    return f"unsubscribe {kind} {mailbox}"
