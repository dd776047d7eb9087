"""PostgreSQL is gone: a clear 503 and nothing half done; when it is back, so is everything, without help."""

from collections.abc import Iterator
from typing import Any

import psycopg2
import psycopg2.extras
import pytest

from tests.people import PASSWORD, Browser, Community
from tests.state import make_logins_of, serving


@pytest.fixture(scope="module")
def own_server(settings: None) -> Iterator[Any]:
    """A server that this file may kill: durable, as the real one is."""
    from chalicelib.migrate import migrate
    from infra.local.postgres import Postgres

    with Postgres() as running:
        migrate(running.url)
        make_logins_of(running.url)
        yield running


def test_every_answer_is_503_and_afterwards_all_is_as_it_was(own_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = psycopg2.connect(own_server.url, cursor_factory=psycopg2.extras.NamedTupleCursor)
    connection.autocommit = True
    psycopg2.extras.register_uuid(conn_or_curs=connection)

    def sql(statement: str, *values: Any) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    with serving(own_server.url):
        ada = Community(sql).member("ada")
        code = ada.post("/InvitationCode/Create/", {}).json["invitation_code"]
        connection.close()
        own_server.kill()
        for _ in range(2):
            for answer in (
                ada.get("/MyEvents/"),
                ada.post("/InvitationCode/Create/", {}),
                ada.post("/Logout/"),
                Browser().post("/Login/", {"username": "ada", "password": PASSWORD}),
            ):
                assert (answer.status, answer.header("content-type")) == (503, "application/problem+json"), answer.text
                assert int(answer.header("retry-after")) > 0
            page = ada.get("/", headers={"Accept": "text/html"})
            assert (page.status, page.header("content-type")) == (503, "text/html; charset=utf-8")
            assert Browser().post("/Login/Success/").status == 200, "what needs no database answers"
            form = Browser().post("/login", {"username": "ada", "password": PASSWORD}, kind="form")
            assert form.status == 503

    own_server.launch()
    with serving(own_server.url):
        assert ada.get("/MyEvents/").status == 200, "nobody has to log in again"
        enrolled = Browser().post(
            "/Enrollment/Create/",
            {
                "invitation_code": code,
                "username": "newcomer",
                "password": PASSWORD,
                "name": "New",
                "email": "new@example.org",
                "timezone": "UTC",
            },
        )
        assert enrolled.status == 200, "an invitation that was answered is kept by a server killed right after"


def test_a_connection_that_died_meanwhile_is_replaced_unseen(own_server: Any) -> None:
    """As after a restart, or a warm Lambda's long sleep: the first request after it succeeds."""
    with serving(own_server.url):
        assert Browser().get("/MyEvents/").status == 401
        admin = psycopg2.connect(own_server.admin_url)
        admin.autocommit = True
        admin.cursor().execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'rendezvous' AND pid <> pg_backend_pid()"
        )
        admin.close()
        assert Browser().get("/MyEvents/").status == 401
