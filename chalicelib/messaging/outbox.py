"""What happened, written in the transaction in which it happened; the relay carries it to Kafka.

The request path writes a row and touches neither Kafka nor SQS.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec

from chalicelib.database import Database

AT_ONCE = 5000


def put(db: Database, topic: str, key: str, kind: str, data: dict[str, Any], now: datetime) -> str:
    """Write one message into the caller's transaction; its id.

    Call it after the row that ``key`` names is locked (or new): that keeps the order per key. ``kind`` is the
    CloudEvents type (``event.proposed``); ``data`` carries ids, never names, addresses or what members wrote.
    """
    return put_all(db, [(topic, key, kind, data)], now)[0]


def mail_due(kind: str, person: object, **more: Any) -> tuple[str, str, str, dict[str, Any]]:
    """The message that a mail of that kind to one person is due; more ids, or a week's name, say about what."""
    return "Mails", str(person), "mail.due", {"kind": kind, "person": str(person)} | more


def put_all(db: Database, messages: Sequence[tuple[str, str, str, dict[str, Any]]], now: datetime) -> list[str]:
    """Write many messages (topic, key, kind, data) with one statement; their ids."""
    at = now.isoformat()
    given = [(topic, key, envelope(str(uuid.uuid4()), kind, data, at)) for topic, key, kind, data in messages]
    db.each(
        "INSERT INTO outbox (topic, key, event) SELECT m ->> 0, m ->> 1, m -> 2 FROM jsonb_array_elements(%(given)s) m",
        given,
    )
    return [event["id"] for _, _, event in given]


def put_many(db: Database, messages: Iterable[tuple[str, str, str, dict[str, Any]]], now: datetime) -> None:
    """Write any number of messages (topic, key, kind, data) as they come, of which few are held in memory at once."""
    at = now.isoformat()
    lines = (
        _line(topic, key, msgspec.json.encode(envelope(str(uuid.uuid4()), kind, data, at)).decode())
        for topic, key, kind, data in messages
    )
    while some := "".join(islice(lines, AT_ONCE)):
        db.copy("outbox (topic, key, event)", some)


def _line(*texts: str) -> str:
    """A row as PostgreSQL's COPY reads it."""
    whole = "\x1f".join(texts).replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")
    return whole.replace("\x1f", "\t") + "\n"


def envelope(id: str, kind: str, data: dict[str, Any], at: str) -> dict[str, Any]:
    """The message as a CloudEvents 1.0 structured JSON object."""
    return {
        "specversion": "1.0",
        "id": id,
        "source": "/rendezvous",
        "type": kind,
        "time": at,
        "datacontenttype": "application/json",
        "data": data,
    }


def republish(db: Database) -> int:
    """Mark every kept message unpublished, for a broker that came back empty; consumers deduplicate. How many."""
    return db.run("UPDATE outbox SET published = NULL WHERE published IS NOT NULL")


def forget(db: Database, before: datetime, batch: int = 5000) -> int:
    """Delete a batch of what was published before then; how many. In batches: a long delete would slow the relay."""
    return db.run(
        "DELETE FROM outbox WHERE id IN"
        " (SELECT id FROM outbox WHERE published < %(before)s ORDER BY published LIMIT %(batch)s)",
        before=before,
        batch=batch,
    )
