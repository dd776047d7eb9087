"""A round at one location: people read as columns, matched in memory, lunches written in one transaction.

Run again, it adds only what is newly possible; two runs at once wait for each other.
"""

import hashlib
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import numpy as np

from chalicelib import clock, outbox, rules, topics
from chalicelib.calendar import zones
from chalicelib.calendar.availability import Hours, Span, spans, without
from chalicelib.database import JOB, Database, transaction, turn
from chalicelib.lunch.matching import Columns, Result, check, match, reasons

WEEKS_REMEMBERED = 53
"""Beyond this, a meeting counts as none (objective 3 of the matcher)."""


class Week(NamedTuple):
    """A location's week: its name, the days and starts of its lunches, and when it begins and ends in UTC."""

    monday: date
    zone: ZoneInfo
    days: range
    starts: range
    length: timedelta
    begins: datetime
    ends: datetime

    def start(self, bit: int) -> datetime:
        """When the lunch of that bit begins, in UTC."""
        day, start = divmod(bit, len(self.starts))
        local = datetime.combine(self.monday + timedelta(days=self.days[day]), time())
        return zones.instant(local + timedelta(minutes=self.starts[start]), self.zone)


class Round(NamedTuple):
    """What is matched: the location, the people of the rows, and the columns."""

    location: Any
    week: Week
    people: list[UUID]
    columns: Columns
    foods: dict[int, str]


class Lunch(NamedTuple):
    """A group that the matcher made."""

    id: UUID
    title: str
    during: str
    food: int
    people: list[UUID]


class Outcome(NamedTuple):
    """What a round did, for whoever ran it: the lunches made, the reason of everybody left over, and the proof."""

    location: str
    lunches: list[Lunch]
    left: dict[UUID, str]
    bound: int
    proven: bool


def run(monday: date, location: int) -> Outcome:
    """Match that week at that location and write what came of it."""
    with turn(f"round {monday} {location}"):
        now = clock.now()
        given = transaction(lambda db: read(db, monday, location, now), JOB)
        result = match(given.columns)
        check(given.columns, result)
        return transaction(lambda db: write(db, given, result, now), JOB)


def week_at(monday: date, timezone: str, values: rules.Rules) -> Week:
    """The week that begins on that Monday, at a place in that zone."""
    zone = ZoneInfo(timezone)
    return Week(
        monday,
        zone,
        rules.lunch_days(values),
        rules.lunch_starts(values),
        timedelta(minutes=values["lunch.minutes"]),
        zones.instant(datetime.combine(monday, time()), zone),
        zones.instant(datetime.combine(monday + timedelta(days=7), time()), zone),
    )


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


def mask(free: list[Span], week: Week, now: datetime) -> int:
    """The free spans as the matcher's bits."""
    found = 0
    for bit in range(len(week.days) * len(week.starts)):
        begin = week.start(bit)
        if begin > now and any(span[0] <= begin and begin + week.length <= span[1] for span in free):
            found |= 1 << bit
    return found


def _pairs(found: list[tuple[int, ...]], width: int) -> np.ndarray[Any, np.dtype[np.int32]]:
    return np.array(found, np.int32).reshape(-1, width)


def _seed(monday: date, location: int) -> int:
    """The same round breaks its ties the same way, and another round another way."""
    return int.from_bytes(hashlib.sha256(f"{monday} {location}".encode()).digest()[:4], "big")


def write(db: Database, given: Round, result: Result, now: datetime) -> Outcome:
    """Write the lunches, who comes and who is left over, and what is told of them."""
    db.run("SELECT set_config('rendezvous.now', %(now)s, true)", now=now.isoformat())
    values = rules.read(db)
    lunches = _kept(db, _insert(db, given, result, values), values)
    left = {given.people[row]: str(reason) for row, reason in reasons(given.columns, result).items()}
    _tell(db, given.week, lunches, values, now)
    _record(db, given, result, lunches, left, now)
    return Outcome(given.location.name, lunches, left, result.bound, result.proven)


def _insert(db: Database, given: Round, result: Result, values: rules.Rules) -> list[Lunch]:
    members: list[list[UUID]] = [[] for _ in range(len(result.start))]
    for row, group in enumerate(result.group.tolist()):
        if group >= 0:
            members[group].append(given.people[row])
    lunches = []
    for people, start, food in zip(members, result.start.tolist(), result.food.tolist(), strict=True):
        begins = given.week.start(start)
        during = f"[{begins.isoformat()},{(begins + given.week.length).isoformat()})"
        title = f"{given.foods[food]} at {given.location.name}"[:100]
        lunches.append(Lunch(uuid4(), title, during, food, people))
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
    db: Database, given: Round, result: Result, lunches: list[Lunch], left: dict[UUID, str], now: datetime
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
        digest=digest(given.columns),
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


def digest(columns: Columns) -> bytes:
    """SHA-256 of a round's columns: what the round was about, without keeping it."""
    found = hashlib.sha256()
    for name in ("location", "free", "eats", "waited", "forbidden", "met"):
        found.update(name.encode() + b"\0" + np.ascontiguousarray(getattr(columns, name)).tobytes())
    found.update(f"{columns.minimum} {columns.maximum} {columns.seed}".encode())
    return found.digest()
