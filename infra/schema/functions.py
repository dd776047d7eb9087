"""The schema's functions: which of them the tables themselves ask, and why each is one (docs/reference/functions.md)."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from infra.schema.dump import Entry

INDEX = Path(__file__).parents[2] / "docs" / "reference" / "functions.md"
ROW = re.compile(r"^\| `(?P<name>\w+)` \| (?P<why>.*) \|$")


def index() -> dict[str, dict[str, str]]:
    """Heading -> name -> why it is a function, as the index has them."""
    found: dict[str, dict[str, str]] = {}
    heading = ""
    for line in INDEX.read_text().splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif row := ROW.match(line):
            found.setdefault(heading, {})[row["name"]] = row["why"]
    return found


def name_of(entry: Entry) -> str:
    """``me()`` -> ``me``; ``appointment free_people`` (a trigger) -> the function it calls."""
    if entry.kind == "TRIGGER":
        called = re.search(r"EXECUTE FUNCTION (\w+)\(", entry.sql)
        assert called, entry.sql
        return called[1]
    return entry.name.removeprefix("FUNCTION ").partition("(")[0]


def asked_by(statements: Iterable[str], functions: Mapping[str, str]) -> set[str]:
    """Those of the functions that the statements call."""
    return {name for name in functions for said in statements if re.search(rf"\b{name}\(", said)}


def by_heading(names: set[str]) -> Iterator[tuple[str, list[str]]]:
    """The functions by the index's headings, in its order; what it does not have stands at the end."""
    told: set[str] = set()
    for heading, rows in index().items():
        if there := [name for name in rows if name in names]:
            yield heading, there
            told.update(there)
    if untold := sorted(names - told):
        yield "Not in the index yet", untold
