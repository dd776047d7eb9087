"""Pages of a coach's days away: listed, taken, taken back. The calls that one would touch are spoken of first."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from chalicelib.coaching import agenda, days_away
from chalicelib.coaching.days_away import Calls
from chalicelib.database import Database
from chalicelib.errors import UserError
from chalicelib.web import Form, Routes
from chalicelib.web.field_types import Body, ClockTime, Day, Empty, Line, matching
from chalicelib.web.request import Caller
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)

Choice = Annotated[
    str,
    matching(
        r"^(keep|cancel) [0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}\Z",
        "is neither to keep a call nor to offer other times for it",
    ),
]
"""What becomes of a call: the word, and its id."""


class Away(Body):
    day: Day
    last: Day | None = None
    start: ClockTime | None = None
    end: ClockTime | None = None
    choices: list[Choice] = []


class Told(Body):
    """What was done just before: with the day away of that id, or with one that is gone, of which others still have a
    part."""

    done: Line = ""
    id: UUID | None = None
    still: list[UUID] = []


@routes.page("/coach/away", who="coach")
def away(db: Database, caller: Caller, form: Form, query: Told, now: datetime) -> Page:
    """When I am away; and where a day was asked for that touches calls, which, each with what can become of it."""
    mine = days_away.mine(db, caller, now)
    return page(
        "coaching/coach_away.html",
        done=_said(db, caller, query, now),
        still=[one for one in mine if one["id"] in query.still],
        away=mine,
        touched=_touched(db, caller, form, now),
        at=datetime.fromisoformat,
    )


@routes.form("/coach/away", shows=away, who="coach")
def be_away(db: Database, caller: Caller, body: Away, now: datetime) -> Redirect:
    """Be away; refused while a call that it touches was not spoken of."""
    span = days_away.span_of(body.day, body.last, body.start, body.end, caller.timezone, now)
    made = days_away.take(db, caller, span, _chosen(body.choices), now)
    return Redirect(f"/coach/away?done=away&id={made['id']}")


@routes.form("/coach/away/{id}/delete", shows=away, who="coach")
def take_back(db: Database, caller: Caller, id: UUID, body: Empty) -> Redirect:
    was = days_away.read(db, caller, id)
    days_away.take_back(db, caller, id)
    still = days_away.still(db, caller, (was.starts, was.ends)) if was else []
    return Redirect("/coach/away?done=back" + "".join(f"&still={one}" for one in still))


def _chosen(choices: list[str]) -> dict[UUID, Calls]:
    words = (choice.split(" ") for choice in choices)
    return {UUID(id): "cancel" if word == "cancel" else "keep" for word, id in words}


def _touched(db: Database, caller: Caller, form: Form, now: datetime) -> list[Any]:
    """The calls that what was typed would touch; none where it is no time that one can be away."""
    if not form.message:
        return []
    try:
        typed = {name: value for name, value in form.typed.items() if value and name in ("day", "last", "start", "end")}
        day, last = (datetime.fromisoformat(typed[name]).date() if name in typed else None for name in ("day", "last"))
        if day is None:
            return []
        span = days_away.span_of(day, last, typed.get("start"), typed.get("end"), caller.timezone, now)
    except (ValueError, TypeError, UserError):
        return []
    return days_away.touched(db, caller, span, now)


def _said(db: Database, caller: Caller, query: Told, now: datetime) -> dict[str, Any] | None:
    """What was done just now: the time, whose calls were cancelled for it, and whose are kept."""
    if query.done == "back":
        return {"back": True}
    made = days_away.read(db, caller, query.id) if query.done == "away" and query.id else None
    if made is None:
        return None
    calls = agenda.touching(db, caller.id, (made.starts, made.ends))
    return {
        "back": False,
        "starts": made.starts,
        "ends": made.ends,
        "timezone": made.timezone,
        "cancelled": [
            call for call in calls if call.cancelled and call.reason == days_away.REASON and call.changed == made.made
        ],
        "kept": [call for call in calls if not call.cancelled and call.coach_id == caller.id and call.starts > now],
    }
