"""What the relay, the mailer and the sender do with what waits, and a post office that the tests can read."""

import base64
import email
import email.policy
import json
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from typing import Any, NamedTuple

Ask = Callable[..., list[Any]]


class Sent(NamedTuple):
    """A mail as it left: the envelope, and what stood in it."""

    to: str
    subject: str
    text: str
    html: str
    headers: dict[str, str]
    calendar: str
    method: str
    content: bytes


class PostOffice:
    """Takes every mail; ``answers`` raises what it is told to for an address."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.answers: dict[str, Exception] = {}
        self.opened = 0

    def __call__(self) -> "PostOffice":
        self.opened += 1
        return self

    def send(self, sender: str, to: str, content: bytes) -> None:
        if to in self.answers:
            raise self.answers[to]
        self.sent.append(read(to, content))

    def close(self) -> None:
        pass


def read(to: str, content: bytes) -> Sent:
    """A mail, by Python's own parser."""
    mail = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    parts = {part.get_content_type(): part for part in mail.walk() if not part.is_multipart()}
    calendar = parts.get("text/calendar")
    return Sent(
        to,
        str(mail["Subject"]),
        parts["text/plain"].get_content(),
        parts["text/html"].get_content(),
        {name: str(value) for name, value in mail.items()},
        calendar.get_content() if calendar else "",
        str(calendar.get_param("method")) if calendar else "",
        content,
    )


def take(sql: Ask, now: str = "2026-11-23T09:00Z") -> None:
    """What the relay and the mailer do with what is waiting."""
    from chalicelib.notifications import mailers

    waiting = sql("UPDATE outbox SET published = %s WHERE published IS NULL RETURNING id, topic, event", now)
    mailers.handle(as_records([(row.topic, row.event) for row in sorted(waiting, key=lambda row: row.id)]))


def as_records(messages: list[tuple[str, Any]]) -> dict[str, Any]:
    """Messages as AWS hands them to the function."""
    records: dict[str, list[Any]] = {}
    for topic, event in messages:
        value = base64.b64encode(json.dumps(event).encode()).decode()
        records.setdefault(f"{topic}-0", []).append({"topic": topic, "partition": 0, "offset": 0, "value": value})
    return {"records": records}


def send(post: Any, now: Callable[[], datetime] | None = None) -> int:
    """What the sender does with the mails that are due; how many left."""
    from chalicelib import clock
    from chalicelib.notifications import sending

    shift = sending.Shift(now or clock.now, post)
    shift.work_off()
    return shift.sent


def deliver(sql: Ask, post: PostOffice | None = None) -> list[Sent]:
    """Everything that waits is told and mailed; the mails that left."""
    post = post or PostOffice()
    before = len(post.sent)
    take(sql)
    send(post)
    return post.sent[before:]
