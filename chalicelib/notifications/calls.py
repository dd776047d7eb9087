"""Mails about calls: booked, moved, cancelled, near. Each of the two reads it in his own zone, with a calendar file."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from chalicelib import clock
from chalicelib.calendar.entries import PRODUCT, component
from chalicelib.coaching import agenda, appointments, free_slots
from chalicelib.database import Database
from chalicelib.messaging import mail
from chalicelib.notifications.recipients import Mail, confirmed


def booked(db: Database, data: dict[str, Any]) -> Iterator[Mail]:
    """A call is booked."""
    yield from _about_what_stands(db, "call_booked", data, "REQUEST")


def moved(db: Database, data: dict[str, Any]) -> Iterator[Mail]:
    """A call is at another time."""
    yield from _about_what_stands(db, "call_moved", data, "REQUEST")


def reminder(db: Database, data: dict[str, Any]) -> Iterator[Mail]:
    """A call is near."""
    yield from _about_what_stands(db, "call_reminder", data, "")


def cancelled(db: Database, data: dict[str, Any]) -> Iterator[Mail]:
    """A call will not be. Where the coach cancelled it, his client is offered the three nearest free times."""
    call = agenda.known(db, UUID(data["appointment"]))
    if call is None or not call.cancelled:
        return
    now = clock.now()
    offers = []
    if data["by"] == data["coach"] and call.starts > now:
        offers = free_slots.nearest(db, call.coach, call.client_id, call.starts, now)
    yield from _mails(db, "call_cancelled", call, "CANCEL", offers)


def _about_what_stands(db: Database, template: str, data: dict[str, Any], method: str) -> Iterator[Mail]:
    """Only while the call is as the message says: of what came after, another message tells."""
    call = agenda.known(db, UUID(data["appointment"]))
    if call and not call.cancelled and appointments.as_range((call.starts, call.ends)) == data["during"]:
        yield from _mails(db, template, call, method, [])


def _mails(db: Database, template: str, call: Any, method: str, offers: list[Any]) -> Iterator[Mail]:
    for person in confirmed(db, [str(call.coach_id), str(call.client_id)]):
        place, is_client = ZoneInfo(person.timezone), person.person_id == call.client_id
        values = {
            "name": person.name,
            "other": call.coach_name if is_client else call.client_name,
            "date": call.starts.astimezone(place),
            "end": call.ends.astimezone(place),
            "timezone": person.timezone,
            "call_link": call.call_link,
            "reason": call.reason,
            "offers": [start.astimezone(place) for start, _ in offers] if is_client else [],
        }
        file = invitation(call, person, method, clock.now()) if method else ""
        yield Mail(template, person.email, values, str(person.person_id), file, method)


def invitation(call: Any, person: Any, method: str, now: datetime) -> str:
    """The call as an iCalendar object (RFC 5546) that his program takes in without asking him to answer."""
    from icalendar import Calendar, vCalAddress

    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", method)
    event = component(agenda.entry(call, person.person_id), now)
    event.add("organizer", vCalAddress(f"mailto:{mail.sender()}"))
    attendee = vCalAddress(f"mailto:{person.email}")
    attendee.params["PARTSTAT"] = "ACCEPTED"
    attendee.params["RSVP"] = "FALSE"
    event.add("attendee", attendee, encode=0)
    calendar.add_component(event)
    text: str = calendar.to_ical().decode()
    return text
