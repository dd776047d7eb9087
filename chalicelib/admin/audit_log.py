"""The audit log as admins read and search it: who did what to whom, when, and why."""

import re
from datetime import datetime
from uuid import UUID

import msgspec

from chalicelib.accounts.people import FORMER_MEMBER
from chalicelib.admin.lists import Listing, Which, listing
from chalicelib.database import Database
from chalicelib.rules import RULES
from chalicelib.web.field_types import Instant
from chalicelib.web.request import Caller
from chalicelib.web.responses import Redirect

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


_ACTS = """
SELECT * FROM (
    SELECT u.id, u.at, u.admin_id, u.whom, u.why,
           coalesce((SELECT replace(u.what, p.id::text, coalesce(nullif(p.name, ''), %(former)s))
                     FROM person p WHERE p.id = spoken.of), u.what) AS what,
           coalesce((SELECT nullif(p.name, '') FROM person p WHERE p.id = u.admin_id), %(former)s) AS admin,
           coalesce((SELECT coalesce(nullif(p.name, ''), %(former)s) FROM person p WHERE p.id = spoken.whom),
                    (SELECT e.title FROM event e WHERE e.id = spoken.whom), '') AS name
    FROM audit u CROSS JOIN LATERAL (
        SELECT substring(u.what FROM %(uuid)s)::uuid AS of, substring(u.whom FROM '^' || %(uuid)s || '$')::uuid AS whom
    ) spoken) act
"""


def acts(db: Database, which: Which) -> Listing[Act]:
    """The acts, newest first; searched by admin, act, whom and reason."""
    return listing(
        db,
        Act,
        f"{_ACTS} WHERE position(%(q)s in lower(concat_ws(' ', admin, what, name, whom, why))) > 0"
        " ORDER BY at DESC, id DESC",
        which,
        former=FORMER_MEMBER,
        uuid=_ID,
    )


def lead_to(db: Database, caller: Caller, path: str, now: datetime) -> Redirect:
    """Leads to that page of an admin, which tells (``told``) what the caller has just done; or that it was so already."""
    act = db.value("SELECT max(id) FROM audit WHERE admin_id = %(me)s AND at = %(now)s", me=caller.id, now=now)
    return Redirect(f"{path}?done={act or 'nothing'}")


def number(done: str) -> int | None:
    """The number of the act that led to a page; None where none did, or what stands in the address is no number."""
    return int(done) if done.isascii() and done.isdecimal() and len(done) < 18 else None


def told(db: Database, caller: Caller, done: str) -> str:
    """The caller's own act of that number as a sentence: ``Granted the role coach: Bob.``; '' for no number."""
    if done == "nothing":
        return "Nothing was changed: it was so already."
    one = f"{_ACTS} WHERE id = %(act)s AND admin_id = %(me)s"
    act = db.row(one, act=number(done), me=caller.id, former=FORMER_MEMBER, uuid=_ID)
    if not act:
        return ""
    whom = act.name or ("" if re.fullmatch(_ID, act.whom) else act.whom)
    if act.what.startswith("changed the rule") and whom in RULES:
        return f"Changed “{RULES[whom].help}” {act.what.removeprefix('changed the rule ')}."
    between = " " if act.what.endswith((" to", " from", " of", " at")) else ": "
    return f"{act.what[0].upper()}{act.what[1:]}{between + whom if whom else ''}."
