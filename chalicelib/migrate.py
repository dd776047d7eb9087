"""Brings the database to the newest schema: ``python -m chalicelib.migrate``, and the migration Lambda.

yoyo applies the plain SQL files; an advisory lock, held on a connection of its own, lets one migrate at a time.
(yoyo's own lock is a table row, which a killed process leaves behind.)
"""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import encrypt_password

from chalicelib.config import config, password, with_password
from chalicelib.database import APP, JOB

MIGRATIONS = Path(__file__).parent.parent / "sql" / "migrations"
HANDLERS, JOBS = "rendezvous_handlers", "rendezvous_jobs"
"""The log-ins of who serves people and of who works by itself; the third, the owner's, migrates."""
_LOCK = "SELECT pg_advisory_lock(hashtext('rendezvous migrations'))"


def migrate(url: str = "") -> list[str]:
    """Apply what is missing to the database at ``url`` (default: the configured one); the names of what was applied."""
    import yoyo
    from yoyo.backends.core.postgresql import PostgresqlBackend
    from yoyo.connections import parse_uri

    url = url or with_password(config().database_owner_url)
    guard = psycopg2.connect(url)
    try:
        guard.cursor().execute(_LOCK)
        # By its class: yoyo finds backends by the metadata of its installation, which a Lambda zip has not.
        backend = PostgresqlBackend(parse_uri(url), yoyo.default_migration_table)
        try:
            backend.init_database()
            missing = backend.to_apply(yoyo.read_migrations(str(MIGRATIONS)))
            backend.apply_migrations(missing)
            return [migration.id for migration in missing]
        finally:
            backend.connection.close()
    finally:
        guard.close()


def ask_admins_for_a_second_factor(url: str = "") -> None:
    """Set the rule that production has and its default has not, unless it was ever decided otherwise."""
    connection = psycopg2.connect(url or with_password(config().database_owner_url))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO rule (name, value) SELECT 'admin.second_factor', 'true' WHERE NOT EXISTS"
                " (SELECT FROM rule_change WHERE name = 'admin.second_factor') ON CONFLICT DO NOTHING"
            )
    finally:
        connection.close()


def make_logins(url: str = "") -> None:
    """Make the log-ins of handlers and jobs, with the passwords that their secrets say, or their URLs (locally).

    Each may take one role and is nothing without it. The server gets the password's verifier alone.
    """
    settings = config()
    known = {
        HANDLERS: (_password_of(HANDLERS, settings.handlers_secret, settings.database_url), APP),
        JOBS: (_password_of(JOBS, settings.jobs_secret, settings.database_job_url), JOB),
    }
    wanted = {name: (known_password, role) for name, (known_password, role) in known.items() if known_password}
    if not wanted:
        return
    connection = psycopg2.connect(url or with_password(config().database_owner_url))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(_LOCK.replace("advisory_lock", "advisory_xact_lock"))
            for name, (known_password, role) in wanted.items():
                verifier = encrypt_password(known_password, name, connection, "scram-sha-256")
                cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", (name,))
                if cursor.fetchone() is None:
                    cursor.execute(sql.SQL("CREATE ROLE {} LOGIN NOINHERIT").format(sql.Identifier(name)))
                cursor.execute(sql.SQL("ALTER ROLE {} PASSWORD %s").format(sql.Identifier(name)), (verifier,))
                cursor.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(name)))
    finally:
        connection.close()


def _password_of(name: str, secret: str, url: str) -> str:
    """The password of that log-in; '' where nothing says it."""
    if secret:
        return password(secret)
    parts = urlsplit(url)
    return unquote(parts.password or "") if parts.username == name else ""


if __name__ == "__main__":
    os.environ.setdefault("STAGE", "local")
    applied = migrate()
    make_logins()
    print("applied " + ", ".join(applied) if applied else "the schema is up to date")
