"""sql/schema.sql, to be read from the top: tables in the order of their story, then functions, then grants."""

import re
from pathlib import Path

from infra.schema import functions, grants, story
from infra.schema.dump import Entry
from infra.schema.tables import Table, collect

SCHEMA = Path(__file__).parents[2] / "sql" / "schema.sql"
HEADER = """\
-- The whole schema, to be read from the top; written by `make schema` from what the migrations make, not by hand.
--
-- Tables come first, by chapters, each with its keys, checks, indexes and policies; then the functions, each with the
-- reason why it is one (docs/reference/functions.md is their index) and the triggers that call it; grants come last.
-- docs/architecture.md draws the tables. The roles rendezvous_app, which serves people, and rendezvous_job, which runs
-- jobs, belong to the whole server and must be there before.

SET check_function_bodies = off;
SET search_path = public;
"""
PLACED = frozenset(
    (
        *("EXTENSION", "DEFAULT ACL", "TABLE", "SEQUENCE", "CONSTRAINT", "FK CONSTRAINT", "INDEX", "ROW SECURITY"),
        *("POLICY", "COMMENT", "FUNCTION", "TRIGGER", "ACL"),
    )
)
"""The kinds of objects that have their place; others (views, say) follow the tables as they are."""


def written(entries: list[Entry]) -> str:
    """The file's text."""
    tables = collect(entries)
    bodies = {functions.name_of(entry): entry.sql for entry in entries if entry.kind == "FUNCTION"}
    asked = functions.asked_by([table.written(set(tables)) for table in tables.values()], bodies)
    parts = [
        HEADER,
        *(entry.sql for entry in entries if entry.kind == "EXTENSION"),
        *(entry.sql for entry in entries if entry.kind == "DEFAULT ACL"),
        _title("What the tables ask", "Functions that checks and policies call."),
        *_functions(entries, bodies, asked),
        *_tables(tables),
        *(entry.sql for entry in entries if entry.kind not in PLACED),
        _title("Functions", "By the table they are about."),
        *_functions(entries, bodies, set(bodies) - asked),
        _title("Grants", "Beside what the default privileges at the top give."),
        grants.written(entries),
    ]
    return re.sub(r"\n{3,}", "\n\n", "\n\n".join(parts).strip()) + "\n"


def _tables(tables: dict[str, Table]) -> list[str]:
    parts, earlier = [], set[str]()
    for chapter in story.chapters(tables):
        parts.append(_title(chapter.title, chapter.about))
        for name in chapter.tables:
            parts.append(tables[name].written(earlier))
            earlier.add(name)
    order = {name: place for place, name in enumerate(name for one in story.chapters(tables) for name in one.tables)}
    later = [
        f"ALTER TABLE {name} ADD CONSTRAINT {one.name} {one.says};"
        for name in order
        for one in tables[name].references
        if order[one.refers_to] > order[name]
    ]
    return [*parts, *(["-- References to tables that are told later.", "\n".join(later)] if later else [])]


def _functions(entries: list[Entry], bodies: dict[str, str], names: set[str]) -> list[str]:
    """Those functions under the headings of the index, each with its reason, its comment and its triggers."""
    why = {name: reason for rows in functions.index().values() for name, reason in rows.items()}
    parts = []
    for heading, some in functions.by_heading(names):
        parts.append(f"-- {heading}")
        for name in some:
            comments = [e.sql for e in entries if e.kind == "COMMENT" and functions.name_of(e) == name]
            triggers = [e.sql for e in entries if e.kind == "TRIGGER" and functions.name_of(e) == name]
            reason = [f"-- {why[name]}"] if name in why else []
            parts.append("\n".join([*reason, bodies[name], *comments, *triggers]))
    return parts


def _title(title: str, about: str) -> str:
    return f"-- {'-' * 117}\n-- {title}\n-- {about}\n-- {'-' * 117}"
