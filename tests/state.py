"""All that is stored, as one digest: what was refused must not change it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
import psycopg2.extras
import pytest

from infra.local.logins import logins
from tests.people import Community

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


@contextmanager
def owner(url: str) -> Iterator[Callable[..., list[Any]]]:
    """Ask a database as its owner."""
    connection = psycopg2.connect(url, cursor_factory=psycopg2.extras.NamedTupleCursor)
    connection.autocommit = True
    psycopg2.extras.register_uuid(conn_or_curs=connection)

    def ask(statement: str, *values: Any) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    try:
        yield ask
    finally:
        connection.close()


@contextmanager
def shared_community(server: Any, name: str) -> Iterator[tuple[str, Community]]:
    """A database that several tests share because none changes it: its URL and its people."""
    url = server.create(name, "template_of_tests")
    try:
        with owner(url) as ask:
            yield url, Community(ask)
    finally:
        server.drop(name)


def make_logins_of(url: str) -> None:
    """Make the two log-ins on the server of that database, whose owner's URL it is."""
    from chalicelib.config import config
    from chalicelib.migrate import make_logins

    with pytest.MonkeyPatch.context() as patch:
        for name, value in logins(url).items():
            patch.setenv(name, value)
        config.cache_clear()
        make_logins()
    config.cache_clear()


@contextmanager
def serving(url: str) -> Iterator[None]:
    """The application uses the database at ``url``."""
    from chalicelib.config import config
    from chalicelib.database import disconnect

    with pytest.MonkeyPatch.context() as patch:
        for name, value in logins(url).items():
            patch.setenv(name, value)
        patch.setenv("SOCKETS_URL", "ws://127.0.0.1:1/")  # as in every system that serves
        config.cache_clear()
        yield
        disconnect()
    config.cache_clear()
