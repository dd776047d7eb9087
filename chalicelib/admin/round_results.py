"""Rounds of the matcher: what each made, who was left over and why, what is proven; and asking for one now."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from chalicelib.accounts import audit
from chalicelib.admin import locations
from chalicelib.admin.lists import Listing, Which, listing, shaped
from chalicelib.calendar import zones
from chalicelib.database import Database
from chalicelib.errors import Invalid, NotFound
from chalicelib.lunch import jobs, what_helps
from chalicelib.web.field_types import Instant
from chalicelib.web.request import Caller

WEEKS_AHEAD = 4
"""How far ahead a round can be asked for: beyond, hardly anybody has given hours."""

WHY = {
    "no_hours": "gave no hours in that week",
    "nobody_free": "nobody else was free then",
    "nobody_suitable": "nobody suitable among those who were free then",
    "more_people_than_partners": "more people than partners for them",
}
"""Reason -> what it means, in words."""


class Round(msgspec.Struct):
    """One run of the matcher for a week at a location. ``proof``: what is known about how good it is;
    ``minutes_late``: how long after its hour it ran, 0 where it was asked for at none."""

    id: UUID
    week: str
    location: str
    timezone: str
    ran: Instant
    people: int
    lunches: int
    left_over: int
    bound: int
    proven: bool
    minutes_late: int
    proof: str = ""


class LeftOver(msgspec.Struct):
    """Somebody for whom the round found no lunch, why, and what one change would have helped, in counts."""

    id: UUID
    name: str
    reason: Literal["no_hours", "nobody_free", "nobody_suitable", "more_people_than_partners"]
    helps: list[str] = []


_ROUND = """
SELECT * FROM (
    SELECT r.id, to_char(r.week, 'IYYY"-W"IW') AS week, l.name AS location, l.timezone, r.ran, r.people, r.lunches,
           r.left_over, r.bound, r.proven,
           CASE WHEN isfinite(r.due) THEN greatest(0, floor(extract(epoch FROM r.ran - r.due) / 60))::int ELSE 0 END AS minutes_late
    FROM round r JOIN location l ON l.id = r.location_id
) round
"""


def proof(left: int, bound: int, proven: bool) -> str:
    """What is known about how good a round is, in a sentence."""
    who = "Nobody is left over" if left == 0 else f"{left} {'is' if left == 1 else 'are'} left over"
    if left == 0:
        return f"{who}."
    if proven:
        return f"{who}; no method could leave fewer (checked)."
    return f"{who}; not proven to be the fewest: no method could leave fewer than {bound}."


LATE = 30
"""Minutes after its hour from which a round is said to be late: nothing ran when it was due."""


def late(round: Round) -> str:
    """How late the round was, in words that fit into a tag; '' where it was not."""
    if round.minutes_late < LATE:
        return ""
    hours = round.minutes_late // 60
    days = f"{hours // 24} days and {hours % 24} hours" if hours >= 48 else f"{hours} hours"
    return f"{days if hours >= 2 else f'{round.minutes_late} minutes'} late"


def find(db: Database, which: Which) -> Listing[Round]:
    """Rounds, the last first; searched by location and week."""
    found = listing(
        db, Round, f"{_ROUND} WHERE position(%(q)s in lower(week || ' ' || location)) > 0 ORDER BY ran DESC, id", which
    )
    for one in found.found:
        one.proof = proof(one.left_over, one.bound, one.proven)
    return found


def read(db: Database, round: UUID) -> Round:
    """One round. Raises NotFound."""
    found = db.rows(f"{_ROUND} WHERE id = %(id)s", id=round)
    if not found:
        raise NotFound
    one = shaped(found, Round)[0]
    one.proof = proof(one.left_over, one.bound, one.proven)
    return one


def left_over(db: Database, round: UUID) -> list[LeftOver]:
    """Who is still left over from that round: not who was matched, or left over again, by a later one."""
    rows = db.rows(
        "SELECT p.id, p.name, o.reason, o.week FROM left_over o JOIN person p ON p.id = o.person_id"
        " WHERE o.round_id = %(round)s ORDER BY o.reason, lower(p.name), p.id",
        round=round,
    )
    helps = what_helps.of(db, [row.id for row in rows], rows[0].week) if rows else {}
    return [LeftOver(row.id, row.name, row.reason, [help.brief for help in helps.get(row.id, [])]) for row in rows]


def ask(db: Database, caller: Caller, location: int, week: str, why: str, now: datetime) -> None:
    """Ask for a round of that week (2026-W48) at that open location; the next run of match_lunches sends for it.

    Raises NotFound, and Invalid for a closed location or a week that is over or too far.
    """
    place = locations.read(db, location)
    if not place.open:
        raise Invalid.field("location", "is closed")
    monday = zones.week_of(week)
    this = zones.this_monday(now, place.timezone)
    if not this <= monday <= this + timedelta(weeks=WEEKS_AHEAD):
        raise Invalid.field("week", f"must be this week or one of the next {WEEKS_AHEAD}")
    audit.note(db, caller, f"asked for a round of {week} at", place.name, why, now)
    jobs.ask(db, location, monday, now)


def waiting(db: Database) -> list[Any]:
    """Rounds that are due or were asked for, and have not run yet: location, week (2026-W48), asked."""
    rows = db.rows(
        "SELECT l.name AS location, a.week, a.asked FROM asked_round a JOIN location l ON l.id = a.location_id"
        " ORDER BY a.asked, l.name, a.week"
    )
    return [row._replace(week=zones.week_name(row.week)) for row in rows]


def weeks(places: Iterable[Any], now: datetime) -> list[str]:
    """The weeks for which a round can be asked at one of these locations: it may be Monday at one of them only."""
    mondays = {zones.this_monday(now, place.timezone) for place in places}
    ahead = {monday + timedelta(weeks=number) for monday in mondays for number in range(WEEKS_AHEAD + 1)}
    return [zones.week_name(monday) for monday in sorted(ahead)]
