"""Mails that did not arrive, or not yet, and why: in words made of codes, for the words of mail servers name people."""

from typing import Any, NamedTuple
from uuid import UUID

from chalicelib.database import Database
from chalicelib.notifications import kinds

_BY_DETAIL = {
    "1.1": "there is no such mailbox",
    "1.2": "there is no such mail server",
    "1.10": "that server takes no mail",
    "2.1": "the mailbox is switched off",
    "2.2": "the mailbox is full",
    "3.4": "the mail is too large for it",
    "4.1": "its server did not answer",
    "4.4": "there is no such mail server",
    "4.7": "its server did not answer in time",
}
"""Subject and detail of an enhanced status code (RFC 3463) -> words."""
_BY_NAME = {
    "MessageRejected": "it was rejected",
    "InvalidParameterValue": "the address cannot be used",
    "unusable address": "the address cannot be used",
    "not written": "it could not be written; the log says why",
    "Throttling": "too many mails at once",
    "SMTPServerDisconnected": "the connection was lost",
    "ConnectionResetError": "the connection was lost",
    "TimeoutError": "the server did not answer in time",
    "ConnectionRefusedError": "the mail server is not there",
    "EndpointConnectionError": "the mail server is not there",
}


class Undelivered(NamedTuple):
    """A mail to a person that was given up: what it was about, and why."""

    title: str
    written: Any
    why: str


def why(answer: str) -> str:
    """What a mail server said last, in words, with its code; '' if it was not asked yet."""
    if not answer:
        return ""
    enhanced = answer.rpartition(" ")[2]
    said = _BY_NAME.get(answer) or _BY_DETAIL.get(enhanced.partition(".")[2] if enhanced.count(".") == 2 else "")
    said = said or {"4": "its server asks us to try again later", "5": "its server refuses it"}.get(
        answer[0], "it was not taken"
    )
    return f"{said} ({answer})"


def of(db: Database, person: UUID) -> list[Undelivered]:
    """The mails to a person that were given up, newest first."""
    rows = db.rows(
        "SELECT kind, written, answer FROM mail WHERE recipient = %(person)s AND state <> 'waiting'"
        " ORDER BY written DESC LIMIT 20",
        person=person,
    )
    return [Undelivered(title(row.kind), row.written, why(row.answer)) for row in rows]


def title(kind: str) -> str:
    """What people call a kind of mail; its name, if there is none of that name any more."""
    known = kinds.ALL.get(kind)
    return known.title if known else kind
