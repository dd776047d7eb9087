"""What pg_dump says of a schema, taken apart: one entry for each object, without what differs between versions."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from infra.local.errors import LocalError

HEAD = re.compile(r"^--\n-- Name: (?P<name>.*); Type: (?P<kind>[A-Z ]+); Schema: .*; Owner: .*\n--\n", re.MULTILINE)
NOISE = re.compile(r"^(SET default_|SELECT pg_catalog\.set_config|\\(un)?restrict|--).*\n?", re.MULTILINE)
BODY = re.compile(r"(\$\w*\$.*?\$\w*\$)", re.DOTALL)
SHORTER = (
    (re.compile(r"\bpublic\."), ""),
    (re.compile(r"\btimestamp with time zone\b"), "timestamptz"),
    (re.compile(r"('(?:[^']|'')*')::text\b"), r"\1"),
    (re.compile(r"\( SELECT (\w+)\(([^()]*)\) AS \1\)"), r"(SELECT \1(\2))"),
    (re.compile(r"\bALTER TABLE ONLY\b"), "ALTER TABLE"),
)
"""The same said shorter: pg_dump names the schema, casts and labels, where PostgreSQL would find the same by itself."""


class Entry(NamedTuple):
    """One object: its kind (TABLE, POLICY, ...), its name as pg_dump lists it ("account mine"), and its statement."""

    kind: str
    name: str
    sql: str


def entries(url: str, programs: Path) -> list[Entry]:
    """The objects of the database at ``url``. Raises LocalError where there is no pg_dump."""
    found = shutil.which("pg_dump", path=f"{programs}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        raise LocalError("There is no pg_dump here: install PostgreSQL's client programs.")
    command = [found, "--schema-only", "--no-owner", "--exclude-table=*yoyo*", url]
    return parse(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def parse(dumped: str) -> list[Entry]:
    """The entries of what pg_dump wrote."""
    _, *pieces = HEAD.split(dumped)
    found = zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True)
    return [Entry(kind, name, shortened(sql)) for name, kind, sql in found]


def shortened(sql: str) -> str:
    """A statement without noise; what stands between dollar quotes stays as it was written."""
    parts = BODY.split(sql)
    for place in range(0, len(parts), 2):
        parts[place] = NOISE.sub("", parts[place])
        for pattern, instead in SHORTER:
            parts[place] = pattern.sub(instead, parts[place])
    return "".join(parts).strip()
