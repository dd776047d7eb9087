"""How each part of the local system is started, in the order in which they need each other."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from infra.local import installation, preflight, processes
from infra.local.broker import Tansu, make_topics
from infra.local.errors import LocalError
from infra.local.logins import logins
from infra.local.postgres import Postgres

if TYPE_CHECKING:
    from infra.local.supervisor import Supervisor

Start = Callable[["Supervisor"], str]
"""Starts a part, adds what others must know of it to ``system.variables``, and returns a note for the terminal."""


def postgres(system: "Supervisor") -> str:
    if url := os.environ.get("DATABASE_URL"):
        note = f"{preflight.server_version(url)} at DATABASE_URL"
        system.variables |= logins(url)
    else:
        server = Postgres(system.data, log=system.log / "postgres.log")
        server.start()
        assert server.process is not None
        system.track("PostgreSQL", server.process, server.stop)
        system.variables |= logins(server.url)
        note = f"{preflight.server_version(server.url)} in {server.folder}"
    system.run_once("migrate", "chalicelib.migrate")
    return note


def kafka(system: "Supervisor") -> str:
    from chalicelib.messaging.topics import KEPT_FOREVER, TOPICS

    if bootstrap := os.environ.get("KAFKA_BOOTSTRAP"):
        note = f"at KAFKA_BOOTSTRAP ({bootstrap})"
    else:
        broker = Tansu(system.log / "kafka.log")
        broker.start()
        assert broker.process is not None
        system.track("Kafka", broker.process, broker.stop)
        bootstrap, note = broker.bootstrap, "Tansu, in memory"
    try:
        make_topics(bootstrap, TOPICS, KEPT_FOREVER)
    except Exception as error:
        raise LocalError(f"Kafka at {bootstrap} does not take the topics ({error}): check KAFKA_BOOTSTRAP.") from error
    system.variables["KAFKA_BOOTSTRAP"] = bootstrap
    return note


def sqs(system: "Supervisor") -> str:
    port = system.start_server("SQS", "infra.local.aws")
    system.variables["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{port}"
    return "moto, in memory"


def mailbox(system: "Supervisor") -> str:
    if url := os.environ.get("SMTP_URL"):
        server = urlsplit(url)
        if not server.hostname:
            raise LocalError("SMTP_URL names no server: write it like SMTP_URL=smtp://127.0.0.1:1025, or unset it.")
        system.variables["SMTP_URL"] = url
        return f"mails are sent to {server.hostname} (SMTP_URL)"
    folder = system.data / installation.MAIL
    port = system.start_server("mailbox", "infra.local.mailbox", str(folder))
    system.variables["SMTP_URL"] = f"smtp://127.0.0.1:{port}"
    return f"mails are kept in {folder}"


def sockets(system: "Supervisor") -> str:
    port = urlsplit(system.variables["SOCKETS_API"]).port or 0
    child = system.spawn("sockets", "infra.local.sockets", str(port))
    processes.wait_until(lambda: processes.answers(port), child, "The socket server", system.log / "sockets.log")
    return system.variables["SOCKETS_URL"]


def worker(system: "Supervisor") -> str:
    ready = system.data / "worker.ready"
    ready.unlink(missing_ok=True)
    child = system.spawn("worker", "infra.local.worker", str(ready))
    processes.wait_until(ready.exists, child, "The worker", system.log / "worker.log")
    return ready.read_text()


def gateway(system: "Supervisor") -> str:
    listener = system.listener
    ready = system.data / "gateway.ready"
    ready.unlink(missing_ok=True)
    others = ("DATABASE_JOB_URL", "DATABASE_OWNER_URL")  # who serves people is let in by a log-in of its own alone
    child = system.spawn(
        "gateway", "infra.local.gateway", str(listener.fileno()), str(ready), keep=[listener.fileno()], hide=others
    )
    processes.wait_until(ready.exists, child, "The gateway", system.log / "gateway.log")
    return system.variables["SITE"]


def demo(system: "Supervisor") -> str:
    if os.environ.get("DEMO") == "no":
        return "not wanted: DEMO=no"
    system.run_once("demo", "infra.local.demo", show=True)
    return ""


STEPS: tuple[dict[str, Start], ...] = (
    {"PostgreSQL": postgres, "Kafka": kafka, "SQS": sqs, "mailbox": mailbox},
    {"worker": worker, "gateway": gateway, "sockets": sockets},
    {"demo": demo},
)
"""The parts of a step are started side by side; a step begins when all of the one before are ready."""
