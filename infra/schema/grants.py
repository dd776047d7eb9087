"""Who may do what: the grants of a schema, less what the default privileges give by themselves."""

import re
from collections import defaultdict

from infra.schema.dump import Entry

LINE = re.compile(
    r"(?P<act>GRANT|REVOKE) (?P<what>.*?) ON (?P<kind>TABLE|FUNCTION) (?P<name>\w+)(?:\(.*\))? (?P<whom>(?:TO|FROM) \w+);"
)
COLUMN = re.compile(r"(\w+)\((\w+)\)")
DEFAULTS = {
    "FUNCTION": {("REVOKE", "ALL", "FROM PUBLIC"), ("GRANT", "ALL", "TO rendezvous_job")},
    "TABLE": {("GRANT", "SELECT,INSERT,DELETE,UPDATE", "TO rendezvous_job")},
}
"""What ALTER DEFAULT PRIVILEGES does to each new object."""


def written(entries: list[Entry]) -> str:
    """The statements: about the schema, then one about each table, then one for all functions of a role."""
    lists = [entry for entry in entries if entry.kind == "ACL"]
    lines = [found for entry in lists for line in entry.sql.splitlines() if (found := LINE.fullmatch(line))]
    parts = [entry.sql for entry in lists if not any(map(LINE.fullmatch, entry.sql.splitlines()))]
    parts += _lacking_defaults(entries, lines)
    tables: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    functions: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in lines:
        if (one["act"], one["what"], one["whom"]) in DEFAULTS[one["kind"]]:
            continue
        if one["kind"] == "TABLE":
            tables[one["act"], one["name"], one["whom"]].append(one["what"])
        else:
            functions[one["act"], one["whom"]].append(one["name"])
    of_tables = [f"{act} {_together(what)} ON {name} {whom};" for (act, name, whom), what in tables.items()]
    of_functions = [
        f"{act} EXECUTE ON FUNCTION\n    {_wrapped(names)}\n    {whom};" for (act, whom), names in functions.items()
    ]
    return "\n\n".join(["\n".join(parts), "\n".join(of_tables), *of_functions])


def _lacking_defaults(entries: list[Entry], lines: list[re.Match[str]]) -> list[str]:
    """Revokes from what was made before the default privileges were set, and so was never given them."""
    given = {
        (one["kind"], one["name"]) for one in lines if (one["act"], one["what"], one["whom"]) in DEFAULTS[one["kind"]]
    }
    there = {(entry.kind, entry.name.partition("(")[0]) for entry in entries if entry.kind in DEFAULTS}
    return [f"REVOKE ALL ON {kind} {name} FROM rendezvous_job;" for kind, name in sorted(there - given)]


def _together(privileges: list[str]) -> str:
    """``SELECT(a)`` and ``SELECT(b)`` -> ``SELECT (a, b)``."""
    columns: dict[str, list[str]] = defaultdict(list)
    whole: list[str] = []
    for one in privileges:
        if found := COLUMN.fullmatch(one):
            columns[found[1]].append(found[2])
        else:
            whole.append(one.replace(",", ", "))
    return ", ".join(whole + [f"{privilege} ({', '.join(names)})" for privilege, names in columns.items()])


def _wrapped(names: list[str], width: int = 100) -> str:
    lines = [""]
    for name in sorted(names):
        if len(lines[-1]) + len(name) > width:
            lines.append("")
        lines[-1] += f"{name}, "
    return "\n    ".join(line.rstrip() for line in lines).removesuffix(",")
