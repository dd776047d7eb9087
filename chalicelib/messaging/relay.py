"""Carries the outbox to Kafka: reads unpublished rows by id, publishes them in order per key and marks them.

It follows no id cursor and no snapshot horizon: one long transaction anywhere would stop everything; a partial
index finds what waits.
"""

import json
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from chalicelib.database import JOB, transaction
from chalicelib.messaging.locks import advisory_lock

BATCH = 500
PAUSE_SECONDS = 0.2
SHIFT_SECONDS = 110


class Sender(Protocol):
    """Publishes messages in order per key; returns the positions that were acknowledged."""

    def __call__(self, messages: Sequence[tuple[str, str, str, bytes]]) -> set[int]: ...


def run(send: Sender, now: Callable[[], datetime], seconds: float = SHIFT_SECONDS) -> int:
    """Publish what waits until another relay waits for the lock or our shift is over; how many were published."""
    published = 0
    with advisory_lock("relay") as lock:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not lock.is_awaited():
            count = publish_batch(send, now())
            published += count
            if count < BATCH:
                time.sleep(PAUSE_SECONDS)
    return published


def publish_batch(send: Sender, now: datetime) -> int:
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
