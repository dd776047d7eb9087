"""The demo community: an admin and sixty members in three locations and time zones, the same every time.

It can exist on a developer's machine alone: this folder is not deployed.
"""

import os
import random
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

import psycopg2
import psycopg2.extras

from chalicelib import clock, rules
from chalicelib.accounts import joining, passwords
from chalicelib.calendar import zones
from chalicelib.database import JOB, Database, transaction
from chalicelib.lunch import jobs, rounds
from chalicelib.lunch.weeks import week_at
from infra.local import demo_coaching, match
from infra.local.demo_places import FOODS, PLACES, Place

PASSWORD = "table-for-three"
NAMESPACE = UUID("6f1f3c1e-2f0a-4f62-9a51-5a1d0c7a5e11")
PAST_WEEKS = 5

ADMIN = "Grace Admin"
LEFT_OVER = "Otto Klein"
"""Free only when nobody else is: the demo's left-over member."""
PAIRS_OF_HOURS = (
    ((11, 0), (13, 0)),
    ((11, 30), (13, 30)),
    ((12, 0), (14, 0)),
    ((12, 15), (13, 15)),
    ((11, 0), (13, 30)),
)


def username(name: str) -> str:
    """``Ada Brandt`` logs in as ``ada.brandt``."""
    return name.lower().replace(" ", ".")


def id_of(name: str) -> UUID:
    """The same person has the same id every time."""
    return uuid5(NAMESPACE, name)


def fill(now: datetime) -> None:
    """Make the community, unless it is there."""
    connection = psycopg2.connect(os.environ["DATABASE_OWNER_URL"])
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM person)")
            (there,) = cursor.fetchone() or (True,)
            if not there:
                _make_places(cursor)
                _make_people(cursor, now)
    finally:
        connection.close()
    if not there:
        _run_past_rounds(now)
    demo_coaching.fill(now, passwords.hash(PASSWORD))


def _make_places(cursor: Any) -> None:
    psycopg2.extras.execute_values(cursor, "INSERT INTO food_type (id, name) VALUES %s", list(enumerate(FOODS)))
    for place in PLACES:
        cursor.execute(
            "INSERT INTO location (name, timezone, address, meeting_point) VALUES (%s, %s, %s, %s) RETURNING id",
            place[:4],
        )
        (location,) = cursor.fetchone()
        served = [(location, FOODS.index(food)) for food in place.foods]
        psycopg2.extras.execute_values(cursor, "INSERT INTO location_food VALUES %s", served)
    # A pair's free seat is offered to everybody, so that /public has something to show.
    cursor.execute("INSERT INTO rule (name, value) VALUES ('lunch.open_seats', 'true')")


def _make_people(cursor: Any, now: datetime) -> None:
    chance = random.Random(2026)
    password = passwords.hash(PASSWORD)
    enrolled = now - timedelta(weeks=PAST_WEEKS + 2)
    _make_person(cursor, ADMIN, "Europe/Berlin", password, enrolled, ("member", "admin"))
    for number, place in enumerate(PLACES, 1):
        for name in place.people:
            _make_person(cursor, name, place.timezone, password, enrolled, ("member",))
            cursor.execute("INSERT INTO person_location VALUES (%s, %s)", (id_of(name), number))
            refused = chance.sample(range(len(FOODS)), chance.choice((0, 0, 1, 1, 2, 4)))
            if name in (place.people[0], LEFT_OVER):
                refused = []
            psycopg2.extras.execute_values(
                cursor, "INSERT INTO refusal VALUES %s", [(id_of(name), food) for food in refused]
            )
            _give_hours(cursor, name, place, enrolled, chance)


def _make_person(cursor: Any, name: str, zone: str, password: str, at: datetime, roles: tuple[str, ...]) -> None:
    id = id_of(name)
    cursor.execute("INSERT INTO person VALUES (%s, %s, %s, %s, %s)", (id, joining.slug_of(name), name, zone, at))
    email = f"{username(name)}@example.org"
    cursor.execute("INSERT INTO account VALUES (%s, %s, %s, true, %s)", (id, username(name), email, password))
    psycopg2.extras.execute_values(
        cursor, "INSERT INTO person_role (person_id, role) VALUES %s", [(id, role) for role in roles]
    )


def _give_hours(cursor: Any, name: str, place: Place, enrolled: datetime, chance: random.Random) -> None:
    """Weekly hours on two to four days; some give none, and one is free only when nobody else is."""
    monday = zones.monday(enrolled.date())
    if name == LEFT_OVER:
        given = [(4, (13, 45), (14, 45))]
    elif name == place.people[0]:
        given = [(day, (11, 0), (13, 30)) for day in range(5)]
    elif name in place.people[-2:]:
        given = []
    else:
        days = chance.sample(range(5), chance.choice((1, 2, 2, 3, 4)))
        given = [(day, *chance.choice(PAIRS_OF_HOURS)) for day in sorted(days)]
        # Nobody shares the left-over member's hour.
        given = [(day, start, (13, 30) if day == 4 and end > (13, 30) else end) for day, start, end in given]
    for day, start, end in given:
        on = monday + timedelta(days=day)
        cursor.execute(
            "INSERT INTO availability (id, person_id, purpose, starts, ends, timezone, weekly, until)"
            " VALUES (%s, %s, 'lunch', %s, %s, %s, true, 'infinity')",
            (
                uuid5(id_of(name), str(day)),
                id_of(name),
                datetime.combine(on, time(*start)),
                datetime.combine(on, time(*end)),
                place.timezone,
            ),
        )


def _run_past_rounds(now: datetime) -> None:
    """The past weeks as they would have been: real rounds, run when they were due."""
    this_week = zones.monday(now.date())
    for weeks in range(PAST_WEEKS, 0, -1):
        monday = this_week - timedelta(weeks=weeks)
        then = datetime.combine(monday - timedelta(days=4), time(15), now.tzinfo)
        for location in match.open_locations():
            rounds.run(monday, location, then)
    jobs.sweep(now)


def week_to_match(now: datetime) -> date:
    """The Monday of the current week while it still has lunch hours on two days everywhere, else of the next."""
    this_week = zones.monday(now.date())

    def days_left(db: Database) -> int:
        values = rules.read(db)
        return min(
            len({day for day, starts in _starts(this_week, row.timezone, values) if starts > now})
            for row in db.rows("SELECT timezone FROM location WHERE open")
        )

    return this_week if transaction(days_left, JOB) >= 2 else this_week + timedelta(days=7)


def _starts(monday: date, timezone: str, values: rules.Rules) -> list[tuple[date, datetime]]:
    lunches = week_at(monday, timezone, values).lunches
    return [(zones.day_of(start, timezone), start) for start, _ in lunches]


def main() -> None:
    """Make the community, match a week, and say who can log in."""
    now = clock.now()
    fill(now)
    monday = week_to_match(now)
    print(f"Lunches of {zones.week_name(monday)}:")
    match.match(monday)
    print(f"\nLog in as {username(PLACES[0].people[0])} (matched), {username(LEFT_OVER)} (left over),", end=" ")
    print("carla.stein (coach), ina.wolf (client)", end=" ")
    print(f"or {username(ADMIN)} (admin), each with the password {PASSWORD}")


if __name__ == "__main__":
    main()
