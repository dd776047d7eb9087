"""Routes with which admins say who coaches whom. People go by their slugs; a relationship has no public id."""

from datetime import datetime

from chalicelib.coaching import relationships, schemas
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
    calls: relationships.Calls | None = None
    why: Line = ""


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
    """Give the client of that slug another coach; ``calls`` says what becomes of calls with the former one."""
    return relationships.move(db, caller, slug, body.coach, body.calls, body.why, now)


@routes.api("DELETE", "/api/admin/relationships/{slug}", who="admin", status=204)
def end(db: Database, caller: Caller, slug: str, query: End, now: datetime) -> None:
    """End the relationship of the client of that slug; ``calls`` says what becomes of booked calls."""
    relationships.end(db, caller, slug, query.calls, query.why, now)
