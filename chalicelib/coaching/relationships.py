"""Who coaches whom: assigned, moved to another coach and ended by admins, who say what becomes of booked calls."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from chalicelib.accounts import audit
from chalicelib.coaching import cancellations
from chalicelib.coaching.schemas import Begun
from chalicelib.database import Database
from chalicelib.errors import Conflict, Invalid, NotFound
from chalicelib.web.request import Caller

Calls = Literal["keep", "cancel"]
"""What becomes of the calls that are booked when a relationship ends."""


def every(db: Database) -> list[Any]:
    """The current ones (coach, coach_name, client, client_name, begun, calls: how many are coming), by coach."""
    return db.rows(
        "SELECT c.slug AS coach, c.name AS coach_name, k.slug AS client, k.name AS client_name, r.begun,"
        " (SELECT count(*) FROM appointment a WHERE a.coach_id = r.coach_id AND a.client_id = r.client_id"
        "   AND a.starts > present()"
        "   AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id)) AS calls"
        " FROM relationship r JOIN person c ON c.id = r.coach_id JOIN person k ON k.id = r.client_id"
        " WHERE r.is_current ORDER BY lower(c.name), c.slug, lower(k.name), k.slug"
    )


def assign(db: Database, caller: Caller, coach: str, client: str, why: str, now: datetime) -> Begun:
    """Give a client a coach. Raises Invalid for an unknown or inactive one, Conflict where they have a coach already."""
    coach_id, client_id = _begin(db, coach, client, now)
    audit.note(db, caller, f"gave the coach {coach_id} to", client_id, why, now)
    return {"coach": coach, "client": client, "begun": now}


def move(db: Database, caller: Caller, client: str, coach: str, calls: Calls | None, why: str, now: datetime) -> Begun:
    """Give a client another coach; calls with the former one are kept or cancelled. Raises as ``end``, ``assign``.

    Whose calls are cancelled is offered times of the coach they have then.
    """
    _end(db, client, calls, now, offers=True)
    coach_id, client_id = _begin(db, coach, client, now)
    audit.note(db, caller, f"gave the coach {coach_id} instead to", client_id, why, now)
    return {"coach": coach, "client": client, "begun": now}


def end(db: Database, caller: Caller, client: str, calls: Calls | None, why: str, now: datetime) -> None:
    """End a client's relationship; its row stays. ``calls`` says what becomes of booked ones.

    Raises NotFound; Conflict naming the coming calls while it was not said what becomes of them.
    """
    coach_id, client_id = _end(db, client, calls, now)
    audit.note(db, caller, f"took the coach {coach_id} from", client_id, why, now)


def _begin(db: Database, coach: str, client: str, now: datetime) -> tuple[UUID, UUID]:
    coach_id, client_id = _person(db, coach, "coach"), _person(db, client, "client")
    if coach_id == client_id:
        raise Invalid.field("client", "cannot be coached by themselves")
    if db.value("SELECT EXISTS (SELECT FROM relationship WHERE client_id = %(id)s AND is_current)", id=client_id):
        raise Conflict("This client has a coach already")
    db.run(
        "INSERT INTO relationship (coach_id, client_id, begun) VALUES (%(coach)s, %(client)s, %(now)s)",
        coach=coach_id,
        client=client_id,
        now=now,
    )
    return coach_id, client_id


def _end(db: Database, client: str, calls: Calls | None, now: datetime, *, offers: bool = False) -> tuple[UUID, UUID]:
    row = current(db, client)
    db.run("SELECT lock_coach(%(coach)s)", coach=row.coach_id)
    coming = coming_calls(db, row.coach_id, row.client_id)
    if coming and calls is None:
        raise Conflict(
            "There are booked calls: say whether to keep or to cancel them",
            fields={call.starts.isoformat(): "is booked" for call in coming},
        )
    if not db.run("UPDATE relationship SET ended = %(now)s WHERE id = %(id)s AND is_current", id=row.id, now=now):
        raise NotFound("This person has no coach")
    if calls == "cancel":
        cancellations.cancel_coming(db, now, coach=row.coach_id, client=row.client_id, offers=offers)
    return row.coach_id, row.client_id


def current(db: Database, client: str) -> Any:
    """The relationship of the client of that slug (id, coach_id, client_id). Raises NotFound."""
    row = db.row(
        "SELECT r.id, r.coach_id, r.client_id FROM relationship r JOIN person k ON k.id = r.client_id"
        " WHERE k.slug = %(client)s AND r.is_current",
        client=client,
    )
    if row is None:
        raise NotFound("This person has no coach")
    return row


def replace(db: Database, client: str, coach: str, now: datetime) -> None:
    """Another coach instead, whatever is booked: for ``handovers``, which sees to that. Raises as ``move``."""
    _end(db, client, "keep", now)
    _begin(db, coach, client, now)


def leave(db: Database, person: UUID) -> None:
    """End whatever relationships that person has and forget their call link, blocked times and reasons: for erasure.

    Call ``cancellations.withdraw_person`` first, which tells the others.
    """
    db.run("SELECT leave_coaching(%(person)s)", person=person)


def coming_calls(db: Database, coach: UUID, client: UUID) -> list[Any]:
    """The booked calls of the two that have not begun (id, starts), by start."""
    return db.rows(
        "SELECT a.id, a.starts FROM appointment a WHERE a.coach_id = %(coach)s AND a.client_id = %(client)s"
        " AND a.starts > present() AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id)"
        " ORDER BY a.starts",
        coach=coach,
        client=client,
    )


def _person(db: Database, slug: str, role: str) -> UUID:
    found: UUID | None = db.value(
        "SELECT p.id FROM person p JOIN person_role r ON r.person_id = p.id"
        " WHERE p.slug = %(slug)s AND r.role = %(role)s AND r.active",
        slug=slug,
        role=role,
    )
    if found is None:
        raise Invalid.field(role, f"is no active {role}")
    return found
