"""One PostgreSQL for the whole run; an empty, migrated database for every test that asks for one."""

import importlib
import json
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.logins import logins
from infra.local.postgres import Postgres
from tests import days
from tests.databases import TEMPLATE, Database, Databases
from tests.messages import faults
from tests.state import make_logins_of


def pytest_configure(config: pytest.Config) -> None:
    """Before any test's module is imported: some import app.py, which depends on the stage, some ask what day it is."""
    folder = tempfile.TemporaryDirectory(prefix="clock")
    config.add_cleanup(folder.cleanup)
    os.environ |= {"STAGE": "test", "CLOCK_FILE": str(Path(folder.name) / "clock")}
    days.set_clock(Path(os.environ["CLOCK_FILE"]))


WHOLE_SYSTEMS = {"system", "make_system", "running", "site"}
"""Fixtures that start everything, as `make run` does."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts a whole system takes longer than what a request does in this process."""
    for item in items:
        if WHOLE_SYSTEMS & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.long)


def pytest_report_header() -> str:
    return f"day: {os.environ.get('DAY') or 'today'}, zone of the machine: {os.environ.get('TZ') or 'its own'}"


@pytest.fixture(scope="session", autouse=True)
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The environment of the handlers: nothing outside the tests is ever reached."""
    folder = tmp_path_factory.mktemp("settings")
    kept = folder / "secrets.json"
    kept.write_text(
        json.dumps({"filter": secrets.token_hex(32)} | {name: [secrets.token_hex(32)] for name in ("links", "seal")})
    )
    os.environ |= {
        "SITE": "http://rendezvous.test",
        "SECRETS_FILE": str(kept),
        "DATABASE_URL": "",
        "DATABASE_JOB_URL": "",
        "DATABASE_OWNER_URL": "",
        "KAFKA_BOOTSTRAP": "",
        "SMTP_URL": "",
        "MAIL_FROM": "lunch@rendezvous.test",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    _hash_passwords_lightly()
    # What is registered depends on the stage: a test that plays another must not be the first to ask.
    importlib.import_module("app")
    from chalicelib.config import config

    config.cache_clear()  # a module may have asked before these settings
    yield


def _hash_passwords_lightly() -> None:
    """A password's hash costs 26 ms on purpose, and the tests log in thousands of times.

    What it costs is held by tests/accounts/test_passwords.py.
    """
    import argon2

    from chalicelib.accounts import passwords

    passwords._HASHER = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    passwords._NOBODY = passwords._HASHER.hash(b"nobody")


@pytest.fixture(scope="session")
def server(settings: None) -> Iterator[Postgres]:
    """A PostgreSQL of our own, with the migrated database ``template_of_tests``."""
    from chalicelib.migrate import migrate

    with Postgres(durable=False) as running:
        template = running.create(TEMPLATE)
        migrate(template)
        make_logins_of(template)
        yield running


@pytest.fixture(scope="session")
def databases(server: Postgres) -> Databases:
    """Where the tests have their databases from."""
    return Databases(server)


@pytest.fixture
def own_database(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """An empty, migrated database, which the application uses during the test.

    What the test tells to the outbox must be what docs/reference says of it.
    """
    from chalicelib.config import config
    from chalicelib.database import _warm

    given = databases.take()
    for variable, login in logins(given.url).items():
        monkeypatch.setenv(variable, login)
    config.cache_clear()
    _warm.connections = given.of_the_application
    yield given
    given.of_the_application = _warm.__dict__.pop("connections", {})
    config.cache_clear()
    told = _told(given)
    databases.give_back(given)
    assert [fault for topic, event in told for fault in faults(topic, event)] == []


def _told(database: Database) -> list[tuple[str, dict[str, Any]]]:
    """The topics and messages that the test left in the outbox."""
    with database.owner().cursor() as cursor:
        cursor.execute("SELECT topic, event FROM outbox WHERE event ->> 'type' <> 'event.tested' ORDER BY id")
        return [(row.topic, row.event) for row in cursor.fetchall()]


@pytest.fixture
def database(own_database: Database) -> str:
    """URL of an empty, migrated database, for its owner; the application uses it during the test."""
    return own_database.url


@pytest.fixture
def sql(own_database: Database) -> Callable[..., list[Any]]:
    """Ask the database as its owner: ``sql("SELECT ...", value, ...)``, rows as named tuples."""

    def ask(statement: str, *values: Any) -> list[Any]:
        with own_database.owner().cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description is not None else []  # () for rows without columns

    return ask


@pytest.fixture
def clock(settings: None) -> Iterator["Clock"]:
    """The application's clock, which a test can set."""
    moved = Clock(Path(os.environ["CLOCK_FILE"]))
    yield moved
    moved.reset()


class Clock:
    """The file that moves the product's clock; a new one each time, so that no reader takes it for the old one."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def set(self, now: str) -> None:
        """Set the clock: ``clock.set("2026-11-30T12:00Z")``."""
        from datetime import UTC, datetime

        wanted = datetime.fromisoformat(now.replace("Z", "+00:00"))
        draft = self.file.with_suffix(".new")
        draft.write_text(str((wanted - datetime.now(UTC)).total_seconds()))
        draft.rename(self.file)

    def reset(self) -> None:
        """Back to the day of this run."""
        days.set_clock(self.file)


@pytest.fixture
def visitor(database: str) -> "Any":
    """A browser nobody has logged in with."""
    from tests.people import Browser

    return Browser()


@pytest.fixture
def community(sql: Callable[..., list[Any]]) -> "Any":
    """Two locations, three food types, and whoever the test makes: ``community.member("ada")``."""
    from tests.people import Community

    return Community(sql)
