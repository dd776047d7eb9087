"""Invitations: who may join. A code is shown once, is used once, expires, and may be bound to an address."""

from datetime import datetime, timedelta
from typing import Literal, TypedDict
from uuid import UUID, uuid4

from chalicelib import rules
from chalicelib.accounts import links
from chalicelib.database import Database
from chalicelib.errors import Conflict, NotFound, TooManyRequests
from chalicelib.messaging import locks, outbox
from chalicelib.web.field_types import Instant
from chalicelib.web.request import Caller

PURPOSE = "invitation"
"""Of the code that the inviter reads."""
MAILED = "mailed invitation"
"""Of the code that is mailed: whoever enrols with it has shown that the address is theirs."""
SHOWN_FOR = timedelta(minutes=10)
"""How long the page that follows an invitation shows its code, should it be loaded again."""


class Invitation(TypedDict):
    """An invitation that somebody gave; ``to`` is '' where whoever gets the code can use it."""

    id: UUID
    made: Instant
    expires: Instant
    to: str
    state: Literal["open", "used", "revoked", "expired"]


def create(db: Database, caller: Caller, to: str, now: datetime) -> UUID:
    """Invite somebody (``to`` an e-mail address, '' for whoever gets the code); the invitation.

    Raises TooManyRequests when the caller made invitation.per_day codes in the last 24 hours, revoked ones too; what an admin
    invited in a batch does not count.
    """
    limits = rules.read(db)
    # Two requests at once must not both find the last place free.
    locks.hold(db, f"invitation {caller.id}")
    made = db.value(
        "SELECT count(*) FROM invitation i WHERE by_person = %(me)s AND made > %(since)s"
        " AND NOT EXISTS (SELECT FROM batch_invitation b WHERE b.invitation_id = i.id)",
        me=caller.id,
        since=now - timedelta(hours=24),
    )
    if made >= limits.invitation.per_day:
        raise TooManyRequests("You are abusing the invitation code system")
    id = uuid4()
    code = links.code(PURPOSE, id)
    db.run(
        "INSERT INTO invitation (id, by_person, digest, made, expires)"
        " VALUES (%(id)s, %(me)s, %(digest)s, %(now)s, %(expires)s)",
        id=id,
        me=caller.id,
        digest=links.digest(code),
        now=now,
        expires=now + timedelta(days=limits.invitation.days_valid),
    )
    address(db, id, to)
    tell(db, id, caller.id, bool(to), now)
    return id


def code_of(invitation: UUID) -> str:
    """The code of an invitation that is being made, as its inviter reads it."""
    return links.code(PURPOSE, invitation)


def create_admin(db: Database, email: str, now: datetime) -> str:
    """Invite the first admin, on behalf of the installation; the code. Raises Conflict if there is an admin."""
    if db.value("SELECT EXISTS (SELECT FROM person_role WHERE role = 'admin' AND active)"):
        raise Conflict("There is an admin already; admins invite and appoint others on their pages")
    id = uuid4()
    code = links.code(PURPOSE, id)
    db.run(
        "INSERT INTO invitation (id, by_person, digest, role, made, expires)"
        " VALUES (%(id)s, NULL, %(digest)s, 'admin', %(now)s, %(expires)s)",
        id=id,
        digest=links.digest(code),
        now=now,
        expires=now + timedelta(days=rules.read(db).invitation.days_valid),
    )
    address(db, id, email)
    tell(db, id, None, True, now)
    return code


def address(db: Database, invitation: UUID, to: str) -> None:
    """Bind an invitation to an address, if there is one, which is mailed a code of its own."""
    if to:
        address_all(db, [(invitation, to.lower())])


def address_all(db: Database, invited: list[tuple[UUID, str]]) -> None:
    """Bind each of these invitations to its address."""
    db.many("INSERT INTO invitation_address (invitation_id, email) VALUES %s", invited)
    db.many(
        "INSERT INTO invitation_mail (invitation_id, digest) VALUES %s",
        [(id, links.digest(links.code(MAILED, id))) for id, _ in invited],
    )


def tell(db: Database, invitation: UUID, by: UUID | None, mailed: bool, now: datetime) -> None:
    """Tell InvitedUser: neither the code nor the address is in it."""
    data = {"invitation": str(invitation), "by": str(by) if by else None, "to": mailed}
    outbox.put(db, "InvitedUser", str(invitation), "invitation.created", data, now)


def mine(db: Database, caller: Caller, now: datetime, most: int = 200, after: int = 0) -> list[Invitation]:
    """So many of the caller's invitations after the newest so many, newest first; the codes are not among it."""
    rows = db.rows(
        """
        SELECT i.id, i.made, i.expires, coalesce(a.email, '') AS to,
               CASE WHEN u.invitation_id IS NOT NULL THEN 'used' WHEN r.invitation_id IS NOT NULL THEN 'revoked'
                    WHEN i.expires <= %(now)s THEN 'expired' ELSE 'open' END AS state
        FROM invitation i
        LEFT JOIN invitation_address a ON a.invitation_id = i.id
        LEFT JOIN invitation_use u ON u.invitation_id = i.id
        LEFT JOIN invitation_revocation r ON r.invitation_id = i.id
        WHERE i.by_person = %(me)s ORDER BY i.made DESC, i.id LIMIT %(most)s OFFSET %(after)s
        """,
        me=caller.id,
        now=now,
        most=most,
        after=after,
    )
    return [row._asdict() for row in rows]


def revoke(db: Database, caller: Caller, invitation: UUID) -> None:
    """Take an invitation back. Raises NotFound for one that is not the caller's, Conflict if it was used."""
    if db.value("SELECT revoke_invitation(%(id)s)", id=invitation):
        return
    own = "SELECT EXISTS (SELECT FROM invitation WHERE id = %(id)s AND by_person = %(me)s)"
    if not db.value(own, id=invitation, me=caller.id):
        raise NotFound("There is no such invitation of yours")
    raise Conflict("This invitation was used already")


def code_to_show(db: Database, invitation: UUID, now: datetime) -> str:
    """The code of an invitation that the caller has just made, for the page that comes after; '' a while later."""
    known = db.value(
        "SELECT digest_of_my_invitation(%(id)s, %(since)s)",
        id=invitation,
        since=now - SHOWN_FOR,
    )
    return (known and links.code_found_by(PURPOSE, invitation, bytes(known))) or ""
