"""Pages about lunches: one of them, and those that are public."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from chalicelib.database import Database
from chalicelib.lunch import events, food_types, locations
from chalicelib.web import Routes
from chalicelib.web.field_types import Body, FoodName, Name
from chalicelib.web.request import Caller
from chalicelib.web.responses import Page, page

routes = Routes(__name__)

A_PAGE = 20
STATES = {
    "Proposed": "Proposed: it takes place when enough have approved it",
    "Confirmed": "Confirmed: it takes place",
    "Rejected": "Rejected: it does not take place",
    "Canceled": "Canceled: it does not take place",
    "Awaiting Evaluation": "Over",
    "Done": "Over",
}
RESPONSES = {
    "invited": "You are invited and have not answered yet",
    "approved": "You come",
    "rejected": "You do not come",
}


class WhichPublic(Body):
    location: Name | None = None
    food_type: FoodName | None = None
    page: Annotated[int, Meta(ge=1, le=1000)] = 1


@routes.page("/public")
def public(db: Database, caller: Caller, query: WhichPublic, now: datetime) -> Page:
    """Public lunches of the next four weeks."""
    location = locations.named(db, query.location) if query.location else None
    food = food_types.named(db, [query.food_type], "food_type")[0] if query.food_type else None
    found = events.public(db, now, location, food)
    first = (query.page - 1) * A_PAGE
    return page(
        "lunch/public.html",
        events=found[first : first + A_PAGE],
        more=len(found) > first + A_PAGE,
        number=query.page,
        location=query.location or "",
        food_type=query.food_type or "",
        locations=locations.names(db),
        food_types=food_types.names(db),
    )


@routes.page("/events/{id}")
def event(db: Database, caller: Caller, id: UUID, now: datetime) -> Page:
    """A lunch of one's own, or a public one."""
    found = events.read(db, caller, id)
    return page(
        "lunch/event.html",
        event=found,
        state=STATES[found.status],
        response=RESPONSES.get(found.response, ""),
        seats=max(0, found.max_attendees - len(found.people)),
    )
