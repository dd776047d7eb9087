"""What a listing and a booking cost, and what comes after a booking: ``python -m tests.benchmarks.calls``.

CPU of this process and of its connections' backends in PostgreSQL together, in turns of one run, so that a noisy machine
slows all alike. A coach has 1,000 calls. The broker and the mail server are processes of their own and are not counted.
"""

import base64
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.benchmarks.coaching import CLIENTS, LISTED, NOW, client_id, coach_id, installation, owner, token
from tests.benchmarks.peers_coaching import PATH, fill, unread
from tests.benchmarks.requests import event_of

CALLS = 1_000
ROUNDS = 20
EACH = 25
"""Requests of a kind in a round; so many messages the relay, the consumer and the mailer then find."""
AFTER_WANTED = 1.5
"""Times a booking, for all that comes after it."""
Spent = Callable[[], tuple[float, float]]


@contextmanager
def mail_server() -> Iterator[str]:
    """An SMTP server that takes everything; its URL."""
    from infra.local import processes

    port = processes.free_port()
    command = ["-m", "aiosmtpd", "-n", "-c", "aiosmtpd.handlers.Sink", "-l", f"{processes.LOOPBACK}:{port}"]
    server = subprocess.Popen([sys.executable, *command])
    while not processes.answers(port):
        time.sleep(0.1)
    try:
        yield f"smtp://{processes.LOOPBACK}:{port}"
    finally:
        server.terminate()
        server.wait()


def clock_of(sql: Callable[..., list[Any]]) -> Spent:
    """Reads the seconds of CPU that this process and the backends of its warm connections have spent, apart."""
    from chalicelib.database import APP, JOB, transaction

    backends = [transaction(lambda db: db.value("SELECT pg_backend_pid()"), role) for role in (APP, JOB)]

    def spent() -> tuple[float, float]:
        nanoseconds = sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in backends)
        return time.process_time(), nanoseconds / 1e9

    return spent


class Work:
    """The stages of a call, each of which can be done again and again."""

    def __init__(self, sql: Callable[..., list[Any]]) -> None:
        from chalice.local import LambdaContext

        from tests.people import _gateway

        self.sql = sql
        self.app, _ = _gateway()
        self.context = LambdaContext("bench", memory_size=512, max_runtime_ms=30_000)
        self.listed = [self._slots(PATH, n) for n in range(2, CLIENTS - 1)]
        self.free = self._free()
        self.booked = 0
        self.records: dict[str, Any] = {}

    def look(self) -> None:
        for _ in range(EACH):
            self._answer(self.listed[self.booked % len(self.listed)], 200)

    def bookings(self) -> Callable[[], None]:
        """The next bookings: what API Gateway hands over is made beforehand."""
        events = [self._booking(self.booked + n) for n in range(EACH)]
        self.booked += EACH

        def book() -> None:
            for event in events:
                self._answer(event, 201)

        return book

    def relay(self) -> None:
        from chalicelib.messaging import kafka, relay

        assert relay.publish_batch(kafka.send, NOW) == EACH

    def as_records(self) -> None:
        """What was published, as AWS hands it to the consumer."""
        rows = self.sql("SELECT event::text FROM outbox WHERE published IS NOT NULL ORDER BY id DESC LIMIT %s", EACH)
        topic = {"topic": "Appointments_All", "partition": 0}
        values = [base64.b64encode(row[0].encode()).decode() for row in reversed(rows)]
        found = [topic | {"offset": n, "value": value} for n, value in enumerate(values)]
        self.records = {"records": {"Appointments_All-0": found}}

    def consume(self) -> None:
        from chalicelib.notifications import mailers

        mailers.handle(self.records)

    def mail(self) -> None:
        from chalicelib import clock
        from chalicelib.messaging import mail
        from chalicelib.notifications.sending import Shift

        shift = Shift(clock.now, mail.transport)
        shift.work_off()
        assert shift.sent == 2 * EACH, shift.sent

    def _slots(self, path: str, client: int) -> dict[str, Any]:
        from infra.local import events

        headers = [("Host", "rendezvous.test"), ("Accept", "*/*"), ("Cookie", f"session={token(client_id(0, client))}")]
        slug = {"slug": coach_id(LISTED).hex}
        return events.http(
            "GET", path, "/api/coaches/{slug}/slots", slug, headers, b"", "203.0.113.7", datetime.now(UTC)
        )

    def _booking(self, n: int) -> dict[str, Any]:
        who = token(client_id(0, 2 + n % (CLIENTS - 3)))
        return event_of("POST", "/api/appointments", who, {"coach": coach_id(LISTED).hex} | self.free[n])

    def _free(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = []
        for first in ("2030-W08", "2030-W26"):
            answer = self.app(self._slots(PATH.replace("2030-W01&weeks=4", f"{first}&weeks=18"), 2), self.context)
            assert answer["statusCode"] == 200, answer
            found += json.loads(answer["body"])["slots"]
        assert len(found) >= ROUNDS * EACH + EACH, len(found)
        return found

    def _answer(self, event: dict[str, Any], status: int) -> None:
        answer = self.app(event, self.context)
        assert answer["statusCode"] == status, answer


def measured(spent: Spent, work: Callable[[], None]) -> tuple[float, float]:
    """Milliseconds of CPU for each call: of this process, and of PostgreSQL."""
    before = spent()
    work()
    after = spent()
    return (after[0] - before[0]) / EACH * 1000, (after[1] - before[1]) / EACH * 1000


def rounds(work: Work, spent: Spent) -> dict[str, list[tuple[float, float]]]:
    found: dict[str, list[tuple[float, float]]] = {}
    for _ in range(ROUNDS + 1):
        for name, stage in (("list", work.look), ("book", work.bookings()), ("relay", work.relay)):
            found.setdefault(name, []).append(measured(spent, stage))
        work.as_records()
        for name, stage in (("consume", work.consume), ("mail", work.mail)):
            found.setdefault(name, []).append(measured(spent, stage))
    return {name: times[1:] for name, times in found.items()}  # the first imports and connects


def main() -> int:
    """Print the table; 1 if what comes after a booking costs more than is wanted."""
    from infra.local.broker import Tansu

    with installation() as (server, url), Tansu() as broker, mail_server() as smtp, unread():
        os.environ |= {"KAFKA_BOOTSTRAP": broker.bootstrap, "SMTP_URL": smtp}
        from chalicelib.config import config
        from chalicelib.database import disconnect
        from chalicelib.messaging import kafka, topics

        config.cache_clear()
        kafka.make_topics(broker.bootstrap, topics.TOPICS, topics.KEPT_FOREVER)
        sql = owner(url)
        sql("INSERT INTO account VALUES (%s, 'listed', 'listed@x.example', true, '')", coach_id(LISTED))
        sql("UPDATE relationship SET coach_id = %s WHERE coach_id = %s", coach_id(LISTED), coach_id(0))
        fill(server, CALLS)
        found = rounds(Work(sql), clock_of(sql))
        kafka.close()
        disconnect()
    return show(found)


def show(found: dict[str, list[tuple[float, float]]]) -> int:
    book = statistics.median(map(sum, found["book"]))
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; a coach of {CALLS:,} calls, {EACH} at a time"
    )
    print("\n| CPU a request or call, ms | Python | PostgreSQL | both | times a booking |\n|---|---:|---:|---:|---:|")
    after = 0.0
    for name, title in (
        ("list", "listing four weeks"), ("book", "booking"), ("relay", "after it: the relay"),
        ("consume", "after it: the consumer"), ("mail", "after it: two mails"),
    ):  # fmt: skip
        ours, its = (statistics.median(one[n] for one in found[name]) for n in (0, 1))
        both = statistics.median(map(sum, found[name]))
        after += both / book if title.startswith("after") else 0
        print(f"| {title} | {ours:.3f} | {its:.3f} | {both:.3f} | {both / book:.2f} |")
    print(f"| all that comes after (at most {AFTER_WANTED}) | | | | {after:.2f} |")
    return int(after > AFTER_WANTED)


if __name__ == "__main__":
    sys.exit(main())
