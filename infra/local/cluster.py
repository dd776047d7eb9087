"""A database cluster, as PostgreSQL calls a data folder: which version made it, how it is made, what is in it first."""

import os
import secrets
import shutil
from pathlib import Path

import psycopg2

from infra.local import binaries, processes
from infra.local.binaries import User
from infra.local.errors import LocalError, disk_is_full

ADMIN = "postgres"


def kept_version(folder: Path) -> int | None:
    """Major version of the server that made the folder; None if there is none yet."""
    if not folder.exists():
        return None
    try:
        return int((folder / "PG_VERSION").read_text())
    except PermissionError as error:
        raise LocalError(
            f"{folder} belongs to another user: run as the one who made it, or choose another DATA=."
        ) from error
    except (FileNotFoundError, ValueError) as error:
        raise damaged(folder, "it has no readable PG_VERSION") from error


def damaged(folder: Path, reason: str) -> LocalError:
    """What to say of a folder that no server can start from."""
    return LocalError(
        f"PostgreSQL cannot start from {folder} ({reason}): move that folder away to begin with an empty "
        f"one (mv {folder} {folder}.damaged), or put a backup in its place."
    )


def make(folder: Path, password_file: Path, programs: Path, user: User | None, log: Path) -> None:
    """initdb beside the final place, then one rename: an interrupted first start leaves nothing half made.

    The administrator's password goes to ``password_file``; both belong to ``user``. Raises LocalError.
    """
    draft = folder.with_name("postgres.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    password_file.touch(mode=0o600)
    password_file.write_text(secrets.token_urlsafe(24) + "\n")
    if user is not None:
        os.chown(draft, *user)
        os.chown(password_file, *user)
    making = log.with_name("initdb.log")
    making.unlink(missing_ok=True)
    environment = os.environ | {"LC_ALL": "C"}
    initdb = processes.spawn(
        _initdb(draft, password_file, programs, user), log=making, environment=environment, user=user
    )
    with initdb:
        initdb.wait()
    if initdb.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        if "No space left" in making.read_text(errors="replace"):
            raise disk_is_full(folder.parent)
        raise LocalError(f"initdb could not make {folder}: {processes.last_line(making)} (see {making}).")
    draft.rename(folder)


def _initdb(draft: Path, password_file: Path, programs: Path, user: User | None) -> list[str | Path]:
    # lower() of every alphabet, and the order of bytes: the same on every machine.
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return [
        *(programs / "initdb", "-D", draft, "-U", ADMIN, "--encoding=UTF8", "--auth=scram-sha-256"),
        *(f"--pwfile={password_file}", "--no-instructions", "--no-sync"),
        *(locale if binaries.major_version(programs, user) >= 17 else ["--locale=C.UTF-8"]),
    ]


def make_database(admin_url: str, owner: str, password: str) -> None:
    """The owner, without superuser's rights, and their database, unless they are there."""
    connection = psycopg2.connect(admin_url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (owner,))
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE ROLE {owner} LOGIN CREATEDB CREATEROLE PASSWORD %s", (password,))
                if connection.server_version >= 160000:  # as before 16: who makes a role may take it
                    cursor.execute(f"ALTER ROLE {owner} SET createrole_self_grant = 'set, inherit'")
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (owner,))
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {owner} OWNER {owner}")
    finally:
        connection.close()
