"""Whom somebody is kept apart from: where public lunches are listed, joined and read, and where people are asked."""

from typing import Any
from uuid import UUID

from chalicelib.database import Database
from chalicelib.lunch.blocked_pairs import kept_apart


def without_hidden(db: Database, person: UUID, events: list[Any]) -> list[Any]:
    """The public lunches less those of which somebody comes whom that person is kept apart from.

    A lunch of that person's own is never hidden. Each event has ``ids``, those who come, and ``response``.
    """
    strangers = {id for event in events if not event.response for id in event.ids} - {person}
    apart = kept_apart(db, person, strangers) if strangers else frozenset()
    return [event for event in events if event.response or apart.isdisjoint(event.ids)]
