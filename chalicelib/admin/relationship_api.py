"""Routes with which admins say who coaches whom. People go by their slugs; a relationship has no public id."""

from datetime import datetime
from typing import Literal

from chalicelib.coaching import handovers, relationships, schemas
from chalicelib.coaching.api import Slug
from chalicelib.database import Database
from chalicelib.web import Routes
from chalicelib.web.field_types import Body, Line
from chalicelib.web.request import Caller

routes = Routes(__name__)


class Assign(Body):
    coach: Slug
    client: Slug
    why: Line = ""


class Reassign(Body):
    coach: Slug
    calls: Literal["keep", "cancel", "move"] | None = None
    plan: Line | None = None
    why: Line = ""


class ToWhom(Body):
    coach: Slug


class End(Body):
    calls: relationships.Calls | None = None
    why: Line = ""


@routes.api("GET", "/api/admin/relationships", who="admin")
def list_relationships(db: Database, caller: Caller) -> schemas.Relationships:
    """Who coaches whom, and how many calls are coming."""
    return {"relationships": [row._asdict() for row in relationships.every(db)]}


@routes.api("POST", "/api/admin/relationships", who="admin", status=201)
def assign(db: Database, caller: Caller, body: Assign, now: datetime) -> schemas.Begun:
    """Give a client a coach."""
    return relationships.assign(db, caller, body.coach, body.client, body.why, now)


@routes.api("PATCH", "/api/admin/relationships/{slug}", who="admin")
def move(db: Database, caller: Caller, slug: str, body: Reassign, now: datetime) -> schemas.Begun:
    """Give the client of that slug another coach; ``calls`` says what becomes of calls with the former one: they are kept,
    cancelled, or moved to the other coach as the ``plan`` of that name has it."""
    if body.calls == "move":
        return handovers.hand_over(db, caller, slug, body.coach, body.plan, body.why, now)
    return relationships.move(db, caller, slug, body.coach, body.calls, body.why, now)


@routes.api("GET", "/api/admin/relationships/{slug}/hand-over", who="admin")
def plan_hand_over(db: Database, caller: Caller, slug: str, query: ToWhom, now: datetime) -> schemas.HandOver:
    """What would become of the client's booked calls if they were moved to another coach."""
    return handovers.shown(handovers.plan(db, slug, query.coach, now), caller)


@routes.api("DELETE", "/api/admin/relationships/{slug}", who="admin", status=204)
def end(db: Database, caller: Caller, slug: str, query: End, now: datetime) -> None:
    """End the relationship of the client of that slug; ``calls`` says what becomes of booked calls."""
    relationships.end(db, caller, slug, query.calls, query.why, now)
