"""Routes that speak of everything at once: joining, /api/me, the calendar feed."""

from datetime import datetime
from typing import Any, Literal, TypedDict

import msgspec
from chalice.app import Response

from chalicelib.accounts import people, refused_mails
from chalicelib.calendar import zones
from chalicelib.coaching import coaches
from chalicelib.coaching.schemas import Somebody
from chalicelib.database import Database, Transact
from chalicelib.errors import Invalid, NotFound
from chalicelib.home import enrolment, erasure, export, feed
from chalicelib.lunch import food_types, locations
from chalicelib.notifications import kinds
from chalicelib.web import ANYBODY, Routes
from chalicelib.web.field_types import AnyPassword, Body, FoodName, Name, Zone
from chalicelib.web.request import Caller, Request
from chalicelib.web.responses import Answer, Yes

routes = Routes(__name__)


class ChangeMe(Body):
    name: Name | msgspec.UnsetType = msgspec.UNSET
    timezone: Zone | msgspec.UnsetType = msgspec.UNSET
    location: Name | None | msgspec.UnsetType = msgspec.UNSET
    refuses: list[FoodName] | msgspec.UnsetType = msgspec.UNSET
    mails: dict[str, bool] | msgspec.UnsetType = msgspec.UNSET


class EraseMe(Body):
    password: AnyPassword


class Me(TypedDict):
    """Who somebody is here, as they see it themselves; ``mails``: which kinds they want."""

    username: str
    email: str
    email_confirmed: bool
    slug: str
    name: str
    timezone: str
    roles: list[str]
    banned: bool
    location: str | None
    refuses: list[str]
    mails: dict[str, bool]
    coach: Somebody | None


class Enrolled(TypedDict):
    success: Yes
    message: Literal["Please log in"]


@routes.api(
    "POST",
    "/Enrollment/Create",
    who=ANYBODY,
    forms=True,
    refusal=lambda message: {"success": False, "message": message},
    refuses=(403, 409, 429),
)
def enrol(request: Request, body: enrolment.Enrol, now: datetime) -> Enrolled:
    """Join with an invitation code. It opens no session: log in next."""
    enrolment.enrol(body, request.address, now)
    return {"success": True, "message": "Please log in"}


@routes.api("GET", "/api/me", banned=None)
def read(db: Database, caller: Caller) -> Me:
    """Who you are here, and who coaches you. Without a location you are not matched."""
    account = people.account(db, caller)
    location = locations.of(db, caller)
    coach = coaches.mine(db, caller) if caller.is_a("client") else None
    return {
        "username": account["username"],
        "email": account["email"],
        "email_confirmed": account["email_confirmed"],
        "slug": account["slug"],
        "name": caller.name,
        "timezone": caller.timezone,
        "roles": list(caller.roles),
        "banned": caller.banned,
        "location": location.name if location else None,
        "refuses": food_types.refused_by(db, caller),
        "mails": kinds.wanted(refused_mails.refused_by(db, caller.id)),
        "coach": {"slug": coach.slug, "name": coach.name} if coach else None,
    }


@routes.api("PATCH", "/api/me")
def change(db: Database, caller: Caller, body: ChangeMe) -> Me:
    """Change your name, zone, location, what you refuse to eat or to be mailed; what is not named stays."""
    name = None if body.name is msgspec.UNSET else body.name
    timezone = None if body.timezone is msgspec.UNSET else zones.zone(body.timezone).key
    people.rename(db, caller, name, timezone)
    if body.location is not msgspec.UNSET:
        locations.choose(db, caller.id, None if body.location is None else locations.chosen(db, caller, body.location))
    if body.refuses is not msgspec.UNSET:
        food_types.refuse(db, caller.id, food_types.named(db, body.refuses) if body.refuses else [])
    if body.mails is not msgspec.UNSET:
        unknown = body.mails.keys() - kinds.KINDS
        if unknown:
            raise Invalid.field("mails", "has a kind we do not know")
        refused_mails.choose(db, caller, body.mails)
    changed: Me = read(db, caller._replace(name=name or caller.name, timezone=timezone or caller.timezone))
    return changed


@routes.api("DELETE", "/api/me", by_token=False, banned=None, status=204)
def erase(transact: Transact, caller: Caller, body: EraseMe, request: Request, now: datetime) -> None:
    """Erase yourself, with your password. Nothing brings it back."""
    erasure.erase(transact, caller, body.password, request.address, now)


@routes.api("GET", "/api/me/export", banned=None)
def take_along(db: Database, caller: Caller, now: datetime) -> Answer[export.Everything]:
    """Everything that is kept about you, as one file."""
    headers: dict[str, Any] = {"Content-Disposition": 'attachment; filename="rendezvous.json"'}
    return Answer(export.everything(db, caller.id, now), headers=headers)


@routes.api("GET", "/feeds/{token}", who=ANYBODY)
def calendar(db: Database, token: str, request: Request, now: datetime) -> Response:
    """A person's lunches and calls as a calendar that programs subscribe to (RFC 5545)."""
    if not token.endswith(".ics"):
        raise NotFound
    return feed.serve(db, token.removesuffix(".ics"), request.headers.get("if-none-match", ""), now)
