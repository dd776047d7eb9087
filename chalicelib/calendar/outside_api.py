"""Routes about calendars that are kept elsewhere."""

from datetime import datetime
from typing import Annotated, TypedDict
from uuid import UUID

from msgspec import Meta

from chalicelib.calendar import fetching, outside_calendars
from chalicelib.calendar.outside_calendars import OutsideCalendar
from chalicelib.database import Database
from chalicelib.web import Routes
from chalicelib.web.field_types import Body
from chalicelib.web.request import Caller

routes = Routes(__name__)

Address = Annotated[str, Meta(min_length=1, max_length=fetching.LONGEST_URL)]


class AddCalendar(Body):
    url: Address


class OutsideCalendars(TypedDict):
    outside_calendars: list[OutsideCalendar]


@routes.api("GET", "/api/outside-calendars")
def list_calendars(db: Database, caller: Caller) -> OutsideCalendars:
    """The calendars that you keep elsewhere, and how reading them went; their addresses are never shown."""
    return {"outside_calendars": outside_calendars.mine(db, caller)}


@routes.api("POST", "/api/outside-calendars", status=201)
def add_calendar(db: Database, caller: Caller, body: AddCalendar, now: datetime) -> OutsideCalendar:
    """Give the https address of a calendar (ICS): when it is busy you are neither booked nor matched. At most five."""
    return outside_calendars.add(db, caller, body.url, now)


@routes.api("DELETE", "/api/outside-calendars/{id}", status=204)
def remove_calendar(db: Database, caller: Caller, id: UUID) -> None:
    """Forget a calendar and its busy times."""
    outside_calendars.remove(db, caller, id)
