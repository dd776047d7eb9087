"""A table with all that belongs to it, as one reads it: columns with their keys, then comments, indexes, policies."""

import re
from dataclasses import dataclass, field

from infra.schema.dump import Entry

REFERENCE = re.compile(r"FOREIGN KEY \((?P<columns>[^)]*)\) REFERENCES (?P<table>\w+)\((?P<keys>[^)]*)\)(?P<rest>.*)")
KEY = re.compile(r"(?P<kind>PRIMARY KEY|UNIQUE) \((?P<columns>[^)]*)\)")


@dataclass
class Constraint:
    """What ALTER TABLE ... ADD CONSTRAINT said."""

    table: str
    name: str
    says: str

    @property
    def refers_to(self) -> str:
        """The table that a foreign key names; empty for every other constraint."""
        found = REFERENCE.match(self.says)
        return found["table"] if found else ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a key, primary, unique or foreign."""
        found = REFERENCE.match(self.says) or KEY.match(self.says)
        return tuple(found["columns"].split(", ")) if found else ()

    @property
    def within_column(self) -> str:
        """What can stand behind its only column, where the name is the one PostgreSQL would give; else empty."""
        if len(self.columns) != 1:
            return ""
        (column,) = self.columns
        default_names = {
            f"{self.table}_pkey": "PRIMARY KEY",
            f"{self.table}_{column}_key": "UNIQUE",
            f"{self.table}_{column}_fkey": self.says.partition(") ")[2],
        }
        return default_names.get(self.name, "") if "UNIQUE NULLS" not in self.says else ""


@dataclass
class Table:
    """Everything of one table. ``lines``: its columns and checks, as CREATE TABLE has them."""

    name: str
    lines: list[str] = field(default_factory=list)
    constraints: list[Constraint] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    indexes: list[str] = field(default_factory=list)
    security: list[str] = field(default_factory=list)
    policies: list[str] = field(default_factory=list)

    @property
    def keys(self) -> list[tuple[str, ...]]:
        """The columns of its primary and unique keys."""
        return [one.columns for one in self.constraints if KEY.match(one.says)]

    @property
    def references(self) -> list[Constraint]:
        return [one for one in self.constraints if one.refers_to]

    def is_optional(self, column: str) -> bool:
        """Whether the column may be null."""
        return not any(re.match(rf"{column} .*\b(NOT NULL|PRIMARY KEY)\b", line) for line in self.lines)

    def written(self, earlier: set[str]) -> str:
        """Its statements; references to tables that are not ``earlier`` are left out."""
        later = {one.name for one in self.references if one.refers_to not in earlier | {self.name}}
        columns = [line for line in self.lines if not line.startswith("CONSTRAINT ")]
        checks = [line for line in self.lines if line.startswith("CONSTRAINT ")]
        keys = []
        for one in self.constraints:
            if one.name in later:
                continue
            if one.within_column:
                columns = [_with(line, one) for line in columns]
            else:
                keys.append(f"CONSTRAINT {one.name} {one.says}")
        body = ",\n".join(f"    {line}" for line in columns + keys + checks)
        parts = [f"CREATE TABLE {self.name} (\n{body}\n);", *("\n".join(part) for part in self._beside() if part)]
        return "\n".join(parts)

    def _beside(self) -> tuple[list[str], ...]:
        return self.comments, self.indexes, self.security + self.policies


def _with(line: str, key: Constraint) -> str:
    if line.split(" ", 1)[0] != key.columns[0]:
        return line
    return f"{line.replace(' NOT NULL', '') if key.within_column == 'PRIMARY KEY' else line} {key.within_column}"


def collect(entries: list[Entry]) -> dict[str, Table]:
    """The tables among the entries, with all that belongs to them."""
    tables: dict[str, Table] = {}
    for entry in entries:
        if entry.kind == "TABLE":
            body = entry.sql.partition("(\n")[2].rpartition("\n)")[0]
            lines = [" ".join(line.split()) for line in re.split(r",\n    (?=\S)", body)]
            tables[entry.name] = Table(entry.name, lines)
    for entry in entries:
        table = tables.get(table_of(entry))
        if table is not None:
            _add(table, entry)
    return tables


PLACES = {
    "INDEX": re.compile(r"CREATE (?:UNIQUE )?INDEX \w+ ON (\w+)"),
    "SEQUENCE": re.compile(r"ALTER TABLE (\w+)"),
    "COMMENT": re.compile(r"COMMENT ON (?:(?:TABLE|COLUMN) |(?:CONSTRAINT|POLICY|TRIGGER) \w+ ON )(\w+)"),
}
"""Where a statement says what table it is about, if the entry's name does not."""


def table_of(entry: Entry) -> str:
    """The table that an entry belongs to; empty for others."""
    if entry.kind in ("CONSTRAINT", "FK CONSTRAINT", "POLICY", "ROW SECURITY", "TRIGGER"):
        return entry.name.split(" ")[0]
    found = PLACES[entry.kind].match(entry.sql) if entry.kind in PLACES else None
    return found[1] if found else ""


def _add(table: Table, entry: Entry) -> None:
    if entry.kind in ("CONSTRAINT", "FK CONSTRAINT"):
        found = re.search(r"ADD CONSTRAINT (\w+) (.*);", entry.sql, re.DOTALL)
        assert found, entry.sql
        table.constraints.append(Constraint(table.name, found[1], found[2]))
    elif entry.kind == "SEQUENCE":
        found = re.search(r"ALTER COLUMN (\w+) ADD (GENERATED \w+(?: DEFAULT)? AS IDENTITY)", entry.sql)
        assert found, entry.sql
        table.lines = [f"{line} {found[2]}" if line.startswith(f"{found[1]} ") else line for line in table.lines]
    elif entry.kind == "COMMENT":
        table.comments.append(entry.sql)
    elif entry.kind == "INDEX":
        table.indexes.append(entry.sql)
    elif entry.kind == "ROW SECURITY":
        table.security.append(entry.sql)
    elif entry.kind == "POLICY":
        table.policies.append(entry.sql)
