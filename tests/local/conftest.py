"""A running system of its own, with the small application in standin/ for the product."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
STANDIN = Path(__file__).parent / "standin"


SET_BY_THE_SUPERVISOR = frozenset(
    (
        "STAGE",
        "SITE",
        "DATABASE_URL",
        "DATABASE_JOB_URL",
        "DATABASE_OWNER_URL",
        "KAFKA_BOOTSTRAP",
        "SMTP_URL",
        "MAIL_FROM",
        "SECRETS_FILE",
        "CLOCK_FILE",
    )
)


FOREIGN_SETTINGS = {
    "AWS_PROFILE": "production",
    "AWS_SESSION_TOKEN": "token",
    "AWS_ENDPOINT_URL_SQS": "http://192.0.2.1",
    "HTTP_PROXY": "http://192.0.2.1",
    "PGOPTIONS": "-c search_path=nowhere",
}
"""What a developer's shell may say of other systems; nothing of it may matter."""


class System:
    """``python -m infra.local run`` in a process of its own."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.seen_file = folder / "seen"
        self.variables = {
            **{name: value for name, value in os.environ.items() if name not in SET_BY_THE_SUPERVISOR},
            "DATA": str(self.data),
            "PORT": "0",
            "DEMO": "no",
            "SEEN": str(self.seen_file),
            "PYTHONPATH": f"{STANDIN}{os.pathsep}{ROOT}",
            "PYTHONSAFEPATH": "1",
            **variables,
        }
        self.process: subprocess.Popen[str] | None = None
        self.lines: list[str] = []

    def start(self, ready: bool = True, by: Sequence[str] = ()) -> "System":
        self.lines = []
        self.process = subprocess.Popen(
            [*by, sys.executable, "-m", "infra.local", "run"],
            cwd=ROOT,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.reader = threading.Thread(target=self._read, args=(self.process,), daemon=True)
        self.reader.start()
        if ready:
            eventually(lambda: self._ready() or self.process.poll() is not None, 90)  # type: ignore[union-attr]
            assert self._ready(), self.said
        return self

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self.lines.append(line)

    def _ready(self) -> bool:
        return any(line.startswith("Rendezvous is ready on ") for line in self.lines)

    @property
    def said(self) -> str:
        return "".join(self.lines)

    @property
    def site(self) -> str:
        return next(line for line in self.lines if line.startswith("Rendezvous is ready on ")).split()[-1]

    @property
    def port(self) -> int:
        return int(self.site.rpartition(":")[2])

    def state(self) -> Any:
        return json.loads((self.data / "running.json").read_text())

    @property
    def environment(self) -> dict[str, str]:
        found: dict[str, str] = self.state()["environment"]
        return found

    def command(self, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "infra.local", *arguments],
            cwd=ROOT,
            env=self.variables | variables,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def seen(self, what: str) -> list[Any]:
        """The events the stand-in's handlers of that name were given."""
        if not self.seen_file.exists():
            return []
        rows = [json.loads(line) for line in self.seen_file.read_text().splitlines()]
        return [row["event"] for row in rows if row["what"] == what]

    def remains(self) -> list[str]:
        """Command lines of processes that mention the data folder, or hold it as environment."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                environment = (entry / "environ").read_bytes()
                dead = (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
            except OSError:
                continue
            ours = str(self.folder) in command or f"DATA={self.data}".encode() in environment
            if ours and not dead and int(entry.name) != os.getpid():
                found.append(f"{entry.name} {command}")
        return found

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.wait()

    def wait(self, seconds: float = 30) -> int:
        """The exit status, when everything it printed is here."""
        assert self.process is not None
        status = self.process.wait(seconds)
        self.reader.join(seconds)
        return status

    def get(self, path: str, method: str = "GET", body: Any = None, headers: dict[str, str] | None = None) -> Any:
        """(status, headers, body) of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()


def eventually(happens: Callable[[], Any], seconds: float = 30) -> Any:
    """Waits until ``happens()`` is true, and returns what it returned."""
    until = time.monotonic() + seconds
    while not (found := happens()):
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)
    return found


@pytest.fixture
def make_system() -> Iterator[Callable[..., System]]:
    """Makes systems, each in a folder that PostgreSQL's user may enter; ends what is left of them."""
    made: list[System] = []

    def make(**variables: str) -> System:
        folder = Path(tempfile.mkdtemp(prefix="rendezvous-test-"))
        folder.chmod(0o755)
        made.append(System(folder, **variables))
        return made[-1]

    yield make
    for system in made:
        if system.process is not None:
            system.stop()
        shutil.rmtree(system.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def system() -> Iterator[System]:
    """One running system for all tests that leave it running."""
    folder = Path(tempfile.mkdtemp(prefix="rendezvous-test-"))
    folder.chmod(0o755)
    running = System(folder, **FOREIGN_SETTINGS).start()
    yield running
    running.stop()
    shutil.rmtree(folder, ignore_errors=True)
