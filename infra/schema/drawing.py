"""The drawings of the tables in docs/architecture.md, a Mermaid diagram a chapter, made of the foreign keys."""

import re
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


def drawings(entries: list[Entry]) -> str:
    """A heading, a sentence and a diagram for each chapter."""
    tables = collect(entries)
    parts = []
    for chapter in story.chapters(tables):
        drawn = [_line(tables[name], one) for name in chapter.tables for one in tables[name].references]
        alone = [name for name in chapter.tables if not re.search(rf"\b{name}\b", " ".join(drawn))]
        lines = "\n".join(f"    {line}" for line in [*drawn, *alone])
        parts.append(f"\n### {chapter.title}\n\n{chapter.about}\n\n```mermaid\nerDiagram\n{lines}\n```\n")
    return "".join(parts) + "\n"


def _line(table: Table, reference: Constraint) -> str:
    """``person ||--o{ session : "person_id"``: one person, and any number of their sessions."""
    there = "|o" if any(table.is_optional(column) for column in reference.columns) else "||"
    here = "o|" if any(set(key) <= set(reference.columns) for key in table.keys) else "o{"
    return f'{reference.refers_to} {there}--{here} {table.name} : "{", ".join(reference.columns)}"'
