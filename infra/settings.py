"""What Chalice and Terraform must both know, said once: ``python -m infra.settings``.

Which functions there are, what calls them and which topics they read, app.py and chalicelib's topics say. What each
may use and do stands here. Of the two come .chalice/config.json, by which Chalice packages and deploys, and
infra/terraform/application.auto.tfvars.json, from which Terraform makes functions, roles, schedules and mappings.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
CHALICE = ROOT / ".chalice" / "config.json"
TERRAFORM = ROOT / "infra" / "terraform" / "application.auto.tfvars.json"

APP_NAME = "rendezvous"
STAGE = "live"
"""Chalice's stage and the API's: its default, ``api``, would give /api/api/... for the JSON API."""
WIDTH = 110
"""Characters of a line in what is written."""
COMPRESSED_FROM = 1400
"""Bytes from which API Gateway compresses an answer; below, it would fit one packet anyway."""


@dataclass(frozen=True)
class Needs:
    """What a function may use and do.

    memory       MiB; its share of a processor grows with it, 1,769 being a whole one
    timeout      seconds; API Gateway itself gives up after 29
    concurrency  how many run at once, reserved; each holds ``connections`` of the database
    connections  of the database that one environment may hold: jobs hold a second one for their advisory lock
    login        of the database: handlers, jobs or migrations
    may          what its role allows beside logs, network and its own secrets: ask (for rounds), match, publish,
                 consume, mail, push (to sockets), make_topics
    """

    memory: int
    timeout: int
    concurrency: int
    connections: int
    login: str
    may: tuple[str, ...] = ()


KINDS = {
    "http": Needs(memory=1024, timeout=29, concurrency=40, connections=1, login="handlers"),
    "socket": Needs(memory=512, timeout=29, concurrency=10, connections=1, login="handlers"),
    "schedule": Needs(memory=512, timeout=300, concurrency=2, connections=2, login="jobs"),
    "queue": Needs(memory=3008, timeout=900, concurrency=4, connections=2, login="jobs", may=("match",)),
    "consumer": Needs(memory=512, timeout=120, concurrency=6, connections=1, login="jobs", may=("consume",)),
    "direct": Needs(memory=512, timeout=900, concurrency=1, connections=2, login="jobs"),
}
"""What a function of each kind gets; a new one in app.py needs nothing here, unless it must be allowed more."""

OWN: dict[str, dict[str, Any]] = {
    "match_lunches": {"may": ("ask",), "timeout": 60},
    # These two run day and night, so each MiB of them costs most of all.
    "relay": {"may": ("publish",), "timeout": 150, "memory": 256},
    # Eight workers at once, a look at what is next, and the lock.
    "send_mails": {"may": ("mail",), "timeout": 150, "memory": 256, "connections": 10},
    # Four workers at once; each reads what strangers wrote in a process of its own.
    "read_calendars": {"timeout": 300, "memory": 1024, "connections": 4},
    "observe": {"memory": 256, "timeout": 60, "connections": 1},
    "websocket_message": {"concurrency": 2, "memory": 256},
    "live_updates": {"may": ("consume", "push")},
    "migrate": {"login": "migrations", "may": ("make_topics",)},
}
"""Function -> where it differs from its kind."""


@dataclass(frozen=True)
class Function:
    """A Lambda as app.py declares it: what calls it, and what it needs.

    kind      http, socket, schedule, queue, consumer or direct
    handler   what Lambda calls, ``app.mailer``
    schedule  EventBridge's expression, or ""
    queue     name of its SQS queue, or ""
    batch     messages of the queue at once
    topics    Kafka topics it reads
    route     of the WebSocket API, or ""
    """

    kind: str
    handler: str
    needs: Needs
    schedule: str = ""
    queue: str = ""
    batch: int = 1
    topics: tuple[str, ...] = ()
    route: str = ""


def functions() -> dict[str, Function]:
    """Every Lambda of app.py, by the name that Chalice gives it."""
    return {name: _with_needs(name, function) for name, function in sorted(_declared())}


def _declared() -> Iterator[tuple[str, Function]]:
    from chalice.app import ScheduledEventConfig, SQSEventConfig

    consumers = _topics().CONSUMERS
    app = _app()
    yield "api_handler", _function("http", "app.app")
    for source in app.event_sources:
        if isinstance(source, ScheduledEventConfig):
            yield source.name, _function("schedule", source.handler_string, schedule=_expression(source))
        elif isinstance(source, SQSEventConfig):
            yield source.name, _function("queue", source.handler_string, queue=source.queue, batch=source.batch_size)
        else:
            raise TypeError(f"{source.name}: Terraform does not know what calls it")
    for given in app.pure_lambda_functions:
        topics = consumers.get(given.name, ())
        yield given.name, _function("consumer" if topics else "direct", given.handler_string, topics=topics)
    for route, handler in app.websocket_handlers.items():
        names = {"$connect": "websocket_connect", "$disconnect": "websocket_disconnect"}
        yield names.get(route, "websocket_message"), _function("socket", handler.handler_string, route=route)


def _function(kind: str, handler: str, **more: Any) -> Function:
    return Function(kind, handler, KINDS[kind], **more)


def _with_needs(name: str, function: Function) -> Function:
    return replace(function, needs=replace(function.needs, **OWN.get(name, {})))


def _expression(source: Any) -> str:
    expression = source.schedule_expression
    return expression if isinstance(expression, str) else str(expression.to_string())


def _app() -> Any:
    os.environ.setdefault("STAGE", STAGE)
    import app

    return app.app


def _topics() -> Any:
    from chalicelib.messaging import topics

    return topics


def for_chalice(known: Mapping[str, Function]) -> dict[str, Any]:
    """.chalice/config.json."""
    usual = KINDS["http"]
    return {
        "version": "2.0",
        "app_name": APP_NAME,
        "api_gateway_endpoint_type": "REGIONAL",
        "api_gateway_stage": STAGE,
        "lambda_memory_size": usual.memory,
        "lambda_timeout": usual.timeout,
        "minimum_compression_size": COMPRESSED_FROM,
        # Terraform makes a role for each function; Chalice alone only deploys where nobody asks for one.
        "manage_iam_role": False,
        "iam_role_arn": f"arn:aws:iam::000000000000:role/{APP_NAME}",
        "stages": {
            stage: {
                "environment_variables": {"STAGE": stage},
                "lambda_functions": {
                    name: {
                        "lambda_memory_size": function.needs.memory,
                        "lambda_timeout": function.needs.timeout,
                        "reserved_concurrency": function.needs.concurrency,
                    }
                    for name, function in known.items()
                },
            }
            for stage in ("local", STAGE)
        },
    }


def for_terraform(known: Mapping[str, Function]) -> dict[str, Any]:
    """The value of Terraform's variable ``application``."""
    from chalicelib.web import responses

    topics = _topics()
    return {
        "application": {
            "name": APP_NAME,
            "stage": STAGE,
            "compressed_from": COMPRESSED_FROM,
            "routes": sorted(_app().routes),
            "headers": {**responses.SECURITY_HEADERS, **responses.HSTS, "Cache-Control": responses.PRIVATE},
            "topics": list(topics.TOPICS),
            "functions": {
                name: {key: value for key, value in asdict(function).items() if key != "needs"} | asdict(function.needs)
                for name, function in known.items()
            },
        }
    }


def as_text(value: Any, indent: str = "") -> str:
    """JSON to be read: what fits a line stands on one."""
    line = json.dumps(value)
    if not isinstance(value, dict | list) or len(indent) + len(line) <= WIDTH:
        return line
    deeper = indent + "  "
    if isinstance(value, list):
        parts = [as_text(one, deeper) for one in value]
        opening, closing = "[]"
    else:
        parts = [f"{json.dumps(key)}: {as_text(one, deeper)}" for key, one in value.items()]
        opening, closing = "{}"
    return opening + ",".join(f"\n{deeper}{part}" for part in parts) + f"\n{indent}{closing}"


def main() -> None:
    """Write both files."""
    known = functions()
    CHALICE.write_text(as_text(for_chalice(known)) + "\n")
    TERRAFORM.write_text(as_text(for_terraform(known)) + "\n")
    print(f"{CHALICE.relative_to(ROOT)} and {TERRAFORM.relative_to(ROOT)}: {len(known)} functions.")


if __name__ == "__main__":
    main()
