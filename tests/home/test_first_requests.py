"""What a new environment does before its first request."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.database import disconnect, transaction
from chalicelib.home import first_requests

ROOT = Path(__file__).parents[2]


def test_the_connection_is_open_nobody_is_known_by_it_and_nothing_was_written(database: str) -> None:
    from chalicelib import database as module

    disconnect()
    first_requests.prepare(clock.now())
    [connection] = module._warm.connections.values()
    assert connection.info.transaction_status == module.psycopg2.extensions.TRANSACTION_STATUS_IDLE
    assert not transaction(lambda db: db.value("SELECT me()"))
    assert not transaction(lambda db: db.value("SELECT txid_current_if_assigned()"))
    assert module._warm.connections["rendezvous_app"] is connection


def test_while_the_database_is_away_a_start_does_not_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib import database

    def away(*given: Any, **more: Any) -> Any:
        raise database.psycopg2.OperationalError("could not connect")

    disconnect()
    monkeypatch.setattr(database.psycopg2, "connect", away)
    first_requests.prepare(clock.now())


@pytest.mark.parametrize(("handler", "asked"), [("app.app", True), ("app.relay", False)])
def test_only_the_function_that_answers_requests_asks(handler: str, asked: bool) -> None:
    there = os.environ | {"_HANDLER": handler, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    ended = subprocess.run(
        [sys.executable, "-c", "import app"], cwd=ROOT, env=there, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    assert ("the database could not be asked" in ended.stdout + ended.stderr) is asked
