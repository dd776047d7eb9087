"""Databases for tests: copies of the migrated template, each as empty as if it had just been made.

To make a copy and drop it takes as long as a test of pages. What most tests do to theirs is to fill some tables: those
are emptied, and the next test gets the same database, with the sessions that are open in it, as the next request in
production gets them. One whose tables, functions, grants or statistics were changed is dropped.
"""

import itertools
from typing import Any

import psycopg2
import psycopg2.extras

from infra.local.cluster import ADMIN
from infra.local.postgres import Postgres

TEMPLATE = "template_of_tests"

# Who wrote a row of a catalog last (xmin) tells whether anything was changed there.
_CATALOGS = (
    *("pg_class", "pg_attribute", "pg_attrdef", "pg_index", "pg_constraint", "pg_proc", "pg_trigger", "pg_policy"),
    *("pg_type", "pg_namespace", "pg_default_acl", "pg_db_role_setting", "pg_statistic"),
)
_SHAPE = " UNION ALL ".join(f"SELECT count(*), max(xmin::text::bigint) FROM {catalog}" for catalog in _CATALOGS)
_FILLED = """
SELECT quote_ident(relname) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0 ORDER BY relname
"""
_END_WHOEVER_IS_BUSY = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity a
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
  AND (state <> 'idle' OR EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory'))
"""
_RESTART_SEQUENCES = """
SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence WHERE pg_sequence_last_value(seqrelid) IS NOT NULL
"""


class Databases:
    """The databases of a run, on one server: ``database = databases.take()``, ``databases.give_back(database)``."""

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self._numbers = itertools.count()
        self._emptied: list[Database] = []

    def take(self) -> "Database":
        """An empty, migrated database."""
        return self._emptied.pop() if self._emptied else Database(self._server, f"test_{next(self._numbers)}")

    def give_back(self, database: "Database") -> None:
        """Empties the database, or drops it."""
        if database.empty_again():
            self._emptied.append(database)
        else:
            database.drop()


class Database:
    """One copy of the template, and the sessions that stay open in it: of its owner, of who may empty it, and
    ``of_the_application`` by their roles."""

    def __init__(self, server: Postgres, name: str) -> None:
        self._server = server
        self._name = name
        self.url = server.create(name, TEMPLATE)
        self.of_the_application: dict[str, Any] = {}
        self._sessions: dict[str, Any] = {}
        self._shape = self._administer(_SHAPE)
        self._filled = self._administer(_FILLED)

    def owner(self) -> Any:
        """The session of the database's owner, which commits each statement; rows as named tuples."""
        return self._session(self.url)

    def empty_again(self) -> bool:
        """Take all rows away; whether the database is now as it was when it was new."""
        if self._administer(_SHAPE) != self._shape:
            return False
        self._administer(_END_WHOEVER_IS_BUSY)
        tables = [table for (table,) in self._administer(_FILLED) if (table,) not in self._filled]
        if tables:
            self._administer("SET session_replication_role = replica")  # triggers and foreign keys have no say in it
            self._administer(";".join(f"DELETE FROM {table}" for table in tables))
            # The room of the rows goes too: what a test writes lies in the order in which it was written.
            self._administer(f"VACUUM (INDEX_CLEANUP on) {', '.join(tables)}")
        self._administer(_RESTART_SEQUENCES)
        return self._administer(_FILLED) == self._filled

    def drop(self) -> None:
        """Remove it, whoever is connected."""
        for session in (*self._sessions.values(), *self.of_the_application.values()):
            session.close()
        self._server.drop(self._name)

    def _administer(self, statement: str) -> list[Any]:
        with self._session(self._server.url_of(self._name, ADMIN)).cursor() as cursor:
            cursor.execute(statement)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []

    def _session(self, url: str) -> Any:
        session = self._sessions.get(url)
        if session is None or session.closed:
            session = self._sessions[url] = psycopg2.connect(url, cursor_factory=psycopg2.extras.NamedTupleCursor)
            session.autocommit = True
            psycopg2.extras.register_uuid(conn_or_curs=session)
        return session
