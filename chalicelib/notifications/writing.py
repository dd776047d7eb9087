"""Writes a mail when it leaves: what its kind says now, in text and in HTML, in the words of its template."""

import hashlib
import hmac
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from chalicelib.accounts import links, refused_mails
from chalicelib.config import config, secret_keys
from chalicelib.database import Database
from chalicelib.messaging.mail import Mail, cleaned
from chalicelib.notifications import kinds
from chalicelib.web.templating import environment

_FACT = re.compile(r"([A-Z][a-z ]{1,14}): {1,6}(\S.*)")
_EMPTY_LINES = re.compile(r"\n[ \t]*\n\s*")


def write(db: Database, row: Any) -> Mail | None:
    """The mail of a row of ``mail``; None if there is nothing to tell any more, or nobody who wants to be told."""
    kind = kinds.ALL.get(row.kind)
    if kind is None or (kind.refusable and kind.name in refused_mails.refused_by(db, row.recipient)):
        return None
    letter = kind.write(db, row.recipient, row.about)
    if letter is None:
        return None
    template = environment().get_template(f"notifications/{kind.name}.txt")
    said = cleaned(template.render(letter.values | {"absolute": links.absolute}))
    subject, _, body = said.partition("\n")
    subject, body = subject.strip(), _EMPTY_LINES.sub("\n\n", body.strip())
    way_out = _way_out(kind.name, row.recipient, letter.to) if kind.refusable else ""
    # RFC 8058: programs offer to refuse the kind with a request of their own.
    headers = {"List-Unsubscribe": f"<{way_out}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return Mail(
        identity(row.message, row.recipient, row.kind),
        letter.to,
        subject,
        f"{body}\n" + (f"\n-- \nNo more mails of this kind: {way_out}\n" if way_out else ""),
        html(subject, body, way_out),
        headers if way_out else {},
        letter.calendar,
        letter.method,
    )


def _way_out(kind: str, person: UUID, address: str) -> str:
    return links.absolute("/unsubscribe/" + refused_mails.token(kind, person, address))


def identity(message: UUID, recipient: UUID, kind: str) -> str:
    """What a mail is known by, the same each time that it is sent, and telling nothing of the three.

    By the oldest key: it is to be the same also when a key was rotated between two attempts.
    """
    known = b"mail " + message.bytes + recipient.bytes + kind.encode()
    return hmac.new(secret_keys("links")[-1], known, hashlib.sha256).hexdigest()[:32]


def html(subject: str, body: str, way_out: str) -> str:
    """The text as a page: its paragraphs, its facts (``When:  noon``), its lists, and its links to this site."""
    return (
        environment()
        .get_template("notifications/frame.html")
        .render(subject=subject, pieces=pieces(body), way_out=way_out)
    )


def pieces(body: str) -> Iterator[tuple[str, list[Any]]]:
    """The parts of a text, each a word for what it is (text, facts, list, link) and its lines."""
    for block in body.split("\n\n"):
        found: list[tuple[str, list[Any]]] = []
        for line in block.split("\n"):
            what, said = _line(line.strip())
            if found and found[-1][0] == what and what != "link":
                found[-1][1].append(said)
            else:
                found.append((what, [said]))
        yield from found


def _line(line: str) -> tuple[str, Any]:
    label, between, address = line.rpartition(": ")
    address = address if between else line
    if address.startswith(config().site + "/") and " " not in address:
        return "link", (label, address)
    if fact := _FACT.fullmatch(line):
        return "facts", fact.groups()
    return ("list", line[2:]) if line.startswith("- ") else ("text", line)
