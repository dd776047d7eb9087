"""kill -9 of PostgreSQL while everybody books: no call that was acknowledged is lost, none is half there."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import psycopg2
import psycopg2.extras
import pytest

from infra.local.postgres import Postgres
from tests.coaching.practice import NOW, Practice, at, book
from tests.people import Browser, Community

PEOPLE = 8


def asking(url: str) -> Callable[..., list[Any]]:
    connection = psycopg2.connect(url, cursor_factory=psycopg2.extras.NamedTupleCursor)
    connection.autocommit = True
    psycopg2.extras.register_uuid(conn_or_curs=connection)

    def ask(statement: str, *values: Any) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    return ask


def booked_until_it_fails(browser: Browser, number: int) -> list[str]:
    """Book one hour after the other until the database is gone; the calls that were acknowledged."""
    found = []
    for n in range(number, 5000, PEOPLE):
        start = at("2026-11-25T09:00:00+01:00") + timedelta(days=n // 24, hours=n % 24)
        answer = book(browser, "carla", start.isoformat())
        if answer.status == 503:
            break
        assert answer.status in (201, 409, 422), answer.text
        if answer.status == 201:
            found.append(answer.json["id"])
    return found


@pytest.mark.timeout(300)
def test_a_crash_of_the_database_loses_no_acknowledged_call(
    settings: None, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.config import config
    from chalicelib.database import disconnect
    from chalicelib.migrate import migrate

    clock.set(NOW)
    with Postgres(durable=True) as server:
        migrate(server.url)
        monkeypatch.setenv("DATABASE_URL", server.url)
        config.cache_clear()
        sql = asking(server.url)
        practice = Practice(Community(sql), sql)
        practice.coach("carla", hours=("00:00", "23:00"), days=(0, 1, 2, 3, 4, 5, 6))
        practice.rule("calls_per_month", 31)
        clients = [practice.client(f"client{n}", "carla") for n in range(PEOPLE)]
        with ThreadPoolExecutor(PEOPLE) as threads:
            running = [threads.submit(booked_until_it_fails, one, n) for n, one in enumerate(clients)]
            while sql("SELECT count(*) AS n FROM appointment")[0].n < 40:
                time.sleep(0.02)
            server.kill()
            acknowledged = {id for one in running for id in one.result()}
        server.launch()
        sql = asking(server.url)
        stored = {str(row.id): row for row in sql("SELECT * FROM appointment")}
        assert len(acknowledged) >= 30
        assert acknowledged <= stored.keys()
        taken = sql("SELECT appointment_id, count(*) AS n FROM commitment GROUP BY 1")
        assert {str(row.appointment_id): row.n for row in taken} == dict.fromkeys(stored, 2)
        told = sql("SELECT key, count(*) AS n FROM outbox WHERE topic = 'Appointments_All' GROUP BY 1")
        assert {row.key: row.n for row in told} == dict.fromkeys(stored, 1)
        disconnect()
    config.cache_clear()
