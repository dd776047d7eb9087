"""Child processes that never outlive the one who started them, not even after a kill -9 of it.

On Linux the kernel does it (PR_SET_PDEATHSIG). Elsewhere a pipe does: its writing end closes when the
parent is gone, however it went; Python children watch their end by themselves (``exit_with_parent``), and
programs that cannot are started under ``python -m infra.local.die_with_parent``.
"""

import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from infra.local.errors import LocalError

LINUX = sys.platform == "linux"
PR_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None).prctl if LINUX else None
LOOPBACK = "127.0.0.1"
ROOT = Path(__file__).resolve().parents[2]
"""The checkout: where app.py is, and where every part of the product runs."""


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    user: tuple[int, int] | None = None,
    last_signal: signal.Signals = signal.SIGKILL,
    keep: Sequence[int] = (),
    folder: Path = ROOT,
) -> subprocess.Popen[bytes]:
    """Starts ``command`` in a session of its own (a Ctrl-C reaches the supervisor alone), writing to ``log``.

    ``user`` is (uid, gid) to run as, ``last_signal`` what it gets when this process dies, ``keep`` the file
    descriptors it inherits, ``folder`` where it runs (for another user: /). The thread that calls must live as long
    as the child: to the kernel, the parent is a thread.
    """
    arguments = [str(part) for part in command]
    if not LINUX:
        arguments = [sys.executable, "-m", "infra.local.die_with_parent", str(int(last_signal)), *arguments]
    identity = {} if user is None else {"user": user[0], "group": user[1], "extra_groups": []}
    with log.open("ab") as output:
        child: subprocess.Popen[bytes] = subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if environment is None else dict(environment),
            cwd=folder if user is None else "/",
            pass_fds=keep,
            start_new_session=True,
            preexec_fn=_tied_to(os.getpid(), last_signal),
            **identity,  # type: ignore[call-overload]
        )
    return child


def _tied_to(parent: int, last_signal: signal.Signals) -> Callable[[], None]:
    """What a child does before it becomes the program: on Linux it asks the kernel for its end."""

    def tie() -> None:
        if _prctl is not None:
            _prctl(PR_SET_PDEATHSIG, int(last_signal))
            if os.getppid() != parent:  # it died before we were tied to it
                os._exit(1)

    return tie


def exit_with_parent() -> None:
    """Ends this process when its standard input closes: the parent holds the other end, and is gone."""

    def watch() -> None:
        while os.read(0, 1024):
            pass
        os._exit(1)

    threading.Thread(target=watch, name="watches the parent", daemon=True).start()


def stop(process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM, patience: float = 10.0) -> None:
    """Asks ``process`` to end; after ``patience`` seconds its whole session is killed."""
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            kill(process)
    if process.stdin is not None:
        process.stdin.close()


def kill(process: subprocess.Popen[bytes]) -> None:
    """kill -9 of ``process`` and what it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        process.kill()
    process.wait()
    if process.stdin is not None:
        process.stdin.close()


def free_port() -> int:
    """A TCP port on loopback that nobody listens on now, and that no outgoing connection is given meanwhile.

    Those are given numbers of 32768 and more (Linux; elsewhere of 49152), so one of them may be taken again before it
    is listened on.
    """
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port


def answers(port: int) -> bool:
    """Whether somebody listens on this loopback port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False


def wait_until(
    ready: Callable[[], bool], process: subprocess.Popen[bytes], what: str, log: Path, seconds: float = 60.0
) -> None:
    """Waits until ``ready()``; a LocalError with the log's last line if ``process`` ends or time runs out first."""
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            raise LocalError(f"{what} ended while starting: {last_line(log)} (the whole is in {log}).")
        if time.monotonic() > deadline:
            raise LocalError(f"{what} did not answer within {seconds:.0f} s: {last_line(log)} (see {log}).")
        time.sleep(0.02)


def last_line(log: Path) -> str:
    """The last line of a log that says something."""
    try:
        lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    except OSError:
        lines = []
    return lines[-1] if lines else "it said nothing"
