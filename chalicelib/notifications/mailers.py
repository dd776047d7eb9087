"""Makes rows of messages: a mail to each person whom a message is to be told. The rows are sent by ``sending``, one by
one, so that a batch of messages never waits for a mailbox."""

from datetime import datetime, timedelta
from typing import Any

from chalicelib import clock
from chalicelib.database import JOB, Database, transaction
from chalicelib.messaging import records
from chalicelib.messaging.records import Message
from chalicelib.notifications import kinds

REMEMBERED = timedelta(days=30)
"""How long ``delivered`` remembers: what is older than that is not mailed, for it might have been before."""


def handle(event: dict[str, Any]) -> None:
    """Write down the mails that the messages of a batch call for. Raises only when PostgreSQL is gone."""
    records.consume(event, "mailer", take)


def take(batch: list[Message]) -> None:
    """Write down the mails of these messages, all or none; of messages that are known already, none."""
    now = clock.now()

    def work(db: Database) -> None:
        rows = [row for message in batch for row in _rows(db, message, now)]
        db.each(
            "INSERT INTO mail (message, recipient, kind, about, urgent, written, due)"
            " SELECT message, recipient, kind, about, urgent, %(now)s, %(now)s"
            " FROM json_to_recordset(%(given)s) AS m (message uuid, recipient uuid, kind text, about jsonb, urgent boolean)"
            " ON CONFLICT DO NOTHING",
            rows,
            now=now,
        )

    transaction(work, JOB)


def _rows(db: Database, message: Message, now: datetime) -> list[dict[str, Any]]:
    called_for = kinds.called_for_by(message.topic, message.type, message.data)
    if not called_for or datetime.fromisoformat(message.time) < now - REMEMBERED:
        return []
    if not records.first_time(db, "mailer", message.id, now):
        return []
    return [
        {
            "message": message.id,
            "recipient": recipient,
            "kind": kind.name,
            "about": message.data,
            "urgent": kind.urgent,
        }
        for kind in called_for
        for recipient in kind.recipients(db, message.data)
    ]
