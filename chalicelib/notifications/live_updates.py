"""Live updates: what happened to lunches, told to the open pages of a location in tokens, at most once a second.

They are hints, not the truth: a page that hears its token asks for what it shows. So a frame that is lost with its
socket is no loss, and one that comes twice does nothing twice.
"""

import json
import time
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from chalicelib import clock
from chalicelib.database import JOB, Database, transaction
from chalicelib.messaging import records, sockets
from chalicelib.messaging.records import Message
from chalicelib.notifications import tickets

TOLD = frozenset(
    {"event.approved", "event.unconfirmed", "event.rejected", "event.canceled", "event.moved", "event.evaluate"}
)
APART = timedelta(seconds=1)
MOST = 1000
"""Tokens in a frame: API Gateway takes 128 KiB."""
STALE = timedelta(minutes=1)


class Frame(NamedTuple):
    """What is sent to the sockets of a location now."""

    rows: list[int]
    events: list[dict[str, str]]
    connections: list[str]


def handle(event: dict[str, Any]) -> None:
    """Tell the open pages what the messages of a batch say."""
    records.consume(event, "live_updates", _note)
    send_frames()


def _note(batch: list[Message]) -> None:
    now = clock.now()
    told = [message for message in batch if message.type in TOLD]

    if told:
        transaction(lambda db: _note_new(db, records.new_ones(db, "live_updates", told, now), now), JOB)


def _note_new(db: Database, told: list[Message], now: datetime) -> None:
    """Only where somebody listens: nothing waits for pages that nobody has open."""
    types = defaultdict(list)
    for message in told:
        types[UUID(message.data["event"])].append(message.type)
    people = db.rows(
        "SELECT e.id, e.location_id, a.person_id FROM event e JOIN attendance a ON a.event_id = e.id"
        " WHERE e.id = ANY(%(events)s) AND EXISTS (SELECT FROM socket_location s WHERE s.location_id = e.location_id)",
        events=list(types),
    )
    db.many(
        "INSERT INTO live_update (location_id, token, type, at) VALUES %s",
        [
            (row.location_id, token, type, now)
            for row in people
            for type in types[row.id]
            for token in tickets.tokens_of(row.id, row.person_id)
        ],
    )


def send_frames() -> None:
    """Send what waits, location by location, each at most once a second."""
    while (wait := transaction(_seconds_to_wait, JOB)) is not None:
        time.sleep(wait)
        frame = transaction(lambda db: take(db, clock.now()), JOB)
        if frame is None:
            continue  # another consumer was quicker
        gone = sockets.send(frame.connections, json.dumps({"events": frame.events}))
        transaction(lambda db, f=frame, g=gone: _sent(db, f, g), JOB)  # type: ignore[misc]


def _seconds_to_wait(db: Database) -> float | None:
    """Until the next location may be told something; None when nothing waits."""
    now = clock.now()
    db.run("DELETE FROM live_update WHERE at < %(before)s", before=now - STALE)
    due = db.value(
        "SELECT min(coalesce(f.sent, '-infinity')) FROM (SELECT DISTINCT location_id FROM live_update) u"
        " LEFT JOIN live_frame f USING (location_id)"
    )
    if due is None:
        return None
    earliest = due + APART if due.year > 1 else now
    return max(0.0, min((earliest - now).total_seconds(), APART.total_seconds()))


def take(db: Database, now: datetime) -> Frame | None:
    """The next frame that is due, claimed; None where there is none. Two consumers never take the same."""
    db.run(
        "INSERT INTO live_frame (location_id, sent) SELECT DISTINCT location_id, timestamptz '-infinity' FROM live_update"
        " ON CONFLICT DO NOTHING"
    )
    location = db.value(
        "UPDATE live_frame SET sent = %(now)s WHERE location_id = ("
        "   SELECT f.location_id FROM live_frame f WHERE f.sent <= %(due)s"
        "   AND EXISTS (SELECT FROM live_update u WHERE u.location_id = f.location_id)"
        "   ORDER BY f.sent LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING location_id",
        now=now,
        due=now - APART,
    )
    if location is None:
        return None
    rows = db.rows(
        "SELECT id, token, type FROM live_update WHERE location_id = %(location)s ORDER BY id LIMIT %(most)s",
        location=location,
        most=MOST,
    )
    listening = db.rows("SELECT connection FROM socket_location WHERE location_id = %(location)s", location=location)
    events = [{"token": row.token, "type": row.type} for row in rows]
    return Frame([row.id for row in rows], events, [row.connection for row in listening])


def _sent(db: Database, frame: Frame, gone: list[str]) -> None:
    db.run("DELETE FROM live_update WHERE id = ANY(%(rows)s)", rows=frame.rows)
    db.run("DELETE FROM socket WHERE connection = ANY(%(gone)s)", gone=gone)
