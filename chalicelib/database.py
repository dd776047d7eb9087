"""The warm connection and the transaction: the only module that commits.

``transaction(work)`` runs ``work(db)`` and commits. A deadlock, or a connection found dead before the commit, is tried
once more; so work must leave nothing behind but its rows (messages go to the outbox).
"""

import hashlib
import io
import re
import threading
from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

import msgspec
import psycopg2
import psycopg2.errors
import psycopg2.extensions
import psycopg2.extras

from chalicelib.config import config, with_password
from chalicelib.errors import CONSTRAINTS, Conflict, Unavailable, UserError

T = TypeVar("T")
Row = Any  # a named tuple with the columns of its query

APP = "rendezvous_app"
"""Serves people, under row-level security."""
JOB = "rendezvous_job"
"""Runs the scheduled jobs and the consumers."""

_CONNECT = """
SET ROLE {role};
SET timezone = 'UTC';
SET jit = off;
SET statement_timeout = '{patience}'; SET lock_timeout = '5s';
SET idle_in_transaction_session_timeout = '60s';
"""
_PATIENCE = {APP: "25s", JOB: "14min"}


def _times(text: Any, cursor: Any) -> Any:
    """An array of timestamptz, such as when somebody is taken, or of pairs of them: psycopg2 takes five times as long."""
    if text is None or text == "{}":
        return text and []
    if text.startswith("{{"):
        return [_times(f"{{{one}}}", cursor) for one in text[2:-2].split("},{")]
    return [None if at == "NULL" else datetime.fromisoformat(at) for at in text[1:-1].replace('"', "").split(",")]


psycopg2.extensions.register_type(psycopg2.extensions.new_type((1185,), "TIMES", _times))
psycopg2.extras.register_uuid()  # type: ignore[no-untyped-call]
_warm = threading.local()
_KINDS: dict[str, Any] = {}
_PREPARED: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()


class Prepared(str):
    """A statement that each connection plans once (PREPARE), for what is asked again and again and takes longer to plan
    than to answer. It names its columns, for one that is added would be another answer than was planned."""

    def __init__(self, sql: str) -> None:
        names = dict.fromkeys(re.findall(r"%\((\w+)\)s", sql))
        self.name = f"prepared_{hashlib.sha256(sql.encode()).hexdigest()[:16]}"
        self.prepare = f"PREPARE {self.name} AS {sql % {name: f'${n}' for n, name in enumerate(names, 1)}}"
        self.execute = f"EXECUTE {self.name} ({', '.join(f'%({name})s' for name in names)})"


class Database:
    """One open transaction. Values are passed by name: ``db.row("... WHERE id = %(id)s", id=id)``."""

    def __init__(self, cursor: Any):
        self._cursor = cursor

    def _execute(self, sql: str, values: dict[str, Any]) -> None:
        if isinstance(sql, Prepared):
            prepared = _PREPARED.setdefault(self._cursor.connection, set())
            if sql.name not in prepared:
                self._cursor.execute(sql.prepare)
                prepared.add(sql.name)
            sql = sql.execute
        self._cursor.execute(sql, values)

    def set_present(self, now: datetime) -> None:
        """What SQL takes for the present until the commit (present(), and what is noted as changed then)."""
        self._cursor.execute("SELECT set_config('rendezvous.now', %s, true)", (now.isoformat(),))

    def run(self, sql: str, **values: Any) -> int:
        """Execute; how many rows it touched."""
        self._execute(sql, values)
        return int(self._cursor.rowcount)

    def rows(self, sql: str, **values: Any) -> list[Row]:
        """All rows, as named tuples."""
        self._execute(sql, values)
        return self._named(sql, self._cursor.fetchall())

    def row(self, sql: str, **values: Any) -> Row | None:
        """The first row, or None."""
        self._execute(sql, values)
        found = self._cursor.fetchone()
        return None if found is None else self._named(sql, [found])[0]

    def value(self, sql: str, **values: Any) -> Any:
        """The first column of the first row, or None."""
        self._execute(sql, values)
        return (self._cursor.fetchone() or (None,))[0]

    def many(self, sql: str, tuples: Iterable[Sequence[Any]]) -> list[Row]:
        """One ``INSERT ... VALUES %s`` for many tuples; what it returns, if it returns something."""
        if not (gathered := list(tuples)):
            return []
        found = psycopg2.extras.execute_values(
            self._cursor, sql, gathered, page_size=len(gathered), fetch="RETURNING" in sql
        )
        return self._named(sql, found) if found else []

    def _named(self, sql: str, found: list[Any]) -> list[Row]:
        """The rows as named tuples. Kept by the statement: psycopg2's own cursor names the columns of every answer anew."""
        kind = _KINDS.get(sql)
        if kind is None or len(kind._fields) != len(self._cursor.description):
            kind = _KINDS[sql] = cast(Any, namedtuple)("Row", [c.name for c in self._cursor.description], rename=True)
        return list(map(kind._make, found))

    def copy(self, table: str, lines: str) -> None:
        """``COPY table (columns) FROM STDIN``: the fastest way in, which PostgreSQL refuses under row-level security."""
        self._cursor.copy_expert(f"COPY {table} FROM STDIN", io.StringIO(lines))

    def each(self, sql: str, given: Sequence[Any], **values: Any) -> list[Row]:
        """One statement for any number of records: ``... FROM json_to_recordset(%(given)s) AS x (id uuid, ...)``."""
        if not given:
            return []
        self._cursor.execute(sql, values | {"given": msgspec.json.encode(given).decode()})
        return self._named(sql, self._cursor.fetchall()) if self._cursor.description else []


def transaction(work: Callable[[Database], T], role: str = APP) -> T:
    """Run ``work`` in one transaction of its own and commit; what it returns.

    Raises what ``work`` raises; Conflict with a sentence for a violated constraint that has one; Unavailable when
    PostgreSQL cannot be reached or waited too long.
    """
    try:
        return _attempt(work, role)
    except (psycopg2.extensions.TransactionRollbackError, _ConnectionLost):
        pass
    try:
        return _attempt(work, role)
    except psycopg2.extensions.TransactionRollbackError as error:
        raise Unavailable("Many people want this at once. Please try again", retry_after=1) from error
    except _ConnectionLost as error:
        raise Unavailable("The database is not available just now", retry_after=5) from error


Transact = Callable[[Callable[[Database], Any]], Any]
"""Runs work in a transaction that the caller of a request has entered, as many times as the handler likes."""


class _ConnectionLost(Exception):
    """The connection was dead before the commit, so nothing was stored."""


def _attempt(work: Callable[[Database], T], role: str) -> T:
    connection = _connection(role)
    try:
        with connection.cursor() as cursor:
            result = work(Database(cursor))
    except UserError as told:
        _commit(connection, None) if told.keep else _roll_back(connection)
        raise
    except psycopg2.IntegrityError as error:
        _roll_back(connection)
        raise _conflict(error) from error
    except psycopg2.errors.ReadOnlySqlTransaction as error:
        # The server became a standby: another one takes over, and is found by connecting anew.
        connection.close()
        raise _ConnectionLost from error
    except (psycopg2.errors.QueryCanceled, psycopg2.errors.LockNotAvailable) as error:
        _roll_back(connection)
        raise Unavailable("The database is too busy just now", retry_after=5) from error
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        _roll_back(connection)
        if connection.closed:
            raise _ConnectionLost from error
        if isinstance(error, psycopg2.extensions.TransactionRollbackError):
            raise
        raise Unavailable("The database is not available just now", retry_after=5) from error
    except BaseException:
        _roll_back(connection)
        raise
    return _commit(connection, result)


def _conflict(error: psycopg2.IntegrityError) -> Exception:
    """A violated constraint as a refusal in its own sentence; one that has none is a defect, and stays what it is."""
    sentence = CONSTRAINTS.get(error.diag.constraint_name or "")
    return Conflict(sentence) if sentence else error


def _commit(connection: Any, result: T) -> T:
    try:
        connection.commit()
    except psycopg2.IntegrityError as error:
        _roll_back(connection)
        raise _conflict(error) from error
    except psycopg2.extensions.TransactionRollbackError:  # by a deferred constraint
        _roll_back(connection)
        raise
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        # Whether it was stored is not known: the caller may ask again, we may not.
        raise Unavailable("The database went away", retry_after=5) from error
    return result


def _roll_back(connection: Any) -> None:
    try:
        connection.rollback()
    except psycopg2.Error:
        connection.close()


def _connection(role: str) -> Any:
    """This thread's warm connection in that role; opened where there is none."""
    held: dict[str, Any] = _warm.__dict__.setdefault("connections", {})
    connection = held.get(role)
    if connection is None or connection.closed:
        connection = held[role] = connect(role)
    return connection


def connect(role: str = APP, *, autocommit: bool = False) -> Any:
    """A new psycopg2 connection in that role, by the log-in that may take no other, for whoever must hold one of their own."""
    url = config().database_url if role == APP else config().database_job_url
    try:
        connection = psycopg2.connect(with_password(url), connect_timeout=5)
        with connection.cursor() as cursor:
            cursor.execute(_CONNECT.format(role=role, patience=_PATIENCE[role]))
        connection.commit()
        connection.autocommit = autocommit
    except psycopg2.OperationalError as error:
        raise Unavailable("The database is not available just now", retry_after=5) from error
    return connection


def disconnect() -> None:
    """Close this thread's warm connections."""
    for connection in _warm.__dict__.pop("connections", {}).values():
        connection.close()
