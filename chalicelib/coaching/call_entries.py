"""Calls as their people have them in their calendars."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from chalicelib.accounts import feeds, links
from chalicelib.calendar.entries import Entry
from chalicelib.coaching import agenda
from chalicelib.coaching.agenda import Call
from chalicelib.database import Database


def entries(db: Database, person: UUID, since: datetime) -> Iterator[Entry]:
    """The calls of that person, as calendar entries; those that were cancelled are cancelled, not gone."""
    calls = agenda.every(
        db,
        f"{agenda.TOUCHING}",
        me=person,
        begin=since,
        end="infinity",
        longest=agenda.LONGEST,
    )
    return (entry(call, person) for call in calls)


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
