"""A round at one location: people read as columns, matched in memory, lunches written in one transaction.

Run again, it adds only what is newly possible; two runs at once wait for each other.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from chalicelib import rules
from chalicelib.database import JOB, Database, transaction
from chalicelib.errors import Conflict
from chalicelib.lunch import candidates, left_overs, lunches, messages, passes, round_hours, states, suggested
from chalicelib.lunch.lunches import Lunch
from chalicelib.lunch.matching import Result, match, people, prove, reasons
from chalicelib.messaging import outbox
from chalicelib.messaging.locks import advisory_lock


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
        try:
            return transaction(lambda db: write(db, given, result, now, further), JOB)
        except Conflict:  # a call was booked since the round was read, or the like
            return transaction(lambda db: write(db, given, result, now, further, some_are_taken=True), JOB)


def give_up(db: Database, monday: date, location: int, now: datetime) -> int:
    """Reject the proposals of that week that nobody is left to fill, so that who still waits for them is matched with
    others; how many."""
    db.set_present(now)
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
    db: Database,
    given: candidates.Round,
    result: Result,
    now: datetime,
    further: Sequence[Result] = (),
    some_are_taken: bool = False,
) -> Outcome:
    """Write the lunches, who comes and who is left over, and what is told of them. ``further``: of people who may have
    several in a week. Raises Conflict if some are taken meanwhile and that is not said: then nothing is written."""
    db.set_present(now)
    values = rules.read(db)
    found = [lunch for passed in (result, *further) for lunch in lunches.of(given, passed, values)]
    made = lunches.make(db, found, values, some_are_taken)
    seated = {person for lunch in made for person in lunch.people}
    # Whom the first pass left over a later one may have seated.
    why = {row: why for row, why in reasons(given.columns, result).items() if given.people[row] not in seated}
    left = {given.people[row]: str(reason) for row, reason in why.items()}
    outbox.put_many(db, lunches.told(made, values.lunch.auto_approve), now)
    if values.lunch.auto_approve:
        states.skip_reminder(db, [lunch.id for lunch in made if lunch.starts - now <= states.REMINDED_BEFORE])
    id = _record(db, given, result, len(made), now)
    round_hours.keep(db, id, given, [(lunch.starts, len(lunch.people)) for lunch in made])
    left_overs.keep(db, id, given.week.monday, seated, left, now)
    suggested.keep(db, given, why, now)
    return Outcome(given.location.name, given.location.timezone, made, left, result.bound, result.proven)


def _record(db: Database, given: candidates.Round, result: Result, made: int, now: datetime) -> UUID:
    """Note the round and what it was about, in place of what asked for it; its id."""
    id = uuid4()
    db.run(
        "WITH asked AS (DELETE FROM asked_round WHERE week = %(week)s AND location_id = %(location)s"
        "               AND asked <= %(now)s RETURNING due)"
        " INSERT INTO round (id, week, location_id, ran, people, lunches, left_over, bound, proven, seed, digest, due)"
        " VALUES (%(id)s, %(week)s, %(location)s, %(now)s, %(people)s, %(made)s, %(left)s, %(bound)s, %(proven)s,"
        " %(seed)s, %(digest)s, coalesce((SELECT due FROM asked), 'infinity'))",
        id=id,
        week=given.week.monday,
        location=given.location.id,
        now=now,
        people=len(given.people),
        made=made,
        left=result.left,
        bound=result.bound,
        proven=result.proven,
        seed=given.columns.seed,
        digest=candidates.digest(given.columns),
    )
    return id
