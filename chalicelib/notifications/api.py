"""Routes about what is told to people: a ticket for the live updates of a page."""

from datetime import datetime

from chalicelib.database import Database
from chalicelib.notifications import tickets
from chalicelib.web import Routes
from chalicelib.web.request import Caller

routes = Routes(__name__)


@routes.api("POST", "/api/tickets", by_token=False, status=201, remembered=False)
def issue_ticket(db: Database, caller: Caller, now: datetime) -> tickets.Ticket:
    """Get a ticket that opens a socket once, within a minute, and your tokens in its frames."""
    return tickets.issue(db, caller, now)
