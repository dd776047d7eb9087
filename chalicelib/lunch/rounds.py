"""A round at one location: people read as columns, matched in memory, lunches written in one transaction.

Run again, it adds only what is newly possible; two runs at once wait for each other.
"""

import os
from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from chalicelib import rules
from chalicelib.calendar import zones
from chalicelib.database import JOB, Database, advisory_lock, transaction
from chalicelib.lunch import candidates
from chalicelib.lunch.matching import Result, match, people, prove, reasons
from chalicelib.lunch.weeks import Week
from chalicelib.messaging import outbox, topics


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
    demand_speed()
    with advisory_lock(f"round {monday} {location}"):
        given = transaction(lambda db: candidates.read(db, monday, location, now), JOB)
        result = match(given.columns)
        result = replace(result, bound=prove(given.columns, result))
        return transaction(lambda db: write(db, given, result, now), JOB)


def demand_speed() -> None:
    """In Lambda the matcher must be compiled: uncompiled, a large round would run into the time limit.

    :raises RuntimeError: if it is not
    """
    if os.environ.get("AWS_LAMBDA_FUNCTION_NAME") and not people.COMPILED:
        raise RuntimeError("The matcher is not compiled: build the package anew with `make package` and deploy that.")


def write(db: Database, given: candidates.Round, result: Result, now: datetime) -> Outcome:
    """Write the lunches, who comes and who is left over, and what is told of them."""
    db.run("SELECT set_config('rendezvous.now', %(now)s, true)", now=now.isoformat())
    values = rules.read(db)
    lunches = _kept(db, _insert(db, given, result, values), values)
    left = {given.people[row]: str(reason) for row, reason in reasons(given.columns, result).items()}
    _tell(db, given.week, lunches, values, now)
    _record(db, given, result, lunches, left, now)
    db.run(
        "DELETE FROM asked_round WHERE week = %(week)s AND location_id = %(location)s AND asked <= %(now)s",
        week=given.week.monday,
        location=given.location.id,
        now=now,
    )
    return Outcome(given.location.name, given.location.timezone, lunches, left, result.bound, result.proven)


def _insert(db: Database, given: candidates.Round, result: Result, values: rules.Rules) -> list[Lunch]:
    members: list[list[UUID]] = [[] for _ in range(len(result.start))]
    for row, group in enumerate(result.group.tolist()):
        if group >= 0:
            members[group].append(given.people[row])
    during = [(start, f"[{start.isoformat()},{end.isoformat()})") for start, end in given.week.lunches]
    titles = {id: f"{name} at {given.location.name}"[:100] for id, name in given.foods.items()}
    lunches = [
        Lunch(uuid4(), titles[food], during[start][0], during[start][1], food, people)
        for people, start, food in zip(members, result.start.tolist(), result.food.tolist(), strict=True)
    ]
    low, high = values.lunch.min_attendees, values.lunch.max_attendees
    db.each(
        "INSERT INTO event (id, title, location_id, during, min_attendees, max_attendees, public)"
        " SELECT id, title, %(location)s, during, %(low)s, %(high)s, public"
        " FROM json_to_recordset(%(given)s) AS x (id uuid, title text, during tstzrange, public boolean)",
        [
            {
                "id": x.id,
                "title": x.title,
                "during": x.during,
                "public": values.lunch.open_seats and len(x.people) < high,
            }
            for x in lunches
        ],
        location=given.location.id,
        low=low,
        high=high,
    )
    db.each(
        "INSERT INTO event_food (event_id, food_type_id)"
        " SELECT id, food FROM json_to_recordset(%(given)s) AS x (id uuid, food smallint)",
        [{"id": x.id, "food": x.food} for x in lunches],
    )
    db.each(
        "INSERT INTO attendance (event_id, person_id, response) SELECT event, person, %(response)s"
        " FROM json_to_recordset(%(given)s) AS x (event uuid, person uuid)",
        _seats(lunches),
        response="approved" if values.lunch.auto_approve else "invited",
    )
    return lunches


def _seats(lunches: list[Lunch]) -> list[dict[str, Any]]:
    return [{"event": x.id, "during": x.during, "person": person} for x in lunches for person in x.people]


def _kept(db: Database, lunches: list[Lunch], values: rules.Rules) -> list[Lunch]:
    """Take everybody's hour; a lunch of which somebody was taken meanwhile is not made: the next run sees to it."""
    if not lunches or not values.lunch.auto_approve:
        return lunches
    taken = db.each(
        "INSERT INTO commitment (person_id, during, event_id) SELECT person, during, event"
        " FROM json_to_recordset(%(given)s) AS x (person uuid, during tstzrange, event uuid)"
        " ORDER BY person ON CONFLICT DO NOTHING RETURNING event_id",
        _seats(lunches),
    )
    count = Counter(row.event_id for row in taken)
    lost = {x.id for x in lunches if count[x.id] < len(x.people)}
    if lost:
        db.run("DELETE FROM event WHERE id = ANY(%(lost)s)", lost=list(lost))
    kept = [x for x in lunches if x.id not in lost]
    db.each(
        "UPDATE event SET status = 'Confirmed'"
        " WHERE id IN (SELECT id FROM json_to_recordset(%(given)s) AS x (id uuid))",
        [{"id": x.id} for x in kept],
    )
    return kept


def _tell(db: Database, week: Week, lunches: list[Lunch], values: rules.Rules, now: datetime) -> None:
    approved = values.lunch.auto_approve
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
    db.each(
        "DELETE FROM left_over WHERE week = %(week)s"
        " AND person_id IN (SELECT person FROM json_to_recordset(%(given)s) AS x (person uuid))",
        [{"person": person} for lunch in lunches for person in lunch.people],
        week=given.week.monday,
    )
    db.each(
        "INSERT INTO left_over (person_id, week, round_id, reason) SELECT person, %(week)s, %(round)s, reason"
        " FROM json_to_recordset(%(given)s) AS x (person uuid, reason text)"
        " ON CONFLICT (person_id, week) DO UPDATE SET round_id = excluded.round_id, reason = excluded.reason",
        [{"person": person, "reason": reason} for person, reason in left.items()],
        week=given.week.monday,
        round=id,
    )
