"""What happened, written in the transaction in which it happened, and carried to Kafka by the relay.

The request path writes a row and touches neither Kafka nor SQS. The relay reads unpublished rows by id, publishes
them in order per key and marks them. It follows no id cursor and no snapshot horizon: one long transaction
anywhere would stop everything; a partial index finds what waits.
"""

import json
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from chalicelib.database import JOB, Database, transaction, turn

BATCH = 500
PAUSE_SECONDS = 0.2
SHIFT_SECONDS = 110


class Sender(Protocol):
    """Publishes messages in order per key; returns the positions that were acknowledged."""

    def __call__(self, messages: Sequence[tuple[str, str, str, bytes]]) -> set[int]: ...


def put(db: Database, topic: str, key: str, kind: str, data: dict[str, Any], now: datetime) -> str:
    """Write one message into the caller's transaction; its id.

    Call it after the row that ``key`` names is locked (or new): that keeps the order per key. ``kind`` is the
    CloudEvents type (``event.proposed``); ``data`` carries ids, never names, addresses or what members wrote.
    """
    return put_all(db, [(topic, key, kind, data)], now)[0]


def put_all(db: Database, messages: Sequence[tuple[str, str, str, dict[str, Any]]], now: datetime) -> list[str]:
    """Write many messages (topic, key, kind, data) with one statement; their ids."""
    at = now.isoformat()
    given: list[dict[str, Any]] = [
        {"topic": topic, "key": key, "event": envelope(str(uuid.uuid4()), kind, data, at)}
        for topic, key, kind, data in messages
    ]
    db.each(
        "INSERT INTO outbox (topic, key, event)"
        " SELECT topic, key, event FROM json_to_recordset(%(given)s) AS m (topic text, key text, event jsonb)",
        given,
    )
    return [str(one["event"]["id"]) for one in given]


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


def relay(send: Sender, now: Callable[[], datetime], seconds: float = SHIFT_SECONDS) -> int:
    """Publish what waits until another relay waits for our place or our shift is over; how many were published."""
    published = 0
    with turn("relay") as place:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not place.is_awaited():
            count = relay_once(send, now())
            published += count
            if count < BATCH:
                time.sleep(PAUSE_SECONDS)
    return published


def relay_once(send: Sender, now: datetime) -> int:
    """Publish a batch of what waits, oldest first, and what is behind it where keys are stopped; how many were marked."""
    published, after, stopped = 0, 0, set[str]()
    while waiting := _waiting(after, stopped):
        ids = [json.loads(row.event)["id"] for row in waiting]
        acknowledged = send(
            [(row.topic, row.key, id, row.event.encode()) for row, id in zip(waiting, ids, strict=True)]
        )
        done = [row.id for position, row in enumerate(waiting) if position in acknowledged]
        transaction(lambda db, d=done: db.run(_MARK, now=now, done=d), JOB)  # type: ignore[misc]
        published += len(done)
        if len(done) == len(waiting) or len(waiting) < BATCH:
            break
        # A stopped key that holds more than a batch must not keep every other key waiting.
        after = waiting[-1].id
        stopped |= {row.key for position, row in enumerate(waiting) if position not in acknowledged}
    return published


_MARK = "UPDATE outbox SET published = %(now)s WHERE id = ANY(%(done)s)"


def _waiting(after: int, stopped: set[str]) -> list[Any]:
    return transaction(
        lambda db: db.rows(
            "SELECT id, topic, key, event::text AS event FROM outbox WHERE published IS NULL AND id > %(after)s"
            " AND key <> ALL(%(stopped)s) ORDER BY id LIMIT %(batch)s",
            after=after,
            stopped=list(stopped),
            batch=BATCH,
        ),
        JOB,
    )


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


def first_time(db: Database, consumer: str, message: str, now: datetime) -> bool:
    """Whether this consumer meets the message for the first time: claimed in the caller's transaction."""
    return (
        db.run(
            "INSERT INTO delivered (consumer, event_id, at) VALUES (%(consumer)s, %(message)s, %(now)s)"
            " ON CONFLICT DO NOTHING",
            consumer=consumer,
            message=message,
            now=now,
        )
        == 1
    )
