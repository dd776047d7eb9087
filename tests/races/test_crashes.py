"""kill -9 of PostgreSQL, or of the server, while everybody books: no call that was acknowledged is lost, none is half
there or twice.

The server is killed a few times, 100 with LONG=1.
"""

import http.client
import json
import os
import random
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg2
import psycopg2.extras
import pytest

from infra.local import processes
from infra.local.logins import logins
from infra.local.postgres import Postgres
from tests.coaching.practice import NOW, Practice, at, book
from tests.people import Browser, Community

PEOPLE = 8
KILLS = 100 if os.environ.get("LONG") else 5


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


@contextmanager
def durable_practice(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Postgres, Practice]]:
    """A PostgreSQL that keeps what it acknowledges, and a coach who is nearly always there."""
    from chalicelib.config import config
    from chalicelib.database import disconnect
    from chalicelib.migrate import make_logins, migrate

    with Postgres(durable=True) as server:
        migrate(server.url)
        for variable, login in logins(server.url).items():
            monkeypatch.setenv(variable, login)
        config.cache_clear()
        make_logins()
        sql = asking(server.url)
        practice = Practice(Community(sql), sql)
        practice.coach("carla", hours=("00:00", "23:00"), days=(0, 1, 2, 3, 4, 5, 6))
        practice.rule("calls_per_month", 31)
        yield server, practice
        disconnect()
    config.cache_clear()


def whole_calls(sql: Callable[..., list[Any]]) -> dict[str, Any]:
    """The calls that are stored, by id: each with its two commitments and its one message, and nothing besides."""
    stored = {str(row.id): row for row in sql("SELECT * FROM appointment")}
    taken = sql("SELECT appointment_id, count(*) AS n FROM commitment GROUP BY 1")
    assert {str(row.appointment_id): row.n for row in taken} == dict.fromkeys(stored, 2)
    told = sql("SELECT key, count(*) AS n FROM outbox WHERE topic = 'Appointments_All' GROUP BY 1")
    assert {row.key: row.n for row in told} == dict.fromkeys(stored, 1)
    return stored


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_crash_of_the_database_loses_no_acknowledged_call(
    settings: None, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.set(NOW)
    with durable_practice(monkeypatch) as (server, practice):
        clients = [practice.client(f"client{n}", "carla") for n in range(PEOPLE)]
        with ThreadPoolExecutor(PEOPLE) as threads:
            running = [threads.submit(booked_until_it_fails, one, n) for n, one in enumerate(clients)]
            while practice.sql("SELECT count(*) AS n FROM appointment")[0].n < 40:
                time.sleep(0.02)
            server.kill()
            acknowledged = {id for one in running for id in one.result()}
        server.launch()
        stored = whole_calls(asking(server.url))
        assert len(acknowledged) >= 30
        assert acknowledged <= stored.keys()


class KilledServer:
    """The process that answers requests, as ``make run`` starts it; the socket it listens on outlives it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.listener = socket.create_server((processes.LOOPBACK, 0), backlog=64)
        self.address = "{}:{}".format(*self.listener.getsockname())
        self.starts = 0

    def start(self) -> None:
        self.starts += 1
        ready, log = self.folder / f"ready{self.starts}", self.folder / "gateway.log"
        self.process = processes.spawn(
            [sys.executable, "-m", "infra.local.gateway", str(self.listener.fileno()), ready],
            log=log,
            environment=os.environ,
            keep=[self.listener.fileno()],
        )
        processes.wait_until(ready.exists, self.process, "the server", log)

    def kill(self) -> None:
        processes.kill(self.process)


class Persistent:
    """A client who books again and again, and sends a request that was not answered once more."""

    def __init__(self, server: KilledServer, cookies: list[str], seed: int, with_key: bool) -> None:
        self.server, self.cookies, self.with_key = server, cookies, with_key
        self.dice = random.Random(seed)
        self.booked: list[str] = []
        self.unanswered = 0

    def keep_booking(self, ended: threading.Event) -> None:
        while not ended.is_set():
            day, quarter = self.dice.randrange(80), self.dice.randrange(23 * 4)
            start = at("2026-11-25T00:00:00+01:00") + timedelta(days=day, minutes=15 * quarter)
            self.book(start.isoformat(), self.dice.choice(self.cookies))

    def book(self, start: str, cookie: str) -> None:
        body = json.dumps({"coach": "carla", "start": start, "end": at(start, 0.25).isoformat()})
        headers = {"Content-Type": "application/json", "Origin": f"http://{self.server.address}", "Cookie": f"session={cookie}"}  # fmt: skip
        if self.with_key:
            headers["Idempotency-Key"] = str(uuid.uuid4())
        while True:
            connection = http.client.HTTPConnection(self.server.address, timeout=30)
            try:
                connection.request("POST", "/api/appointments", body, headers)
                answer = connection.getresponse()
                status, text = answer.status, answer.read().decode()
            except (OSError, http.client.HTTPException):
                self.unanswered += 1
                continue
            finally:
                connection.close()
            if status == 409 and "still under way" in text:
                continue
            assert status in (201, 409, 422), text
            if status == 201:
                self.booked.append(json.loads(text)["id"])
            return


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_crash_of_the_server_loses_and_doubles_no_call(
    settings: None, clock: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clock.set(NOW)
    with durable_practice(monkeypatch) as (_, practice):
        practice.rule("call_minutes", 15)
        practice.rule("slot_interval_minutes", 15)
        server = KilledServer(tmp_path)
        # Two and two want the same times at once; one of the two sends a key with each request.
        clients = [
            Persistent(server, [practice.client(f"client{n}x{k}", "carla").cookie for k in range(8)], n // 2, n % 2 == 0)
            for n in range(PEOPLE)
        ]  # fmt: skip
        ended = threading.Event()
        with server.listener, ThreadPoolExecutor(PEOPLE) as threads:
            server.start()
            running = [threads.submit(one.keep_booking, ended) for one in clients]
            for kill in range(KILLS):
                before = sum(len(one.booked) for one in clients)
                while sum(len(one.booked) for one in clients) < before + 5 and not any(one.done() for one in running):
                    time.sleep(0.01)
                time.sleep(kill % 10 / 200)
                server.kill()
                server.start()
            ended.set()
            for one in running:
                one.result()
            server.kill()
        stored = whole_calls(practice.sql)
        acknowledged = [id for one in clients for id in one.booked]
        unanswered = sum(one.unanswered for one in clients)
        print(f"{KILLS} kills, {len(acknowledged)} acknowledged, {len(stored)} stored, {unanswered} sent again")
        assert unanswered >= KILLS, "nobody was waiting for an answer when the server was killed"
        assert len(set(acknowledged)) == len(acknowledged)
        assert set(acknowledged) <= stored.keys()
        # Who sent a key learns of every call that he has.
        sure = {id for one in clients if one.with_key for id in one.booked}
        keyed = {str(row.appointment_id) for row in practice.sql(
            "SELECT a.id AS appointment_id FROM appointment a JOIN person p ON p.id = a.client_id"
            " WHERE p.slug ~ '^client[0246]x'")}  # fmt: skip
        assert sure == keyed
