"""The whole product as a newcomer starts it, in processes of its own, with the demo community."""

import http.client
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import pytest

from infra.local import processes
from tests import days

if TYPE_CHECKING:
    from tests.e2e.pages import Site

ROOT = Path(__file__).resolve().parents[2]

# What drives a browser or a terminal comes with `make tools`; `make test` needs neither.
_HAS_DRIVERS = all(importlib.util.find_spec(driver) for driver in ("playwright", "pexpect"))
_DRIVING = re.compile(r"^from tests\.e2e\.(chromium|terminal) import", re.MULTILINE)
collect_ignore = [
    path.name
    for path in Path(__file__).parent.glob("test_*.py")
    if not _HAS_DRIVERS and _DRIVING.search(path.read_text())
]


class Running:
    """``make run``, and what a person does to it: curl, commands, Ctrl-C."""

    def __init__(self, data: Path, day: str | None = None) -> None:
        """``day``: on which of the days of tests/days.py it runs, whatever day the tests run on."""
        self.data, self.day = data, day
        self.process: Any = None
        self.lines: list[str] = []
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if name
            not in (
                "DATABASE_URL",
                "DATABASE_JOB_URL",
                "DATABASE_OWNER_URL",
                "KAFKA_BOOTSTRAP",
                "CLOCK_FILE",
                "SECRETS_FILE",
                "STAGE",
                "SITE",
                "SMTP_URL",
            )
        } | {"DATA": str(data), "PORT": "0"}

    def __enter__(self) -> "Running":
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self.lines.clear()
        self.data.mkdir(parents=True, exist_ok=True)
        days.set_clock(self.data / "clock", self.day)
        self.process = process = subprocess.Popen(
            [sys.executable, "-m", "infra.local", "run"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=lambda: self.lines.extend(process.stdout or ()), daemon=True).start()
        eventually(lambda: self.address or process.poll() is not None, 300)
        assert self.address, "".join(self.lines)

    @property
    def address(self) -> str:
        found = re.search(r"Rendezvous is ready on (http://\S+)", "".join(self.lines))
        return found[1] if found else ""

    @property
    def said(self) -> str:
        return "".join(self.lines)

    def stop(self) -> int:
        """Ctrl-C; its exit status. What does not end by that is killed, and fails."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return int(self.process.wait(30))
        except subprocess.TimeoutExpired:
            processes.kill(self.process)
            raise
        finally:
            if self.process.stdout:
                self.process.stdout.close()

    def command(self, *words: str) -> str:
        """``make WORDS``: a command against the running system; what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "infra.local", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def variable(self, name: str) -> str:
        """A variable of the running system's environment."""
        found = re.search(rf"export {name}=(.*)", self.command("env"))
        assert found, name
        return found[1].strip("'")

    def curl(
        self, method: str, path: str, body: Any = None, *, cookie: str = "", form: bool = False
    ) -> tuple[int, Any, str]:
        """Status, JSON, and the session cookie that came back."""
        site = urlsplit(self.address)
        connection = http.client.HTTPConnection(site.hostname or "", site.port, timeout=20)
        headers = {"Origin": self.address}
        if cookie:
            headers["Cookie"] = f"session={cookie}"
        content = None
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded" if form else "application/json"
            content = urlencode(body) if form else json.dumps(body)
        connection.request(method, path, content, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        given = re.match(r"session=([^;]*)", answer.getheader("Set-Cookie") or "")
        connection.close()
        return answer.status, json.loads(text) if text.startswith(("{", "[")) else text, given[1] if given else ""

    def log_in(self, username: str, password: str = "table-for-three") -> str:
        """The session cookie of somebody of the demo community."""
        status, _, cookie = self.curl("POST", "/Login/", {"username": username, "password": password}, form=True)
        assert status == 200, username
        return cookie

    def mails_to(self, address: str) -> list[str]:
        found = [path.read_text() for path in sorted((self.data / "mail").glob("[!.]*.eml"))]
        return [mail for mail in found if f"To: {address}" in mail]


def eventually(happened: Callable[[], Any], seconds: float = 20) -> Any:
    """What ``happened`` says as soon as it says something; fails after that many seconds."""
    end = time.monotonic() + seconds
    while not (found := happened()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)
    return found


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The system as a newcomer finds it: one for each module, which no other one has changed."""
    with Running(tmp_path_factory.mktemp("e2e") / "data") as system:
        yield system


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser without a face."""
    from tests.e2e.chromium import launched

    with launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Site"]:
    """A system in use, with its cast: a member, an admin, a coach and a client, each logged in. Tests share it, and
    none may count on what another one has not done."""
    from tests.e2e.pages import settle

    with Running(tmp_path_factory.mktemp("site") / "data") as system:
        yield settle(system)
