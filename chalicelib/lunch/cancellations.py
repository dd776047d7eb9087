"""Calling a lunch off: who proposed it may until it begins, an admin until it is over."""

from datetime import datetime
from typing import Any
from uuid import UUID

from chalicelib.accounts import audit
from chalicelib.database import Database
from chalicelib.errors import Conflict, NotFound
from chalicelib.lunch import states
from chalicelib.web import auth
from chalicelib.web.request import Caller, Request


def call_off(db: Database, request: Request, caller: Caller, event: UUID, reason: str) -> None:
    """Call a lunch to come off: its people are free and told. Of who proposed it they read why; of an admin other admins
    do.

    Raises NotFound where it is neither the caller's nor the caller an admin; Conflict when it is past that; and of an
    admin's missing second factor.
    """
    now = request.now
    held = states.hold(db, caller.id, [event]).get(event)
    if held is None or not (held.creator == caller.id or caller.is_a("admin")):
        raise NotFound("There is no such lunch of yours")
    if not can_be(held, caller, now):
        raise Conflict("This lunch is over or was called off already")
    is_mine = held.creator == caller.id
    if not is_mine:
        auth.require_second_factor(db, request, caller)
    states.cancel(db, held, caller.id, reason if is_mine else "", now)
    if not is_mine:
        audit.note(db, caller, "called off the lunch", event, reason, now)


def can_be(event: Any, caller: Caller, now: datetime) -> bool:
    """Whether the caller, who proposed the lunch or is an admin, can still call it off."""
    until = event.ends if caller.is_a("admin") else event.starts
    return bool(event.status in states.COMING and until > now)
