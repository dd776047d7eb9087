"""Starts every part, says how long each took, and ends all of them together, whoever dies first."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from chalicelib import clock
from infra.local import installation, processes
from infra.local.broker import Tansu, make_topics
from infra.local.faults import Fault, disk_faults, full_disk
from infra.local.postgres import Postgres
from infra.local.surroundings import forget_other_worlds, listen, server_version


@dataclass(frozen=True)
class Happened:
    """What a thread or a signal tells the supervisor: ``what`` is ready, ended, failed or signal."""

    what: str
    name: str
    seconds: float = 0.0
    note: str = ""
    error: BaseException | None = None


class Supervisor:
    """One run of the whole system; ``run()`` returns the exit status."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.log = data / "log"
        self.news: queue.SimpleQueue[Happened] = queue.SimpleQueue()
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.endings: list[Callable[[], None]] = []
        self.variables: dict[str, str] = {}
        self.stopping = False
        self.embedded_broker = not os.environ.get("KAFKA_BOOTSTRAP")

    def run(self) -> int:
        """Starts, serves until a signal or a death, and stops. Raises Fault where the machine is at fault."""
        began = time.monotonic()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, frame: self.news.put(Happened("signal", signal.Signals(number).name)))
        lock = installation.prepare(self.data)
        installation.forget_state(self.data)
        self.listener = listen(installation.wanted_port())
        try:
            return self._serve(began)
        finally:
            self._stop()
            self.listener.close()
            lock.close()

    def _serve(self, began: float) -> int:
        port = self.listener.getsockname()[1]
        forget_other_worlds()
        self.variables = self._base_environment(port)
        os.environ["CLOCK_FILE"] = self.variables["CLOCK_FILE"]
        steps = (
            {
                "PostgreSQL": self._start_postgres,
                "Kafka": self._start_broker,
                "SQS": self._start_aws,
                "mailbox": self._start_mailbox,
            },
            {"worker": self._start_worker, "gateway": self._start_gateway},
            {"demo": self._fill_demo},
        )
        for step in steps:
            for name, start in step.items():
                threading.Thread(target=self._live, args=(name, start), name=name, daemon=True).start()
            if not self._wait_for(set(step)):
                return 0
        if "mailbox" in self.children:
            say(f"Mails that were sent: http://127.0.0.1:{port}/local/mails")
        if offset := clock.offset():
            say(f"The clock is set: it shows {clock.now():%Y-%m-%d %H:%M} UTC, {offset} from the real time.")
        say(f"Ready after {time.monotonic() - began:.1f} s; Ctrl-C ends everything.")
        say(f"Rendezvous is ready on http://127.0.0.1:{port}")
        self._wait_for({"a signal"})
        return 0

    def _live(self, name: str, start: Callable[[], str]) -> None:
        """A part's own thread: it starts the part, and stays with it, since the kernel ends a thread's children."""
        began = time.monotonic()
        try:
            with disk_faults(self.data):
                note = start()
        except BaseException as error:
            self.news.put(Happened("failed", name, error=error))
        else:
            self.news.put(Happened("ready", name, time.monotonic() - began, note))
            if child := self.children.get(name):
                status = child.wait()
                self.news.put(Happened("ended", name, note=describe(status)))
            threading.Event().wait()

    def _wait_for(self, names: set[str]) -> bool:
        """Until all of ``names`` are ready; False if a signal came first. Raises Fault if a part ended."""
        while names:
            news = self.news.get()
            if news.what == "signal":
                say(f"{news.name}: ending everything.")
                return False
            if news.what == "failed":
                raise news.error or Fault(news.name)
            if news.what == "ended":
                if "No space left on device" in processes.last_line(self.log / "postgres.log"):
                    raise full_disk(self.data)
                raise Fault(f"{news.name} {news.note}, so everything ends: the reason may stand in {self.log}.")
            names.discard(news.name)
            say(f"  {news.name:<12}{news.seconds:5.1f} s  {news.note}")
            if self.children:
                installation.write_state(
                    self.data, self.variables, {name: child.pid for name, child in self.children.items()}
                )
        return True

    def _stop(self) -> None:
        """The last started ends first, so nobody misses what he needs."""
        self.stopping = True
        installation.forget_state(self.data)
        for end in reversed(self.endings):
            end()

    def _adopt(self, name: str, child: subprocess.Popen[bytes], end: Callable[[], None] | None = None) -> None:
        self.children[name] = child
        self.endings.append(end or (lambda: processes.stop(child, patience=5)))
        if self.stopping:
            self.endings[-1]()

    def _base_environment(self, port: int) -> dict[str, str]:
        return {
            "STAGE": "local",
            "SITE": f"http://127.0.0.1:{port}",
            "MAIL_FROM": os.environ.get("MAIL_FROM") or "Rendezvous <rendezvous@localhost>",
            "SECRETS_FILE": str(self.data / "secrets.json"),
            "CLOCK_FILE": str(self.data / installation.CLOCK),
            "MAIL_FOLDER": str(self.data / installation.MAIL),
            "DATA": str(self.data),
            "LOG_LEVEL": os.environ.get("LOG_LEVEL") or "INFO",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "BROKER_IS_EMBEDDED": "1" if self.embedded_broker else "0",
        }

    def _start_postgres(self) -> str:
        if url := os.environ.get("DATABASE_URL"):
            note = f"{server_version(url)} at DATABASE_URL"
            self.variables["DATABASE_URL"] = url
        else:
            server = Postgres(self.data, log=self.log / "postgres.log")
            server.start()
            assert server.process is not None
            self._adopt("PostgreSQL", server.process, server.stop)
            self.variables["DATABASE_URL"] = server.url
            note = f"{server_version(server.url)} in {server.folder}"
        if find_spec("chalicelib.migrate") is not None:
            self._run_once("migrate", "chalicelib.migrate")
        return note

    def _start_broker(self) -> str:
        from chalicelib.messaging.topics import KEPT_FOREVER, TOPICS

        if bootstrap := os.environ.get("KAFKA_BOOTSTRAP"):
            note = f"at KAFKA_BOOTSTRAP ({bootstrap})"
        else:
            broker = Tansu(self.log / "kafka.log")
            broker.start()
            assert broker.process is not None
            self._adopt("Kafka", broker.process, broker.stop)
            bootstrap, note = broker.bootstrap, "Tansu, in memory"
        try:
            make_topics(bootstrap, TOPICS, KEPT_FOREVER)
        except Exception as error:
            raise Fault(f"Kafka at {bootstrap} does not take the topics ({error}): check KAFKA_BOOTSTRAP.") from error
        self.variables["KAFKA_BOOTSTRAP"] = bootstrap
        return note

    def _start_aws(self) -> str:
        port = self._start_module("SQS", "infra.local.aws")
        self.variables["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{port}"
        return "moto, in memory"

    def _start_mailbox(self) -> str:
        if url := os.environ.get("SMTP_URL"):
            self.variables["SMTP_URL"] = url
            server = urlsplit(url)
            return f"mails are sent by {server.hostname}:{server.port or 25}, which is SMTP_URL"
        port = self._start_module("mailbox", "infra.local.mailbox", str(self.data / installation.MAIL))
        self.variables["SMTP_URL"] = f"smtp://127.0.0.1:{port}"
        return f"mails are kept in {self.data / installation.MAIL}"

    def _start_worker(self) -> str:
        ready = self.data / "worker.ready"
        ready.unlink(missing_ok=True)
        child = self._spawn_module("worker", "infra.local.worker", str(ready))
        processes.wait_until(ready.exists, child, "The worker", self.log / "worker.log")
        return ready.read_text()

    def _start_gateway(self) -> str:
        port = self.listener.getsockname()[1]
        ready = self.data / "gateway.ready"
        ready.unlink(missing_ok=True)
        child = self._spawn_module("gateway", "infra.local.gateway", str(self.listener.fileno()), str(ready))
        processes.wait_until(ready.exists, child, "The gateway", self.log / "gateway.log")
        return f"http://127.0.0.1:{port}"

    def _fill_demo(self) -> str:
        if os.environ.get("DEMO") == "no":
            return "not wanted: DEMO=no"
        if find_spec("infra.local.demo") is None:
            return "there is none yet"
        self._run_once("demo", "infra.local.demo", show=True)
        return ""

    def _start_module(self, name: str, module: str, *arguments: str) -> int:
        """Starts a part that listens on a port of its own; returns the port when it answers."""
        port = processes.free_port()
        child = self._spawn_module(name, module, str(port), *arguments)
        processes.wait_until(lambda: processes.answers(port), child, f"The {name} server", self.log / f"{name}.log")
        return port

    def _spawn_module(self, name: str, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        child = processes.spawn(
            [sys.executable, "-m", module, *arguments],
            log=self.log / f"{name}.log",
            environment=self._environment(),
            keep=[self.listener.fileno()] if name == "gateway" else (),
        )
        self._adopt(name, child)
        return child

    def _run_once(self, name: str, module: str, show: bool = False) -> None:
        """Runs a command of the application to its end; what it prints is shown or kept."""
        log = self.log / f"{name}.log"
        log.unlink(missing_ok=True)
        child = processes.spawn([sys.executable, "-m", module], log=log, environment=self._environment())
        self.endings.append(lambda: processes.stop(child, patience=5))
        status = child.wait()
        if status != 0 and not self.stopping:
            raise Fault(f"python -m {module} {describe(status)}: {processes.last_line(log)} (the whole is in {log}).")
        if show:
            say(log.read_text(errors="replace").rstrip())

    def _environment(self) -> dict[str, str]:
        path = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(processes.ROOT))))
        return os.environ | self.variables | {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}


def describe(status: int) -> str:
    """An exit status in words."""
    return f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"


def say(line: str) -> None:
    """Prints a line now, whoever reads."""
    print(line, flush=True)
