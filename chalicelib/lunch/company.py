"""Whom somebody is kept apart from: where lunches are listed, read and joined."""

from typing import Any
from uuid import UUID

from chalicelib.database import Database
from chalicelib.lunch import states
from chalicelib.lunch.blocked_pairs import kept_apart


def without_hidden(db: Database, person: UUID, events: list[Any]) -> list[Any]:
    """The public lunches less those to which that person could not come for somebody they are kept apart from.

    A lunch to which they were asked is never hidden: it reads like one without a free seat.
    """
    hidden = _closed(db, person, events)
    return [
        _full(event) if event.id in hidden else event for event in events if event.response or event.id not in hidden
    ]


def as_read(db: Database, person: UUID, events: list[Any]) -> list[Any]:
    """The lunches as that person reads them: those to which they could not come like ones without a free seat."""
    hidden = _closed(db, person, events)
    return [_full(event) if event.id in hidden else event for event in events]


def _closed(db: Database, person: UUID, events: list[Any]) -> set[UUID]:
    """To which of these lunches that person could not come. Each event has ``ids`` of who comes, ``asked_ids`` of who
    is asked, and that person's ``response``, '' where they are not asked: then who is asked comes before them."""
    open_to_them = [event for event in events if event.status in states.COMING and (event.response or event.public)]
    coming = [event for event in open_to_them if event.response != "approved"]
    company = {event.id: {*event.ids, *([] if event.response else event.asked_ids)} for event in coming}
    strangers = set().union(*company.values()) - {person}
    apart = kept_apart(db, person, strangers) if strangers else frozenset()
    return {event for event, people in company.items() if not apart.isdisjoint(people)}


def _full(event: Any) -> Any:
    return event._replace(max_attendees=len(event.ids))
