"""The page on which a member proposes a lunch, where the rules let them."""

from datetime import datetime

from chalicelib.database import Database
from chalicelib.errors import Invalid
from chalicelib.lunch import locations, proposals
from chalicelib.web import Form, Routes
from chalicelib.web.field_types import Body, ClockTime, Day, Name, wall_time_of
from chalicelib.web.request import Caller
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)


class Propose(Body):
    title: Name
    location: Name
    day: Day
    time: ClockTime
    public: bool = False
    people: list[proposals.Slug] = []


@routes.page("/events/new")
def ask(db: Database, caller: Caller, form: Form, now: datetime) -> Page:
    values = proposals.refuse_unless_allowed(db, caller)
    mine = locations.of(db, caller)
    return page(
        "lunch/propose.html",
        rule=values.lunch,
        location=mine.name if mine else "",
        locations=locations.names(db),
        people=[(one.slug, one.name) for one in proposals.companions(db, caller)],
    )


@routes.form("/events/new", shows=ask)
def propose(db: Database, caller: Caller, body: Propose, now: datetime) -> Redirect:
    start = wall_time_of(body.day, body.time).isoformat(timespec="minutes")
    try:
        id = proposals.propose(db, caller, body.title, body.location, start, body.public, body.people, now)
    except Invalid as refused:
        raise _at_the_fields(refused) from None
    return Redirect(f"/events/{id}?done=proposed")


def _at_the_fields(refused: Invalid) -> Invalid:
    """The refusal of a start as one of the form's fields, which are a day and a time."""
    return Invalid(
        refused.message, fields={("time" if name == "start" else name): said for name, said in refused.fields.items()}
    )
