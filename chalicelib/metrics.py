"""What the system tells of itself in numbers: a line of the log each, in CloudWatch's embedded metric format.

CloudWatch makes metrics of such lines by itself, and the alarms look at them. Imported by jobs and consumers alone.
"""

from datetime import datetime

from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from chalicelib.config import config
from chalicelib.database import JOB, Database, transaction

NAMESPACE = "Rendezvous"

METRICS = {
    "OldestOutboxRow": "Seconds",
    "PoisonRecords": "Count",
    "RoundsWaiting": "Seconds",
    "UndeliveredMails": "Count",
}
"""Name -> unit: how long the oldest message has waited to be published; records of which a consumer could make nothing;
how long the oldest round has been due; mails that wait although they were tried."""


def tell(**values: float) -> None:
    """Write the values of these metrics down, as they are now."""
    lines = AmazonCloudWatchEMFProvider(namespace=NAMESPACE)
    lines.add_dimension("environment", config().environment)
    for name, value in values.items():
        lines.add_metric(name, METRICS[name], value)
    lines.flush_metrics()


def observe(now: datetime) -> None:
    """Write down how long what should be done soon has been waiting."""
    tell(**transaction(lambda db: read(db, now), JOB))


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
