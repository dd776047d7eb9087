"""Clients who did not come: noted by their coach once the call is over, and taken back if that was a mistake."""

from datetime import datetime
from uuid import UUID

from chalicelib import rules
from chalicelib.coaching import agenda, appointments, schemas
from chalicelib.database import Database
from chalicelib.errors import Conflict, Forbidden
from chalicelib.messaging import outbox
from chalicelib.web.request import Caller


def note(db: Database, caller: Caller, id: UUID, came: bool, now: datetime) -> schemas.Call:
    """Say whether the client came to a call of the caller's, as its coach; the client is told where that is news.

    Whether a no-show counts as a call of its month is what coaching.no_show_counts says when it is noted. Raises
    NotFound, Forbidden to the client, Conflict while the call is not over and where it was cancelled.
    """
    call = agenda.row(db, caller, id)
    if call.coach_id != caller.id:
        raise Forbidden("Only its coach says who did not come to a call")
    if call.cancelled:
        raise Conflict("This call is cancelled")
    if call.ends > now:
        raise Conflict("This call is not over yet")
    in_force = rules.read(db, str(caller.id))
    if came:
        changed = db.run("DELETE FROM no_show WHERE appointment_id = %(id)s", id=id)
    else:
        changed = db.run(
            "INSERT INTO no_show (appointment_id, at, counts) VALUES (%(id)s, %(now)s, %(counts)s) ON CONFLICT DO NOTHING",
            id=id,
            now=now,
            counts=in_force.coaching.no_show_counts,
        )
    if changed:
        kind = "appointment.attended" if came else "appointment.missed"
        said = appointments.data(
            id, caller.id, call.client_id, (call.starts, call.ends), caller.id, call.coach_timezone
        )
        outbox.put(db, appointments.TOPIC, str(id), kind, said, now)
    return agenda.read(db, caller, id)
