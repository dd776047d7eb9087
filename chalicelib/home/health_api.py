"""Whether it is alive (/health) and whether it can serve (/ready), for whoever watches from outside."""

from typing import Literal, TypedDict

from chalicelib import rules
from chalicelib.database import Database
from chalicelib.web import ANYBODY, Routes

routes = Routes(__name__)


class Well(TypedDict):
    status: Literal["ok"]


@routes.api("GET", "/health", who=ANYBODY)
def health() -> Well:
    """Alive: the function runs. Asks nobody else, so it says nothing of the database."""
    return {"status": "ok"}


@routes.api("GET", "/ready", who=ANYBODY)
def ready(db: Database) -> Well:
    """Able to serve: the database answers and its schema is there; 503 if not."""
    rules.read(db)
    return {"status": "ok"}
