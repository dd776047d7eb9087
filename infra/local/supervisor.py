"""Starts every part, says how long each took, and ends all of them together, whichever ends first."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from chalicelib import clock
from infra.local import compiling, installation, parts, processes
from infra.local.errors import LocalError, disk_errors, disk_is_full, has_no_room
from infra.local.preflight import drop_foreign_settings, listen


@dataclass(frozen=True)
class News:
    """What a part's thread or a signal tells the supervisor: ``what`` is ready, ended, failed, told or signal."""

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
        self.news: queue.SimpleQueue[News] = queue.SimpleQueue()
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.endings: list[Callable[[], None]] = []
        self.variables: dict[str, str] = {}
        self.stopping = False

    def run(self) -> int:
        """Starts, serves until a signal or a death, and stops. Raises LocalError for what the machine lacks."""
        began = time.monotonic()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, frame: self.news.put(News("signal", signal.Signals(number).name)))
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
        drop_foreign_settings()
        self.variables = self._base_environment(self.listener.getsockname()[1])
        os.environ["CLOCK_FILE"] = self.variables["CLOCK_FILE"]
        compiling.begin(self)
        for step in parts.STEPS:
            for name, start in step.items():
                threading.Thread(target=self._run_part, args=(name, start), name=name, daemon=True).start()
            if not self._wait_for(set(step)):
                return 0
        site = self.variables["SITE"]
        if "mailbox" in self.children:
            say(f"Mails that were sent: {site}/local/mails")
        if offset := clock.offset():
            say(f"The clock is set: it shows {clock.now():%Y-%m-%d %H:%M} UTC, {offset} from the real time.")
        say(f"Ready after {time.monotonic() - began:.1f} s; Ctrl-C ends everything.")
        say(f"Rendezvous is ready on {site}")
        self._wait_for({"a signal"})
        return 0

    def _base_environment(self, port: int) -> dict[str, str]:
        sockets = processes.free_port()
        return {
            "STAGE": "local",
            "SITE": f"http://127.0.0.1:{port}",
            "MAIL_FROM": os.environ.get("MAIL_FROM") or "Rendezvous <rendezvous@localhost>",
            "SECRETS_FILE": str(self.data / "secrets.json"),
            "CLOCK_FILE": str(self.data / installation.CLOCK),
            "DATA": str(self.data),
            "SOCKETS_URL": f"ws://127.0.0.1:{sockets}/",
            "SOCKETS_API": f"http://127.0.0.1:{sockets}",
            "LOG_LEVEL": os.environ.get("LOG_LEVEL") or "INFO",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "BROKER_IS_EMBEDDED": "0" if os.environ.get("KAFKA_BOOTSTRAP") else "1",
        }

    def _run_part(self, name: str, start: parts.Start) -> None:
        """A part's own thread: it starts the part, and stays with it, since the kernel ends a thread's children."""
        began = time.monotonic()
        try:
            with disk_errors(self.data):
                note = start(self)
        except BaseException as error:
            self.news.put(News("failed", name, error=error))
        else:
            self.news.put(News("ready", name, time.monotonic() - began, note))
            if child := self.children.get(name):
                status = child.wait()
                self.news.put(News("ended", name, note=describe(status)))
            threading.Event().wait()

    def _wait_for(self, names: set[str]) -> bool:
        """Until all of ``names`` are ready; False if a signal came first. Raises LocalError if a part ended."""
        while names:
            news = self.news.get()
            if news.what == "signal":
                say(f"{news.name}: ending everything.")
                return False
            if news.what in ("failed", "ended"):
                raise self._why(news)
            if news.what == "told":
                say(news.note)
                continue
            names.discard(news.name)
            say(f"  {news.name:<12}{news.seconds:5.1f} s  {news.note}")
            if self.children:
                running = {name: child.pid for name, child in self.children.items()}
                with disk_errors(self.data):
                    installation.write_state(self.data, self.variables, running)
        return True

    def _why(self, news: News) -> BaseException:
        """What to say of a part that failed or ended. On a full disk no log can be trusted to hold the reason."""
        if has_no_room(self.data) or "No space left on device" in processes.last_line(self.log / "postgres.log"):
            return disk_is_full(self.data)
        if news.what == "failed":
            return news.error or LocalError(news.name)
        return LocalError(f"{news.name} {news.note}, so everything ends: the reason may stand in {self.log}.")

    def _stop(self) -> None:
        """The last started ends first, so that no part misses what it needs."""
        self.stopping = True
        installation.forget_state(self.data)
        for end in reversed(self.endings):
            end()

    # What the parts are started with.

    def tell(self, sentence: str) -> None:
        """Says a sentence on the terminal, between the others."""
        self.news.put(News("told", "", note=sentence))

    def end_later(self, end: Callable[[], None]) -> None:
        """``end`` is called when all is ended: now, if that has begun."""
        self.endings.append(end)
        if self.stopping:
            end()

    def track(self, name: str, child: subprocess.Popen[bytes], end: Callable[[], None] | None = None) -> None:
        """From now on ``child`` is a part: when it ends all end, and it is ended with the others."""
        self.children[name] = child
        self.end_later(end or (lambda: processes.stop(child, patience=5)))

    def start_server(self, name: str, module: str, *arguments: str) -> int:
        """Starts a part that listens on a port of its own; returns the port when it answers."""
        port = processes.free_port()
        child = self.spawn(name, module, str(port), *arguments)
        processes.wait_until(lambda: processes.answers(port), child, f"The {name} server", self.log / f"{name}.log")
        return port

    def spawn(
        self, name: str, module: str, *arguments: str, keep: Sequence[int] = (), hide: Sequence[str] = ()
    ) -> subprocess.Popen[bytes]:
        """Starts a part; ``keep`` are the file descriptors it inherits, ``hide`` the variables that it does not."""
        command = [sys.executable, "-m", module, *arguments]
        log = self.log / f"{name}.log"
        environment = {name: value for name, value in self._environment().items() if name not in hide}
        child = processes.spawn(command, log=log, environment=environment, keep=keep)
        self.track(name, child)
        return child

    def run_once(self, name: str, module: str, show: bool = False) -> None:
        """Runs a command of the application to its end; what it prints is shown or kept."""
        log = self.log / f"{name}.log"
        log.unlink(missing_ok=True)
        child = processes.spawn([sys.executable, "-m", module], log=log, environment=self._environment())
        self.end_later(lambda: processes.stop(child, patience=5))
        status = child.wait()
        if status != 0 and not self.stopping:
            reason = processes.last_line(log)
            raise LocalError(f"python -m {module} {describe(status)}: {reason} (the whole is in {log}).")
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
