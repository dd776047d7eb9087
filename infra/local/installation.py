"""What belongs to one installation on this machine: its folder, its secrets, and what runs for it now."""

import fcntl
import json
import os
import secrets
from pathlib import Path
from typing import IO

from infra.local.errors import LocalError, disk_errors
from infra.local.processes import ROOT

CLOCK = "clock"
MAIL = "mail"
STATE = "running.json"


def data_folder() -> Path:
    """The folder named by DATA (``.local`` by default), relative to the checkout."""
    return ROOT / (os.environ.get("DATA") or ".local")


def wanted_port() -> int:
    """The port named by PORT (8000 by default; 0: any free one)."""
    text = os.environ.get("PORT") or "8000"
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise LocalError(f"PORT={text} is no port: choose a number from 1024 to 65535, like PORT=8001.")
    return int(text)


def prepare(data: Path) -> IO[str]:
    """Makes the folder with its secrets and takes it for this process; hold on to the lock that is returned.

    Raises:
        LocalError: it cannot be written, or another supervisor has it.
    """
    with disk_errors(data):
        data.mkdir(parents=True, exist_ok=True)
        for part in ("log", MAIL):
            (data / part).mkdir(exist_ok=True)
        lock = (data / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalError(
                f"Rendezvous is running already with the data in {data}{_where(data)}: end it with Ctrl-C first, "
                "or choose another folder with DATA= and another port with PORT=."
            ) from None
        _make_secrets(data / "secrets.json")
    return lock


def _where(data: Path) -> str:
    try:
        return f" on {environment(data)['SITE']}"
    except LocalError:
        return ""


def _make_secrets(path: Path) -> None:
    """Keys made once: they derive every code and link, so losing them ends all that are on their way."""
    if path.exists():
        try:
            json.loads(path.read_text())
        except ValueError:
            raise LocalError(f"{path} is damaged: put its backup back, or remove it (open links then end).") from None
        return
    keys = {"links": [secrets.token_hex(32)], "filter": secrets.token_hex(32), "seal": [secrets.token_hex(32)]}
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(json.dumps(keys) + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)


def write_state(data: Path, variables: dict[str, str], processes: dict[str, int]) -> None:
    """Says what runs: the environment of its handlers, and process ids by part. Readable by oneself alone."""
    draft = data / (STATE + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"environment": variables, "processes": processes}, file, indent=1)
    draft.rename(data / STATE)


def forget_state(data: Path) -> None:
    """Nothing runs any more."""
    (data / STATE).unlink(missing_ok=True)


def environment(data: Path) -> dict[str, str]:
    """The variables that handlers of the running system see.

    Raises:
        LocalError: nothing runs with this folder.
    """
    try:
        with (data / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)  # got: the supervisor is gone, whatever the file says
            running = False
    except BlockingIOError:
        running = True
    except OSError:
        running = False
    try:
        if running:
            state: dict[str, dict[str, str]] = json.loads((data / STATE).read_text())
            return state["environment"]
    except PermissionError:
        raise LocalError(f"{data / STATE} belongs to another user: run this as the one who typed make run.") from None
    except (FileNotFoundError, ValueError):
        raise LocalError("Rendezvous is still starting: wait for the line 'Rendezvous is ready'.") from None
    raise LocalError(f"Nothing runs with the data in {data}: type make run first (the same DATA= and PORT=).")
