"""Who loses a race by a hair: something took the hour after it was found free, and before it was written."""

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
import pytest

from tests.coaching.practice import Practice, book, move

SLOT = "2026-11-25T10:00:00+01:00"
LATER = "2026-11-25T14:00:00+01:00"


@contextmanager
def taken_meanwhile(practice: Practice, database: str, who: str, start: str) -> Iterator[None]:
    """Something of theirs at that hour is written within, and there when all is over, once somebody waits for it."""
    rival = psycopg2.connect(database)
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

    def commit_when_somebody_waits() -> None:
        for _ in range(600):
            if practice.sql("SELECT FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid))", pid):
                break
            time.sleep(0.05)
        rival.commit()

    pid = rival.info.backend_pid
    other = threading.Thread(target=commit_when_somebody_waits)
    other.start()
    try:
        yield
    finally:
        other.join()
        rival.close()


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
