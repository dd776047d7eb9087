"""Who can be matched: the people of a location, read as the matcher's columns."""

import hashlib
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np

from chalicelib import rules
from chalicelib.calendar.occurrences import Hours, Span, spans, without
from chalicelib.database import Database
from chalicelib.lunch import acquaintances, blocked_pairs
from chalicelib.lunch.encode import mask
from chalicelib.lunch.matching import Columns
from chalicelib.lunch.weeks import Week, week_at


class Round(NamedTuple):
    """What is matched: the location, the people of the rows and how many lunches each may be given, and the columns."""

    location: Any
    week: Week
    people: list[UUID]
    most: list[int]
    columns: Columns
    foods: dict[int, str]


def read(db: Database, monday: date, location: int, now: datetime) -> Round:
    """Everybody who can still be matched there in that week, as columns in order of their ids; all as it was at one
    moment, so nothing is asked of ``db`` before."""
    db.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    db.set_present(now)
    values = rules.read(db)
    place = _place(db, location)
    week = week_at(monday, place.timezone, values)
    rows = people_at(db, location, week, values.lunch.per_week)
    columns = _columns(db, rows, week, location, now + _notice(db, monday, location, values), values)
    foods = {row.id: row.name for row in db.rows("SELECT id, name FROM food_type")}
    most = [values.lunch.per_week - row.this_week for row in rows]
    return Round(place, week, [row.id for row in rows], most, columns, foods)


def _columns(
    db: Database, rows: list[Any], week: Week, location: int, nearest: datetime, values: rules.Rules
) -> Columns:
    forbidden, met = acquaintances.read(db, {row.id: n for n, row in enumerate(rows)}, week, location, values)
    filter = blocked_pairs.read(db)
    return Columns(
        location=np.zeros(len(rows), np.int32),
        free=hours_of(db, rows, week, nearest),
        eats=np.array([row.eats & ALL_FOODS for row in rows], np.uint64),
        waited=np.array([row.waited for row in rows], np.int32),
        forbidden=forbidden,
        met=met,
        minimum=values.lunch.min_attendees,
        maximum=values.lunch.max_attendees,
        seed=_seed(week.monday, location),
        starts=len(values.lunch.starts),
        person=np.frombuffer(b"".join(row.id.bytes for row in rows), np.uint8).reshape(-1, 16) if filter else None,
        filter=filter,
    )


def people_at(db: Database, location: int, week: Week, most: int, resting: bool = False) -> list[Any]:
    """Who has lunch there and can be matched in that week, with less than ``most`` lunches in it: id, hours, what they
    eat there, rounds they waited. ``resting``: who could be, but pauses."""
    who = _PEOPLE.format(
        pauses="EXISTS" if resting else "NOT EXISTS",
        window=_WINDOW,
        that_week=_THAT_WEEK,
        at_lunch=acquaintances.AT_LUNCH.format(who="t"),
    )
    return db.rows(who, location=location, monday=week.monday, begins=week.begins, ends=week.ends, most=most)


def week_of(db: Database, monday: date, location: int) -> Week:
    """The week that begins on that Monday, at that location."""
    return week_at(monday, _place(db, location).timezone, rules.read(db))


def _notice(db: Database, monday: date, location: int, values: rules.Rules) -> timedelta:
    """How far ahead a lunch must be. Who lost one is given none, by a round that is run again for them, that they could
    no longer leave in time."""
    again = db.value(
        "SELECT again FROM asked_round WHERE week = %(week)s AND location_id = %(location)s",
        week=monday,
        location=location,
    )
    return timedelta(hours=values.lunch.approve_hours_before) if again else values.lunch.notice


def _place(db: Database, location: int) -> Any:
    place = db.row("SELECT id, name, timezone FROM location WHERE id = %(location)s", location=location)
    if place is None:
        raise LookupError(f"there is no location {location}")
    return place


ALL_FOODS = 2**64 - 1
_WINDOW = "concat_ws('|', v.starts, v.ends, v.timezone, v.weekly, v.until)"
_THAT_WEEK = "v.purpose = 'lunch' AND v.starts < %(monday)s::date + 9 AND v.until >= %(monday)s::date - 3"

# One pass over each table: a subquery a person would be ten times slower at a hundred thousand people.
_PEOPLE = """
WITH here AS MATERIALIZED (
    SELECT l.person_id FROM person_location l
    JOIN account a ON a.person_id = l.person_id
    JOIN person_role r ON r.person_id = l.person_id AND r.role = 'member' AND r.active
    JOIN location place ON place.id = l.location_id AND place.open
    WHERE l.location_id = %(location)s
      AND NOT EXISTS (SELECT FROM ban b WHERE b.person_id = l.person_id)
      AND NOT EXISTS (SELECT FROM silence s WHERE s.person_id = l.person_id AND s.answered = 'infinity')
      AND {pauses} (SELECT FROM pause z WHERE z.person_id = l.person_id AND z.weeks @> %(monday)s::date)
), hours AS (
    SELECT v.person_id, string_agg({window}, ';' ORDER BY v.starts, v.ends) AS windows
    FROM here JOIN availability v USING (person_id) WHERE {that_week} GROUP BY v.person_id
), refused AS (
    SELECT r.person_id, bit_or(1::bigint << r.food_type_id::int) AS mask
    FROM here JOIN refusal r USING (person_id) GROUP BY r.person_id
), lunches AS (
    SELECT t.person_id, max(e.starts) FILTER (WHERE t.response = 'approved' AND e.starts < %(begins)s
               AND e.status IN ('Confirmed', 'Awaiting Evaluation', 'Done')) AS last,
           count(*) FILTER (WHERE e.starts >= %(begins)s AND e.starts < %(ends)s AND {at_lunch}) AS this_week
    FROM here JOIN attendance t USING (person_id) JOIN event e ON e.id = t.event_id
    WHERE t.response <> 'rejected' AND e.status NOT IN ('Rejected', 'Canceled') GROUP BY t.person_id
), waited AS (
    SELECT o.person_id, count(*)::int AS rounds
    FROM here JOIN left_over o USING (person_id) LEFT JOIN lunches USING (person_id)
    WHERE o.week < %(monday)s::date AND o.week > coalesce(lunches.last::date, '-infinity') GROUP BY o.person_id
), particular AS (
    SELECT c.person_id FROM here JOIN commitment c USING (person_id) WHERE c.during && tstzrange(%(begins)s, %(ends)s)
    UNION
    SELECT o.person_id FROM here JOIN outside_busy o USING (person_id) WHERE o.during && tstzrange(%(begins)s, %(ends)s)
    UNION
    SELECT t.person_id FROM event e JOIN attendance t ON t.event_id = e.id JOIN here USING (person_id)
    WHERE e.starts >= %(begins)s AND e.starts < %(ends)s AND t.response = 'rejected'
    UNION
    SELECT v.person_id FROM availability_exception x JOIN availability v ON v.id = x.availability_id
    JOIN here USING (person_id) WHERE x.day BETWEEN %(monday)s::date - 3 AND %(monday)s::date + 9
)
SELECT here.person_id AS id, coalesce(hours.windows, '') AS windows,
       served.mask & ~coalesce(refused.mask, 0) AS eats, coalesce(waited.rounds, 0) AS waited,
       coalesce(lunches.this_week, 0) AS this_week, particular.person_id IS NOT NULL AS particular
FROM here
LEFT JOIN hours USING (person_id) LEFT JOIN refused USING (person_id) LEFT JOIN lunches USING (person_id)
LEFT JOIN waited USING (person_id) LEFT JOIN particular USING (person_id)
CROSS JOIN (SELECT coalesce(bit_or(1::bigint << food_type_id::int), 0) AS mask
            FROM location_food WHERE location_id = %(location)s) served
WHERE coalesce(lunches.this_week, 0) < %(most)s
ORDER BY here.person_id
"""

# Who has exceptions or commitments in that week is looked at one by one. Whoever said that they cannot come at an hour
# is not asked for that hour again.
_PARTICULAR = f"""
SELECT p.id,
       ARRAY(SELECT {_WINDOW} || '|' || array_to_string(ARRAY(
                 SELECT x.day FROM availability_exception x WHERE x.availability_id = v.id), ',')
             FROM availability v WHERE v.person_id = p.id AND {_THAT_WEEK}) AS windows,
       ARRAY(SELECT ARRAY[lower(c.during), upper(c.during)] FROM commitment c
             WHERE %(booked)s AND c.person_id = p.id AND c.during && tstzrange(%(begins)s, %(ends)s)
             UNION SELECT ARRAY[lower(o.during), upper(o.during)] FROM outside_busy o
             WHERE %(booked)s AND o.person_id = p.id AND o.during && tstzrange(%(begins)s, %(ends)s)
             UNION SELECT ARRAY[e.starts, e.ends] FROM attendance t JOIN event e ON e.id = t.event_id
             WHERE %(booked)s AND t.person_id = p.id AND t.response = 'rejected'
               AND e.starts >= %(begins)s AND e.starts < %(ends)s) AS taken
FROM person p WHERE p.id = ANY(%(people)s)
"""


def hours_of(
    db: Database, rows: list[Any], week: Week, nearest: datetime, booked: bool = True
) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Each person's hours as a mask, those up to ``nearest`` left out: a lunch then could not be approved in time.

    Many people have the same hours, so each set of hours is converted once. Without ``booked``, as they gave them,
    whatever has taken them since.
    """
    masks: dict[str, int] = {"": 0}
    for row in rows:
        if row.windows not in masks:
            masks[row.windows] = mask(_spans(row.windows.split(";"), week), week.lunches, nearest)
    particular = [row.id for row in rows if row.particular]
    span = {"monday": week.monday, "begins": week.begins, "ends": week.ends}
    own = {
        row.id: mask(without(_spans(row.windows, week), map(tuple, row.taken)), week.lunches, nearest)
        for row in db.rows(_PARTICULAR, people=particular, booked=booked, **span)
    }
    return np.array([own[row.id] if row.particular else masks[row.windows] for row in rows], np.uint64)


def _spans(windows: list[str], week: Week) -> list[Span]:
    return spans([_hours(window) for window in windows], week.monday, week.monday + timedelta(days=6))


def _hours(window: str) -> Hours:
    starts, ends, timezone, weekly, until, *exceptions = window.split("|")
    days = exceptions[0].split(",") if exceptions and exceptions[0] else []
    return Hours(
        datetime.fromisoformat(starts),
        datetime.fromisoformat(ends),
        timezone,
        weekly == "t",
        date.max if until == "infinity" else date.fromisoformat(until),
        frozenset(map(date.fromisoformat, days)),
    )


def _seed(monday: date, location: int) -> int:
    """The same round breaks its ties the same way, and another round another way."""
    return int.from_bytes(hashlib.sha256(f"{monday} {location}".encode()).digest()[:4], "big")


def digest(columns: Columns) -> bytes:
    """SHA-256 of a round's columns: what the round was about, without keeping it."""
    found = hashlib.sha256()
    for name in ("location", "free", "eats", "waited", "forbidden", "met"):
        found.update(name.encode() + b"\0" + np.ascontiguousarray(getattr(columns, name)).tobytes())
    found.update(f"{columns.minimum} {columns.maximum} {columns.seed} {columns.starts}".encode())
    return found.digest()
