"""The drawings of the tables in docs/architecture.md, a Mermaid diagram a chapter, made of the foreign keys."""

import re
from collections.abc import Iterator
from pathlib import Path

from infra.schema import story
from infra.schema.dump import Entry
from infra.schema.tables import Constraint, Table, collect

DOCUMENT = Path(__file__).parents[2] / "docs" / "architecture.md"
PLACE = re.compile(r"(<!-- tables: written by `make schema` -->\n).*?(<!-- end of tables -->)", re.DOTALL)


def update(entries: list[Entry]) -> None:
    """Write the drawings to their place in the document."""
    drawn = drawings(entries)
    DOCUMENT.write_text(PLACE.sub(lambda place: f"{place[1]}{drawn}{place[2]}", DOCUMENT.read_text()))


def is_current(entries: list[Entry]) -> bool:
    """Whether the document has them as the schema is."""
    found = PLACE.search(DOCUMENT.read_text())
    return found is not None and found[0] == f"{found[1]}{drawings(entries)}{found[2]}"


def drawings(entries: list[Entry]) -> str:
    """A heading, a sentence and a diagram for each chapter."""
    tables = collect(entries)
    parts = []
    for chapter in story.chapters(tables):
        lines = [line for name in chapter.tables for line in _lines(tables[name])]
        drawn = "\n".join(f"    {line}" for line in lines)
        parts.append(f"\n### {chapter.title}\n\n{chapter.about}\n\n```mermaid\nerDiagram\n{drawn}\n```\n")
    return "".join(parts) + "\n"


def _lines(table: Table) -> Iterator[str]:
    """A table's references, or the table alone where it has none."""
    yield table.name
    for one in table.references:
        yield f'{one.refers_to} {_ends(table, one)} {table.name} : "{", ".join(one.columns)}"'


def _ends(table: Table, reference: Constraint) -> str:
    """How many of each: exactly or at most one row that is referred to; at most one or many that refer to it."""
    there = "|o" if any(table.is_optional(column) for column in reference.columns) else "||"
    here = "o|" if any(set(key) <= set(reference.columns) for key in table.keys if key) else "o{"
    return f"{there}--{here}"
