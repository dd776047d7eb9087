"""Lunches for tests, made without a round."""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any


def lunch(
    sql: Callable[..., list[Any]],
    location: int,
    starts: str,
    *,
    approved: Sequence[uuid.UUID] = (),
    invited: Sequence[uuid.UUID] = (),
    seats: int = 3,
    public: bool = False,
    confirmed: bool = False,
) -> uuid.UUID:
    """A lunch of an hour, with who has approved and who is invited."""
    id, begins = uuid.uuid4(), datetime.fromisoformat(starts)
    during = f"[{begins.isoformat()},{(begins + timedelta(hours=1)).isoformat()})"
    sql(
        "INSERT INTO event (id, title, location_id, during, max_attendees, public) VALUES (%s, 'Soup', %s, %s, %s, %s)",
        id,
        location,
        during,
        seats,
        public,
    )
    for person in invited:
        sql("INSERT INTO attendance (event_id, person_id, response) VALUES (%s, %s, 'invited')", id, person)
    for person in approved:
        # One statement: whoever approved must be taken when it commits.
        sql(
            "WITH comes AS (INSERT INTO attendance (event_id, person_id, response) VALUES (%s, %s, 'approved')"
            " RETURNING event_id, person_id) INSERT INTO commitment (event_id, person_id, during)"
            " SELECT event_id, person_id, %s FROM comes",
            id,
            person,
            during,
        )
    if confirmed:
        sql("UPDATE event SET status = 'Confirmed' WHERE id = %s", id)
    return id


def told(sql: Callable[..., list[Any]], topic: str) -> list[str]:
    """The types of the messages on a topic, oldest first."""
    return [row.type for row in sql("SELECT event->>'type' AS type FROM outbox WHERE topic = %s ORDER BY id", topic)]
