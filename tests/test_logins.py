"""Three log-ins of the database: each may take one role and is nothing without it."""

from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest

from infra.local.logins import logins

ROLES = {"DATABASE_URL": "rendezvous_app", "DATABASE_JOB_URL": "rendezvous_job"}
OTHERS = ("rendezvous", "rendezvous_app", "rendezvous_job", "rendezvous_handlers", "rendezvous_jobs", "postgres")


def refused(url: str, *statements: str) -> bool:
    """Whether the last of the statements is refused for want of a right."""
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            for statement in statements[:-1]:
                cursor.execute(statement)
            cursor.execute(statements[-1])
    except (psycopg2.errors.InsufficientPrivilege, psycopg2.errors.UndefinedTable, psycopg2.errors.InvalidSchemaName):
        return True
    finally:
        connection.close()
    return False


@pytest.mark.parametrize("variable", ROLES)
def test_a_log_in_becomes_its_one_role_and_nothing_else(database: str, variable: str) -> None:
    url = logins(database)[variable]
    own = {ROLES[variable], urlsplit(url).username}
    taken = {role for role in OTHERS if not refused(url, f"SET ROLE {role}")}
    assert taken == own
    again = {role for role in OTHERS if not refused(url, f"SET ROLE {ROLES[variable]}", f"SET ROLE {role}")}
    assert again == own


@pytest.mark.parametrize("variable", ROLES)
@pytest.mark.parametrize(
    "statement", ["SELECT * FROM person", "SELECT * FROM account", "DELETE FROM outbox", "CREATE TABLE t ()"]
)
def test_without_its_role_a_log_in_is_nothing(database: str, variable: str, statement: str) -> None:
    assert refused(logins(database)[variable], statement)
    assert refused(logins(database)[variable], f"SET ROLE {ROLES[variable]}", "RESET ROLE", statement)


def test_who_serves_people_changes_no_schema_and_reads_no_password(database: str) -> None:
    url = logins(database)["DATABASE_URL"]
    for statement in ("SELECT password FROM account", "CREATE TABLE t ()", "DROP TABLE person", "TRUNCATE person"):
        assert refused(url, "SET ROLE rendezvous_app", statement), statement


def test_the_handlers_do_without_the_other_log_ins(community: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.config import config
    from chalicelib.database import disconnect

    ada = community.member("ada")
    disconnect()
    for variable in ("DATABASE_JOB_URL", "DATABASE_OWNER_URL"):
        monkeypatch.delenv(variable)
    config.cache_clear()
    assert ada.get("/api/me").status == 200
    assert ada.post("/InvitationCode/Create/", {"to": "eve@example.org"}).status == 200


def test_a_password_is_set_anew_without_the_server_seeing_it(server: Any, database: str, monkeypatch: Any) -> None:
    """What RDS rotates is told to the server as a verifier; and the same one again changes nothing for who is there."""
    from chalicelib.config import config
    from chalicelib.migrate import make_logins

    make_logins()
    connection = psycopg2.connect(server.url_of(urlsplit(database).path[1:], "postgres"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolpassword FROM pg_authid WHERE rolname IN ('rendezvous_handlers', 'rendezvous_jobs')")
        kept = [row[0] for row in cursor.fetchall()]
    connection.close()
    assert all(one.startswith("SCRAM-SHA-256$") for one in kept) and len(kept) == 2
    assert config().database_url


def test_production_asks_admins_for_a_second_factor_until_they_decide_otherwise(community: Any) -> None:
    from chalicelib.migrate import ask_admins_for_a_second_factor

    root = community.admin("root")
    ask_admins_for_a_second_factor()
    assert root.get("/api/admin/people").status == 403
    community.sql("DELETE FROM rule")
    assert root.ask("PUT", "/api/admin/rules/admin.second_factor", {"value": True}).status == 200
    community.sql("DELETE FROM rule")  # as an admin who gives it its default again does
    ask_admins_for_a_second_factor()
    assert root.get("/api/admin/people").status == 200
