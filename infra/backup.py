"""`make backup` and `make restore`: the whole database as one file, and back, with a proof that nothing is missing.

The file is pg_dump's own. Beside it stand the sums of every table as they were in the same snapshot, and a restored
database is compared with them. The keys are not in it: a backup that is lost tells nobody who is kept apart, and one
without its keys brings everything back but that.
"""

import json
import os
import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql

from chalicelib.database import APP, JOB
from infra.local import binaries
from infra.local.errors import LocalError
from infra.local.installation import data_folder, environment, prepare
from infra.local.postgres import Postgres

Sums = dict[str, list[Any]]


def backup(url: str, file: Path) -> Sums:
    """Writes the database at ``url`` to ``file``, and its sums beside it, both as of one moment; the sums."""
    connection = psycopg2.connect(url)
    draft = file.with_name(file.name + ".new")
    try:
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_export_snapshot()")
            (snapshot,) = cursor.fetchone() or ("",)
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        dump = [program("pg_dump", connection.server_version), "--format=custom", "--no-owner"]
        run([*dump, f"--snapshot={snapshot}", f"--file={draft}", url])
        sums = sums_of(connection)
    finally:
        connection.close()
    beside(file).write_text(json.dumps(sums, indent=1) + "\n")
    draft.rename(file)
    return sums


def restore(url: str, file: Path) -> Sums:
    """Puts a backup into the empty database at ``url``, all of it or nothing, and compares; the sums.

    Raises:
        LocalError: the database is not empty, the file is no backup, or what is there now differs from what was.
    """
    expected: Sums = json.loads(beside(file).read_text())
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
            if (cursor.fetchone() or (0,))[0]:
                raise LocalError("There are tables in that database already: a backup goes into an empty one.")
            for role in (APP, JOB):  # they are of the server, not of a database
                cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", (role,))
                if cursor.fetchone() is None:
                    cursor.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
                    cursor.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(role)))
        how = ["--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={url}", str(file)]
        run([program("pg_restore", connection.server_version), *how])
        found = sums_of(connection)
    finally:
        connection.close()
    if different := sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)):
        raise LocalError(f"What was restored differs from what was dumped, in {', '.join(different)}.")
    return found


def beside(file: Path) -> Path:
    """Where the sums of a backup stand."""
    return file.with_name(file.name + ".sums.json")


def sums_of(connection: Any) -> Sums:
    """For every table how many rows it has and a sum over their contents, and for every sequence where it stands."""
    with connection.cursor() as cursor:
        # As text is compared, nothing may depend on who asks.
        cursor.execute("SET LOCAL timezone = 'UTC'; SET LOCAL DateStyle = 'ISO'; SET LOCAL extra_float_digits = 3")
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        sums: Sums = {}
        for (table,) in cursor.fetchall():
            query = "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM {} t"
            cursor.execute(sql.SQL(query).format(sql.Identifier(table)))
            sums[table] = list(cursor.fetchone() or ())
        cursor.execute("SELECT sequencename, coalesce(last_value, 0) FROM pg_sequences WHERE schemaname = 'public'")
        return sums | {f"sequence {name}": [value] for name, value in cursor.fetchall()}


def program(name: str, server_version: int) -> str:
    """pg_dump or pg_restore, no older than the server. Raises LocalError where there is none."""
    oldest = server_version // 10000
    found: dict[int, Path] = {}
    for folder in binaries.candidates():
        if (path := folder / name).is_file():
            told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
            if number := re.search(r"\d+", told):
                found.setdefault(int(number[0]), path)
    fitting = [version for version in found if version >= oldest]
    if not fitting:
        raise LocalError(
            f"There is no {name} of PostgreSQL {oldest} or later here: install PostgreSQL's client programs."
        )
    # The server's own version where it is here: a newer one writes and asks for what an older server does not know.
    return str(found[min(fitting)])


def run(command: list[str]) -> None:
    """Runs one of PostgreSQL's programs. Raises LocalError with what it said."""
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        said = ended.stderr.strip().splitlines() or ["it said nothing"]
        raise LocalError(f"{Path(command[0]).name} failed: {said[0]}")


def where(stack: ExitStack, *, running: bool) -> str:
    """The owner's URL of the database meant: DATABASE_URL, else that of this folder's system, which runs or must not run."""
    if url := os.environ.get("DATABASE_URL"):
        return url
    if running:
        return environment(data_folder())["DATABASE_OWNER_URL"]
    stack.enter_context(prepare(data_folder()))
    return stack.enter_context(Postgres(data_folder(), log=data_folder() / "log" / "postgres.log")).url


def main(arguments: list[str]) -> str | None:
    """Carries out ``backup FILE`` or ``restore FILE``; what is wrong, for people to read, or None."""
    match arguments:
        case ["backup", name] if name:
            with ExitStack() as stack:
                sums = backup(where(stack, running=True), Path(name))
            print(f"{name} holds {told(sums)}. The keys are not in it: keep those elsewhere, or nothing sealed opens.")
        case ["restore", name] if name:
            with ExitStack() as stack:
                sums = restore(where(stack, running=False), Path(name))
            print(f"{name} is restored: {told(sums)}, each as it was.")
        case _:
            return "Which file? make backup FILE=rendezvous.dump, make restore FILE=rendezvous.dump"
    return None


def told(sums: Sums) -> str:
    """How much it is."""
    counts = [values[0] for name, values in sums.items() if not name.startswith("sequence ")]
    return f"{sum(counts):,} rows in {len(counts)} tables"


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (LocalError, OSError, psycopg2.Error) as error:
        sys.exit(" ".join(str(error).split()))
