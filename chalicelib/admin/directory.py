"""People as admins see them: who there is, and who is banned."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from chalicelib import logs
from chalicelib.accounts import audit
from chalicelib.admin.lists import Listing, Which, listing, shaped
from chalicelib.calendar import availability
from chalicelib.coaching import cancellations
from chalicelib.database import Database
from chalicelib.errors import Conflict, NotFound
from chalicelib.lunch import attendances
from chalicelib.lunch.hours_given import Entry, entries
from chalicelib.web.field_types import Instant
from chalicelib.web.request import Caller

Role = Literal["member", "client", "coach", "admin"]


class WhichPeople(Which):
    """Which people: by name, username, e-mail or slug; those with a role, or the banned."""

    who: Literal["", "member", "client", "coach", "admin", "banned"] = ""


class Ban(msgspec.Struct):
    """Since when somebody is banned, and why."""

    at: Instant
    why: str


class Person(msgspec.Struct):
    """A person with an account. ``location`` is '' for who chose none."""

    id: UUID
    name: str
    slug: str
    username: str
    email: str
    email_confirmed: bool
    timezone: str
    enrolled: Instant
    location: str
    roles: list[Role]
    sessions: int
    second_factor: bool
    ban: Ban | None


class ComingLunch(msgspec.Struct):
    """A lunch that somebody is expected at."""

    event: UUID
    title: str
    starts: Instant
    timezone: str
    response: str


_PERSON = """
SELECT p.id, p.name, p.slug, a.username, a.email, a.email_confirmed, p.timezone, p.enrolled,
       coalesce(l.name, '') AS location,
       ARRAY(SELECT r.role FROM person_role r WHERE r.person_id = p.id AND r.active ORDER BY r.role) AS roles,
       (SELECT count(*) FROM session s WHERE s.person_id = p.id AND s.expires > present()) AS sessions,
       EXISTS (SELECT FROM second_factor f WHERE f.person_id = p.id AND f.active) AS second_factor,
       (SELECT json_build_object('at', b.at, 'why', b.why) FROM ban b WHERE b.person_id = p.id) AS ban
FROM person p JOIN account a ON a.person_id = p.id
LEFT JOIN person_location pl ON pl.person_id = p.id LEFT JOIN location l ON l.id = pl.location_id
"""


def find(db: Database, which: WhichPeople) -> Listing[Person]:
    """People by name, username, e-mail or slug."""
    return listing(
        db,
        Person,
        f"""{_PERSON}
        WHERE position(%(q)s in lower(concat_ws(E'\\n', p.name, a.username, a.email, p.slug))) > 0
          AND CASE %(who)s WHEN '' THEN true
              WHEN 'banned' THEN EXISTS (SELECT FROM ban b WHERE b.person_id = p.id)
              ELSE EXISTS (SELECT FROM person_role r WHERE r.person_id = p.id AND r.active AND r.role = %(who)s) END
        ORDER BY lower(p.name), p.id
        """,
        which,
        who=which.who,
    )


def read(db: Database, person: UUID) -> Person:
    """One person. Raises NotFound, for who erased themselves too."""
    found = db.rows(f"{_PERSON} WHERE p.id = %(id)s", id=person)
    if not found:
        raise NotFound
    return shaped(found, Person)[0]


def coming_lunches(db: Database, person: UUID, now: datetime) -> list[ComingLunch]:
    """The lunches the person is expected at, or asked to."""
    rows = db.rows(
        "SELECT e.id AS event, e.title, e.starts, l.timezone, a.response FROM attendance a"
        " JOIN event e ON e.id = a.event_id JOIN location l ON l.id = e.location_id"
        " WHERE a.person_id = %(person)s AND a.response <> 'rejected' AND e.starts > %(now)s"
        " AND e.status IN ('Proposed', 'Confirmed') ORDER BY e.starts, e.id",
        person=person,
        now=now,
    )
    return shaped(rows, ComingLunch)


def hours(db: Database, person: UUID, today: date) -> list[Entry]:
    """When the person is free for lunch, as they see it themselves."""
    rows = db.rows("SELECT * FROM hours_of_person(%(person)s) WHERE purpose = 'lunch'", person=person)
    given = {row.id: availability.hours_of(row, frozenset(row.exceptions)) for row in rows}
    return [one for one in entries(given, today) if one.hours.until >= today]


def results(db: Database, person: UUID) -> list[tuple[date, str]]:
    """What the last four rounds came to for the person, the last first: the Monday of the week, and a lunch's title or why
    there was none."""
    rows = db.rows(
        "SELECT date_trunc('week', e.starts AT TIME ZONE l.timezone)::date AS week, e.title AS what FROM attendance a"
        " JOIN event e ON e.id = a.event_id JOIN location l ON l.id = e.location_id WHERE a.person_id = %(person)s"
        " AND e.creator IS NULL AND a.response <> 'rejected' AND e.status NOT IN ('Rejected', 'Canceled')"
        " UNION ALL SELECT week, reason FROM left_over WHERE person_id = %(person)s ORDER BY week DESC LIMIT 4",
        person=person,
    )
    return [(row.week, row.what) for row in rows]


def calls(db: Database, person: UUID, now: datetime) -> list[Any]:
    """The person's next five calls (id, starts, ends, other, other_name, coaches)."""
    return db.rows("SELECT * FROM calls_of_person(%(person)s, %(now)s, 5)", person=person, now=now)


def ban(db: Database, caller: Caller, person: UUID, why: str, now: datetime) -> None:
    """Ban somebody; in the same transaction they are withdrawn from whatever they are expected at, and the others are told.

    Banned twice, they stay banned for the first reason. Raises NotFound, Conflict.
    """
    read(db, person)
    if person == caller.id:
        raise Conflict("You cannot ban yourself")
    banned = db.run(
        "INSERT INTO ban (person_id, at, why) VALUES (%(person)s, %(now)s, %(why)s) ON CONFLICT DO NOTHING",
        person=person,
        now=now,
        why=why,
    )
    if banned:
        # The calls first: who books holds the coach's lock before they ask whether both are here.
        cancellations.withdraw_person(db, person, now)
        attendances.withdraw_person(db, person, now)
        audit.note(db, caller, "banned", person, why, now)
        logs.security("banned", person, by=caller.id)


def unban(db: Database, caller: Caller, person: UUID, why: str, now: datetime) -> None:
    """Let somebody in again; what they were withdrawn from stays so. Raises NotFound."""
    read(db, person)
    if db.run("DELETE FROM ban WHERE person_id = %(person)s", person=person):
        audit.note(db, caller, "unbanned", person, why, now)
        logs.security("unbanned", person, by=caller.id)
