"""The deployed system on one's own machine: ``python -m infra.localstack start | deploy``."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

from infra.local import preflight, processes
from infra.local.errors import LocalError
from infra.local.installation import data_folder
from infra.localstack import deploy, system

USAGE = """usage: python -m infra.localstack start          LocalStack, PostgreSQL and Kafka until Ctrl-C
       python -m infra.localstack deploy         deploy to them; where nothing runs, start them first and stay
       python -m infra.localstack admin EMAIL    invite the first admin of what is deployed"""


def main(arguments: list[str]) -> int:
    """Runs one command; returns the exit status."""
    data = data_folder() / "localstack"
    preflight.drop_foreign_settings()
    match arguments:
        case ["start"]:
            with system.System(data, wanted_port()) as started:
                return _until_ended(started)
        case ["deploy"]:
            if account := system.running(data):
                _deploy(account)
                return 0
            with system.System(data, wanted_port()) as started:
                _deploy(started.account)
                return _until_ended(started)
        case ["admin", email]:
            return _admin(data, email)
    print(USAGE, file=sys.stderr)
    return 2


def wanted_port() -> int:
    """The port named by LOCALSTACK_PORT (4566 by default; 0: any free one). Raises LocalError."""
    text = os.environ.get("LOCALSTACK_PORT") or "4566"
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise LocalError(f"LOCALSTACK_PORT={text} is no port: choose a number from 1024 to 65535.")
    if int(text) and processes.answers(int(text)):
        raise LocalError(f"Port {text} is taken: end who has it, or choose another one with LOCALSTACK_PORT=.")
    return int(text)


def _deploy(account: system.Account) -> None:
    began = time.monotonic()
    site = deploy.deploy(account)
    endpoint = account.variables["AWS_ENDPOINT_URL"]
    say(f"Mails that were sent: {endpoint}/_aws/ses")
    say(f"Deployed in {time.monotonic() - began:.1f} s: {site}/")


def _until_ended(started: system.System) -> int:
    """Stays until a signal, or until a part ends."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: ended.set())
    account = started.account
    say(f"Database: {account.database_url}")
    say(f"Kafka ({type(started.kafka).__name__}): {account.kafka}")
    say(f"LocalStack is ready on {account.variables['AWS_ENDPOINT_URL']}; Ctrl-C ends everything.")
    parts = (started.aws, started.postgres, started.kafka, started.sockets)
    while not ended.wait(0.5):
        for part in parts:
            if part.process is None or part.process.poll() is not None:
                raise LocalError(f"{type(part).__name__} ended, so everything ends: see {part.log}.")
    return 0


def _admin(data: Path, email: str) -> int:
    account = system.running(data)
    if account is None:
        raise LocalError("Nothing is deployed: make deploy-local")
    say(str(deploy.invoke(account, "invite_admin", {"email": email})))
    say(f"The mail is at {account.variables['AWS_ENDPOINT_URL']}/_aws/ses")
    return 0


def say(line: str) -> None:
    """Prints a line now, whoever reads."""
    print(line, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except LocalError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
