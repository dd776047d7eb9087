"""The page of public lunches: those at one's own place first, by day, with the seats that are free."""

from datetime import datetime, timedelta
from itertools import groupby
from typing import Annotated, Any

from msgspec import Meta

from chalicelib import rules
from chalicelib.calendar import commitments, zones
from chalicelib.database import Database
from chalicelib.lunch import acts, events, food_types, locations
from chalicelib.web import Routes
from chalicelib.web.field_types import Body, FoodName, Name
from chalicelib.web.request import Caller
from chalicelib.web.responses import Page, page

routes = Routes(__name__)

A_PAGE = 20


class WhichPublic(Body):
    location: Name | None = None
    food_type: FoodName | None = None
    page: Annotated[int, Meta(ge=1, le=1000)] = 1


@routes.page("/public")
def public(db: Database, caller: Caller, query: WhichPublic, now: datetime) -> Page:
    """Public lunches of the next four weeks."""
    location = locations.named(db, query.location) if query.location else None
    food = food_types.named(db, [query.food_type], "food_type")[0] if query.food_type else None
    mine = locations.of(db, caller)
    place = mine.id if mine else None
    found = sorted(events.public(db, caller, now, location, food), key=lambda event: event.location_id != place)
    first = (query.page - 1) * A_PAGE
    values = rules.read(db)
    taken = commitments.mine(db, caller, now, now + events.AHEAD + timedelta(days=1))
    return page(
        "lunch/public.html",
        days=by_day(found[first : first + A_PAGE], place),
        free=acts.free,
        can=lambda event: acts.can(event, values, now, taken),
        more=len(found) > first + A_PAGE,
        number=query.page,
        location=query.location or "",
        food_type=query.food_type or "",
        locations=locations.names(db),
        food_types=food_types.names(db),
        may_propose=values.lunch.members_may_propose and caller.is_a("member"),
    )


def by_day(found: list[Any], place: int | None) -> list[tuple[str, Any, list[Any]]]:
    """Where (the name of one's own place, 'elsewhere', or '' for who has none), the day there, its lunches."""

    def group(event: Any) -> tuple[str, Any]:
        where = "" if place is None else event.location if event.location_id == place else "elsewhere"
        return where, zones.day_of(event.starts, event.timezone)

    ordered = sorted(found, key=lambda event: (event.location_id != place, group(event)[1]))
    return [(*key, list(same)) for key, same in groupby(ordered, key=group)]
