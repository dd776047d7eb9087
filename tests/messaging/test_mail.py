"""Whatever people typed makes a mail that other programs read back with exactly the headers and the text that were meant.

The other programs are mailparse (Rust) and Python's own parser, in its strict and in its old form.
"""

import email
import email.policy
import re
from datetime import UTC, datetime
from email.header import decode_header, make_header
from typing import Any

import fast_mail_parser
import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
MEANT = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "List-Unsubscribe",
    "MIME-Version",
    "Content-Type",
]
TRICKS = (
    "x =?utf-8?q?=0d=0aBcc=3a_eve=40example.net?=",
    "=?utf-8?b?DQpCY2M6IGV2ZUBleGFtcGxlLm5ldA==?=",
    "Pat O'Neil & Co",
    "a\r\nBcc: eve@example.net",
    "a\nBcc: eve@example.net\n\nbody",
    "ada\x00\x1b[2J\u2028\ufeff\u202e",
    "Ünïcödé " * 40,
    "漢字" * 60,
    "👩‍👩‍👧‍👦" * 30,
    "plain " * 60,
    "x" * 500,
    " leading and trailing ",
    "=?",
    "?=",
    '"quoted", <angle@example.net> (comment)',
    "\ud800 half",
    ".",
    "From here",
    "--=_a_" + "0" * 32,
    "",
)
TEXTS = st.text(max_size=300) | st.sampled_from(TRICKS) | st.lists(st.sampled_from(TRICKS), max_size=3).map("".join)


def accepted(address: str) -> bool:
    """Whether the door takes it."""
    from chalicelib.web.field_types import Email

    try:
        msgspec.convert(address, Email)
    except msgspec.ValidationError:
        return False
    return True


LOCAL = st.text("abzAZ09.!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=64)
DOMAIN = st.lists(st.text("abzAZ09-", min_size=1, max_size=20), min_size=1, max_size=4).map(".".join)
ADDRESSES = st.builds("{}@{}".format, LOCAL, DOMAIN).filter(accepted)


def written(subject: str, text: str, to: str = "ada@example.org", calendar: str = "") -> bytes:
    from chalicelib.messaging import mail

    body = mail.cleaned(text)
    html = "<p>" + body.replace("&", "&amp;").replace("<", "&lt;") + "</p>"
    link = {"List-Unsubscribe": "<https://lunch.example.org/unsubscribe/" + "a" * 90 + ">"}
    one = mail.Mail("0" * 32, to, subject, body, html, link, calendar, "REQUEST" if calendar else "")
    return mail.written(one, NOW)


def meant(text: str) -> str:
    """What can be seen of a text in a header."""
    from chalicelib.messaging import mail

    return mail.cleaned(text).replace("\n", " ").replace("\r", " ")


@pytest.mark.timeout(300)
@settings(max_examples=300, deadline=None)
@given(TEXTS, TEXTS, ADDRESSES, st.sampled_from(["", "BEGIN:VCALENDAR\r\nSUMMARY:Süß\r\nEND:VCALENDAR\r\n"]))
@example(TRICKS[0], TRICKS[0], "ada@example.org", "")
@example("Ü" * 300, "x" * 3000, "a..b@example.org", "")
@example("a", "b", ".a@example.org", "")
@example("a", "b", "{'`|}=@example.org", "")
def test_what_is_accepted_is_read_back_as_it_was_meant(subject: str, text: str, to: str, calendar: str) -> None:
    content = written(subject, text, to, calendar)
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))
    assert b"\r" not in content.replace(b"\r\n", b"") and b"\n" not in content.replace(b"\r\n", b"")
    head = content.partition(b"\r\n\r\n")[0].decode("ascii")
    assert re.findall(r"^([\w-]+):", head, re.MULTILINE) == MEANT
    assert all(len(word) <= 75 for word in re.findall(r"=\?\S+\?=", head))

    rust = fast_mail_parser.parse_email(content)
    assert list(rust.headers) == MEANT and all(len(values) == 1 for values in rust.headers.values())
    assert rust.subject.strip() == meant(subject).strip()
    assert rust.headers["To"] == [quoted(to)]
    assert unfolded(rust.text_plain[0]) == unfolded(meant_text(text))
    assert [each.mimetype for each in rust.attachments] == (["text/calendar", "application/ics"] if calendar else [])

    python: Any = email.message_from_bytes(content, policy=email.policy.default)
    assert python.keys() == MEANT and not python.defects
    assert [f"{address.username}@{address.domain}" for address in python["To"].addresses] == [to]
    assert unfolded(python.get_body(("plain",)).get_content()) == unfolded(meant_text(text))
    assert {part.get_content_type() for part in python.walk()} >= {"text/plain", "text/html"}
    if calendar:
        [found] = [part for part in python.walk() if part.get_content_type() == "text/calendar"]
        assert found.get_param("method") == "REQUEST" and "Süß" in found.get_content()

    old = email.message_from_bytes(content, policy=email.policy.compat32)
    assert old.keys() == MEANT
    assert str(make_header(decode_header(old["Subject"]))).strip() == meant(subject).strip()


def quoted(address: str) -> str:
    """The address as RFC 5322 has it: quoted where it has dots in places where none may be."""
    local, _, domain = address.rpartition("@")
    dots = local.startswith(".") or local.endswith(".") or ".." in local
    return f'"{local}"@{domain}' if dots else address


def meant_text(text: str) -> str:
    from chalicelib.messaging import mail

    return mail.cleaned(text)


def unfolded(text: str) -> str:
    """The text but for the end of its lines, which parsers write as they like."""
    return text.replace("\r\n", "\n").rstrip("\n")


@settings(max_examples=300, deadline=None)
@given(TEXTS)
@example("Rendezvous, the lunch")
@example('a "quoted" \\ name')
def test_a_sender_s_name_is_read_back_too(name: str) -> None:
    from chalicelib.messaging import mail

    value = mail._mailbox("From", name, "lunch@example.org")
    found = fast_mail_parser.parse_email(f"From: {value}\r\nSubject: x\r\n\r\nx".encode()).from_
    assert found.address == "lunch@example.org"
    assert (found.display_name or "").strip() == meant(name).strip()


@pytest.mark.parametrize(
    "address",
    [
        "=?utf-8?q?eve=40example.net?=@example.org",
        "a b@example.org",
        "a\r\nRCPT TO:<eve@example.net>@example.org",
        "<a@example.org",
        "a@example.org>",
        "ä@example.org",
        "a@exa mple.org",
        "",
        "a",
    ],
)
def test_an_address_that_came_past_the_door_is_written_to_by_nobody(address: str) -> None:
    from chalicelib.messaging import mail

    assert not mail.can_be_written_to(address)


@settings(max_examples=500, deadline=None)
@given(ADDRESSES)
def test_whatever_the_door_takes_can_be_written_to(address: str) -> None:
    from chalicelib.messaging import mail

    assert mail.can_be_written_to(address.lower())


def test_a_mail_of_plain_words_is_readable_as_it_is() -> None:
    content = written("Lunch on Tuesday", "See you there").decode()
    assert "\r\nSubject: Lunch on Tuesday\r\n" in content and "\r\nDate: Mon, 23 Nov 2026 09:00:00 +0000\r\n" in content
    assert "Auto-Submitted: auto-generated" in content and "7bit\r\n\r\nSee you there\r\n" in content
    assert f"Message-ID: <{'0' * 32}@rendezvous.test>" in content
