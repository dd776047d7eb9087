"""An installation's secrets: made once, rotated without losing what was sealed, and put into the database."""

import json
import re
from collections.abc import Iterator
from typing import Any

import boto3
import psycopg2
import pytest
from moto import mock_aws

from chalicelib import migrate
from chalicelib.config import config
from infra import keys
from infra.local.postgres import Postgres

INSTALLATION = "rendezvous-production"


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        made = boto3.client("secretsmanager")
        for name in ("keys", "handlers", "jobs"):
            made.create_secret(Name=f"{INSTALLATION}/{name}")
        yield made


def held(client: Any, name: str) -> Any:
    return json.loads(client.get_secret_value(SecretId=f"{INSTALLATION}/{name}")["SecretString"])


def test_what_is_missing_is_made_and_what_is_there_is_left(client: Any) -> None:
    assert len(keys.make(client, INSTALLATION)) == 3
    before = {name: held(client, name) for name in ("keys", "handlers", "jobs")}
    assert len(bytes.fromhex(before["keys"]["filter"])) == 32
    assert {name: [len(bytes.fromhex(key)) for key in before["keys"][name]] for name in ("links", "seal")} == {
        "links": [32],
        "seal": [32],
    }
    assert before["handlers"]["password"] != before["jobs"]["password"]
    assert keys.make(client, INSTALLATION) == []
    assert before == {name: held(client, name) for name in before}


def test_an_interrupted_making_is_completed(client: Any) -> None:
    client.put_secret_value(SecretId=f"{INSTALLATION}/keys", SecretString=json.dumps({"links": "ab" * 32}))
    keys.make(client, INSTALLATION)
    assert held(client, "keys")["links"] == "ab" * 32
    assert held(client, "keys")["filter"]


def test_a_new_seal_stands_before_those_that_open_what_was_sealed(client: Any) -> None:
    keys.make(client, INSTALLATION)
    old = held(client, "keys")
    keys.rotate_seal(client, INSTALLATION)
    new = held(client, "keys")
    assert new["seal"][1:] == old["seal"]
    assert new["seal"][0] not in old["seal"]
    assert (new["links"], new["filter"]) == (old["links"], old["filter"])


def test_a_new_key_of_links_stands_before_those_that_know_what_they_made(client: Any) -> None:
    keys.make(client, INSTALLATION)
    old = held(client, "keys")
    keys.rotate_links(client, INSTALLATION)
    new = held(client, "keys")
    assert new == old | {"links": new["links"]}
    assert new["links"][1:] == old["links"] and new["links"][0] not in old["links"]
    assert len(bytes.fromhex(new["links"][0])) == 32
    assert keys.forget_links(client, INSTALLATION) == [f"{INSTALLATION}/keys"]
    assert held(client, "keys") == old | {"links": new["links"][:1]}


def test_a_single_key_of_links_becomes_the_last_of_a_list(client: Any) -> None:
    client.put_secret_value(SecretId=f"{INSTALLATION}/keys", SecretString=json.dumps({"links": "ab" * 32}))
    keys.make(client, INSTALLATION)
    keys.rotate_links(client, INSTALLATION)
    assert held(client, "keys")["links"][1:] == ["ab" * 32]


def test_nothing_rotates_the_key_of_the_filter() -> None:
    assert not [act for act in keys.ACTS if "filter" in act], "every pair that is kept apart would be forgotten"


def test_who_misspells_the_installation_is_told(client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert "There are no secrets of rendezvous-produktion" in str(keys.main(["make", "produktion"]))
    assert "rotate-seal" in str(keys.main(["break", "production"]))
    assert keys.main(["make", "production"]) is None
    shown = capsys.readouterr().out
    assert not re.search(r"[0-9a-f]{32}", shown), "no key on the screen"


@pytest.fixture
def logins(client: Any, server: Postgres, database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A database to which handlers and jobs come as themselves: ``logins("rendezvous_jobs")`` connects."""
    keys.make(client, INSTALLATION)
    monkeypatch.setenv("HANDLERS_SECRET", f"{INSTALLATION}/handlers")
    monkeypatch.setenv("JOBS_SECRET", f"{INSTALLATION}/jobs")
    config.cache_clear()
    migrate.make_logins(database)
    opened = []

    def connect(name: str, password: str = "") -> Any:
        known = password or held(client, name.removeprefix("rendezvous_"))["password"]
        dbname = database.rpartition("/")[2]
        opened.append(psycopg2.connect(host="127.0.0.1", port=server.port, dbname=dbname, user=name, password=known))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()
    # The log-ins are of the whole server: the other tests come with the passwords of their URLs.
    monkeypatch.delenv("HANDLERS_SECRET")
    monkeypatch.delenv("JOBS_SECRET")
    config.cache_clear()
    migrate.make_logins(database)


def ask(connection: Any, statement: str) -> Any:
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else None


@pytest.mark.parametrize(("login", "own", "other"), [("handlers", "app", "job"), ("jobs", "job", "app")])
def test_a_login_takes_its_role_and_no_other(logins: Any, login: str, own: str, other: str) -> None:
    connection = logins(f"rendezvous_{login}")
    with pytest.raises(psycopg2.errors.UndefinedTable):
        ask(connection, "SELECT * FROM person")  # without its role it does not even see the schema
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(connection, f"SET ROLE rendezvous_{other}")
    ask(connection, f"SET ROLE rendezvous_{own}")
    assert ask(connection, "SELECT count(*) FROM location") == [(0,)]


def test_a_rotated_password_is_taken_by_the_next_migration_and_the_old_one_refused(
    logins: Any, client: Any, database: str
) -> None:
    old = held(client, "jobs")["password"]
    keys.rotate_logins(client, INSTALLATION)
    still_open = logins("rendezvous_jobs", old)
    migrate.make_logins(database)
    ask(logins("rendezvous_jobs"), "SET ROLE rendezvous_job")
    with pytest.raises(psycopg2.OperationalError):
        logins("rendezvous_jobs", old)
    ask(still_open, "SELECT 1")


def test_where_there_are_no_secrets_the_database_is_not_even_asked() -> None:
    config.cache_clear()
    migrate.make_logins("postgresql://nobody@127.0.0.1:1/nowhere")
