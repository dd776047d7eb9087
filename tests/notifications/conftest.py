"""Mails that wait in rows, and servers that take them as they like."""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.people import Community
from tests.sink import Sink, listening

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def smtp_url(sink: Sink) -> Iterator[str]:
    with listening(sink) as url:
        yield url


@pytest.fixture
def post(smtp_url: str) -> Callable[[], Any]:
    """Opens a connection to the sink."""
    from chalicelib.messaging.smtp import Smtp

    return lambda: Smtp(smtp_url, patience=10)


class Rows:
    """Mails that wait, made without what calls for them."""

    def __init__(self, community: Community) -> None:
        self.community = community
        self.sql = community.sql
        self.people: dict[str, uuid.UUID] = {}

    def person(self, name: str) -> uuid.UUID:
        if name not in self.people:
            self.people[name] = self.community.person(name, location=None)
        return self.people[name]

    def tell(self, name: str, count: int = 1, at: datetime = NOW) -> None:
        """So many mails to that person, of a kind that is about nobody else."""
        self.sql(
            "INSERT INTO mail (message, recipient, kind, about, urgent, written, due)"
            " SELECT gen_random_uuid(), %s, 'address_in_use', '{}', false, %s, %s FROM generate_series(1, %s)",
            self.person(name),
            at,
            at,
            count,
        )

    def reset(self, name: str, at: datetime = NOW) -> None:
        """A link to a new password was asked for."""
        reset = uuid.uuid4()
        self.sql("INSERT INTO password_reset VALUES (%s, %s, %s)", reset, self.person(name), at)
        self.sql(
            "INSERT INTO mail (message, recipient, kind, about, urgent, written, due)"
            " VALUES (gen_random_uuid(), %s, 'reset', jsonb_build_object('password_reset', %s::text), true, %s, %s)",
            self.person(name),
            str(reset),
            at,
            at,
        )

    def states(self) -> dict[str, list[Any]]:
        """Address -> what became of its mails that have not left: state, attempts, answer."""
        found: dict[str, list[Any]] = {}
        for row in self.sql(
            "SELECT a.email, m.state, m.attempts, m.answer FROM mail m JOIN account a ON a.person_id = m.recipient ORDER BY m.id"
        ):
            found.setdefault(row.email, []).append((row.state, row.attempts, row.answer))
        return found


@pytest.fixture
def rows(community: Community) -> Rows:
    return Rows(community)


class Present:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at

    def wait(self, **span: float) -> None:
        self.at += timedelta(**span)


@pytest.fixture
def present() -> Present:
    return Present()
