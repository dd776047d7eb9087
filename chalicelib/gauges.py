"""Reads off, every minute, how long what should be done soon has been waiting: the alarms look at these numbers."""

from datetime import datetime

from chalicelib import metrics
from chalicelib.database import JOB, Database, transaction


def tell(now: datetime) -> None:
    """Write down the gauges as they stand now."""
    metrics.tell(**transaction(lambda db: read(db, now), JOB))


def read(db: Database, now: datetime) -> dict[str, float]:
    """Metric -> its value; 0 where nothing waits."""
    mails = db.value("SELECT count(*) FROM mail WHERE state = 'waiting' AND attempts > 0")
    return {"UndeliveredMails": mails} | {
        name: max(0.0, (now - since).total_seconds()) if since else 0.0 for name, since in _since(db)
    }


def _since(db: Database) -> list[tuple[str, datetime | None]]:
    return [
        (
            "OldestOutboxRow",
            db.value("SELECT (event->>'time')::timestamptz FROM outbox WHERE published IS NULL ORDER BY id LIMIT 1"),
        ),
        ("RoundsWaiting", db.value("SELECT min(asked) FROM asked_round")),
    ]
