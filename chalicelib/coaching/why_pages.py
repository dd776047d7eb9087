"""The page that says why a time is not free. Its form asks, and changes nothing."""

from datetime import datetime
from zoneinfo import ZoneInfo

from chalicelib.calendar import zones
from chalicelib.coaching import appointments, coaches, free_slots
from chalicelib.coaching.booking_pages import typed_start
from chalicelib.database import Database
from chalicelib.errors import Invalid
from chalicelib.web import Form, Routes, parsing
from chalicelib.web.field_types import Body, ClockTime, Day, Line
from chalicelib.web.request import Caller
from chalicelib.web.responses import Page, page

routes = Routes(__name__)


class Typed(Body):
    """What stands in the address is read by the page itself, which shows it again where it is no time."""

    day: Line = ""
    time: Line = ""


class When(Body):
    day: Day
    time: ClockTime


@routes.page("/coach/why", who="coach")
def why(db: Database, caller: Caller, query: Typed, now: datetime) -> Page:
    """Why a time is not free; of one that comes twice, of both."""
    typed = {"day": query.day, "time": query.time}
    try:
        starts = _starts(typed, caller, now) if any(typed.values()) else []
    except Invalid as wrong:
        return _shown(Form(typed, wrong.fields, wrong.message), [], 422)
    slug = coaches.slug_of(db, caller.id)
    return _shown(Form(typed), [(start, free_slots.why_not(db, caller, slug, start, None, now)) for start in starts])


def _starts(typed: dict[str, str], caller: Caller, now: datetime) -> list[datetime]:
    """The instants of that time. Raises Invalid naming the field."""
    when = parsing.read_form(list(typed.items()), When)
    first = appointments.checked_time(typed_start(when.day, when.time, caller), now, "day")
    return zones.both(first, ZoneInfo(caller.timezone))


def _shown(form: Form, found: list[tuple[datetime, list[str]]], status: int = 200) -> Page:
    shown = page("coaching/coach_why.html", found=found, form=form)
    shown.status = status
    return shown
