"""All that the deployed system stands on, on one machine: LocalStack, the real PostgreSQL and a Kafka broker.

It begins empty every time, as LocalStack does, and ends with whoever started it.
"""

import fcntl
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import boto3

from infra.local import installation
from infra.local.apache_kafka import ApacheKafka
from infra.local.broker import Tansu
from infra.local.errors import LocalError, disk_errors
from infra.local.postgres import Postgres
from infra.local.processes import ROOT
from infra.localstack.server import LocalStack, inherited
from infra.localstack.sockets import SocketServer

JARS = ROOT / "build" / "kafka"
STATE = "aws.json"
NAME = "rendezvous-live"
"""What stands before the functions' names, as Chalice calls them."""


@dataclass(frozen=True)
class Account:
    """What is deployed to, as a developer's shell knows an AWS account.

    folder         keeps what Chalice has deployed, and the logs
    port           where LocalStack listens on 127.0.0.1
    variables      of the shell: by them boto3, Chalice and Terraform find LocalStack
    database_url   libpq URL of the database's owner
    kafka          bootstrap servers
    sockets        where sockets are opened on 127.0.0.1
    """

    folder: str
    port: int
    variables: dict[str, str]
    database_url: str
    kafka: str
    sockets: int

    @property
    def path(self) -> Path:
        """The folder."""
        return Path(self.folder)

    @property
    def secrets_file(self) -> Path:
        """JSON of the keys, which become the secret."""
        return self.path / "secrets.json"

    @property
    def clock_file(self) -> Path:
        """Moves the functions' clock: seconds."""
        return self.path / installation.CLOCK

    def client(self, service: str) -> Any:
        """boto3's client of a service."""
        session = boto3.Session(
            self.variables["AWS_ACCESS_KEY_ID"],
            self.variables["AWS_SECRET_ACCESS_KEY"],
            region_name=self.variables["AWS_REGION"],
        )
        return session.client(service, endpoint_url=self.variables["AWS_ENDPOINT_URL"])


class System:
    """``with System(folder) as system: deploy(system.account)``.

    Args:
        data: folder of the logs and the keys; of what an earlier system left there only the keys stay.
        port: where LocalStack listens on 127.0.0.1; 0: a free port.
    """

    def __init__(self, data: Path, port: int = 0) -> None:
        self.data = data.resolve()
        self.aws = LocalStack(self.data, port)
        self.postgres = Postgres(log=self.data / "log" / "postgres.log")
        self.kafka: ApacheKafka | Tansu = broker(self.data)
        self.sockets = SocketServer(self.data, NAME)
        # To the kernel a child's parent is a thread: these live as long as their servers.
        self._threads = ThreadPoolExecutor(max_workers=4)
        self._lock: IO[str] | None = None

    @property
    def account(self) -> Account:
        """What runs, for whoever deploys to it."""
        variables = self.aws.environment()
        return Account(
            str(self.data), self.aws.port, variables, self.postgres.url, self.kafka.bootstrap, self.sockets.port
        )

    def __enter__(self) -> "System":
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Starts everything at once and returns when all answer. Raises LocalError."""
        with disk_errors(self.data):
            self._lock = installation.prepare(self.data)
            shutil.rmtree(self.data / "project", ignore_errors=True)
            shutil.rmtree(self.data / "kafka", ignore_errors=True)
            for left in (installation.CLOCK, "terraform.tfstate", "terraform.tfstate.backup"):
                (self.data / left).unlink(missing_ok=True)
            starting = [self._threads.submit(part.start) for part in (self.aws, self.postgres, self.kafka)]
            starting.append(self._threads.submit(self.sockets.start, inherited() | self.aws.environment()))
            for start in starting:
                start.result()
            write(self.account)

    def stop(self) -> None:
        """Ends everything: first the functions, so that none misses what it needs."""
        (self.data / STATE).unlink(missing_ok=True)
        self.sockets.stop()
        self.aws.stop()
        if isinstance(self.kafka, ApacheKafka):
            self.kafka.kill()  # what it holds is not kept: it need not write it down
        else:
            self.kafka.stop()
        self.postgres.stop()
        self._threads.shutdown()
        if self._lock is not None:
            self._lock.close()


def broker(data: Path) -> ApacheKafka | Tansu:
    """A real Apache Kafka where Java and Maven are, else the one that pip brought."""
    if shutil.which("java") and (shutil.which("mvn") or JARS.exists()):
        return ApacheKafka(data / "kafka", jars=JARS)
    return Tansu(data / "log" / "kafka.log")


def write(account: Account) -> None:
    """Says what runs. Readable by oneself alone: a password stands in it."""
    draft = account.path / (STATE + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(account), file, indent=1)
    draft.rename(account.path / STATE)


def running(data: Path) -> Account | None:
    """What runs with this folder; None if nothing does. Raises LocalError while it starts."""
    try:
        with (data / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)  # got: whoever held it is gone, whatever the file says
        return None
    except BlockingIOError:
        pass
    except FileNotFoundError:
        return None
    try:
        return Account(**json.loads((data / STATE).read_text()))
    except FileNotFoundError:
        raise LocalError("LocalStack is still starting: wait for the line 'LocalStack is ready'.") from None
