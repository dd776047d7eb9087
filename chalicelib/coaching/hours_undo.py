"""How the last act upon office hours is taken back by one press. It travels in the address of the page that tells of the
act, for hours that are gone stand nowhere else; whoever presses reads there what will be."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from msgspec import Meta

from chalicelib.calendar import availability, zones
from chalicelib.calendar.occurrences import Hours
from chalicelib.coaching import office_hours
from chalicelib.coaching.hours_api import GiveHours
from chalicelib.coaching.office_hours import Calls
from chalicelib.database import Database
from chalicelib.errors import Invalid
from chalicelib.web.field_types import Body, wall_time
from chalicelib.web.request import Caller
from chalicelib.web.responses import Redirect

MOST_CHARACTERS = 2000
"""Hours with more exceptions than fit are not taken back by a press: an address is only so long."""
Text = Annotated[str, Meta(max_length=MOST_CHARACTERS, pattern=r"^[\x20-\x7e]*\Z")]


class Undo(Body):
    """``given``: hours that go. ``was``: hours as they were; those of ``id`` if they are there still, else anew."""

    given: list[UUID] = []
    was: GiveHours | None = None
    id: UUID | None = None


def told(done: list[str], undo: Undo) -> Redirect:
    """To the page that says what was done, and how to take it back."""
    text = write(undo)
    return Redirect(
        f"/coach/hours?done={'.'.join(done)}" + (f"&undo={quote(text)}" if len(text) <= MOST_CHARACTERS else "")
    )


def write(undo: Undo) -> str:
    """As one text, for an address or a hidden field."""
    return msgspec.json.encode(undo).decode()


def read(text: str) -> Undo:
    """Raises Invalid."""
    try:
        return msgspec.json.decode(text, type=Undo)
    except (msgspec.ValidationError, msgspec.DecodeError):
        raise Invalid.field("undo", "is nothing that can be taken back") from None


def as_given(hours: Hours, now: datetime) -> GiveHours:
    """Hours as they would be given anew; exceptions that are over are left out."""
    today = zones.day_of(now, hours.timezone)
    return GiveHours(
        hours.starts.isoformat(timespec="minutes"),
        hours.ends.isoformat(timespec="minutes"),
        hours.timezone,
        hours.weekly,
        hours.until if hours.weekly and hours.until != date.max else None,
        sorted(day for day in hours.exceptions if day >= today),
    )


def anew(hours: Hours, now: datetime) -> Hours:
    """Weekly hours that began too long ago to be given again, as if they had begun this week: what is to come is the
    same."""
    past = zones.day_of(now, hours.timezone) - hours.starts.date()
    if not hours.weekly or past < availability.FARTHEST / 2:
        return hours
    ahead = timedelta(weeks=past.days // 7)
    return hours._replace(starts=hours.starts + ahead, ends=hours.ends + ahead)


def as_hours(given: GiveHours, now: datetime) -> Hours:
    """The same as a value. Raises Invalid where they are over, or could never have been given."""
    start, end = wall_time(given.start, "start"), wall_time(given.end, "end")
    return availability.checked(start, end, given.timezone, given.weekly, given.until, given.exceptions, now)


def carry_out(db: Database, caller: Caller, undo: Undo, calls: Calls | None, now: datetime) -> None:
    """Take it back; twice is as once. Raises Invalid, NotFound; Conflict naming calls that were booked meanwhile, unless
    ``calls`` says what becomes of them."""
    mine = availability.hours_by_id(db, caller, office_hours.PURPOSE)
    for id in undo.given:
        if id in mine:
            office_hours.withdraw(db, caller, id, calls, now)
    if undo.was is None:
        return
    if undo.id is not None:
        office_hours.change(db, caller, undo.id, _changes(undo.was), calls, now)
    elif (was := as_hours(undo.was, now)) not in mine.values():
        availability.give(
            db, caller, office_hours.PURPOSE, was.starts, was.ends, was.timezone, was.weekly, undo.was.until,
            undo.was.exceptions, now,
        )  # fmt: skip


def _changes(was: GiveHours) -> dict[str, Any]:
    return {
        "start": wall_time(was.start, "start"),
        "end": wall_time(was.end, "end"),
        "timezone": was.timezone,
        "weekly": was.weekly,
        "until": was.until,
        "except": was.exceptions,
    }
