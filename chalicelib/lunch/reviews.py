"""Reviews: whether people enjoyed each other's company, which is not kept, and what they write about the lunch.

The answers go into the filter of blocked pairs and nowhere else. Nothing that is read, locked, written, answered or
told depends on them: a "yes" and a "no" leave the same traces.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, TypedDict
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from chalicelib import rules
from chalicelib.calendar import zones
from chalicelib.database import Database
from chalicelib.errors import CONSTRAINTS, Conflict, Invalid, NotFound
from chalicelib.lunch import blocked_pairs, messages
from chalicelib.messaging import outbox
from chalicelib.web.field_types import Instant
from chalicelib.web.request import Caller

LONGEST = 1000
"""Characters of a description."""


class Companion(TypedDict):
    """Somebody one ate with."""

    slug: str
    name: str


class Review(TypedDict):
    """Whom a review is about, whether it is in, and until when it can be given."""

    people: list[Companion]
    reviewed: bool
    until: Instant


_MINE = """
    SELECT e.id, e.location_id, e.title, e.starts, e.ends, e.status, e.allow_evaluation, l.timezone, l.name AS location, a.reviewed
    FROM attendance a JOIN event e ON e.id = a.event_id JOIN location l ON l.id = e.location_id
    WHERE a.person_id = %(me)s AND a.response = 'approved'
"""


def read(db: Database, caller: Caller, event: UUID) -> Review:
    """The caller's review of a lunch. Raises NotFound for who was not to be there."""
    found = _of_mine(db, caller, event)
    people = _companions(db, caller, event)
    until = found.ends + timedelta(days=rules.read(db).lunch.review_days)
    return {
        "people": [{"slug": one.slug, "name": one.name} for one in people],
        "reviewed": found.reviewed,
        "until": zones.local_time(until, ZoneInfo(found.timezone)),
    }


def awaited(db: Database, caller: Caller, now: datetime) -> list[Any]:
    """The lunches that wait for the caller's review, the oldest first (id, title, starts, ends, location, timezone)."""
    return db.rows(
        f"{_MINE} AND NOT a.reviewed AND e.allow_evaluation AND e.status IN ('Confirmed', 'Awaiting Evaluation')"
        " AND e.ends <= %(now)s AND e.ends > %(since)s ORDER BY e.starts, e.id",
        me=caller.id,
        now=now,
        since=now - timedelta(days=rules.read(db).lunch.review_days),
    )


def given(db: Database, caller: Caller, event: UUID | None) -> Any | None:
    """The lunch, if the caller has reviewed it."""
    return db.row(f"{_MINE} AND a.reviewed AND e.id = %(event)s", me=caller.id, event=event)


def give(
    db: Database, caller: Caller, event: UUID, enjoyed: Mapping[str, bool], description: str, now: datetime
) -> None:
    """Review a lunch; given again, nothing happens, whatever is answered then.

    :param enjoyed: slug -> whether the caller enjoyed their company; each of those one had lunch with, once
    :raises NotFound: for who was not to be there
    :raises Conflict: before the lunch is over, and after its reviews are
    :raises Invalid: naming what is wrong
    """
    text = _text(description)
    db.run("SELECT FROM event WHERE id = %(event)s FOR NO KEY UPDATE", event=event)
    found = _of_mine(db, caller, event)
    if found.reviewed:
        return
    _refuse_at_other_times(found, rules.read(db).lunch.review_days, now)
    people = {one.slug: one.id for one in _companions(db, caller, event)}
    _refuse_others(people, enjoyed)
    db.run(
        "UPDATE attendance SET reviewed = true WHERE event_id = %(event)s AND person_id = %(me)s",
        event=event,
        me=caller.id,
    )
    if text:
        db.run(
            "INSERT INTO review (id, event_id, description) VALUES (%(id)s, %(event)s, %(text)s)",
            id=uuid4(),
            event=event,
            text=text,
        )
    blocked_pairs.note(db, caller.id, {people[slug]: answer for slug, answer in enjoyed.items()})
    outbox.put_all(db, messages.attendance_reviewed(found, caller.id), now)
    finish(db, [event], now)


def finish(db: Database, events: Collection[UUID], now: datetime) -> int:
    """Of these lunches, those that everybody reviewed are done; how many. Lock them before."""
    done = db.rows(
        "UPDATE event e SET status = 'Done' FROM location l WHERE l.id = e.location_id AND e.id = ANY(%(events)s)"
        " AND e.status = 'Awaiting Evaluation' AND NOT EXISTS"
        " (SELECT FROM attendance a JOIN person p ON p.id = a.person_id"
        "  WHERE a.event_id = e.id AND a.response = 'approved' AND NOT a.reviewed AND p.name <> '')"
        " RETURNING e.id, e.starts, e.location_id, l.timezone",
        events=list(events),
    )
    outbox.put_all(db, [message for event in done for message in messages.done(event)], now)
    return len(done)


def answers_due(db: Database, until: datetime) -> int:
    """How many answers may still come about lunches that are over by then. For jobs."""
    count: int = db.value(
        "SELECT coalesce(sum(due * (all_of_them - 1)), 0)::bigint FROM"
        " (SELECT count(*) FILTER (WHERE NOT a.reviewed) AS due, count(*) AS all_of_them"
        "  FROM event e JOIN attendance a ON a.event_id = e.id AND a.response = 'approved'"
        "  WHERE e.status IN ('Confirmed', 'Awaiting Evaluation') AND e.ends <= %(until)s GROUP BY e.id) lunch",
        until=until,
    )
    return count


def _of_mine(db: Database, caller: Caller, event: UUID) -> Any:
    found = db.row(f"{_MINE} AND e.id = %(event)s", me=caller.id, event=event)
    if found is None:
        raise NotFound("There is no such lunch of yours")
    return found


def _companions(db: Database, caller: Caller, event: UUID) -> list[Any]:
    """Those with whom the caller had lunch and who are still members (id, slug, name)."""
    return db.rows(
        "SELECT p.id, p.slug, p.name FROM attendance a JOIN person p ON p.id = a.person_id"
        " WHERE a.event_id = %(event)s AND a.person_id <> %(me)s AND a.response = 'approved' AND p.name <> ''"
        " ORDER BY lower(p.name), p.id",
        event=event,
        me=caller.id,
    )


def _refuse_at_other_times(event: Any, days: int, now: datetime) -> None:
    if event.status in ("Rejected", "Canceled") or (event.status == "Proposed" and event.ends <= now):
        raise Conflict("This lunch did not take place")
    if event.ends > now:
        raise Conflict("This lunch is not over yet")
    if event.status == "Done" or not event.allow_evaluation or event.ends + timedelta(days=days) <= now:
        raise Conflict(CONSTRAINTS["event_state_allows_it"])


def _refuse_others(people: Mapping[str, UUID], enjoyed: Mapping[str, bool]) -> None:
    for slug in enjoyed:
        if slug not in people:
            raise Invalid.field("enjoyed", "names somebody with whom you did not have this lunch")
    for slug in people:
        if slug not in enjoyed:
            raise Invalid.field("enjoyed", f"leaves out {slug}")


def _text(description: str) -> str:
    """The description as it is kept: a browser ends its lines by two characters, which count as one."""
    text = description.replace("\r\n", "\n").strip()
    if len(text) > LONGEST:
        raise Invalid.field("description", f"has more than {LONGEST:,} characters")
    return text
