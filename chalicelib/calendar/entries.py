"""Entries of a person's calendar, as their calendar program is given them (RFC 5545).

Written here and not by icalendar, which takes half a millisecond for each: as long as all else of a mail, and a tenth of
a second to import. Its tests read back what is written with that package.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote

PRODUCT = "-//Rendezvous//Rendezvous//EN"
_OCTETS = 75
_ESCAPES = dict.fromkeys((*range(32), *range(127, 160))) | str.maketrans(
    {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}
)
"""RFC 5545, 3.3.11; control characters are left out."""


class Entry(NamedTuple):
    """A lunch or a call (RFC 5545, 3.6.1).

    starts, ends   aware datetimes in UTC
    uid            the same for ever
    status         TENTATIVE, CONFIRMED or CANCELLED
    sequence       rises with every change that a calendar must notice
    changed        when it changed last
    """

    starts: datetime
    ends: datetime
    uid: str
    title: str
    location: str
    description: str
    url: str
    status: str
    sequence: int
    changed: datetime


def calendar(entries: Iterable[Entry], *properties: str) -> str:
    """The entries as an iCalendar object, with more properties of the object; times in UTC. The same entries are the
    same text whenever it is written: without a method, DTSTAMP is when the entry changed (RFC 5545, 3.8.7.2)."""
    return _written(properties, [_properties(entry, entry.changed) for entry in entries])


def _written(properties: Iterable[str], events: Iterable[list[str]]) -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", *properties]
    for event in events:
        lines += ["BEGIN:VEVENT", *event, "END:VEVENT"]
    return "".join(map(_folded, [*lines, "END:VCALENDAR"]))


def invitation(entry: Entry, method: str, organizer: str, attendee: str, now: datetime) -> str:
    """The entry as a message (RFC 5546: REQUEST, CANCEL) that a program takes in without asking anybody to answer.
    With a method, DTSTAMP is when the message was written."""
    people = [
        f"ORGANIZER:{mailto(organizer)}",
        f"ATTENDEE;PARTSTAT=ACCEPTED;RSVP=FALSE:{mailto(attendee)}",
    ]
    return _written([f"METHOD:{method}"], [_properties(entry, now) + people])


def mailto(address: str) -> str:
    """An address as a URI (RFC 6068)."""
    return "mailto:" + quote(address, safe="@!$'*+-._~")


def _properties(entry: Entry, stamp: datetime) -> list[str]:
    texts = {"SUMMARY": entry.title, "LOCATION": entry.location, "DESCRIPTION": entry.description}
    return [
        f"UID:{entry.uid}",
        f"DTSTAMP:{_utc(stamp)}",
        f"LAST-MODIFIED:{_utc(entry.changed)}",
        f"DTSTART:{_utc(entry.starts)}",
        f"DTEND:{_utc(entry.ends)}",
        *(f"{name}:{text.translate(_ESCAPES)}" for name, text in texts.items()),
        f"URL:{entry.url}",
        f"STATUS:{entry.status}",
        f"SEQUENCE:{entry.sequence}",
        f"TRANSP:{'TRANSPARENT' if entry.status == 'CANCELLED' else 'OPAQUE'}",
    ]


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _folded(line: str) -> str:
    """A line with its end, in pieces of at most 75 octets, no character in two of them."""
    if len(line) <= _OCTETS and line.isascii():
        return line + "\r\n"
    octets = line.encode("utf-8", "replace")
    pieces = []
    room = _OCTETS
    while len(octets) > room:
        end = room
        while octets[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(octets[:end])
        octets, room = octets[end:], _OCTETS - 1
    return b"\r\n ".join([*pieces, octets]).decode() + "\r\n"
