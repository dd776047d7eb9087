"""Mails about calls: booked, moved, linked, cancelled, near. Each of the two reads it in their own zone, with a calendar file."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from chalicelib import clock
from chalicelib.accounts.people import FORMER_MEMBER
from chalicelib.calendar import entries
from chalicelib.calendar.occurrences import Span
from chalicelib.coaching import agenda, appointments, call_entries, offers, waiting_list
from chalicelib.coaching.agenda import Call
from chalicelib.database import Database, Prepared
from chalicelib.messaging import mail
from chalicelib.notifications.kinds import About, Letter, kind
from chalicelib.notifications.recipients import CONFIRMED, Reader, confirmed


def both(db: Database, abouts: list[About]) -> list[list[UUID]]:
    """The coach and the client of each call."""
    return [[UUID(about["coach"]), UUID(about["client"])] for about in abouts]


def its_client(db: Database, abouts: list[About]) -> list[list[UUID]]:
    """The client of each call alone."""
    return [[UUID(about["client"])] for about in abouts]


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


@kind("call_linked", "A call has another link", on=("Appointments_All", "appointment.linked"), to=its_client)
def linked(db: Database, person: UUID, about: About) -> Letter | None:
    """A call takes place elsewhere: another link or phone number."""
    return _about_what_stands(db, person, about, "REQUEST")


@kind("call_cancelled", "A call was cancelled", on=("Appointments_All", "appointment.cancelled"), to=both)
def cancelled(db: Database, person: UUID, about: About) -> Letter | None:
    """A call will not be. Where the message asks for it, the client is offered the nearest free times of their coach."""
    found = _known(db, person, about)
    if found is None or not found[0].cancelled:
        return None
    call, coach, times = found[0], "", list[Span]()
    if about.get("offers") and person == call.client_id and call.starts > clock.now():
        coach, times = offers.instead_of(db, call, clock.now())
    return _letter(*found, person, "CANCEL", coach, times)


def all_three(db: Database, abouts: list[About]) -> list[list[UUID]]:
    """The client of each call, the coach who has it now, and who had it before."""
    return [[UUID(about[name]) for name in ("client", "coach", "former_coach")] for about in abouts]


@kind(
    "call_handed_over", "A call is with another coach", on=("Appointments_All", "appointment.handed_over"), to=all_three
)
def handed_over(db: Database, person: UUID, about: About) -> Letter | None:
    """A call is with another coach, at its time: out of the calendar of the former, and into that of the other."""
    if str(person) != about["former_coach"]:
        return _about_what_stands(db, person, about, "REQUEST")
    found = _known(db, person, about)
    return _letter(*found, person, "CANCEL") if found and found[0].coach_id != person else None


@kind("call_missed", "You did not come to a call", on=("Appointments_All", "appointment.missed"), to=its_client)
def missed(db: Database, person: UUID, about: About) -> Letter | None:
    """The coach noted that the client did not come."""
    found = _known(db, person, about)
    return _letter(*found, person, "") if found and found[0].no_show else None


@kind("call_attended", "You came to a call after all", on=("Appointments_All", "appointment.attended"), to=its_client)
def attended(db: Database, person: UUID, about: About) -> Letter | None:
    """The coach took that back."""
    found = _known(db, person, about)
    return _letter(*found, person, "") if found and not found[0].no_show else None


def _about_what_stands(db: Database, person: UUID, about: About, method: str) -> Letter | None:
    """Only while the call is as the message says, and to come: of what came after, another message tells."""
    found = _known(db, person, about)
    return _letter(*found, person, method) if found and _stands(found[0], about) else None


def _stands(call: Call, about: About) -> bool:
    return not call.cancelled and appointments.as_range((call.starts, call.ends)) == about["during"]


def _known(db: Database, person: UUID, about: About) -> tuple[Call, Reader] | None:
    """The call and who reads of it; None where there is no such call, or they are told nothing by mail."""
    row = db.row(_KNOWN, id=UUID(about["appointment"]), person=person, former=FORMER_MEMBER)
    return (Call(*row[: len(Call._fields)]), Reader(*row[len(Call._fields) :])) if row else None


_KNOWN = Prepared(f"SELECT call.*, reader.* FROM ({agenda.KNOWN}) call, ({CONFIRMED}) reader")
"""In one statement: of what a mail costs, most is waiting for answers."""


def _letter(
    call: Call, known: Reader, person: UUID, method: str, coach: str = "", times: Sequence[Span] = ()
) -> Letter:
    place = ZoneInfo(known.timezone)
    values = {
        "name": known.name,
        "other": call.coach_name if person == call.client_id else call.client_name,
        "is_theirs": person in (call.client_id, call.coach_id),
        "with": call.coach_name,
        "date": call.starts.astimezone(place),
        "end": call.ends.astimezone(place),
        "timezone": known.timezone,
        "call_link": call.call_link.removeprefix("tel:"),
        "reason": call.reason,
        "counts": call.uses_up_a_month,
        "coach": coach,
        "offers": [start.astimezone(place) for start, _ in times],
    }
    if not method:
        return Letter(known.email, values)
    entry = call_entries.entry(call, person)
    if method == "CANCEL":
        entry = entry._replace(status="CANCELLED", location="")
    return Letter(
        known.email, values, entries.invitation(entry, method, mail.sender()[1], known.email, clock.now()), method
    )


@kind("earlier_time", "An earlier time came free")
def earlier_time(db: Database, person: UUID, about: About) -> Letter | None:
    """A time came free for which the client waits; only while it is free, and by day where they live."""
    known, waits = confirmed(db, person), waiting_list.known(db, UUID(about["waiting"]))
    if known is None or waits is None or not waits.waits:
        return None
    fresh, now = [datetime.fromisoformat(at) for at in (about["start"], *about.get("others", ()))], clock.now()
    if not waiting_list.is_day(known.timezone, now):
        waiting_list.forget(db, waits.id, fresh)
        return None
    found = waiting_list.openings(db, waits.coach, waits.coach_id, person, waits.until, now)
    span = next((one for one in found.free if one[0] in fresh), None)
    if span is None:
        return None
    start = span[0]
    place = ZoneInfo(known.timezone)
    values = {
        "name": known.name,
        "coach": waits.coach_name,
        "date": start.astimezone(place),
        "end": span[1].astimezone(place),
        "timezone": known.timezone,
        "instead": found.call.starts.astimezone(place) if found.call else None,
        "path": f"/waiting/{waits.id}?start={start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
    return Letter(known.email, values)
