"""Forgets what need not be kept: nothing stays longer than the feature that needs it."""

from datetime import datetime, timedelta

from chalicelib import rules
from chalicelib.database import JOB, Database, transaction
from chalicelib.messaging import outbox

BATCH = 5000


def forget(now: datetime) -> None:
    """Delete, in batches, what has had its time: limits, sessions, links, answers, published messages."""
    for table, column, kept in KEPT:
        while transaction(lambda db, t=table, c=column, k=kept: _forget(db, t, c, now - k), JOB) == BATCH:  # type: ignore[misc]
            pass
    while (
        transaction(lambda db: outbox.forget(db, now - timedelta(days=rules.read(db).outbox.days_kept), BATCH), JOB)
        == BATCH
    ):
        pass
    while transaction(lambda db: _forget_addresses(db, now), JOB) == BATCH:
        pass


KEPT = (
    ("rate", "since", timedelta(days=1)),
    ("session", "expires", timedelta()),
    ("api_token", "expires", timedelta(days=30)),
    ("ticket", "expires", timedelta()),
    ("socket", "opened", timedelta(hours=3)),  # API Gateway ends each after two
    ("idempotency", "at", timedelta(days=1)),
    ("pressed_form", "at", timedelta(minutes=1)),
    ("password_reset", "asked", timedelta(days=1)),
    ("address_change", "asked", timedelta(days=8)),
    ("former_address", "at", timedelta(days=7)),
    ("batch_report", "at", timedelta(days=7)),
    ("mail", "written", timedelta(days=30)),
    ("delivered", "at", timedelta(days=60)),
    ("availability", "until", timedelta(days=60)),
    ("day_away", "upper(during)", timedelta(days=60)),
)
"""Table, the column that says when, and how long a row is kept after it."""


def _forget_addresses(db: Database, now: datetime) -> int:
    """The addresses of a batch of invitations that expired unused: nobody can join by one any more."""
    return db.run(
        "DELETE FROM invitation_address WHERE invitation_id IN (SELECT a.invitation_id FROM invitation_address a"
        " JOIN invitation i ON i.id = a.invitation_id WHERE i.expires <= %(now)s AND NOT EXISTS"
        " (SELECT FROM invitation_use u WHERE u.invitation_id = i.id) LIMIT %(batch)s)",
        now=now,
        batch=BATCH,
    )


def _forget(db: Database, table: str, column: str, before: datetime) -> int:
    # Both names come from the list above.
    return db.run(
        f"DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE {column} < %(before)s LIMIT %(batch)s))",
        before=before,
        batch=BATCH,
    )
