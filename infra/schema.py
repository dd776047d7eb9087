"""Writes sql/schema.sql, the whole schema in one file for readers: ``python -m infra.schema``.

The migrations make the schema; this is what they come to, dumped by pg_dump and freed of what differs between the
versions of PostgreSQL. A test compares a database made from it with a migrated one, catalog by catalog.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from infra.local.errors import LocalError
from infra.local.postgres import Postgres

SCHEMA = Path(__file__).parent.parent / "sql" / "schema.sql"
HEADER = """\
-- The schema as the migrations make it, for readers; written by `python -m infra.schema`, not by hand.
-- The roles rendezvous_app and rendezvous_job are of the whole server and must be there before.

SET check_function_bodies = off;

"""
NOISE = re.compile(r"^(--.*|SET .*|SELECT pg_catalog\.set_config.*|\\(un)?restrict.*|)$")
"""Comments of pg_dump, settings of its session, and empty lines: they differ between versions and say nothing."""


def dump(url: str, programs: Path) -> str:
    """The schema of the database at ``url``. Raises LocalError where there is no pg_dump."""
    found = shutil.which("pg_dump", path=f"{programs}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        raise LocalError("There is no pg_dump here: install PostgreSQL's client programs.")
    command = [found, "--schema-only", "--no-owner", "--exclude-table=*yoyo*", url]
    return normalised(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def normalised(dumped: str) -> str:
    """What pg_dump wrote without its noise: an empty line between statements, none within, functions as they are."""
    kept: list[str] = []
    in_body = False
    for line in dumped.splitlines():
        if in_body or not NOISE.match(line):
            kept.append(line)
        elif kept and kept[-1]:
            kept.append("")
        if line.count("$$") % 2 or re.search(r"\$_\$", line):
            in_body = not in_body
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(kept).strip() + "\n")
    text = re.sub(r"^CREATE SCHEMA public;\n\n", "", text, flags=re.MULTILINE)
    return HEADER + re.sub(r"^COMMENT ON (SCHEMA public|EXTENSION) .*\n\n?", "", text, flags=re.MULTILINE)


def main() -> None:
    """Migrate a database of its own and write down what came of it."""
    os.environ.setdefault("STAGE", "test")
    from chalicelib.migrate import migrate

    with Postgres(durable=False) as server:
        migrate(server.url)
        SCHEMA.write_text(dump(server.url, server.programs))


if __name__ == "__main__":
    try:
        main()
    except LocalError as fault:
        sys.exit(str(fault))
