"""Pages that speak of everything at once: the welcome or my week, privacy, and the files that pages need."""

from datetime import datetime

from chalice.app import Response

from chalicelib import rules
from chalicelib.admin import charts
from chalicelib.config import config
from chalicelib.database import Database
from chalicelib.errors import NotFound
from chalicelib.home import login_pages, my_week
from chalicelib.web import ANYBODY, Routes, assets
from chalicelib.web.request import Caller
from chalicelib.web.responses import Form, Page, page

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


@routes.page("/styleguide", who=ANYBODY, banned=None)
def styleguide() -> Page:
    """All parts of pages in every state, for who changes one of them. On a developer's machine alone."""
    if config().stage != "local":
        raise NotFound
    wrong = {"email": "is no e-mail address", "days": "needs at least one of them"}
    refused = Form({"name": "Ada", "email": "ada"}, wrong, "Please look at this again")
    return page("home/styleguide.html", form=refused, bars=charts.stacked([[5, 1, 1, 1, 1], [7, 2], [6, 1, 2]]))


@routes.api("GET", "/static/{name}", who=ANYBODY)
def static(name: str) -> Response:
    """A file of the pages, to be kept for ever: its name holds a hash of its content."""
    asset = assets.served(name)
    if asset is None:
        raise NotFound
    return Response(asset.text, headers={"Content-Type": asset.type, "Cache-Control": assets.FOR_EVER})
