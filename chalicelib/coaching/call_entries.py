"""Calls as their people have them in their calendars."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from chalicelib.accounts import feeds, links
from chalicelib.calendar.entries import Entry
from chalicelib.coaching import agenda
from chalicelib.coaching.agenda import Call
from chalicelib.database import Database


def entries(db: Database, person: UUID, since: datetime, now: datetime) -> Iterator[Entry]:
    """The calls of that person that end after ``since``, as calendar entries; those that were cancelled are cancelled,
    not gone. Those that took place have no link: another that their coach gives later is none of their concern."""
    calls = agenda.every(
        db,
        f"{agenda.TOUCHING}",
        me=person,
        begin=since,
        end="infinity",
        longest=agenda.LONGEST,
    )
    return (_over(entry(call, person)) if _took_place(call, now) else entry(call, person) for call in calls)


def _took_place(call: Call, now: datetime) -> bool:
    return call.ends <= now and not call.cancelled


def _over(entry: Entry) -> Entry:
    """It says that it changed when it was over (RFC 5545, 3.8.7.3)."""
    return entry._replace(location="", changed=max(entry.changed, entry.ends))


def entry(call: Call, person: UUID) -> Entry:
    """A call as one of its two people has it in their calendar."""
    other = call.coach_name if person == call.client_id else call.client_name
    return Entry(
        call.starts,
        call.ends,
        feeds.uid("appointment", call.id),
        f"Call with {other}",
        call.call_link,
        "",
        links.absolute("/appointments"),
        "CANCELLED" if call.cancelled else "CONFIRMED",
        call.version - 1 + int(call.cancelled),
        call.changed,
    )
