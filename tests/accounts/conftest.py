"""What the tests of accounts share."""

from collections.abc import Iterator
from typing import Any

import psycopg2
import psycopg2.extras
import pytest

from tests.people import Community


@pytest.fixture(scope="module")
def _shared(server: Any) -> Iterator[tuple[str, Community]]:
    url = server.create("shared", "template_of_tests")
    connection = psycopg2.connect(url, cursor_factory=psycopg2.extras.NamedTupleCursor)
    connection.autocommit = True

    def ask(statement: str, *values: Any) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    yield url, Community(ask)
    connection.close()
    server.drop("shared")


@pytest.fixture
def one_community(_shared: tuple[str, Community], monkeypatch: pytest.MonkeyPatch) -> Iterator[Community]:
    """A community that a whole file shares, for requests that change nothing."""
    from chalicelib.config import config
    from chalicelib.database import disconnect

    url, community = _shared
    monkeypatch.setenv("DATABASE_URL", url)
    config.cache_clear()
    yield community
    disconnect()
    config.cache_clear()
