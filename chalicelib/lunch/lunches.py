"""The lunches that a round makes, and their rows: one statement for all of them, however many they are."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from chalicelib import rules
from chalicelib.database import Database
from chalicelib.lunch import messages, states
from chalicelib.lunch.candidates import Round
from chalicelib.lunch.matching import Result


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


def of(given: Round, result: Result, values: rules.Rules) -> Iterator[Lunch]:
    """What the matcher made, as lunches. Nothing is written."""
    members: list[list[UUID]] = [[] for _ in range(len(result.start))]
    for row, group in enumerate(result.group.tolist()):
        if group >= 0:
            members[group].append(given.people[row])
    during = [(start, f"[{start.isoformat()},{end.isoformat()})") for start, end in given.week.lunches]
    low, high = values.lunch.min_attendees, values.lunch.max_attendees
    titles = {id: f"{name} at {given.location.name}"[:100] for id, name in given.foods.items()}
    place, zone = given.location.id, given.location.timezone
    for people, start, food in zip(members, result.start.tolist(), result.food.tolist(), strict=True):
        public = values.lunch.open_seats and len(people) < high
        starts, hour = during[start]
        yield Lunch(uuid4(), titles[food], starts, hour, food, people, place, zone, low, high, public)


def make(db: Database, found: list[Lunch], values: rules.Rules, some_are_taken: bool) -> list[Lunch]:
    """Write them, and ask everybody or take their hour; those that are made. A lunch of which somebody went or was taken
    meanwhile is not: the next run sees to it.

    Looking at each hour whether somebody is taken costs a quarter of all this. Where it is said that nobody is, and
    somebody was after all, Conflict is raised."""
    gone = _gone(db, found)
    here = [lunch for lunch in found if gone.isdisjoint(lunch.people)]
    lost = _insert(db, here, values.lunch.auto_approve, some_are_taken)
    if lost:
        db.run("DELETE FROM event WHERE id = ANY(%(lost)s)", lost=list(lost))
    made = [lunch for lunch in here if lunch.id not in lost]
    if values.lunch.auto_approve:
        states.confirm_new(db, [lunch.id for lunch in made])
    return made


def _gone(db: Database, found: list[Lunch]) -> set[UUID]:
    """Who was erased or banned since the round was read; the others stay until the commit."""
    return {
        row.gone
        for row in db.each(
            "SELECT gone FROM hold_people(ARRAY(SELECT p::uuid FROM json_array_elements_text(%(given)s) p)) gone",
            [person for lunch in found for person in lunch.people],
        )
    }


def _insert(db: Database, here: list[Lunch], approved: bool, some_are_taken: bool) -> set[UUID]:
    """The lunches, what is eaten, who sits there and whose hour is taken; the lunches at whose hour somebody is taken by
    something else. In order of people, as whoever takes the time of several does."""
    rows = db.each(
        f"""
        WITH lunch AS MATERIALIZED (
            SELECT * FROM json_to_recordset(%(given)s) AS x
                (id uuid, title text, location_id integer, during tstzrange, food smallint, people uuid[],
                 min_attendees smallint, max_attendees smallint, public boolean)),
        seat AS MATERIALIZED (SELECT id, during, unnest(people) AS person FROM lunch),
        made AS (
            INSERT INTO event (id, title, location_id, during, min_attendees, max_attendees, public)
            SELECT id, title, location_id, during, min_attendees, max_attendees, public FROM lunch),
        eaten AS (INSERT INTO event_food (event_id, food_type_id) SELECT id, food FROM lunch),
        asked AS (
            INSERT INTO attendance (event_id, person_id, response)
            SELECT id, person, CASE WHEN %(approved)s THEN 'approved' ELSE 'invited' END FROM seat),
        taken AS (
            INSERT INTO commitment (person_id, during, event_id) SELECT person, during, id FROM seat WHERE %(approved)s
            ORDER BY person {"ON CONFLICT DO NOTHING" if some_are_taken else ""} RETURNING event_id, person_id)
        SELECT DISTINCT id FROM (SELECT id, person FROM seat WHERE %(approved)s AND %(some_are_taken)s
                                 EXCEPT SELECT event_id, person_id FROM taken WHERE %(some_are_taken)s) lost
        """,
        [_row(lunch) for lunch in here],
        approved=approved,
        some_are_taken=some_are_taken,
    )
    return {row.id for row in rows}


def _row(lunch: Lunch) -> dict[str, object]:
    names = ("id", "title", "location_id", "during", "food", "people", "min_attendees", "max_attendees", "public")
    return {name: getattr(lunch, name) for name in names}


def told(made: list[Lunch], approved: bool) -> Iterator[messages.Message]:
    """The messages about them, lunch by lunch."""
    for lunch in made:
        response = "approved" if approved else "invited"
        yield from messages.proposed(lunch, lunch.title, [lunch.food], lunch.people, response)
        yield from (messages.approved if approved else messages.invited)(lunch, lunch.people)
