"""The server of one's own: what it keeps, what it says when it cannot start, and what its log must not hold."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from infra.local import binaries
from infra.local.errors import LocalError
from infra.local.postgres import Postgres

pytestmark = pytest.mark.long


@pytest.fixture
def data() -> Iterator[Path]:
    """A folder that the server's user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="rendezvous-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def ask(url: str, statement: str, commit: bool = False) -> object:
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            row = cursor.fetchone() if cursor.description else None
        if commit:
            connection.commit()
    finally:
        connection.close()
    return row[0] if row else None


def test_what_is_committed_survives_kill_9(data: Path) -> None:
    with Postgres(data) as server:
        ask(server.url, "CREATE TABLE kept AS SELECT 42 AS answer", commit=True)
        server.kill()
        server.launch()
        assert ask(server.url, "SELECT answer FROM kept") == 42
    with Postgres(data) as server:
        assert ask(server.url, "SELECT answer FROM kept") == 42


def test_the_owner_is_no_superuser_and_nobody_enters_without_the_password(data: Path) -> None:
    with Postgres(data) as server:
        assert ask(server.url, "SELECT current_setting('is_superuser')") == "off"
        with pytest.raises(psycopg2.OperationalError):
            ask(server.url.replace(server.password, "guess"), "SELECT 1")


def test_what_people_write_does_not_reach_the_log(data: Path) -> None:
    with Postgres(data) as server:
        with pytest.raises(psycopg2.Error):
            ask(server.url, "SELECT 'private words'::integer")
        with pytest.raises(psycopg2.Error):
            ask(server.url, 'SELECT 1/0 AS "private words"')
    assert "division by zero" in server.log.read_text()
    assert 'AS "private' not in server.log.read_text()


def test_a_damaged_folder_is_said_in_one_sentence(data: Path) -> None:
    with Postgres(data) as server:
        folder = server.folder
    (folder / "global" / "pg_control").write_bytes(b"\0" * 8192)
    with pytest.raises(LocalError, match="move that folder away to begin with an empty one"), Postgres(data):
        pass
    folder.rename(folder.with_suffix(".damaged"))
    with Postgres(data) as server:
        assert ask(server.url, "SELECT 1") == 1


@pytest.mark.parametrize(
    ("version", "said"), [("12", "was made by PostgreSQL 12"), ("nonsense", "move that folder away")]
)
def test_a_folder_of_another_major_version_is_not_touched(data: Path, version: str, said: str) -> None:
    (data / "postgres").mkdir(mode=0o700)
    (data / "postgres" / "PG_VERSION").write_text(f"{version}\n")
    (data / "postgres.password").write_text("x\n")
    with pytest.raises(LocalError, match=said), Postgres(data):
        pass
    assert [file.name for file in (data / "postgres").iterdir()] == ["PG_VERSION"]


def test_a_folder_is_opened_by_the_version_that_made_it(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embedded = binaries._embedded()
    assert embedded is not None
    candidates = binaries.candidates()
    if len({binaries.major_version(folder) for folder in candidates if binaries._complete(folder)}) < 2:
        pytest.skip("there is only one PostgreSQL here")
    monkeypatch.setattr(binaries, "candidates", lambda: [embedded])
    with Postgres(data) as server:
        made_by = ask(server.url, "SHOW server_version_num")
    monkeypatch.setattr(binaries, "candidates", lambda: candidates)
    with Postgres(data) as server:
        assert ask(server.url, "SHOW server_version_num") == made_by


def test_an_interrupted_first_start_is_begun_again(data: Path) -> None:
    (data / "postgres.new").mkdir()
    (data / "postgres.new" / "half").touch()
    with Postgres(data) as server:
        assert ask(server.url, "SELECT 1") == 1


def test_lower_case_is_every_alphabet_s(data: Path) -> None:
    with Postgres(data) as server:
        assert ask(server.url, "SELECT lower('ÉΩЖ')") == "éωж"


@pytest.mark.skipif(os.geteuid() != 0, reason="root's own folder")
def test_root_s_own_folder_is_no_obstacle(data: Path) -> None:
    data.chmod(0o700)
    with Postgres(data) as server:
        ask(server.url, "CREATE TABLE kept AS SELECT 42 AS answer", commit=True)
    home = Path((data / "postgres.is-elsewhere").read_text().splitlines()[0])
    try:
        assert (home / "postgres" / "PG_VERSION").exists()
        with Postgres(data) as server:
            assert ask(server.url, "SELECT answer FROM kept") == 42
    finally:
        shutil.rmtree(home)
