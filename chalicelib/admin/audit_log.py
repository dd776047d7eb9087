"""The audit log as admins read and search it: who did what to whom, when, and why."""

from uuid import UUID

import msgspec

from chalicelib.accounts.people import FORMER_MEMBER
from chalicelib.admin.lists import Listing, Which, listing
from chalicelib.database import Database
from chalicelib.web.field_types import Instant

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
