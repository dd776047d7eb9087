"""The database's password where Secrets Manager keeps it: put into the URL, asked for anew when it was rotated."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
import pytest
from moto import mock_aws

from chalicelib.config import config, with_password

URL = "postgresql://rendezvous_jobs@database.example:5432/rendezvous?sslmode=require"


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("DATABASE_SECRET", "rendezvous-test/jobs")
    config.cache_clear()
    with mock_aws():
        client = boto3.client("secretsmanager")
        client.create_secret(Name="rendezvous-test/jobs", SecretString=json.dumps({"password": "p@ss:w/rd?"}))
        yield client
    config.cache_clear()


def test_a_password_with_signs_of_a_url_comes_through(secrets: Any) -> None:
    parts = urlsplit(with_password(URL))
    assert unquote(parts.password or "") == "p@ss:w/rd?"
    assert (parts.username, parts.hostname, parts.port, parts.path, parts.query) == (
        "rendezvous_jobs",
        "database.example",
        5432,
        "/rendezvous",
        "sslmode=require",
    )


def test_a_rotated_password_is_found_by_the_next_connection(secrets: Any) -> None:
    with_password(URL)
    secrets.put_secret_value(SecretId="rendezvous-test/jobs", SecretString=json.dumps({"password": "new"}))
    assert urlsplit(with_password(URL)).password == "new"


def test_a_url_with_its_own_password_is_taken_as_it_is(secrets: Any) -> None:
    own = URL.replace("@", ":own@")
    assert with_password(own) == own


def test_without_secrets_manager_nobody_is_asked() -> None:
    assert with_password(URL) == URL
