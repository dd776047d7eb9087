"""How many lists a person may ask for in a minute (requests.per_minute)."""

from datetime import datetime
from typing import Any

from chalicelib import rules
from chalicelib.database import Database, transaction
from chalicelib.errors import TooManyRequests
from chalicelib.web import auth
from chalicelib.web.credentials import hashed
from chalicelib.web.endpoints import Endpoint
from chalicelib.web.parameters import read_query
from chalicelib.web.request import Request


def count(endpoint: Endpoint, request: Request) -> None:
    """Count this request, in a transaction of its own that no refusal undoes. Raises TooManyRequests; Invalid for a
    query that cannot be read, which counts towards nothing."""

    def tally(db: Database) -> tuple[Any, int] | None:
        auth.enter(db, request)
        if request.caller is None:
            return None
        read_query(endpoint, request)
        # A count that is lost with a crashed server is a second of grace, and not worth waiting for the disk.
        db.run("SET LOCAL synchronous_commit = off")
        who = hashed(request.caller.id.bytes)
        counted = db.row("SELECT * FROM tally('requests', %(who)s, 60, %(now)s)", who=who, now=request.now)
        return counted, rules.read(db).requests.per_minute

    found = transaction(tally)
    if found and found[0].count > found[1]:
        raise TooManyRequests("You are abusing the system", retry_after=seconds_until(found[0].until, request.now))


def seconds_until(end: datetime, now: datetime) -> int:
    """For Retry-After: whole seconds, one at least."""
    return max(1, int((end - now).total_seconds()) + 1)
