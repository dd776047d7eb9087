"""Mails about calls: booked, moved, cancelled, near. Each of the two reads it in their own zone, with a calendar file."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from chalicelib import clock
from chalicelib.calendar import entries
from chalicelib.coaching import agenda, appointments, free_slots
from chalicelib.database import Database
from chalicelib.messaging import mail
from chalicelib.notifications.kinds import About, Letter, kind
from chalicelib.notifications.recipients import confirmed


def both(db: Database, abouts: list[About]) -> list[list[UUID]]:
    """The coach and the client of each call."""
    return [[UUID(about["coach"]), UUID(about["client"])] for about in abouts]


@kind("call_booked", "A call was booked", on=("Appointments_All", "appointment.booked"), to=both)
def booked(db: Database, person: UUID, about: About) -> Letter | None:
    """A call is booked."""
    return _about_what_stands(db, person, about, "REQUEST")


@kind("call_moved", "A call was moved", on=("Appointments_All", "appointment.moved"), to=both)
def moved(db: Database, person: UUID, about: About) -> Letter | None:
    """A call is at another time."""
    return _about_what_stands(db, person, about, "REQUEST")


@kind("call_reminder", "A call is near", on=("Appointments_All", "appointment.reminder"), to=both, refusable=True)
def reminder(db: Database, person: UUID, about: About) -> Letter | None:
    """A call is near."""
    return _about_what_stands(db, person, about, "")


@kind("call_cancelled", "A call was cancelled", on=("Appointments_All", "appointment.cancelled"), to=both)
def cancelled(db: Database, person: UUID, about: About) -> Letter | None:
    """A call will not be. Where the coach cancelled it, the client is offered the three nearest free times."""
    call = agenda.known(db, UUID(about["appointment"]))
    if call is None or not call.cancelled:
        return None
    now, offers = clock.now(), []
    if about["by"] == about["coach"] and person == call.client_id and call.starts > now:
        offers = free_slots.nearest(db, call.coach, call.client_id, call.starts, now)
    return _letter(db, person, call, "CANCEL", offers)


def _about_what_stands(db: Database, person: UUID, about: About, method: str) -> Letter | None:
    """Only while the call is as the message says, and to come: of what came after, another message tells."""
    call = agenda.known(db, UUID(about["appointment"]))
    if call is None or call.cancelled or appointments.as_range((call.starts, call.ends)) != about["during"]:
        return None
    return _letter(db, person, call, method, [])


def _letter(db: Database, person: UUID, call: Any, method: str, offers: list[Any]) -> Letter | None:
    known = confirmed(db, person)
    if known is None:
        return None
    place = ZoneInfo(known.timezone)
    values = {
        "name": known.name,
        "other": call.coach_name if person == call.client_id else call.client_name,
        "date": call.starts.astimezone(place),
        "end": call.ends.astimezone(place),
        "timezone": known.timezone,
        "call_link": call.call_link,
        "reason": call.reason,
        "offers": [start.astimezone(place) for start, _ in offers],
    }
    if not method:
        return Letter(known.email, values)
    entry = agenda.entry(call, person)
    return Letter(
        known.email, values, entries.invitation(entry, method, mail.sender()[1], known.email, clock.now()), method
    )
