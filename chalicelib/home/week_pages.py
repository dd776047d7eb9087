"""Pages that speak of everything at once: the welcome or my week, privacy, and the files that pages need."""

from datetime import datetime

from chalice.app import Response

from chalicelib import rules
from chalicelib.database import Database
from chalicelib.errors import NotFound
from chalicelib.home import login_pages, my_week
from chalicelib.web import ANYBODY, Routes, assets
from chalicelib.web.request import Caller
from chalicelib.web.responses import Page, page

routes = Routes(__name__)


@routes.page("/", who=ANYBODY, banned=None)
def front(db: Database, caller: Caller | None, now: datetime, query: login_pages.Done) -> Page:
    """My week, or the welcome."""
    done = login_pages.DONE.get(query.done)
    if caller is None or caller.banned:
        return page("home/welcome.html", done=done)
    return page("home/week.html", done=done, **my_week.of(db, caller, now))


@routes.page("/privacy", who=ANYBODY, banned=None)
def privacy(db: Database) -> Page:
    return page("home/privacy.html", days=rules.read(db).session.days)


@routes.api("GET", "/static/{name}", who=ANYBODY)
def static(name: str) -> Response:
    """A file of the pages, to be kept for ever: its name holds a hash of its content."""
    asset = assets.served(name)
    if asset is None:
        raise NotFound
    return Response(asset.text, headers={"Content-Type": asset.type, "Cache-Control": assets.FOR_EVER})
