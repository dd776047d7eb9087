"""A client of the demo's practice gets another coach, and takes their booked calls along: as an admin does it on the pages."""

from datetime import datetime
from typing import Any
from uuid import UUID

from chalicelib.coaching import handovers
from chalicelib.database import Database
from chalicelib.web.request import Caller


def hand_over(db: Database, admin: UUID, former: UUID, coach: UUID, now: datetime) -> bool:
    """As that admin, give the first client of ``former`` whose calls can all go with them to ``coach``; whether there was one."""
    db.set_present(now)
    caller = _acting(db, admin)
    to = db.value("SELECT slug FROM person WHERE id = %(coach)s", coach=coach)
    for client in _clients(db, former):
        plan = handovers.plan(db, client.slug, to, now)
        if plan.calls and all(call.goes for call in plan.calls):
            handovers.hand_over(db, caller, client.slug, to, plan.name, "Their hours suit better", now)
            return True
    return False


def _acting(db: Database, admin: UUID) -> Caller:
    """The admin, for whom the rest of the transaction acts: nobody is logged in yet."""
    db.run(
        "SELECT set_config('rendezvous.person', %(admin)s::text, true), set_config('rendezvous.roles', 'member,admin', true)",
        admin=admin,
    )
    return Caller(admin, None, "", "UTC", ("member", "admin"), banned=False)


def _clients(db: Database, coach: UUID) -> list[Any]:
    return db.rows(
        "SELECT p.slug FROM relationship r JOIN person p ON p.id = r.client_id"
        " WHERE r.coach_id = %(coach)s AND r.is_current ORDER BY p.name, p.id",
        coach=coach,
    )
