"""Who coaches whom, as admins look for it. What changes it is coaching's own (``coaching.relationships``)."""

from collections import Counter
from typing import Any

import msgspec

from chalicelib.accounts.people import FORMER_MEMBER
from chalicelib.admin.lists import Listing, Which, listing, shaped
from chalicelib.database import Database
from chalicelib.errors import NotFound
from chalicelib.web.field_types import Instant


class Relationship(msgspec.Struct):
    """A client and their coach, by slugs and names; ``calls``: how many are coming."""

    coach: str
    coach_name: str
    client: str
    client_name: str
    begun: Instant
    calls: int


_RELATIONSHIP = """
SELECT * FROM (
    SELECT c.slug AS coach, coalesce(nullif(c.name, ''), %(former)s) AS coach_name,
           k.slug AS client, coalesce(nullif(k.name, ''), %(former)s) AS client_name, r.begun,
           (SELECT count(*) FROM appointment a
            WHERE a.coach_id = r.coach_id AND a.client_id = r.client_id AND a.starts > present()
              AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id)) AS calls
    FROM relationship r JOIN person c ON c.id = r.coach_id JOIN person k ON k.id = r.client_id
    WHERE r.is_current
) relationship
"""
_ACTIVE = (
    "SELECT p.slug, p.name FROM person p JOIN person_role o ON o.person_id = p.id"
    " WHERE o.role = %(role)s AND o.active AND NOT EXISTS (SELECT FROM ban b WHERE b.person_id = p.id)"
)


def find(db: Database, which: Which) -> Listing[Relationship]:
    """The current ones by name or slug of either, by coach."""
    return listing(
        db,
        Relationship,
        f"{_RELATIONSHIP} WHERE position(%(q)s in lower(concat_ws(E'\\n', coach, coach_name, client, client_name))) > 0"
        " ORDER BY lower(coach_name), coach, lower(client_name), client",
        which,
        former=FORMER_MEMBER,
    )


def read(db: Database, client: str) -> Relationship:
    """The current one of that client. Raises NotFound."""
    found = db.rows(f"{_RELATIONSHIP} WHERE client = %(client)s", client=client, former=FORMER_MEMBER)
    if not found:
        raise NotFound("This person has no coach")
    return shaped(found, Relationship)[0]


def coming(db: Database, client: str) -> list[Any]:
    """The starts and ends of the booked calls of that client with their coach, by start."""
    return db.rows(
        "SELECT a.starts, a.ends FROM appointment a JOIN relationship r ON (r.coach_id, r.client_id) = (a.coach_id, a.client_id)"
        " JOIN person k ON k.id = r.client_id WHERE k.slug = %(client)s AND r.is_current AND a.starts > present()"
        " AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id) ORDER BY a.starts",
        client=client,
    )


def coaches(db: Database) -> list[tuple[str, str]]:
    """Everybody who can be somebody's coach, as choices: slug and name, by name."""
    return _choices(db.rows(f"{_ACTIVE} ORDER BY lower(p.name), p.slug", role="coach"))


def without_coach(db: Database) -> list[tuple[str, str]]:
    """The clients who have no coach, as choices: slug and name, by name."""
    rows = db.rows(
        f"{_ACTIVE} AND NOT EXISTS (SELECT FROM relationship r WHERE r.client_id = p.id AND r.is_current)"
        " ORDER BY lower(p.name), p.slug",
        role="client",
    )
    return _choices(rows)


def _choices(people: list[Any]) -> list[tuple[str, str]]:
    """The slug is said where two have the same name."""
    many = Counter(one.name for one in people)
    return [(one.slug, one.name if many[one.name] == 1 else f"{one.name} ({one.slug})") for one in people]
