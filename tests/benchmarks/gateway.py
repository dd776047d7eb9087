"""What the local gateway adds to a request: ``python -m tests.benchmarks.gateway``.

A listing, a booking and /health, handed to the application as events and sent through the gateway over one connection that
stays, in turns of one run. CPU of the process that serves and of its backends in PostgreSQL; who asks is a process of its own.
"""

import http.client
import json
import os
import platform
import socket
import statistics
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.benchmarks.calls import CALLS, EACH, ROUNDS, Spent, Work, measured
from tests.benchmarks.coaching import CLIENTS, LISTED, client_id, coach_id, installation, owner, token
from tests.benchmarks.peers_coaching import PATH, fill, unread

Asked = tuple[str, str, str, bytes, int]
"""Method, path, session, body, the status that is wanted."""


def ask(port: int, asked: Connection) -> None:
    """Sends what it is told to, one after the other, and says when all of it is answered."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    while (batch := asked.recv()) is not None:
        for method, path, session, body, status in batch:
            headers = {"Host": "rendezvous.test", "Accept": "*/*", "Cookie": f"session={session}"}
            if body:
                headers |= {"Content-Type": "application/json", "Origin": "https://rendezvous.test"}
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            assert (answer.status, bool(answer.read())) == (status, True), answer.status
        asked.send(True)


@contextmanager
def asking() -> Iterator[Callable[[list[Asked]], None]]:
    """The gateway, served by a thread of this process, and somebody who asks it."""
    from app import app
    from infra.local.gateway import Gateway

    listener = socket.create_server(("127.0.0.1", 0))
    gateway = Gateway(app, listener)
    threading.Thread(target=gateway.serve_forever, daemon=True).start()
    ours, theirs = get_context("spawn").Pipe()
    client = get_context("spawn").Process(target=ask, args=(listener.getsockname()[1], theirs))
    client.start()

    def send(batch: list[Asked]) -> None:
        ours.send(batch)
        ours.recv()

    try:
        yield send
    finally:
        ours.send(None)
        client.join()
        gateway.shutdown()


def spent_by_all(sql: Callable[..., list[Any]]) -> Spent:
    """As ``calls.clock_of``, of whichever connections there are: the gateway's threads have their own."""
    from tests.benchmarks.calls import time

    backends = [
        row[0]
        for row in sql(
            "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
    ]

    def spent() -> tuple[float, float]:
        nanoseconds = sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in backends)
        return time.process_time(), nanoseconds / 1e9

    return spent


def batches(work: Work) -> Iterator[dict[str, list[Asked]]]:
    """What is asked through the gateway in each round."""
    slots = PATH
    free = iter(work.free[(ROUNDS + 1) * EACH :])
    for n in range(ROUNDS + 1):
        of = [token(client_id(0, 2 + (n * EACH + i) % (CLIENTS - 3))) for i in range(EACH)]
        wanted = [json.dumps({"coach": coach_id(LISTED).hex} | next(free)).encode() for _ in of]
        yield {
            "list": [("GET", slots, one, b"", 200) for one in of],
            "book": [("POST", "/api/appointments", one, body, 201) for one, body in zip(of, wanted, strict=True)],
            "health": [("GET", "/health", "", b"", 200) for _ in of],
        }


def rounds(work: Work, spent: Spent, send: Callable[[list[Asked]], None]) -> dict[str, list[tuple[float, float]]]:
    found: dict[str, list[tuple[float, float]]] = {}
    for batch in batches(work):
        found.setdefault("list, handed over", []).append(measured(spent, work.look))
        found.setdefault("list", []).append(measured(spent, lambda asked=batch["list"]: send(asked)))  # type: ignore[misc]
        found.setdefault("book, handed over", []).append(measured(spent, work.bookings()))
        found.setdefault("book", []).append(measured(spent, lambda asked=batch["book"]: send(asked)))  # type: ignore[misc]
        found.setdefault("health", []).append(measured(spent, lambda asked=batch["health"]: send(asked)))  # type: ignore[misc]
    return {name: times[1:] for name, times in found.items()}  # the first imports and connects


def main() -> int:
    with installation() as (server, url), unread():
        sql = owner(url)
        sql("INSERT INTO account VALUES (%s, 'listed', 'listed@x.example', true, '')", coach_id(LISTED))
        sql("UPDATE relationship SET coach_id = %s WHERE coach_id = %s", coach_id(LISTED), coach_id(0))
        fill(server, CALLS)
        work = Work(sql)
        with asking() as send:
            warm = next(batches(work))
            work.look()
            send(warm["list"])
            found = rounds(work, spent_by_all(sql), send)
    return show(found)


def show(found: dict[str, list[tuple[float, float]]]) -> int:
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; a coach of {CALLS:,} calls, {EACH} at a time"
    )
    print(
        "\n| CPU a request, ms | handed over | through the gateway | ratio | the gateway's own |\n|---|---:|---:|---:|---:|"
    )
    health = statistics.median(map(sum, found["health"]))
    for name, title in (("list", "listing four weeks"), ("book", "booking")):
        direct, through = (statistics.median(map(sum, found[one])) for one in (f"{name}, handed over", name))
        print(f"| {title} | {direct:.2f} | {through:.2f} | {through / direct:.2f} | {through - direct:.2f} |")
    print(f"| /health | | {health:.2f} | | |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
