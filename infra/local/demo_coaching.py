"""The demo's coaching practice: six coaches in five zones, forty clients, a year of calls and the upcoming ones.

Half of the clients are members of the demo community too, so that their lunches and their calls keep out of each
other's way. Zones with half and three quarter hours are among them, and both sides of every change of clocks.
"""

import os
import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import cycle, islice
from typing import Any, NamedTuple
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import psycopg2
import psycopg2.extras

from chalicelib.accounts import joining
from chalicelib.calendar import zones
from chalicelib.coaching import appointments
from chalicelib.database import JOB, Database, transaction
from chalicelib.messaging import outbox
from infra.local import demo_hand_over, demo_practice

NAMESPACE = UUID("b7c1a1de-5f8e-4c3b-9a53-2f1a86f9d0c4")
MONTHS_BACK = 12
CLIENTS = 40
COACH = "carla.stein"
CLIENT = "ina.wolf"
"""Whom the README names: a coach, and one of their clients."""


class Coach(NamedTuple):
    name: str
    timezone: str
    first: int
    last: int
    """Office hours on weekdays, local hours."""
    link: str


COACHES = (
    Coach("Carla Stein", "Europe/Berlin", 9, 17, "https://call.example.org/carla"),
    Coach("Konrad Beck", "Europe/Berlin", 13, 19, "tel:+49-40-5550123"),
    Coach("Maya Brooks", "America/New_York", 8, 15, "https://call.example.org/maya"),
    Coach("Asha Nair", "Asia/Kolkata", 10, 18, "https://call.example.org/asha"),
    Coach("Bina Thapa", "Asia/Kathmandu", 9, 16, "tel:+977-1-5550123"),
    Coach("Liam Walsh", "Australia/Adelaide", 9, 17, "https://call.example.org/liam"),
)
NEW_CLIENTS = (
    "Ina Wolf", "Tom Krause", "Eva Lorenz", "Jan Peters", "Mia Huber", "Lars Holm", "Zoe Grant", "Max Stone",
    "Ivy Reed", "Sam Ortiz", "Kim Doyle", "Ravi Shah", "Anil Rao", "Maya Sen", "Dev Batra", "Sita Gurung",
    "Hari Karki", "Ella Byrne", "Noah Quinn", "Ruby Hale",
)  # fmt: skip


def fill(now: datetime, password: str) -> None:
    """Make the practice, unless it is there. ``password``: the hash with which everybody new logs in."""
    connection = psycopg2.connect(os.environ["DATABASE_OWNER_URL"])
    psycopg2.extras.register_uuid(conn_or_curs=connection)  # type: ignore[no-untyped-call]
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM relationship)")
            (there,) = cursor.fetchone() or (True,)
            upcoming = [] if there else _make(cursor, now, password)
            cursor.execute("SELECT person_id FROM person_role WHERE role = 'admin' ORDER BY person_id LIMIT 1")
            admin = cursor.fetchone()
    finally:
        connection.close()
    if upcoming:
        transaction(lambda db: _announce(db, upcoming, now), JOB)
    if upcoming and admin:
        former, coach = id_of(COACHES[1].name), id_of(COACHES[0].name)
        transaction(lambda db: demo_hand_over.hand_over(db, admin[0], former, coach, now))


def _make(cursor: Any, now: datetime, password: str) -> list[Any]:
    chance = random.Random(2026)
    begun = now - timedelta(days=31 * (MONTHS_BACK + 1))
    for coach in COACHES:
        _make_coach(cursor, coach, password, begun)
    clients = [*_members(cursor, CLIENTS - len(NEW_CLIENTS))]
    for name, coach in zip(NEW_CLIENTS, cycle(COACHES), strict=False):
        clients.append(_make_person(cursor, name, coach.timezone, password, begun, ("member", "client")))
    psycopg2.extras.execute_values(
        cursor,
        "INSERT INTO person_role (person_id, role) VALUES %s ON CONFLICT DO NOTHING",
        [(client, "client") for client in clients],
    )
    # The new ones first, so that the first of them is a client of the first coach.
    pairs = list(zip([*clients[-len(NEW_CLIENTS) :], *clients[: -len(NEW_CLIENTS)]], cycle(COACHES), strict=False))
    psycopg2.extras.execute_values(
        cursor,
        "INSERT INTO relationship (coach_id, client_id, begun) VALUES %s",
        [(id_of(coach.name), client, begun) for client, coach in pairs],
    )
    upcoming = []
    for client, coach in pairs:
        for month in range(-MONTHS_BACK, 2):
            start = _call(cursor, coach, client, month, now, chance)
            if start is not None and start > now:
                upcoming.append((coach, client, start))
    demo_practice.fill(cursor, id_of(COACHES[0].name), id_of(COACHES[1].name), now)
    return upcoming


def _make_coach(cursor: Any, coach: Coach, password: str, at: datetime) -> None:
    id = _make_person(cursor, coach.name, coach.timezone, password, at, ("member", "coach"))
    cursor.execute("INSERT INTO call_link VALUES (%s, %s)", (id, coach.link))
    monday = zones.monday(at.date())
    for day in range(5):
        on = monday + timedelta(days=day)
        cursor.execute(
            "INSERT INTO availability (id, person_id, purpose, starts, ends, timezone, weekly, until)"
            " VALUES (%s, %s, 'coaching', %s, %s, %s, true, 'infinity')",
            (
                uuid5(id, str(day)),
                id,
                datetime.combine(on, time(coach.first)),
                datetime.combine(on, time(coach.last)),
                coach.timezone,
            ),
        )


def _make_person(cursor: Any, name: str, zone: str, password: str, at: datetime, roles: tuple[str, ...]) -> UUID:
    id, login = id_of(name), name.lower().replace(" ", ".")
    cursor.execute("INSERT INTO person VALUES (%s, %s, %s, %s, %s)", (id, joining.slug_of(name), name, zone, at))
    cursor.execute("INSERT INTO account VALUES (%s, %s, %s, true, %s)", (id, login, f"{login}@example.org", password))
    psycopg2.extras.execute_values(
        cursor, "INSERT INTO person_role (person_id, role) VALUES %s", [(id, role) for role in roles]
    )
    return id


def _members(cursor: Any, count: int) -> list[UUID]:
    """Members of the community who are no admins, the same ones every time."""
    cursor.execute(
        "SELECT a.person_id FROM account a WHERE NOT EXISTS (SELECT FROM person_role r WHERE r.person_id = a.person_id"
        " AND r.role IN ('admin', 'coach')) ORDER BY md5(a.username) LIMIT %s",
        (count,),
    )
    return [row[0] for row in cursor.fetchall()]


def _call(cursor: Any, coach: Coach, client: UUID, month: int, now: datetime, chance: random.Random) -> datetime | None:
    """A call in that month from now, at the first of some random hours at which both are free; when, or None."""
    for start in islice(_hours(coach, month, now, chance), 12):
        id = uuid5(client, start.isoformat())
        during = appointments.as_range((start, start + timedelta(hours=1)))
        cursor.execute("SAVEPOINT call")
        booked = min(start - timedelta(days=20), now - timedelta(days=1))
        cursor.execute(
            "INSERT INTO appointment (id, relationship_id, coach_id, client_id, during, booked, booked_by, changed)"
            " SELECT %s, id, coach_id, client_id, %s, %s, client_id, %s FROM relationship WHERE client_id = %s",
            (id, during, booked, booked, client),
        )
        cursor.execute(
            "INSERT INTO commitment (person_id, during, appointment_id) SELECT p, %s, %s FROM unnest(%s) p"
            " ON CONFLICT DO NOTHING",
            (during, id, sorted([id_of(coach.name), client])),
        )
        if cursor.rowcount == 2:
            return start
        cursor.execute("ROLLBACK TO SAVEPOINT call")
    return None


def _hours(coach: Coach, month: int, now: datetime, chance: random.Random) -> Iterator[datetime]:
    """Random office hours of the coach in that month from now, but those of the next day."""
    place = ZoneInfo(coach.timezone)
    local = now.astimezone(place)
    number = local.year * 12 + local.month - 1 + month
    first = date(number // 12, number % 12 + 1, 1)
    for _ in range(200):
        day = first + timedelta(days=chance.randrange(28))
        start = zones.instant(datetime.combine(day, time(chance.randrange(coach.first, coach.last))), place)
        if day.weekday() < 5 and not now - timedelta(hours=2) < start < now + timedelta(hours=25):
            yield start


def id_of(name: str) -> UUID:
    """The same person has the same id every time."""
    return uuid5(NAMESPACE, name)


def _announce(db: Database, upcoming: list[Any], now: datetime) -> None:
    """The upcoming calls are told of, as if they had been booked just now."""
    messages = [
        (
            appointments.TOPIC,
            str(uuid5(client, start.isoformat())),
            "appointment.booked",
            appointments.data(
                uuid5(client, start.isoformat()),
                id_of(coach.name),
                client,
                (start, start + timedelta(hours=1)),
                client,
                coach.timezone,
            ),
        )
        for coach, client, start in upcoming
    ]
    outbox.put_all(db, messages, now)
