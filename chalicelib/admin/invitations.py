"""Many invitations at once, outside invitation.per_day; every address is accounted for."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID, uuid4

import msgspec
from msgspec import Meta

from chalicelib import rules
from chalicelib.accounts import audit, links
from chalicelib.accounts.invitations import PURPOSE, address_all
from chalicelib.accounts.people import FORMER_MEMBER
from chalicelib.admin.lists import shaped
from chalicelib.database import Database
from chalicelib.errors import Invalid, NotFound
from chalicelib.messaging import locks, outbox
from chalicelib.web.field_types import Email, Instant, Line
from chalicelib.web.request import Caller

MOST_ADDRESSES = 500

Addresses = Annotated[list[Line], Meta(max_length=MOST_ADDRESSES)]
Outcome = Literal["invited", "has an open invitation already", "is a member already", "is not an address"]


class Pasted(msgspec.Struct):
    """What became of an address."""

    address: str
    outcome: Outcome


class Batch(msgspec.Struct):
    """Addresses that were invited together."""

    id: UUID
    at: Instant
    by: str
    lines: list[Pasted]

    def count(self, outcome: Outcome) -> int:
        """How many of the addresses had that outcome."""
        return sum(line.outcome == outcome for line in self.lines)


def invite(db: Database, caller: Caller, batch: UUID, addresses: Iterable[str], now: datetime) -> Batch:
    """Invite everybody who has one of these addresses, each once; what became of each.

    ``batch`` names the act: carried out again, it answers what it answered. Raises Invalid for no address or more
    than 500.
    """
    wanted = list(dict.fromkeys(address.strip().lower() for address in addresses if address.strip()))
    if not 1 <= len(wanted) <= MOST_ADDRESSES:
        raise Invalid.field("addresses", f"must be 1 to {MOST_ADDRESSES} addresses")
    # One at a time, so that an address pasted by two admins at once is invited once.
    locks.hold(db, "invitation batch")
    begun = db.run(
        "INSERT INTO invitation_batch (id, by_person, at) VALUES (%(id)s, %(me)s, %(now)s) ON CONFLICT DO NOTHING",
        id=batch,
        me=caller.id,
        now=now,
    )
    if begun:
        lines = _outcomes(db, wanted, now)
        invited = [line.address for line in lines if line.outcome == "invited"]
        _make(db, caller, batch, invited, now)
        db.run(
            "INSERT INTO batch_report (batch_id, at, lines) VALUES (%(id)s, %(now)s, %(lines)s)",
            id=batch,
            now=now,
            lines=json.dumps(msgspec.to_builtins(lines)),
        )
        audit.note(db, caller, f"invited {len(invited)} of {len(lines)} addresses", batch, "", now)
    return read(db, batch)


def _outcomes(db: Database, addresses: list[str], now: datetime) -> list[Pasted]:
    members = db.rows("SELECT email FROM account WHERE email = ANY(%(all)s)", all=addresses)
    waiting = db.rows(
        "SELECT a.email FROM invitation_address a JOIN invitation i ON i.id = a.invitation_id"
        " WHERE a.email = ANY(%(all)s) AND i.expires > %(now)s"
        " AND NOT EXISTS (SELECT FROM invitation_use u WHERE u.invitation_id = i.id)"
        " AND NOT EXISTS (SELECT FROM invitation_revocation r WHERE r.invitation_id = i.id)",
        all=addresses,
        now=now,
    )
    known: dict[str, Outcome] = {row.email: "has an open invitation already" for row in waiting}
    known |= {row.email: "is a member already" for row in members}
    return [
        Pasted(address, known.get(address, "invited") if _is_address(address) else "is not an address")
        for address in addresses
    ]


def _is_address(text: str) -> bool:
    try:
        msgspec.convert(text, Email)
    except msgspec.ValidationError:
        return False
    return True


def _make(db: Database, caller: Caller, batch: UUID, addresses: list[str], now: datetime) -> None:
    expires = now + timedelta(days=rules.read(db).invitation.days_valid)
    made = [(uuid4(), address) for address in addresses]
    db.many(
        "INSERT INTO invitation (id, by_person, digest, made, expires) VALUES %s",
        [(id, caller.id, links.digest(links.code(PURPOSE, id)), now, expires) for id, _ in made],
    )
    address_all(db, made)
    db.many("INSERT INTO batch_invitation (invitation_id, batch_id) VALUES %s", [(id, batch) for id, _ in made])
    outbox.put_all(
        db,
        [
            ("InvitedUser", str(id), "invitation.created", {"invitation": str(id), "by": str(caller.id), "to": True})
            for id, _ in made
        ],
        now,
    )


_BATCH = (
    "SELECT b.id, b.at, coalesce(nullif(p.name, ''), %(former)s) AS by, r.lines FROM invitation_batch b"
    " JOIN batch_report r ON r.batch_id = b.id JOIN person p ON p.id = b.by_person"
)


def read(db: Database, batch: UUID) -> Batch:
    """What became of a batch. Raises NotFound; a report is kept for a week."""
    row = db.row(f"{_BATCH} WHERE b.id = %(id)s", id=batch, former=FORMER_MEMBER)
    if row is None:
        raise NotFound("There is no such batch, or it is more than a week old")
    return shaped([row], Batch)[0]


def batches(db: Database) -> list[Batch]:
    """The batches of the past week, newest first."""
    return shaped(db.rows(f"{_BATCH} ORDER BY b.at DESC LIMIT 100", former=FORMER_MEMBER), Batch)
