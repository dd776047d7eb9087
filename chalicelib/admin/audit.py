"""Who did what to whom, when, and why: every act of an admin, written in the transaction of the act."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from chalicelib.accounts.people import FORMER_MEMBER
from chalicelib.admin.lists import Listing, Which, listing
from chalicelib.callers import Caller
from chalicelib.database import Database
from chalicelib.fields import Instant

_ID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


class Act(msgspec.Struct):
    """One act. ``whom`` is a person's or an event's id or the name of a thing; ``name`` is what bears that id, or ''.

    Another person of whom ``what`` speaks, a coach, is named in it.
    """

    at: Instant
    admin_id: UUID
    admin: str
    what: str
    whom: str
    name: str
    why: str


def note(db: Database, caller: Caller, what: str, whom: Any, why: str, now: datetime) -> None:
    """Record an act of the caller's: ``note(db, caller, "banned", person, "sells things", now)``.

    People stand in it by their ids, so that erasure leaves no name behind.
    """
    db.run(
        "INSERT INTO audit (at, admin_id, what, whom, why) VALUES (%(now)s, %(me)s, %(what)s, %(whom)s, %(why)s)",
        now=now,
        me=caller.id,
        what=what,
        whom=str(whom),
        why=why,
    )


def acts(db: Database, which: Which) -> Listing[Act]:
    """The acts, newest first; searched by admin, act, whom and reason."""
    return listing(
        db,
        Act,
        """
        SELECT * FROM (
            SELECT u.id, u.at, u.admin_id, u.whom, u.why,
                   coalesce((SELECT replace(u.what, p.id::text, coalesce(nullif(p.name, ''), %(former)s))
                             FROM person p WHERE p.id = spoken.of), u.what) AS what,
                   coalesce((SELECT nullif(p.name, '') FROM person p WHERE p.id = u.admin_id), %(former)s) AS admin,
                   coalesce((SELECT coalesce(nullif(p.name, ''), %(former)s) FROM person p WHERE p.id = spoken.whom),
                            (SELECT e.title FROM event e WHERE e.id = spoken.whom), '') AS name
            FROM audit u CROSS JOIN LATERAL (
                SELECT substring(u.what FROM %(id)s)::uuid AS of, substring(u.whom FROM '^' || %(id)s || '$')::uuid AS whom
            ) spoken) act
        WHERE position(%(q)s in lower(concat_ws(' ', admin, what, name, whom, why))) > 0
        ORDER BY at DESC, id DESC
        """,
        which,
        former=FORMER_MEMBER,
        id=_ID,
    )
