"""Brings the database to the newest schema: ``python -m chalicelib.migrate``, and the migration Lambda.

yoyo applies the plain SQL files; an advisory lock, held on a connection of its own, lets one migrate at a time.
(yoyo's own lock is a table row, which a killed process leaves behind.)
"""

import os
from pathlib import Path

import psycopg2

from chalicelib.config import config, with_password

MIGRATIONS = Path(__file__).parent.parent / "sql" / "migrations"
_LOCK = "SELECT pg_advisory_lock(hashtext('rendezvous migrations'))"


def migrate(url: str = "") -> list[str]:
    """Apply what is missing to the database at ``url`` (default: the configured one); the names of what was applied."""
    import yoyo
    from yoyo.backends.core.postgresql import PostgresqlBackend
    from yoyo.connections import parse_uri

    url = url or with_password(config().database_url)
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


if __name__ == "__main__":
    os.environ.setdefault("STAGE", "local")
    applied = migrate()
    print("applied " + ", ".join(applied) if applied else "the schema is up to date")
