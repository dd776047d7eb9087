"""Mails about calendars that are kept elsewhere."""

from uuid import UUID
from zoneinfo import ZoneInfo

from chalicelib import clock
from chalicelib.calendar import outside_calendars, outside_reading
from chalicelib.database import Database
from chalicelib.notifications.kinds import About, Letter, kind
from chalicelib.notifications.recipients import confirmed


@kind("calendar_lost", "A calendar of yours cannot be read")
def calendar_lost(db: Database, person: UUID, about: About) -> Letter | None:
    """It could not be read for a day, so its busy times are gone; only while that is so."""
    known = confirmed(db, person)
    row = db.row("SELECT host, problem FROM outside_calendar WHERE id = %(id)s AND lost", id=about["calendar"])
    if known is None or row is None:
        return None
    values = {"name": known.name, "host": row.host, "problem": outside_calendars.PROBLEMS.get(row.problem, "")}
    return Letter(known.email, values)


@kind("busy_overlap", "A calendar of yours is busy when you are booked")
def busy_overlap(db: Database, person: UUID, about: About) -> Letter | None:
    """Elsewhere they are busy when they have a call or a lunch; what is booked stays booked."""
    known, meets = confirmed(db, person), outside_reading.overlapped(db, person, clock.now())
    if known is None or not meets:
        return None
    place = ZoneInfo(known.timezone)
    times = [(row.starts.astimezone(place), row.ends.astimezone(place)) for row in meets]
    return Letter(known.email, {"name": known.name, "times": times, "timezone": known.timezone})
