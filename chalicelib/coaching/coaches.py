"""A coach as their clients see them: their calendar, and where their calls take place."""

import json
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from chalicelib import rules
from chalicelib.calendar.occurrences import Hours, Span
from chalicelib.coaching import slots
from chalicelib.coaching.slots import Calendar, Terms
from chalicelib.database import Database
from chalicelib.errors import NotFound
from chalicelib.web.request import Caller

UNKNOWN = "There is no such coach of yours"


class Client(NamedTuple):
    """Somebody who has calls with a coach, as the two see them."""

    id: UUID
    slug: str
    name: str
    timezone: str


class Coach(NamedTuple):
    """A coach's calendar as it was read, for one client or for nobody in particular."""

    id: UUID
    name: str
    slug: str
    zone: ZoneInfo
    call_link: str
    rules: rules.Rules
    calendar: Calendar
    open: bool
    """Whether they and the client can have calls at all: neither is banned, and they are an active coach."""
    client: Client | None
    """For whom it was read."""


def read(
    db: Database,
    slug: str,
    client: UUID | None,
    begin: datetime,
    end: datetime,
    *,
    limited: bool = True,
    moving: UUID | None = None,
    hold: str = "nothing",
) -> Coach | None:
    """The coach's calendar from ``begin`` to ``end``; None where the caller may not see it.

    ``moving`` names a call that is to be moved and so is in nobody's way. ``hold`` is 'book' or 'change' to keep the
    calendar as it is read until the end of the transaction.
    """
    row = db.row(
        "SELECT * FROM coach_calendar(%(slug)s, %(client)s, tstzrange(%(begin)s, %(end)s), %(moving)s, %(hold)s)",
        slug=slug,
        client=client,
        begin=begin - timedelta(hours=6),  # a commitment before it may reach into it by its buffer
        end=end + timedelta(hours=6),
        moving=moving,
        hold=hold,
    )
    if row is None:
        return None
    zone, in_force = ZoneInfo(row.timezone), rules.DEFAULTS.with_values(row.rules)
    calendar = _calendar(row, zone, slots.terms_of(in_force), limited)
    whose = Client(client, row.client_slug, row.client_name, row.client_timezone) if client else None
    return Coach(row.id, row.name, slug, zone, row.call_link, in_force, calendar, not row.banned, whose)


def _calendar(row: Any, zone: ZoneInfo, terms: Terms, limited: bool) -> Calendar:
    return Calendar(
        zone,
        _hours(row.hours),
        _spans(row.taken_from, row.taken_until),
        _spans(row.client_from, row.client_until),
        row.calls or [],
        terms,
        limited,
        _spans(row.away_from, row.away_until),
        _spans(row.outside_from, row.outside_until),
        _spans(row.client_outside_from, row.client_outside_until),
    )


def _spans(starts: list[datetime] | None, ends: list[datetime] | None) -> list[Span]:
    return list(zip(starts or (), ends or (), strict=True))


@lru_cache(maxsize=512)
def _hours(text: str) -> tuple[Hours, ...]:
    return tuple(
        Hours(
            datetime.fromisoformat(starts),
            datetime.fromisoformat(ends),
            timezone,
            weekly,
            date.fromisoformat(until) if until else date.max,
            frozenset(map(date.fromisoformat, days)),
        )
        for starts, ends, timezone, weekly, until, days in json.loads(text)
    )


def client_of(db: Database, caller: Caller, coach: str, client: str | None) -> UUID | None:
    """For whom the caller looks at that coach: themselves; as the coach or an admin whom they name, or nobody.

    Raises NotFound for a client who is none of theirs.
    """
    if client is None:
        if not (caller.is_a("coach") or caller.is_a("admin")) or _is_coached_by(db, caller, coach):
            return caller.id
        return None
    found: UUID | None = db.value("SELECT id FROM person WHERE slug = %(slug)s", slug=client)
    if found is None:
        raise NotFound("There is no such client")
    return found


def _is_coached_by(db: Database, caller: Caller, coach: str) -> bool:
    found: bool = db.value(
        "SELECT EXISTS (SELECT FROM relationship r JOIN person p ON p.id = r.coach_id"
        " WHERE p.slug = %(coach)s AND r.client_id = %(me)s AND r.is_current)",
        coach=coach,
        me=caller.id,
    )
    return found


def seen(
    db: Database, caller: Caller, slug: str, begin: datetime, end: datetime, client: str | None, moving: UUID | None
) -> Coach:
    """The coach as the caller may look at them. Raises NotFound, as for a coach there is not."""
    whose = client_of(db, caller, slug, client)
    coach = read(db, slug, whose, begin, end, limited=whose == caller.id, moving=moving)
    if coach is None:
        raise NotFound(UNKNOWN)
    return coach


def mine(db: Database, caller: Caller) -> Any:
    """The caller's coach (slug, name, timezone, call_link), None if they have none."""
    return db.row(
        "SELECT p.slug, p.name, p.timezone, coalesce((SELECT url FROM call_link l WHERE l.coach_id = p.id), '') AS call_link"
        " FROM relationship r JOIN person p ON p.id = r.coach_id WHERE r.client_id = %(me)s AND r.is_current",
        me=caller.id,
    )


def slug_of(db: Database, coach: UUID) -> str:
    """By which their clients know them."""
    slug: str = db.value("SELECT slug FROM person WHERE id = %(coach)s", coach=coach)
    return slug


def clients(db: Database, caller: Caller) -> list[Any]:
    """The caller's clients (slug, name, timezone, next and last: the starts of those calls or None), by name."""
    return db.rows(
        "SELECT p.slug, p.name, p.timezone, (SELECT min(a.starts) FROM appointment a WHERE a.client_id = p.id"
        "  AND a.coach_id = r.coach_id AND a.starts > present()"
        "  AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id)) AS next,"
        " (SELECT max(a.starts) FROM appointment a WHERE a.client_id = p.id"
        "  AND a.coach_id = r.coach_id AND a.starts <= present()"
        "  AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id)) AS last"
        " FROM relationship r JOIN person p ON p.id = r.client_id WHERE r.coach_id = %(me)s AND r.is_current"
        " ORDER BY lower(p.name), p.slug",
        me=caller.id,
    )


def former_clients(db: Database, caller: Caller) -> list[Any]:
    """Who was a client of the caller's, had calls with them and has not left Rendezvous (slug, name), by name."""
    return db.rows(
        "SELECT p.slug, p.name FROM person p WHERE p.name <> '' AND EXISTS (SELECT FROM appointment a"
        "  WHERE a.coach_id = %(me)s AND a.client_id = p.id AND a.ends <= present()"
        "  AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id))"
        " AND NOT EXISTS (SELECT FROM relationship r"
        "  WHERE r.coach_id = %(me)s AND r.client_id = p.id AND r.is_current)"
        " ORDER BY lower(p.name), p.slug",
        me=caller.id,
    )
