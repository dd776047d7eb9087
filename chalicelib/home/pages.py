"""Pages that speak of everything at once: the welcome or my week, privacy, and the files that pages need."""

from datetime import datetime

from chalice.app import Response

from chalicelib import assets, rules
from chalicelib.answers import Page, page
from chalicelib.callers import Caller
from chalicelib.database import Database
from chalicelib.errors import NotFound
from chalicelib.home import entrance, my_week
from chalicelib.web import ANYBODY, Routes

routes = Routes(__name__)


@routes.page("/", who=ANYBODY, banned=None)
def front(db: Database, caller: Caller | None, now: datetime, query: entrance.Done) -> Page:
    """My week, or the welcome."""
    done = entrance.DONE.get(query.done)
    if caller is None or caller.banned:
        return page("welcome.html", done=done)
    return page("week.html", done=done, **my_week.of(db, caller, now))


@routes.page("/privacy", who=ANYBODY, banned=None)
def privacy(db: Database) -> Page:
    return page("privacy.html", days=rules.read(db)["session.days"])


@routes.api("GET", "/static/{name}", who=ANYBODY)
def static(name: str) -> Response:
    """A file of the pages, to be kept for ever: its name holds a hash of its content."""
    asset = assets.served(name)
    if asset is None:
        raise NotFound
    return Response(asset.text, headers={"Content-Type": asset.type, "Cache-Control": assets.FOR_EVER})
