"""A consumer's records: read as AWS hands them to a Lambda, taken as a batch or, where that fails, one by one.

What cannot be read or carried out goes to the topic Dead_Letters, where admins see it, and holds nothing up: raising
would bring the whole batch back for ever. Only a database that is gone raises, and the batch comes again.
"""

import base64
import json
import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

import psycopg2

from chalicelib import clock
from chalicelib.database import JOB, Database, transaction
from chalicelib.errors import Unavailable
from chalicelib.messaging import outbox

log = logging.getLogger(__name__)

GONE = (Unavailable, psycopg2.OperationalError)
DEAD_LETTERS = "Dead_Letters"


class Message(NamedTuple):
    """A CloudEvent, and the topic, partition and offset it came by."""

    topic: str
    id: str
    type: str
    time: str
    data: dict[str, Any]
    partition: int = 0
    offset: int = 0


def consume(event: dict[str, Any], consumer: str, take: Callable[[list[Message]], None]) -> None:
    """Have the messages of a batch taken, in order per key. Raises only when PostgreSQL is gone.

    ``take`` takes all of the messages it is given or none, and knows by itself which it has taken before.
    """
    batch = list(messages(event, consumer))
    try:
        take(batch)
    except GONE:
        raise
    except Exception:
        log.warning("a batch is taken message by message", exc_info=True)
        for message in batch:
            _take_alone(message, consumer, take)


def _take_alone(message: Message, consumer: str, take: Callable[[list[Message]], None]) -> None:
    try:
        take([message])
    except GONE:
        raise
    except Exception as error:
        log.exception("a message could not be dealt with", extra={"message_id": message.id, "type": message.type})
        place = {"topic": message.topic, "partition": message.partition, "offset": message.offset}
        bury(consumer, place | {"type": message.type, "message": message.id}, error)


def messages(event: dict[str, Any], consumer: str) -> Iterator[Message]:
    """The messages of a batch, in order per key; what is no message of ours is buried."""
    for records in event["records"].values():
        for record in records:
            try:
                body = json.loads(base64.b64decode(record["value"]))
                yield Message(
                    record["topic"],
                    body["id"],
                    body["type"],
                    body["time"],
                    body["data"],
                    record.get("partition", 0),
                    record.get("offset", 0),
                )
            except (KeyError, TypeError, ValueError) as error:
                place = {name: record.get(name) for name in ("topic", "partition", "offset")}
                log.exception("not a message of ours", extra={"record": place})
                bury(consumer, place, error)


def bury(consumer: str, place: dict[str, Any], error: Exception) -> None:
    """Tell Dead_Letters of a record that no more can be made of: where it stands and which error it met, once.

    What the record holds stays where it is: an error's own words may quote it, so its kind alone is told.
    """
    from chalicelib import metrics

    metrics.tell(PoisonRecords=1)
    now = clock.now()
    name = " ".join(str(place.get(part)) for part in ("topic", "partition", "offset", "message"))
    data = {"consumer": consumer, **place, "error": type(error).__name__}

    def work(db: Database) -> None:
        if first_time(db, f"{consumer} {DEAD_LETTERS}", str(uuid5(NAMESPACE_URL, name)), now):
            outbox.put(db, DEAD_LETTERS, consumer, "record.buried", data, now)

    transaction(work, JOB)


def new_ones(db: Database, consumer: str, messages: list[Message], now: datetime) -> list[Message]:
    """Those of the messages that this consumer meets for the first time, each once: claimed in the caller's transaction."""
    if not messages:
        return []
    by_id = {message.id: message for message in messages}
    rows = db.rows(
        "INSERT INTO delivered (consumer, event_id, at) SELECT %(consumer)s, id, %(now)s FROM unnest(%(ids)s::uuid[]) id"
        " ORDER BY id ON CONFLICT DO NOTHING RETURNING event_id",
        consumer=consumer,
        ids=list(by_id),
        now=now,
    )
    new = {str(row.event_id) for row in rows}
    return [message for id, message in by_id.items() if id in new]


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
