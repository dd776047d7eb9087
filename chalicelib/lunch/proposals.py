"""Proposals: lunches that members make themselves, for everybody or for people they have had lunch with."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from msgspec import Meta

from chalicelib import rules
from chalicelib.calendar import zones
from chalicelib.database import Database
from chalicelib.errors import Conflict, Forbidden, Invalid
from chalicelib.lunch import attendances, blocked_pairs, events, locations, messages, states
from chalicelib.lunch.weeks import week_at
from chalicelib.messaging import locks, outbox
from chalicelib.web.field_types import matching
from chalicelib.web.request import Caller

MOST = 5
"""Lunches to come that a member may have proposed."""
MOST_ASKED = 20
Start = Annotated[
    str,
    matching(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:00)?(Z|[+-][0-9]{2}:[0-9]{2})?\Z",
        "is no time we can read, such as 2026-11-24T12:30 where the lunch is, or 2026-11-24T12:30+01:00",
    ),
]
"""Wall time at the location, or a moment with its offset."""
Slug = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._-]+\Z")]


def refuse_unless_allowed(db: Database, caller: Caller) -> rules.Rules:
    """The rules, if they let the caller propose lunches. Raises Forbidden."""
    values = rules.read(db)
    if not values.lunch.members_may_propose:
        raise Forbidden("Members cannot propose lunches here: the rule lunch.members_may_propose is off")
    if not caller.is_a("member"):
        raise Forbidden("Only members propose lunches")
    return values


def propose(
    db: Database, caller: Caller, title: str, location: str, start: str, public: bool, people: list[str], now: datetime
) -> UUID:
    """Propose a lunch, approve it oneself, and ask others to it or let everybody join; its id.

    :param start: see Start
    :param people: slugs of people the caller has had lunch with
    :raises Forbidden: where the rule lunch.members_may_propose is off
    :raises Invalid: naming the field
    :raises Conflict: where the caller is taken at that time, or has proposed too much already
    """
    values = refuse_unless_allowed(db, caller)
    if not any(character.isalnum() for character in title):
        raise Invalid.field("title", "needs a letter or a digit")
    place = locations.open_one(db, location)
    during = _checked(start, place, values, now)
    if not public and not people:
        raise Invalid.field("people", "must name somebody, unless the lunch is public")
    asked = _companions(db, caller, people)
    _refuse_too_many(db, caller, now)
    event = _make(db, caller, title, place.id, during, public, values)
    db.many(
        "INSERT INTO attendance (event_id, person_id, response) VALUES %s",
        [(event.id, person, "invited") for person in asked],
    )
    told = messages.proposed(event, title, [], asked, "invited")
    told += messages.attendance_approved(event, caller.id)
    outbox.put_all(db, told + (messages.invited(event, asked) if asked else []), now)
    created: UUID = event.id
    return created


def companions(db: Database, caller: Caller) -> list[Any]:
    """Those the caller has had lunch with, who can be asked again (id, slug, name), by name."""
    return db.rows(
        "SELECT DISTINCT p.id, p.slug, p.name, lower(p.name) FROM attendance mine"
        " JOIN event e ON e.id = mine.event_id AND e.status IN ('Awaiting Evaluation', 'Done')"
        " JOIN attendance other ON other.event_id = e.id AND other.person_id <> mine.person_id"
        " AND other.response = 'approved' JOIN person p ON p.id = other.person_id AND p.name <> ''"
        " WHERE mine.person_id = %(me)s AND mine.response = 'approved' ORDER BY lower(p.name), p.id",
        me=caller.id,
    )


def _checked(start: str, place: Any, values: rules.Rules, now: datetime) -> str:
    """From when to when, as PostgreSQL's range. Raises Invalid naming the rule that refuses the start."""
    try:
        at = datetime.fromisoformat(start)
    except ValueError:
        raise Invalid.field("start", "is no time there is") from None
    zone = ZoneInfo(place.timezone)
    if not 1 < at.year < 9999:
        raise Invalid.field("start", "must be within four weeks")
    starts = zones.instant(at, zone) if at.tzinfo is None else at
    if at.tzinfo is None and zones.local_time(starts, zone).replace(tzinfo=None) != at:
        raise Invalid.field("start", f"is skipped by the clocks of {place.timezone} on that day")
    if starts <= now + timedelta(hours=values.lunch.approve_hours_before):
        raise Invalid.field(
            "start", f"must be more than {values.lunch.approve_hours_before} hours ahead (lunch.approve_hours_before)"
        )
    if starts > now + events.AHEAD:
        raise Invalid.field("start", "must be within four weeks")
    week = week_at(zones.monday(zones.day_of(starts, place.timezone)), place.timezone, values)
    for begins, ends in week.lunches:
        if begins == starts:
            return f"[{begins.isoformat()},{ends.isoformat()})"
    lunch = values.lunch
    raise Invalid.field(
        "start",
        f"must be an hour of lunch there: {lunch.weekdays}, {lunch.first_start} to {lunch.last_start}, at a quarter of"
        " an hour (lunch.weekdays, lunch.first_start, lunch.last_start)",
    )


def _companions(db: Database, caller: Caller, slugs: list[str]) -> list[UUID]:
    """The ids of those people. Whoever is kept apart from the caller is passed over: it looks like silence."""
    known = {one.slug: one.id for one in companions(db, caller)} if slugs else {}
    if not known.keys() >= set(slugs):
        raise Invalid.field("people", "has somebody you have not had lunch with")
    asked = sorted({known[slug] for slug in slugs})
    apart = blocked_pairs.kept_apart(db, caller.id, asked) if asked else frozenset()
    return [person for person in asked if person not in apart]


def _refuse_too_many(db: Database, caller: Caller, now: datetime) -> None:
    # Two proposals at once are counted one after the other.
    locks.hold(db, f"proposals {caller.id}")
    coming = db.value(
        "SELECT count(*) FROM event WHERE creator = %(me)s AND starts > %(now)s AND status IN ('Proposed', 'Confirmed')",
        me=caller.id,
        now=now,
    )
    if coming >= MOST:
        raise Conflict(f"You have {MOST} lunches to come that you proposed: no more for now")


def _make(
    db: Database, caller: Caller, title: str, location: int, during: str, public: bool, values: rules.Rules
) -> Any:
    """The event, held, with the caller as its first guest."""
    id = uuid4()
    db.run(
        "INSERT INTO event (id, title, location_id, during, min_attendees, max_attendees, creator, public)"
        " VALUES (%(id)s, %(title)s, %(location)s, %(during)s, %(low)s, %(high)s, %(me)s, %(public)s)",
        id=id,
        title=title,
        location=location,
        during=during,
        low=values.lunch.min_attendees,
        high=values.lunch.max_attendees,
        me=caller.id,
        public=public,
    )
    db.run(
        "INSERT INTO attendance (event_id, person_id, response) VALUES (%(event)s, %(me)s, 'approved')",
        event=id,
        me=caller.id,
    )
    event = states.hold(db, caller.id, [id])[id]
    attendances.take_time(db, event, caller.id)
    return event
