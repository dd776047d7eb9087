"""Entries of a person's calendar, as his calendar program is given them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

PRODUCT = "-//Rendezvous//Rendezvous//EN"


class Entry(NamedTuple):
    """A lunch or a call (RFC 5545, 3.6.1).

    starts, ends   aware datetimes in UTC
    uid            the same for ever
    status         TENTATIVE, CONFIRMED or CANCELLED
    sequence       rises with every change that a calendar must notice
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


def component(entry: Entry, now: datetime) -> Any:
    """The entry as an icalendar.Event; all times in UTC."""
    from icalendar import Event

    event = Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", now)
    event.add("dtstart", entry.starts)
    event.add("dtend", entry.ends)
    event.add("summary", entry.title)
    event.add("location", entry.location)
    event.add("description", entry.description)
    event.add("url", entry.url)
    event.add("status", entry.status)
    event.add("sequence", entry.sequence)
    return event


def calendar(entries: Iterable[Entry], now: datetime) -> str:
    """The entries as an iCalendar object; all times in UTC."""
    from icalendar import Calendar

    whole = Calendar()
    whole.add("prodid", PRODUCT)
    whole.add("version", "2.0")
    whole.add("name", "Rendezvous")
    whole.add("x-wr-calname", "Rendezvous")
    for entry in entries:
        whole.add_component(component(entry, now))
    text: str = whole.to_ical().decode()
    return text
