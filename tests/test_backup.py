"""What is restored equals what was dumped: rows, rights, constraints, sequences; and a damaged file is told."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from chalicelib.config import config
from chalicelib.database import JOB, disconnect, transaction
from chalicelib.messaging import outbox
from infra import backup
from infra.local.errors import LocalError
from infra.local.logins import logins
from infra.local.postgres import Postgres
from tests.test_schema import CATALOGS, catalog_of

pytestmark = pytest.mark.long
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.fixture
def filled(database: str, community: Any) -> str:
    """A database with members, their hours and messages."""
    for name in ("ada", "bob", "cleo"):
        community.member(name)
    transaction(lambda db: outbox.put(db, "Mails", "nobody", "event.tested", {"text": "Łódź — ¿qué?\n"}, NOW), JOB)
    return database


@pytest.fixture
def empty(server: Postgres) -> Any:
    name = "restored"
    yield server.create(name)
    server.drop(name)


def test_what_is_restored_equals_what_was_dumped(server: Postgres, filled: str, empty: str, tmp_path: Path) -> None:
    file = tmp_path / "rendezvous.dump"
    dumped = backup.backup(filled, file)
    assert dumped["person"][0] == 3
    assert file.stat().st_mode & 0o077 == 0, "it holds what people told us"
    assert backup.restore(empty, file) == dumped
    for what, query in CATALOGS.items():
        assert catalog_of(empty, query) == catalog_of(filled, query), what


def test_the_product_goes_on_with_what_was_restored(
    filled: str, empty: str, tmp_path: Path, visitor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup.backup(filled, tmp_path / "a.dump")
    backup.restore(empty, tmp_path / "a.dump")
    disconnect()
    for variable, login in logins(empty).items():
        monkeypatch.setenv(variable, login)
    config.cache_clear()
    assert visitor.get("/ready").status == 200
    transaction(lambda db: outbox.put(db, "Mails", "nobody", "event.tested", {}, NOW), JOB)
    disconnect()


def test_a_backup_is_of_one_moment(filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = backup.run

    def while_somebody_writes(command: list[str]) -> None:
        transaction(lambda db: outbox.put(db, "Mails", "nobody", "event.tested", {}, NOW), JOB)
        real(command)
        transaction(lambda db: outbox.put(db, "Mails", "nobody", "event.tested", {}, NOW), JOB)

    before = backup.backup(filled, tmp_path / "before.dump")
    monkeypatch.setattr(backup, "run", while_somebody_writes)
    during = backup.backup(filled, tmp_path / "during.dump")
    assert during["outbox"] == before["outbox"]


def test_a_database_with_tables_is_left_alone(filled: str, tmp_path: Path) -> None:
    before = backup.backup(filled, tmp_path / "a.dump")
    with pytest.raises(LocalError, match="an empty one"):
        backup.restore(filled, tmp_path / "a.dump")
    assert backup.backup(filled, tmp_path / "b.dump") == before


def test_a_truncated_file_leaves_nothing_half_restored(filled: str, empty: str, tmp_path: Path) -> None:
    file = tmp_path / "a.dump"
    backup.backup(filled, file)
    file.write_bytes(file.read_bytes()[: file.stat().st_size * 2 // 3])
    with pytest.raises(LocalError, match="pg_restore failed"):
        backup.restore(empty, file)
    connection = psycopg2.connect(empty)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        assert cursor.fetchone() == (0,)
    connection.close()


def test_a_row_that_differs_is_told(filled: str, empty: str, tmp_path: Path, sql: Callable[..., Any]) -> None:
    file = tmp_path / "a.dump"
    backup.backup(filled, file)
    kept = backup.beside(file).read_text()
    sql("UPDATE person SET name = 'Somebody else' WHERE slug = (SELECT min(slug) FROM person)")
    backup.backup(filled, file)
    backup.beside(file).write_text(kept)
    with pytest.raises(LocalError, match="differs from what was dumped, in person"):
        backup.restore(empty, file)


def test_the_commands_say_what_they_did(filled: str, empty: str, tmp_path: Path) -> None:
    def run(act: str, url: str, *file: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "infra.backup", act, *file]
        environment = {"DATABASE_URL": url, "PATH": "/usr/bin:/bin"}
        return subprocess.run(
            command, env=environment, cwd=Path(__file__).parent.parent, capture_output=True, text=True
        )

    file = str(tmp_path / "a.dump")
    assert "Which file?" in run("backup", filled, "").stderr
    assert "The keys are not in it" in run("backup", filled, file).stdout
    assert "each as it was" in run("restore", empty, file).stdout
    ended = run("restore", empty, file)
    assert ended.returncode == 1
    assert "an empty one" in ended.stderr
    assert "No such file" in run("restore", empty, str(tmp_path / "none.dump")).stderr
