"""A round at one location: people read as columns, matched in memory, lunches written in one transaction.

Run again, it adds only what is newly possible; two runs at once wait for each other.
"""

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from chalicelib import outbox, rules, topics
from chalicelib.calendar import zones
from chalicelib.database import JOB, Database, transaction, turn
from chalicelib.lunch import candidates
from chalicelib.lunch.matching import Result, check, match, reasons
from chalicelib.lunch.weeks import Week


class Lunch(NamedTuple):
    """A group that the matcher made."""

    id: UUID
    title: str
    starts: datetime
    during: str
    food: int
    people: list[UUID]


class Outcome(NamedTuple):
    """What a round did, for whoever ran it: the lunches made, the reason of everybody left over, and the proof."""

    location: str
    timezone: str
    lunches: list[Lunch]
    left: dict[UUID, str]
    bound: int
    proven: bool


def run(monday: date, location: int, now: datetime) -> Outcome:
    """Match that week at that location and write what came of it."""
    with turn(f"round {monday} {location}"):
        given = transaction(lambda db: candidates.read(db, monday, location, now), JOB)
        result = match(given.columns)
        check(given.columns, result)
        return transaction(lambda db: write(db, given, result, now), JOB)


def write(db: Database, given: candidates.Round, result: Result, now: datetime) -> Outcome:
    """Write the lunches, who comes and who is left over, and what is told of them."""
    db.run("SELECT set_config('rendezvous.now', %(now)s, true)", now=now.isoformat())
    values = rules.read(db)
    lunches = _kept(db, _insert(db, given, result, values), values)
    left = {given.people[row]: str(reason) for row, reason in reasons(given.columns, result).items()}
    _tell(db, given.week, lunches, values, now)
    _record(db, given, result, lunches, left, now)
    return Outcome(given.location.name, given.location.timezone, lunches, left, result.bound, result.proven)


def _insert(db: Database, given: candidates.Round, result: Result, values: rules.Rules) -> list[Lunch]:
    members: list[list[UUID]] = [[] for _ in range(len(result.start))]
    for row, group in enumerate(result.group.tolist()):
        if group >= 0:
            members[group].append(given.people[row])
    lunches = []
    for people, start, food in zip(members, result.start.tolist(), result.food.tolist(), strict=True):
        begins = given.week.start(start)
        during = f"[{begins.isoformat()},{(begins + given.week.length).isoformat()})"
        title = f"{given.foods[food]} at {given.location.name}"[:100]
        lunches.append(Lunch(uuid4(), title, begins, during, food, people))
    low, high = values["lunch.min_attendees"], values["lunch.max_attendees"]
    db.many(
        "INSERT INTO event (id, title, location_id, during, min_attendees, max_attendees, public) VALUES %s",
        [
            (x.id, x.title, given.location.id, x.during, low, high, values["lunch.open_seats"] and len(x.people) < high)
            for x in lunches
        ],
    )
    db.many("INSERT INTO event_food (event_id, food_type_id) VALUES %s", [(x.id, x.food) for x in lunches])
    response = "approved" if values["lunch.auto_approve"] else "invited"
    db.many(
        "INSERT INTO attendance (event_id, person_id, response) VALUES %s",
        [(x.id, person, response) for x in lunches for person in x.people],
    )
    return lunches


def _kept(db: Database, lunches: list[Lunch], values: rules.Rules) -> list[Lunch]:
    """Take everybody's hour; a lunch of which somebody was taken meanwhile is not made: the next run sees to it."""
    if not lunches or not values["lunch.auto_approve"]:
        return lunches
    taken = db.many(
        "INSERT INTO commitment (person_id, during, event_id) SELECT person, during::tstzrange, event::uuid FROM (VALUES %s)"
        " AS wanted (person, during, event) ORDER BY person ON CONFLICT DO NOTHING RETURNING event_id",
        [(person, x.during, x.id) for x in lunches for person in x.people],
    )
    count: dict[UUID, int] = {}
    for row in taken:
        count[row.event_id] = count.get(row.event_id, 0) + 1
    lost = [x.id for x in lunches if count.get(x.id, 0) < len(x.people)]
    if lost:
        db.run("DELETE FROM event WHERE id = ANY(%(lost)s)", lost=lost)
    kept = [x for x in lunches if x.id not in set(lost)]
    db.run("UPDATE event SET status = 'Confirmed' WHERE id = ANY(%(kept)s)", kept=[x.id for x in kept])
    return kept


def _tell(db: Database, week: Week, lunches: list[Lunch], values: rules.Rules, now: datetime) -> None:
    approved = values["lunch.auto_approve"]
    topic, key, name = topics.week_topic(week.monday), topics.week_key(week.monday), zones.week_name(week.monday)
    messages: list[tuple[str, str, str, dict[str, Any]]] = []
    for lunch in lunches:
        id = str(lunch.id)
        data = {"event": id, "week": name, "during": lunch.during, "people": [str(person) for person in lunch.people]}
        messages.append((topic, key, "event.proposed", data))
        messages.append(
            ("Events_All", id, "event.proposed", data | {"response": "approved" if approved else "invited"})
        )
        if approved:
            messages.append(("Event_Approved", id, "event.approved", data))
            messages.append(("Events_All", id, "event.approved", data))
        else:
            messages.append(("InvitedUser", id, "event.invited", data))
    if messages:
        outbox.put_all(db, messages, now)


def _record(
    db: Database, given: candidates.Round, result: Result, lunches: list[Lunch], left: dict[UUID, str], now: datetime
) -> None:
    id = uuid4()
    db.run(
        "INSERT INTO round (id, week, location_id, ran, people, lunches, left_over, bound, proven, seed, digest)"
        " VALUES (%(id)s, %(week)s, %(location)s, %(now)s, %(people)s, %(lunches)s, %(left)s, %(bound)s, %(proven)s,"
        " %(seed)s, %(digest)s)",
        id=id,
        week=given.week.monday,
        location=given.location.id,
        now=now,
        people=len(given.people),
        lunches=len(lunches),
        left=result.left,
        bound=result.bound,
        proven=result.proven,
        seed=given.columns.seed,
        digest=candidates.digest(given.columns),
    )
    matched = [person for lunch in lunches for person in lunch.people]
    db.run(
        "DELETE FROM left_over WHERE week = %(week)s AND person_id = ANY(%(people)s)",
        week=given.week.monday,
        people=matched,
    )
    db.many(
        "INSERT INTO left_over (person_id, week, round_id, reason) VALUES %s"
        " ON CONFLICT (person_id, week) DO UPDATE SET round_id = excluded.round_id, reason = excluded.reason",
        [(person, given.week.monday, id, reason) for person, reason in left.items()],
    )
