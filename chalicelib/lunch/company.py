"""Whom somebody is kept apart from: the one place where lists, links and proposals ask."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from chalicelib.database import Database


def kept_apart(db: Database, person: UUID, people: Iterable[UUID]) -> frozenset[UUID]:
    """Those of the people whom that person is kept apart from, whichever of the two did not enjoy the company."""
    return frozenset()


def without_hidden(db: Database, person: UUID, events: list[Any]) -> list[Any]:
    """The public lunches less those of which somebody comes whom that person is kept apart from.

    A lunch of that person's own is never hidden. Each event has ``ids``, those who come, and ``response``.
    """
    strangers = {id for event in events if not event.response for id in event.ids} - {person}
    apart = kept_apart(db, person, strangers) if strangers else frozenset()
    return [event for event in events if event.response or apart.isdisjoint(event.ids)]
