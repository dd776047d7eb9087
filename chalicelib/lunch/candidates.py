"""Who can be matched: the people of a location, read as the matcher's columns."""

import hashlib
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np

from chalicelib import rules
from chalicelib.calendar.availability import Hours, spans, without
from chalicelib.database import Database
from chalicelib.lunch.matching import Columns
from chalicelib.lunch.weeks import Week, mask, week_at

WEEKS_REMEMBERED = 53
"""Beyond this, a meeting counts as none (objective 3 of the matcher)."""


class Round(NamedTuple):
    """What is matched: the location, the people of the rows, and the columns."""

    location: Any
    week: Week
    people: list[UUID]
    columns: Columns
    foods: dict[int, str]


def read(db: Database, monday: date, location: int, now: datetime) -> Round:
    """Everybody who can still be matched there in that week, as columns in order of their ids."""
    db.run("SELECT set_config('rendezvous.now', %(now)s, true)", now=now.isoformat())
    values = rules.read(db)
    place = db.row("SELECT id, name, timezone FROM location WHERE id = %(location)s", location=location)
    if place is None:
        raise LookupError(f"there is no location {location}")
    week = week_at(monday, place.timezone, values)
    rows = db.rows(
        _PEOPLE, location=location, monday=monday, begins=week.begins, ends=week.ends, most=values["lunch.per_week"]
    )
    people = [row.id for row in rows]
    number = {id: n for n, id in enumerate(people)}
    masks: dict[Any, int] = {}
    free = [_free(row, week, now, masks) for row in rows]
    pairs = db.rows(_MET, people=people, since=week.begins - timedelta(weeks=WEEKS_REMEMBERED))
    recently = week.begins - timedelta(days=values["lunch.repeat_days"])
    columns = Columns(
        location=np.zeros(len(rows), np.int32),
        free=np.array(free, np.uint64),
        eats=np.array([row.eats & (2**64 - 1) for row in rows], np.uint64),
        waited=np.array([row.waited for row in rows], np.int32),
        forbidden=_pairs([(number[p.one], number[p.other]) for p in pairs if p.last > recently], 2),
        met=_pairs([(number[p.one], number[p.other], max(0, (week.begins - p.last).days // 7)) for p in pairs], 3),
        minimum=values["lunch.min_attendees"],
        maximum=values["lunch.max_attendees"],
        seed=_seed(monday, location),
    )
    foods = {row.id: row.name for row in db.rows("SELECT id, name FROM food_type")}
    return Round(place, week, people, columns, foods)


_PEOPLE = """
SELECT p.id,
       ARRAY(SELECT row(v.starts, v.ends, v.timezone, v.weekly, v.until)::text FROM availability v
             WHERE v.person_id = p.id AND v.purpose = 'lunch' AND v.starts < %(monday)s::date + 9
               AND v.until >= %(monday)s::date - 3 ORDER BY v.id) AS keys,
       coalesce((SELECT json_agg(json_build_array(v.starts, v.ends, v.timezone, v.weekly,
                    CASE WHEN isfinite(v.until) THEN v.until::text END,
                    ARRAY(SELECT x.day FROM availability_exception x WHERE x.availability_id = v.id
                          AND x.day BETWEEN %(monday)s::date - 3 AND %(monday)s::date + 9)))
             FROM availability v WHERE v.person_id = p.id AND v.purpose = 'lunch'
               AND v.starts < %(monday)s::date + 9 AND v.until >= %(monday)s::date - 3), '[]') AS hours,
       ARRAY(SELECT ARRAY[lower(c.during), upper(c.during)] FROM commitment c
             WHERE c.person_id = p.id AND c.during && tstzrange(%(begins)s, %(ends)s)) AS taken,
       served.mask & ~coalesce((SELECT bit_or(1::bigint << r.food_type_id::int) FROM refusal r WHERE r.person_id = p.id), 0)
           AS eats,
       (SELECT count(*) FROM left_over o WHERE o.person_id = p.id AND o.week < %(monday)s::date AND o.week > coalesce(
            (SELECT max(e.starts)::date FROM attendance a JOIN event e ON e.id = a.event_id
             WHERE a.person_id = p.id AND a.response = 'approved' AND e.starts < %(begins)s
               AND e.status IN ('Confirmed', 'Awaiting Evaluation', 'Done')), '-infinity'))::int AS waited
FROM person_location l
JOIN person p ON p.id = l.person_id
JOIN account a ON a.person_id = p.id
JOIN person_role r ON r.person_id = p.id AND r.role = 'member' AND r.active
CROSS JOIN (SELECT coalesce(bit_or(1::bigint << food_type_id::int), 0) AS mask
            FROM location_food WHERE location_id = %(location)s) served
WHERE l.location_id = %(location)s
  AND NOT EXISTS (SELECT FROM ban b WHERE b.person_id = p.id)
  AND NOT EXISTS (SELECT FROM pause z WHERE z.person_id = p.id AND z.weeks @> %(monday)s::date)
  AND (SELECT count(*) FROM attendance t JOIN event e ON e.id = t.event_id
       WHERE t.person_id = p.id AND t.response IN ('approved', 'invited') AND e.status NOT IN ('Rejected', 'Canceled')
         AND e.starts >= %(begins)s AND e.starts < %(ends)s) < %(most)s
ORDER BY p.id
"""

_MET = """
SELECT one.person_id AS one, other.person_id AS other, max(e.starts) AS last
FROM attendance one
JOIN event e ON e.id = one.event_id AND e.starts > %(since)s AND e.status NOT IN ('Rejected', 'Canceled')
JOIN attendance other ON other.event_id = one.event_id AND other.person_id > one.person_id AND other.response <> 'rejected'
WHERE one.person_id = ANY(%(people)s) AND other.person_id = ANY(%(people)s) AND one.response <> 'rejected'
GROUP BY 1, 2
"""


def _free(row: Any, week: Week, now: datetime, masks: dict[Any, int]) -> int:
    """The person's hours as a mask, bit day * starts + start: free for the whole lunch from there, and not yet past."""
    key = (tuple(row.keys), str(row.hours), tuple(map(tuple, row.taken)))
    if key not in masks:
        hours = [
            Hours(
                datetime.fromisoformat(starts),
                datetime.fromisoformat(ends),
                timezone,
                weekly,
                date.fromisoformat(until) if until else date.max,
                frozenset(map(date.fromisoformat, days)),
            )
            for starts, ends, timezone, weekly, until, days in row.hours
        ]
        free = without(spans(hours, week.monday, week.monday + timedelta(days=6)), map(tuple, row.taken))
        masks[key] = mask(free, week, now)
    return masks[key]


def _pairs(found: list[tuple[int, ...]], width: int) -> np.ndarray[Any, np.dtype[np.int32]]:
    return np.array(found, np.int32).reshape(-1, width)


def _seed(monday: date, location: int) -> int:
    """The same round breaks its ties the same way, and another round another way."""
    return int.from_bytes(hashlib.sha256(f"{monday} {location}".encode()).digest()[:4], "big")


def digest(columns: Columns) -> bytes:
    """SHA-256 of a round's columns: what the round was about, without keeping it."""
    found = hashlib.sha256()
    for name in ("location", "free", "eats", "waited", "forbidden", "met"):
        found.update(name.encode() + b"\0" + np.ascontiguousarray(getattr(columns, name)).tobytes())
    found.update(f"{columns.minimum} {columns.maximum} {columns.seed}".encode())
    return found.digest()
