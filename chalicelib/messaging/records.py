"""The records of a Kafka event source, as AWS hands them to a Lambda function."""

import base64
import json
import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from chalicelib.database import Database

log = logging.getLogger(__name__)


class Message(NamedTuple):
    """A CloudEvent and the topic it came by."""

    topic: str
    id: str
    type: str
    time: str
    data: dict[str, Any]


def messages(event: dict[str, Any]) -> Iterator[Message]:
    """The messages of a batch, in order per key. What is no message of ours is logged and passed over: raising would
    bring the whole batch back for ever."""
    for records in event["records"].values():
        for record in records:
            try:
                body = json.loads(base64.b64decode(record["value"]))
                yield Message(record["topic"], body["id"], body["type"], body["time"], body["data"])
            except (KeyError, TypeError, ValueError):
                where = f"{record.get('topic')}-{record.get('partition')}@{record.get('offset')}"
                log.exception("not a message of ours", extra={"record": where})


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
