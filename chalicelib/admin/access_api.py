"""Routes by which admins end what lets somebody in."""

from datetime import datetime
from uuid import UUID

from chalicelib.admin import access
from chalicelib.admin.api import Why
from chalicelib.database import Database
from chalicelib.web import Routes
from chalicelib.web.request import Caller

routes = Routes(__name__)


@routes.api("DELETE", "/api/admin/people/{person}/sessions", who="admin", status=204)
def end_sessions(db: Database, caller: Caller, person: UUID, query: Why, now: datetime) -> None:
    """Log somebody out wherever they are."""
    access.end_sessions(db, caller, person, query.why, now)


@routes.api("DELETE", "/api/admin/people/{person}/second-factor", who="admin", status=204)
def remove_second_factor(db: Database, caller: Caller, person: UUID, query: Why, now: datetime) -> None:
    """Take somebody's second factor away, and log them out wherever they are."""
    access.remove_second_factor(db, caller, person, query.why, now)
