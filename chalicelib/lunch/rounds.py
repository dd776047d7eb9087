"""A round at one location: people read as columns, matched in memory, lunches written in one transaction.

Run again, it adds only what is newly possible; two runs at once wait for each other.
"""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from chalicelib import rules
from chalicelib.database import JOB, Database, transaction
from chalicelib.lunch import candidates, left_overs, messages, passes, round_hours, states, suggested
from chalicelib.lunch.matching import Result, match, people, prove, reasons
from chalicelib.messaging import outbox
from chalicelib.messaging.locks import advisory_lock


class Lunch(NamedTuple):
    """A group that the matcher made, with what is told of it."""

    id: UUID
    title: str
    starts: datetime
    during: str
    food: int
    people: list[UUID]
    location_id: int
    timezone: str
    min_attendees: int
    max_attendees: int
    public: bool
    creator: None = None


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
        transaction(lambda db: give_up(db, monday, location, now), JOB)
        given = transaction(lambda db: candidates.read(db, monday, location, now), JOB)
        result = match(given.columns)
        result = replace(result, bound=prove(given.columns, result))
        further = passes.further(given, result)
        return transaction(lambda db: write(db, given, result, now, further), JOB)


def give_up(db: Database, monday: date, location: int, now: datetime) -> int:
    """Reject the proposals of that week that nobody is left to fill, so that who still waits for them is matched with
    others; how many."""
    week = candidates.week_of(db, monday, location)
    lost = db.rows(
        f"""
        SELECT {messages.EVENT} FROM event e JOIN location l ON l.id = e.location_id
        WHERE e.location_id = %(location)s AND e.starts >= %(begins)s AND e.starts < %(ends)s AND e.starts > %(now)s
          AND e.status = 'Proposed' AND NOT e.public AND e.creator IS NULL
          AND (SELECT count(*) FROM attendance a WHERE a.event_id = e.id AND a.response <> 'rejected') < e.min_attendees
        ORDER BY e.id FOR NO KEY UPDATE OF e SKIP LOCKED
        """,
        location=location,
        begins=week.begins,
        ends=week.ends,
        now=now,
    )
    states.reject(db, lost, now)
    return len(lost)


def demand_speed() -> None:
    """In Lambda the matcher must be compiled: uncompiled, a large round would run into the time limit.

    :raises RuntimeError: if it is not
    """
    if os.environ.get("AWS_LAMBDA_FUNCTION_NAME") and not people.COMPILED:
        raise RuntimeError("The matcher is not compiled: build the package anew with `make package` and deploy that.")


def write(
    db: Database, given: candidates.Round, result: Result, now: datetime, further: Sequence[Result] = ()
) -> Outcome:
    """Write the lunches, who comes and who is left over, and what is told of them. ``further``: of people who may have
    several in a week."""
    db.set_present(now)
    values = rules.read(db)
    lunches = [lunch for made in (result, *further) for lunch in _insert(db, given, made, values)]
    lunches = _seated(db, lunches, values)
    seated = {person for lunch in lunches for person in lunch.people}
    # Whom the first pass left over a later one may have seated.
    why = {row: why for row, why in reasons(given.columns, result).items() if given.people[row] not in seated}
    left = {given.people[row]: str(reason) for row, reason in why.items()}
    _tell(db, lunches, values, now)
    _record(db, given, result, lunches, left, now)
    suggested.keep(db, given, why, now)
    return Outcome(given.location.name, given.location.timezone, lunches, left, result.bound, result.proven)


def _insert(db: Database, given: candidates.Round, result: Result, values: rules.Rules) -> list[Lunch]:
    members: list[list[UUID]] = [[] for _ in range(len(result.start))]
    for row, group in enumerate(result.group.tolist()):
        if group >= 0:
            members[group].append(given.people[row])
    during = [(start, f"[{start.isoformat()},{end.isoformat()})") for start, end in given.week.lunches]
    low, high = values.lunch.min_attendees, values.lunch.max_attendees
    titles = {id: f"{name} at {given.location.name}"[:100] for id, name in given.foods.items()}
    lunches = [
        Lunch(
            uuid4(),
            titles[food],
            during[start][0],
            during[start][1],
            food,
            people,
            given.location.id,
            given.location.timezone,
            low,
            high,
            values.lunch.open_seats and len(people) < high,
        )
        for people, start, food in zip(members, result.start.tolist(), result.food.tolist(), strict=True)
    ]
    db.each(
        "INSERT INTO event (id, title, location_id, during, min_attendees, max_attendees, public)"
        " SELECT id, title, %(location)s, during, %(low)s, %(high)s, public"
        " FROM json_to_recordset(%(given)s) AS x (id uuid, title text, during tstzrange, public boolean)",
        [{"id": x.id, "title": x.title, "during": x.during, "public": x.public} for x in lunches],
        location=given.location.id,
        low=low,
        high=high,
    )
    db.each(
        "INSERT INTO event_food (event_id, food_type_id)"
        " SELECT id, food FROM json_to_recordset(%(given)s) AS x (id uuid, food smallint)",
        [{"id": x.id, "food": x.food} for x in lunches],
    )
    return lunches


def _seats(lunches: list[Lunch]) -> list[dict[str, Any]]:
    return [{"event": x.id, "during": x.during, "person": person} for x in lunches for person in x.people]


def _seated(db: Database, lunches: list[Lunch], values: rules.Rules) -> list[Lunch]:
    """Ask everybody, or take their hour; a lunch of which somebody went or was taken meanwhile is not made: the next
    run sees to it."""
    seats, approved = _seats(lunches), values.lunch.auto_approve
    found = db.each(
        "INSERT INTO attendance (event_id, person_id, response) SELECT event, person, %(response)s"
        " FROM json_to_recordset(%(given)s) AS x (event uuid, person uuid) RETURNING event_id",
        seats,
        response="approved" if approved else "invited",
    )
    if approved:
        found = db.each(
            "INSERT INTO commitment (person_id, during, event_id) SELECT person, during, event"
            " FROM json_to_recordset(%(given)s) AS x (person uuid, during tstzrange, event uuid)"
            " ORDER BY person ON CONFLICT DO NOTHING RETURNING event_id",
            seats,
        )
    count = Counter(row.event_id for row in found)
    lost = {x.id for x in lunches if count[x.id] < len(x.people)}
    if lost:
        db.run("DELETE FROM event WHERE id = ANY(%(lost)s)", lost=list(lost))
    kept = [x for x in lunches if x.id not in lost]
    if approved:
        states.confirm_new(db, [x.id for x in kept])
    return kept


def _tell(db: Database, lunches: list[Lunch], values: rules.Rules, now: datetime) -> None:
    told: list[messages.Message] = []
    for lunch in lunches:
        response = "approved" if values.lunch.auto_approve else "invited"
        told += messages.proposed(lunch, lunch.title, [lunch.food], lunch.people, response)
        told += (messages.approved if values.lunch.auto_approve else messages.invited)(lunch, lunch.people)
    if told:
        outbox.put_all(db, told, now)
    if values.lunch.auto_approve:
        states.skip_reminder(db, [lunch.id for lunch in lunches if lunch.starts - now <= states.REMINDED_BEFORE])


def _record(
    db: Database, given: candidates.Round, result: Result, lunches: list[Lunch], left: dict[UUID, str], now: datetime
) -> None:
    id = uuid4()
    db.run(
        "WITH asked AS (DELETE FROM asked_round WHERE week = %(week)s AND location_id = %(location)s"
        "               AND asked <= %(now)s RETURNING due)"
        " INSERT INTO round (id, week, location_id, ran, people, lunches, left_over, bound, proven, seed, digest, due)"
        " VALUES (%(id)s, %(week)s, %(location)s, %(now)s, %(people)s, %(lunches)s, %(left)s, %(bound)s, %(proven)s,"
        " %(seed)s, %(digest)s, coalesce((SELECT due FROM asked), 'infinity'))",
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
    round_hours.keep(db, id, given, [(lunch.starts, len(lunch.people)) for lunch in lunches])
    db.each(
        "DELETE FROM left_over WHERE week = %(week)s"
        " AND person_id IN (SELECT person FROM json_to_recordset(%(given)s) AS x (person uuid))",
        [{"person": person} for lunch in lunches for person in lunch.people],
        week=given.week.monday,
    )
    new = db.each(
        "INSERT INTO left_over (person_id, week, round_id, reason) SELECT person, %(week)s, %(round)s, reason"
        " FROM json_to_recordset(%(given)s) AS x (person uuid, reason text)"
        " ON CONFLICT (person_id, week) DO UPDATE SET round_id = excluded.round_id, reason = excluded.reason"
        " RETURNING person_id, xmax = 0 AS is_new",
        [{"person": person, "reason": reason} for person, reason in left.items()],
        week=given.week.monday,
        round=id,
    )
    left_overs.tell(db, [row.person_id for row in new if row.is_new], given.week.monday, now)
