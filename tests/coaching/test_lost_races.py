"""Who loses a race by a hair: something took the hour after it was found free, and before it was written."""

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
import pytest

from tests.coaching.practice import AT, Practice, at, book, move

SLOT = "2026-11-25T10:00:00+01:00"
LATER = "2026-11-25T14:00:00+01:00"


def commit_when_somebody_waits(rival: Any, sql: Any) -> threading.Thread:
    """What the rival has written is there once somebody waits for it."""
    pid = rival.info.backend_pid

    def watch() -> None:
        for _ in range(600):
            if sql("SELECT FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid))", pid):
                break
            time.sleep(0.05)
        rival.commit()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


@contextmanager
def taken_meanwhile(practice: Practice, database: str, who: str, start: str) -> Iterator[None]:
    """Something of theirs at that hour is being written, and is there when all is over."""
    with closing(psycopg2.connect(database)) as rival:
        with rival.cursor() as cursor:
            for name in who.split():
                given = uuid.uuid4(), practice.ids[name], start, start
                cursor.execute(
                    "INSERT INTO block VALUES (%s, %s, tstzrange(%s, %s::timestamptz + interval '1 hour'))", given
                )
            cursor.execute(
                "INSERT INTO commitment (person_id, during, block_id) SELECT person_id, during, id FROM block"
                " ON CONFLICT DO NOTHING"
            )
        waiting = commit_when_somebody_waits(rival, practice.sql)
        yield
        waiting.join()


def committed(practice: Practice) -> set[Any]:
    return {
        row.id for row in practice.sql("SELECT appointment_id AS id FROM commitment WHERE appointment_id IS NOT NULL")
    }


@pytest.mark.parametrize("who", ["carla", "ada", "carla ada"])
def test_booking_what_is_just_being_taken_is_refused_and_leaves_nothing(
    practice: Practice, database: str, who: str
) -> None:
    practice.coach("carla")
    ada = practice.client("ada", "carla")
    with taken_meanwhile(practice, database, who, SLOT):
        answer = book(ada, "carla", SLOT)
    assert (answer.status, answer.header("content-type")) == (409, "application/problem+json"), answer.text
    assert practice.calls() == practice.messages() == []
    assert committed(practice) == set()
    assert book(ada, "carla", LATER).status == 201, "and another hour can be booked"


@pytest.mark.parametrize("who", ["carla", "ada", "carla ada"])
def test_moving_to_what_is_just_being_taken_is_refused_and_leaves_the_call(
    practice: Practice, database: str, who: str
) -> None:
    practice.coach("carla")
    ada = practice.client("ada", "carla")
    call = book(ada, "carla", LATER).json
    with taken_meanwhile(practice, database, who, SLOT):
        answer = move(ada, call, SLOT)
    assert answer.status == 409, answer.text
    [left] = practice.calls()
    assert str(left.id) == call["id"] and left.version == 1
    assert committed(practice) == {left.id}
    assert [message.type for message in practice.messages()] == ["appointment.booked"]


def test_two_of_one_pair_s_bookings_at_once_are_one_whoever_forgets_to_lock(practice: Practice, database: str) -> None:
    practice.coach("carla")
    practice.client("ada", "carla")
    coach, client = practice.ids["carla"], practice.ids["ada"]
    span = f"[{SLOT},{at(SLOT, 1).isoformat()})"

    def book_by_sql(cursor: Any) -> str:
        cursor.execute(
            "SELECT set_config('rendezvous.person', %s, true), set_config('rendezvous.roles', 'client', true),"
            " set_config('rendezvous.now', %s, true)",
            (str(client), AT.isoformat()),
        )
        cursor.execute(
            "SELECT book_calls(ARRAY[gen_random_uuid()], %s, %s, ARRAY[%s]::tstzrange[],"
            " ARRAY['[2026-11-01,2026-12-01)']::tstzrange[], 9, ARRAY['{}']::jsonb[])",
            (coach, client, span),
        )
        [outcome] = cursor.fetchone()
        return str(outcome)

    with closing(psycopg2.connect(database)) as first, closing(psycopg2.connect(database)) as second:
        assert book_by_sql(first.cursor()) == "booked"
        waiting = commit_when_somebody_waits(first, practice.sql)
        assert book_by_sql(second.cursor()) == "taken"
        second.commit()
        waiting.join()
    [only] = practice.calls()
    assert committed(practice) == {only.id} and len(practice.sql("SELECT FROM outbox")) == 1
