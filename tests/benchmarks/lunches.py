"""What the life of lunches costs: ``python -m tests.benchmarks.lunches [sweep] [consumer] [live]``.

Each beside its yardstick of the same run: a sweep beside the bare UPDATE and INSERT, a consumer beside reading a batch and one
INSERT of many rows; how long an approval takes to the other's open page is measured on the whole system.
"""

import asyncio
import base64
import json
import os
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import psycopg2.extras

from infra.local.logins import logins
from tests.benchmarks.job import copy

NOW = datetime(2026, 11, 27, 15, tzinfo=UTC)
NOON = NOW - timedelta(hours=4)
EVENTS = 100_000
BATCH, BATCHES = 100, 60
APPROVALS = 40


@contextmanager
def installation(events: int) -> Iterator[Any]:
    """A PostgreSQL with so many lunches of two people that are over, and the owner's connection to it."""
    from chalicelib.migrate import make_logins, migrate
    from infra.local.postgres import ADMIN, OWNER, Postgres

    with Postgres() as server:
        os.environ |= logins(server.url)
        migrate(server.url)
        make_logins()
        fill(server.url_of(OWNER, ADMIN), events)
        owner = psycopg2.connect(server.url)
        yield owner
        owner.close()


def fill(admin_url: str, events: int) -> None:
    """As a restored dump would: without triggers, which would not let a lunch begin when it is over."""
    chance = random.Random(7)
    people = [str(uuid.UUID(int=chance.getrandbits(128))) for _ in range(2 * events)]
    lunches = [str(uuid.UUID(int=chance.getrandbits(128))) for _ in range(events)]
    during = f"[{NOON.isoformat()},{(NOON + timedelta(hours=1)).isoformat()})"
    admin = psycopg2.connect(admin_url)
    with admin, admin.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("INSERT INTO location (name, timezone) VALUES ('Hall', 'Europe/Berlin')")
        copy(cursor, "person", ((id, f"s{n}", f"Name {n}", "Europe/Berlin", NOON) for n, id in enumerate(people)))
        copy(cursor, "account", ((id, f"user{n}", f"u{n}@example.org", "true", "x") for n, id in enumerate(people)))
        copy(
            cursor,
            "event (id, title, location_id, during, status)",
            ((id, "Soup at Hall", 1, during, "Confirmed") for id in lunches),
        )
        seats = [(lunches[n // 2], person) for n, person in enumerate(people)]
        copy(cursor, "attendance (event_id, person_id, response)", ((*seat, "approved") for seat in seats))
        copy(cursor, "commitment (event_id, person_id, during)", ((*seat, during) for seat in seats))
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    admin.close()


_ENVELOPE = """
jsonb_build_object('specversion', '1.0', 'id', gen_random_uuid(), 'source', '/rendezvous', 'type', 'event.evaluate',
    'time', %(now)s::text, 'datacontenttype', 'application/json',
    'data', jsonb_build_object('event', e.id, 'week', '2026-W48', 'location', e.location_id))
"""
_BARE = f"""
WITH e AS (UPDATE event SET status = 'Awaiting Evaluation' WHERE status = 'Confirmed' AND ends <= %(now)s AND allow_evaluation
           RETURNING id, location_id)
INSERT INTO outbox (topic, key, event) SELECT topic, e.id, {_ENVELOPE} FROM e, (VALUES ('Event_Evaluate'), ('Events_All')) t (topic)
"""


def sweep() -> bool:
    """100,000 lunches that are over wait for their reviews: the sweep beside one UPDATE with its INSERT."""
    from chalicelib.database import JOB, transaction
    from chalicelib.lunch import jobs

    with installation(EVENTS) as owner:

        def bare() -> None:
            with owner, owner.cursor() as cursor:
                cursor.execute("SELECT set_config('rendezvous.now', %s, true)", (NOW.isoformat(),))
                cursor.execute(_BARE, {"now": NOW.isoformat()})
                assert cursor.rowcount == 2 * EVENTS

        def swept() -> None:
            count = 0
            while found := transaction(lambda db: jobs.end_events(db, NOW), JOB):
                count += found
            assert count == EVENTS

        plain = took(bare)
        with owner, owner.cursor() as cursor:
            cursor.execute("TRUNCATE outbox")
        begin_again(owner)
        ours = took(swept)
    print(f"\n| {EVENTS:,} lunches that are over | s | times |\n|---|---:|---:|")
    print(f"| one UPDATE with its INSERT into the outbox | {plain:.1f} | 1 |")
    print(f"| the sweep, in batches | {ours:.1f} | {ours / plain:.2f} |", flush=True)
    return ours <= 2 * plain


def begin_again(owner: Any) -> None:
    """Those lunches take place again; nothing else may change a state backwards."""
    with owner, owner.cursor() as cursor:
        cursor.execute("ALTER TABLE event DISABLE TRIGGER USER")
        cursor.execute("UPDATE event SET status = 'Confirmed'")
        cursor.execute("ALTER TABLE event ENABLE TRIGGER USER")
    owner.autocommit = True
    with owner.cursor() as cursor:
        cursor.execute("VACUUM FULL ANALYZE event")
    owner.autocommit = False


def took(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def consumer() -> bool:
    """Batches of messages for two people each: the mailer beside reading them and one INSERT of as many rows."""
    from chalicelib import clock
    from chalicelib.notifications import mailers

    with installation(BATCH * BATCHES) as owner:
        with owner, owner.cursor() as cursor:
            cursor.execute(
                "SELECT e.id, array_agg(a.person_id::text) FROM event e JOIN attendance a ON a.event_id = e.id GROUP BY 1"
            )
            lunches = cursor.fetchall()
        now = clock.now()
        batches = [records(lunches[n : n + BATCH], now) for n in range(0, len(lunches), BATCH)]
        found: dict[str, list[float]] = {"reading a batch and one INSERT of its rows": [], "the mailer": []}
        for event in batches:  # in turn, so that whatever else goes on meets both
            found["reading a batch and one INSERT of its rows"].append(took(lambda e=event: bare(owner, e, now)))
            found["the mailer"].append(took(lambda e=event: mailers.handle(e)))
        with owner, owner.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM mail WHERE kind = 'event_approved'")
            assert cursor.fetchone() == (2 * BATCH * BATCHES,)
    rates = {what: BATCH / statistics.median(times) for what, times in found.items()}
    plain, ours = rates.values()
    print(f"\n| batches of {BATCH} messages for two people each | messages a second | share |\n|---|---:|---:|")
    for what, rate in rates.items():
        print(f"| {what} | {rate:,.0f} | {rate / plain:.2f} |", flush=True)
    return ours >= plain / 2


def records(lunches: list[Any], now: datetime) -> dict[str, Any]:
    """Messages that lunches are approved, as AWS hands them to a Lambda."""
    from chalicelib.messaging import outbox

    values = []
    for id, people in lunches:
        data = {"event": str(id), "week": "2026-W48", "location": 1, "people": people}
        message = outbox.envelope(str(uuid.uuid4()), "event.approved", data, now.isoformat())
        values.append(base64.b64encode(json.dumps(message).encode()).decode())
    topic = {"topic": "Events_All", "partition": 0}
    return {"records": {"Events_All-0": [topic | {"offset": n, "value": value} for n, value in enumerate(values)]}}


def bare(owner: Any, event: dict[str, Any], now: datetime) -> None:
    """The rows that the mailer makes, as if every message were new and named whom it is told. Under a kind of its own."""
    rows = []
    for record in event["records"]["Events_All-0"]:
        message = json.loads(base64.b64decode(record["value"]))
        data = message["data"]
        rows += [
            (message["id"], person, "bare", psycopg2.extras.Json(data), False, now, now) for person in data["people"]
        ]
    with owner, owner.cursor() as cursor:
        psycopg2.extras.execute_values(
            cursor,
            "INSERT INTO mail (message, recipient, kind, about, urgent, written, due) VALUES %s ON CONFLICT DO NOTHING",
            rows,
            page_size=len(rows),
        )


def live() -> bool:
    """From an approval that is committed to the frame at the other's page, on the whole system as ``make run`` starts it."""
    from tests.e2e.conftest import Running

    with tempfile.TemporaryDirectory() as folder, Running(Path(folder) / "data") as running:
        found = asyncio.run(approvals(running))
    median = statistics.median(found)
    print("\n| from the approval to the other's page | ms |\n|---|---:|")
    print(
        f"| median of {len(found)} | {median:.0f} |\n| nine in ten under | {sorted(found)[int(0.9 * len(found))]:.0f} |"
    )
    return median <= 400


async def approvals(running: Any) -> list[float]:
    """Milliseconds of each: one approves, withdraws and approves again, the other who proposed it listens."""
    import aiohttp

    from tests.e2e.pages import next_monday

    def asks(cookie: str, method: str, path: str, body: Any = None) -> Any:
        status, answer, _ = running.curl(method, path, body, cookie=cookie)
        assert status < 300, (path, answer)
        return answer

    admin, host, guest = (running.log_in(name) for name in ("grace.admin", "otto.klein", "clara.stein"))
    asks(admin, "PUT", "/api/admin/rules/lunch.members_may_propose", {"value": True, "why": "to measure"})
    start = f"{next_monday() + timedelta(days=8)}T12:00"
    lunch = {"title": "Soup", "location": "Speicherstadt", "start": start, "public": True}
    event = asks(host, "POST", "/api/events", lunch)["id"]
    given = asks(host, "POST", "/api/tickets")
    found = []
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(f"{given['url']}?ticket={given['ticket']}") as socket,
    ):
        for n in range(2 * APPROVALS):
            await asyncio.sleep(1.2)  # a socket is told something once a second at most
            response = ("approved", "rejected")[n % 2]
            answer = asyncio.to_thread(asks, guest, "PUT", f"/api/events/{event}/attendance", {"response": response})
            heard = asyncio.create_task(_hears(socket, given["tokens"][event]))
            await answer
            committed = time.perf_counter()
            at = await asyncio.wait_for(heard, 30)
            if response == "approved":
                found.append(max(0.0, at - committed) * 1000)
    return found


async def _hears(socket: Any, token: str) -> float:
    """When a frame comes that has this token."""
    while True:
        frame = await socket.receive_json()
        if any(one["token"] == token for one in frame["events"]):
            return time.perf_counter()


def main(parts: list[str]) -> int:
    """Run the named parts, or all; 1 where a bound is missed."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as secrets:
        json.dump(
            {"links": os.urandom(32).hex(), "filter": os.urandom(32).hex(), "seal": [os.urandom(32).hex()]}, secrets
        )
        secrets.flush()
        os.environ |= {"SECRETS_FILE": secrets.name, "STAGE": "local", "SITE": "http://rendezvous.test"}
        every = {"sweep": sweep, "consumer": consumer, "live": live}
        held = [every[part]() for part in parts or every]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
