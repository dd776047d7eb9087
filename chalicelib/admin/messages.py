"""Messages that wait in the outbox: whether the relay keeps up. Counts alone: what they say is not for reading."""

from datetime import datetime

import msgspec

from chalicelib.admin.lists import shaped
from chalicelib.database import Database


class WaitingTopic(msgspec.Struct):
    """Messages of a topic that are not published yet, and when the oldest was written."""

    topic: str
    count: int
    oldest: datetime


class Waiting(msgspec.Struct):
    """All that waits, and when the relay last delivered something it still keeps."""

    count: int
    oldest: datetime | None
    last_published: datetime | None
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
