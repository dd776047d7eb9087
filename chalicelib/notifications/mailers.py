"""Makes rows of messages: a mail to each person whom a message is to be told. The rows are sent by ``sending``, one by
one, so that a batch of messages never waits for a mailbox."""

import logging
from datetime import datetime, timedelta
from typing import Any

import psycopg2

from chalicelib import clock
from chalicelib.database import JOB, Database, transaction
from chalicelib.errors import Unavailable
from chalicelib.messaging import records
from chalicelib.messaging.records import Message, messages
from chalicelib.notifications import kinds

log = logging.getLogger(__name__)

REMEMBERED = timedelta(days=30)
"""How long ``delivered`` remembers: what is older than that is not mailed, for it might have been before."""


def handle(event: dict[str, Any]) -> None:
    """Write down the mails that the messages of a batch call for.

    Raises only when PostgreSQL is gone: the batch then comes again. A message that cannot be dealt with is logged and
    passed over, or it would come back for ever and all others with it.
    """
    batch = list(messages(event))
    try:
        take(batch)
    except (Unavailable, psycopg2.OperationalError):
        raise
    except Exception:
        log.warning("a batch is taken message by message", exc_info=True)
        for message in batch:
            _take_alone(message)


def _take_alone(message: Message) -> None:
    try:
        take([message])
    except (Unavailable, psycopg2.OperationalError):
        raise
    except Exception:
        log.exception("a message could not be mailed", extra={"message_id": message.id, "type": message.type})


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
