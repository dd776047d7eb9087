"""Makes rows of messages: a mail to each person whom a message is to be told. The rows are sent by ``sending``, one by
one, so that a batch of messages never waits for a mailbox."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chalicelib import clock
from chalicelib.database import JOB, Database, transaction
from chalicelib.messaging import records
from chalicelib.messaging.records import Message
from chalicelib.notifications import kinds

REMEMBERED = timedelta(days=30)
"""So old a message may be. What is older is not mailed, for it might have been before: ``delivered`` forgets in the end."""


def handle(event: dict[str, Any]) -> None:
    """Write down the mails that the messages of a batch call for. Raises only when PostgreSQL is gone."""
    records.consume(event, "mailer", take)


def take(batch: list[Message]) -> None:
    """Write down the mails of these messages, all or none; of messages that are known already, none."""
    now = clock.now()

    def work(db: Database) -> None:
        db.each(
            "INSERT INTO mail (message, recipient, kind, about, urgent, written, due)"
            " SELECT message, recipient, kind, about, urgent, %(now)s, %(now)s"
            " FROM json_to_recordset(%(given)s) AS m (message uuid, recipient uuid, kind text, about jsonb, urgent boolean)"
            " ON CONFLICT DO NOTHING",
            _rows(db, batch, now),
            now=now,
        )

    transaction(work, JOB)


def _rows(db: Database, batch: list[Message], now: datetime) -> list[dict[str, Any]]:
    """A row for each person whom one of the messages is told, in the order of the messages."""
    since = now - REMEMBERED
    called_for = {
        message.id: found
        for message in batch
        if (found := kinds.called_for_by(message.topic, message.type, message.data))
        and datetime.fromisoformat(message.time) >= since
    }
    new = records.new_ones(db, "mailer", [message for message in batch if message.id in called_for], now)
    of_kind: dict[tuple[kinds.Kind, kinds.Recipients], list[Message]] = defaultdict(list)
    for message in new:
        for kind, recipients in called_for[message.id]:
            of_kind[kind, recipients].append(message)
    rows: dict[str, list[dict[str, Any]]] = {message.id: [] for message in new}
    for (kind, recipients), messages in of_kind.items():
        for message, people in zip(messages, recipients(db, [message.data for message in messages]), strict=True):
            rows[message.id] += [_row(message, kind, person) for person in people]
    return [row for some in rows.values() for row in some]


def _row(message: Message, kind: kinds.Kind, recipient: UUID) -> dict[str, Any]:
    return {
        "message": message.id,
        "recipient": recipient,
        "kind": kind.name,
        "about": message.data,
        "urgent": kind.urgent,
    }
