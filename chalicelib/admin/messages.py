"""Messages that wait in the outbox, and records that no consumer could deal with: where and when, never what they say."""

import msgspec

from chalicelib.admin.lists import shaped
from chalicelib.database import Database
from chalicelib.web.field_types import Instant


class WaitingTopic(msgspec.Struct):
    """Messages of a topic that are not published yet, and when the oldest was written."""

    topic: str
    count: int
    oldest: Instant


class Waiting(msgspec.Struct):
    """All that waits, and when the relay last delivered something it still keeps."""

    count: int
    oldest: Instant | None
    last_published: Instant | None
    topics: list[WaitingTopic]


def waiting(db: Database) -> Waiting:
    """What waits in the outbox, by topic."""
    topics = shaped(db.rows("SELECT * FROM waiting_messages()"), WaitingTopic)
    return Waiting(
        sum(topic.count for topic in topics),
        min((topic.oldest for topic in topics), default=None),
        db.value("SELECT last_published()"),
        topics,
    )


class DeadLetter(msgspec.Struct):
    """A record that a consumer could not read or carry out, and the kind of error that it met."""

    at: Instant
    consumer: str
    topic: str | None
    partition: int | None
    offset: int | None
    type: str | None
    error: str


def dead_letters(db: Database, most: int = 50) -> list[DeadLetter]:
    """The newest that are kept."""
    return shaped(db.rows("SELECT * FROM dead_letters(%(most)s)", most=most), DeadLetter)
