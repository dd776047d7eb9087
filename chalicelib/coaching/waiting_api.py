"""Routes about waiting for an earlier time."""

from datetime import datetime
from uuid import UUID

from chalicelib.coaching import schemas, waiting_list
from chalicelib.coaching.api import Slug
from chalicelib.database import Database
from chalicelib.web import Routes
from chalicelib.web.field_types import Body, Day
from chalicelib.web.request import Caller

routes = Routes(__name__)


class Wait(Body):
    coach: Slug
    until: Day | None = None


@routes.api("GET", "/api/waiting")
def list_waiting(db: Database, caller: Caller, now: datetime) -> schemas.WaitingList:
    """For what you wait."""
    return {"waiting": waiting_list.mine(db, caller, now)}


@routes.api("POST", "/api/waiting", status=201)
def wait(db: Database, caller: Caller, body: Wait, now: datetime) -> schemas.Waiting:
    """Ask to be mailed when a time with your coach comes free that is earlier than your next call, or until the end of a
    day. You book it, or move your call there, as any other."""
    return waiting_list.ask(db, caller, body.coach, body.until, now)


@routes.api("DELETE", "/api/waiting/{id}", status=204)
def give_up(db: Database, caller: Caller, id: UUID) -> None:
    """Wait no longer."""
    waiting_list.give_up(db, caller, id)
