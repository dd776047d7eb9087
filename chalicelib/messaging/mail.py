"""A mail as the bytes that leave, and what becomes of it where it is handed over.

Nothing that a person typed meets a parser on its way into a header: what is not plain is written as encoded words
(RFC 2047), and the envelope is the address itself, never read back from the header.
"""

import binascii
import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime, parseaddr
from functools import cache
from typing import NamedTuple, Protocol

from chalicelib.config import config

LINE = 76
"""The longest line of a header that is not a link, and of an encoded text (RFC 2047 and 2045)."""
_WORD_BYTES = 45
"""Bytes of UTF-8 in an encoded word: 60 characters of base64 and 12 around them, below the 75 allowed."""
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_DOT_ATOM = re.compile(r"[^.]+(\.[^.]+)*")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


class Mail(NamedTuple):
    """A mail to one address.

    id          what stands before the @ of its Message-ID: the same whenever it is sent again
    headers     more of them, of our own making: ASCII, no line break
    text, html  without control characters (``cleaned``), but for line breaks and tabs
    calendar    an iCalendar object with its ``method`` (REQUEST, CANCEL), or ''
    """

    id: str
    to: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str] = {}
    calendar: str = ""
    method: str = ""


class Refused(Exception):
    """The mail will never be taken. Its argument is the answer as a code: ``550 5.1.1``."""


class Later(Exception):
    """The mail was not taken now, and may be at another time."""


class Away(Exception):
    """Nobody takes any mail now: it is not about this one."""


class Transport(Protocol):
    """Hands mails over, one after the other; raises Refused, Later or Away."""

    def send(self, sender: str, to: str, content: bytes) -> None: ...
    def close(self) -> None: ...


def transport() -> Transport:
    """By SMTP where SMTP_URL says so, through SES elsewhere."""
    if config().smtp_url:
        from chalicelib.messaging.smtp import Smtp

        return Smtp(config().smtp_url)
    from chalicelib.messaging.ses import Ses

    return Ses()


@cache
def sender() -> tuple[str, str]:
    """The name and the bare address that mails come from."""
    return parseaddr(config().mail_from)


def can_be_written_to(address: str) -> bool:
    """Whether an address goes into a header and an envelope as it is: programs decode ``=?``, and deliver elsewhere."""
    return "=?" not in address and _ADDRESS.fullmatch(address) is not None


def written(mail: Mail, now: datetime) -> bytes:
    """The mail as RFC 5322 and MIME have it: text, HTML and, where there is one, the calendar object, twice."""
    name, address = sender()
    headers = {
        "From": _mailbox("From", name, address),
        "To": _addr_spec(mail.to),
        "Subject": encoded("Subject", mail.subject),
        "Date": format_datetime(now),
        "Message-ID": f"<{mail.id}@{address.rpartition('@')[2]}>",
        "Auto-Submitted": "auto-generated",
        **mail.headers,
        "MIME-Version": "1.0",
    }
    # With its other characters as references, HTML needs no encoding, which takes longer than all else.
    html = mail.html.encode("ascii", "xmlcharrefreplace").decode()
    parts = [_text("plain", mail.text), _text("html", html)]
    if mail.calendar:
        parts.append(_text("calendar", mail.calendar, f"; method={mail.method}"))
    body = _multipart("alternative", f"=_a_{mail.id}", parts)
    if mail.calendar:
        body = _multipart("mixed", f"=_m_{mail.id}", [body, _file(mail.calendar)])
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return (head + body).encode("ascii")


def encoded(name: str, text: str) -> str:
    """A text as the value of the header ``name``: as it is where it is plain and short, else as encoded words."""
    text = cleaned(text).replace("\n", " ")
    if text.isascii() and "=?" not in text and len(name) + 2 + len(text) <= LINE and text == text.strip():
        return text
    first = (LINE - len(name) - 2 - 12) // 4 * 3
    return "\r\n ".join(f"=?utf-8?b?{b64encode(piece).decode()}?=" for piece in _pieces(text.encode(), first))


def cleaned(text: str) -> str:
    """A text without control characters and halves of characters; line breaks and tabs stay."""
    return _CONTROL.sub(" ", text)


def _pieces(text: bytes, room: int) -> list[bytes]:
    """UTF-8 in pieces for one encoded word each, the first of them for what ``room`` there is; no character in two."""
    pieces = []
    while text:
        end = min(room, len(text))
        while end < len(text) and text[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(text[:end])
        text, room = text[end:], _WORD_BYTES
    return pieces


def _mailbox(header: str, name: str, address: str) -> str:
    """A display name and an address; a plain name is quoted, for it may hold a comma."""
    phrase = encoded(header, name)
    if not phrase:
        return address
    return f"{phrase}\r\n <{address}>" if phrase.startswith("=?") else f"{_quoted(phrase)} <{address}>"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _addr_spec(address: str) -> str:
    local, _, domain = address.rpartition("@")
    if _DOT_ATOM.fullmatch(local):
        return address
    return f"{_quoted(local)}@{domain}"


def _multipart(subtype: str, boundary: str, parts: list[str]) -> str:
    inner = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    return f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n{inner}--{boundary}--\r\n'


def _text(subtype: str, text: str, more: str = "") -> str:
    text = text.replace("\r\n", "\n")
    head = f"Content-Type: text/{subtype}; charset=utf-8{more}\r\nContent-Transfer-Encoding: "
    # Quoted, no text can hold what stands between the parts.
    if text.isascii() and max(map(len, text.split("\n"))) < 900 and "--=_" not in text:
        return f"{head}7bit\r\n\r\n" + text.replace("\n", "\r\n")
    quoted = binascii.b2a_qp(text.encode(), istext=True).decode()
    return f"{head}quoted-printable\r\n\r\n" + quoted.replace("\n", "\r\n")


def _file(calendar: str) -> str:
    """The calendar object once more, for programs that take in files alone."""
    encoded = binascii.b2a_base64(calendar.encode(), newline=False).decode()
    lines = "\r\n".join(encoded[at : at + LINE] for at in range(0, len(encoded), LINE))
    return (
        'Content-Type: application/ics; name="invite.ics"\r\nContent-Disposition: attachment; filename="invite.ics"\r\n'
        f"Content-Transfer-Encoding: base64\r\n\r\n{lines}\r\n"
    )
