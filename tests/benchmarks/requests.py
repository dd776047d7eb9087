"""What a request costs: `python -m tests.benchmarks.requests`.

CPU of this process for a request through the product, and for the same SQL sent from a bare Chalice route, in turn
in one run, so that a noisy machine slows both. PostgreSQL's own time is not in it. The ratio must not exceed 1.5.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from infra.local.logins import logins

LIMIT = 1.5
ROUNDS = 25
REQUESTS = 40
"""Requests of each kind in a round."""

Statement = tuple[str, Any]
Recorded = list[list[Statement]]
"""Transactions, each a list of statements with their values."""


def cpu(work: Callable[[], Any], times: int = REQUESTS) -> float:
    """Microseconds of CPU that one call takes."""
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times * 1e6


def prepare(url: str) -> str:
    """Ada, her friends and three lunches in the database at ``url``; her session's token."""
    return community(url)[1]


def community(url: str) -> tuple[Any, str]:
    """The same, with the community they are of."""
    import psycopg2
    import psycopg2.extras

    from tests.lunch.test_lists import lunch
    from tests.people import Community

    connection = psycopg2.connect(url, cursor_factory=psycopg2.extras.NamedTupleCursor)
    connection.autocommit = True
    psycopg2.extras.register_uuid(conn_or_curs=connection)

    def sql(statement: str, *values: Any) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    made = Community(sql)
    made.rule("requests.per_minute", 100_000)
    people = tuple(made.person(name) for name in ("ada", "bob", "carl"))
    for days in (1, 8, 15):
        starts = (datetime.now(UTC) + timedelta(days=days)).replace(second=0, microsecond=0)
        lunch(made, starts.isoformat(), approved=people)
    return made, made.browser_of(people[0]).cookie


def event_of(method: str, path: str, token: str, body: Any = None) -> dict[str, Any]:
    """The request as API Gateway hands it over."""
    from app import app
    from infra.local import events
    from infra.local.routes import Routes

    headers = [("Host", "rendezvous.test"), ("Accept", "application/json"), ("Cookie", f"session={token}")]
    headers += [("Origin", "https://rendezvous.test"), ("Content-Type", "application/json")] if body else []
    content = json.dumps(body).encode() if body else b""
    match = Routes(app.routes).match(path)
    assert match, path
    return events.http(
        method, path, match.resource, match.parameters, headers, content, "203.0.113.7", datetime.now(UTC)
    )


def recorded(request: Callable[[], Any]) -> Recorded:
    """What the request sends to PostgreSQL."""
    from chalicelib import database

    sent: Recorded = []
    kept = {name: getattr(database.Database, name) for name in ("run", "rows", "row", "value")}
    attempt = database._attempt

    def listening(name: str) -> Callable[..., Any]:
        def asked(self: Any, sql: str, **values: Any) -> Any:
            sent[-1].append((sql, values))
            return kept[name](self, sql, **values)

        return asked

    def transaction(work: Any, role: str) -> Any:
        sent.append([])
        return attempt(work, role)

    for name in kept:
        setattr(database.Database, name, listening(name))
    database._attempt = transaction  # type: ignore[assignment]
    try:
        request()
    finally:
        database._attempt = attempt
        for name, method in kept.items():
            setattr(database.Database, name, method)
    assert sent and all(sent), "the request sent no SQL"
    return sent


def sender(sent: Recorded) -> Callable[[], None]:
    """Sends the same SQL by psycopg2 alone."""
    import psycopg2

    from chalicelib.database import APP, connect

    warm = connect(APP)
    warm.cursor_factory = psycopg2.extensions.cursor

    def send() -> None:
        for transaction in sent:
            with warm.cursor() as cursor:
                for sql, values in transaction:
                    cursor.execute(sql, values)
                    if cursor.description:
                        cursor.fetchall()
            warm.commit()

    return send


def bare(method: str, path: str, send: Callable[[], None], answer: Any) -> Any:
    """A Chalice application with this one route, which sends the SQL and answers the same JSON."""
    from chalice.app import Chalice

    app = Chalice(app_name="bare")
    app.api.binary_types = []

    def view() -> Any:
        app.current_request.to_dict()
        send()
        return answer

    app.route(path, methods=[method], content_types=["application/json"])(view)
    return app


def measure(method: str, path: str, token: str, body: Any = None) -> tuple[float, dict[str, float]]:
    """The ratio, and microseconds by what takes them."""
    from chalice.local import LambdaContext

    from chalicelib import logs, web
    from chalicelib.web import parsing, responses
    from tests.people import _gateway

    app, _ = _gateway()
    event = event_of(method, path, token, body)
    context = LambdaContext("bench", memory_size=512, max_runtime_ms=30_000)

    def product() -> Any:
        return app(event, context)

    answer = product()
    assert answer["statusCode"] == 200, answer
    sent = recorded(product)
    send = sender(sent)
    route = bare(method, path, send, json.loads(answer["body"]))
    nothing = bare(method, path, lambda: None, json.loads(answer["body"]))

    def baseline() -> Any:
        return route(event, context)

    assert json.loads(baseline()["body"]) == json.loads(answer["body"])
    pairs = [(cpu(product), cpu(baseline)) for _ in range(ROUNDS)]
    request = Given(event)
    reply = json.loads(answer["body"])
    layers = {
        "the product": statistics.median(pair[0] for pair in pairs),
        "bare Chalice with the same SQL": statistics.median(pair[1] for pair in pairs),
        "  Chalice alone": cpu(lambda: nothing(event, context), 200),
        f"  {sum(map(len, sent))} statements in {len(sent)} transactions": cpu(send, 200),
        "reading the request": cpu(lambda: web.read_request(request), 200),
        "answer, security headers": cpu(lambda: responses.secured(responses.as_json(reply), False), 200),
        "one line of log": cpu(lambda: logs.request(route=path, status=200, ms=1.0), 200),
    }
    if body:
        layers["reading the body as JSON"] = cpu(lambda: parsing.read_json(event["body"]), 200)
    return statistics.median(product / base for product, base in pairs), layers


class Given:
    """Chalice's request, as read_request takes it."""

    def __init__(self, event: dict[str, Any]) -> None:
        from chalice.app import Request

        real = Request(event, None)
        self.method, self.headers, self.raw_body = real.method, real.headers, real.raw_body
        self.to_original_event = real.to_original_event


def settings(folder: Path, url: str) -> None:
    kept = folder / "secrets.json"
    kept.write_text(json.dumps({"links": "00" * 32, "filter": "00" * 32, "seal": ["00" * 32]}))
    os.environ |= {"STAGE": "test", "SITE": "http://rendezvous.test", "SECRETS_FILE": str(kept)} | logins(url)


def main() -> int:
    """Print the table; 1 if a ratio is over the limit."""
    from infra.local.postgres import Postgres

    worst = 0.0
    with tempfile.TemporaryDirectory() as folder, Postgres(durable=False) as server:
        settings(Path(folder), server.url)
        from chalicelib.migrate import make_logins, migrate

        migrate(server.url)
        make_logins()
        token = prepare(server.url)
        shown, sys.stderr = sys.stderr, open(os.devnull, "w")  # noqa: PTH123, SIM115  the log is written, and not read
        try:
            for method, path, body in (("GET", "/MyEvents", None), ("PATCH", "/api/me", {"name": "Ada Lovelace"})):
                ratio, layers = measure(method, path, token, body)
                worst = max(worst, ratio)
                print(f"{method} {path}: {ratio:.2f} times the CPU of a bare route (at most {LIMIT})")
                for name, microseconds in layers.items():
                    print(f"  {name:<45} {microseconds:8.0f} µs")
        finally:
            sys.stderr = shown
    return int(worst > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
