"""All that is stored, as one digest: what was refused must not change it."""

from collections.abc import Callable
from typing import Any

COUNTERS = frozenset({"rate"})
"""Limits count refusals: that is what they are for."""


def digest_of(sql: Callable[..., list[Any]], besides: frozenset[str] = COUNTERS) -> str:
    """A digest of every row of every table, ``besides`` those."""
    tables = [
        row.relname
        for row in sql(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
            " AND NOT relispartition ORDER BY relname"
        )
        if row.relname not in besides
    ]
    assert "person" in tables
    each = " UNION ALL ".join(
        f"SELECT '{table}', coalesce(md5(string_agg(t::text, ',' ORDER BY t::text)), '') FROM \"{table}\" t"
        for table in tables
    )
    found: str = sql(f"SELECT string_agg(format('%%s %%s', x.a, x.b), E'\\n') AS digest FROM ({each}) x (a, b)")[
        0
    ].digest
    return found
