"""Joining: an account, and with it, if one likes, a location and what one refuses to eat."""

from datetime import datetime
from typing import NamedTuple

from chalicelib import rules
from chalicelib.accounts import attempts, joining, links, names, passwords
from chalicelib.calendar import zones
from chalicelib.database import Database, transaction
from chalicelib.errors import Forbidden, TooManyRequests
from chalicelib.lunch import food_types, locations
from chalicelib.web import rate_limits
from chalicelib.web.field_types import Body, Code, Email, FoodName, Name, Password, Username, Zone


class Enrol(Body):
    invitation_code: Code
    username: Username
    password: Password
    name: Name
    email: Email
    timezone: Zone
    location: Name | None = None
    refuses: list[FoodName] = []


def enrol(given: Enrol, address: str, now: datetime) -> None:
    """Enrol who holds a live code. First the fields (Invalid), then the code (Forbidden), then the username (Conflict).

    Raises TooManyRequests after enrollment.failures_per_15_minutes from that network address. The password is hashed outside
    every transaction, and only for who holds a live code.
    """
    zones.zone(given.timezone)
    names.refuse_look_alikes(given.name)
    passwords.refuse_guessable(given.password, given.username, given.email)

    chosen, live, wait = transaction(lambda db: _look(db, given, address, now))
    if wait:
        raise TooManyRequests("You are abusing the system", retry_after=wait)
    if not live:
        raise Forbidden(joining.UNUSABLE)
    hash = passwords.hash(given.password)
    transaction(lambda db: _join(db, given, hash, chosen, address, now))


class _Chosen(NamedTuple):
    """The location and the refused food types that were named, by their numbers."""

    location: int | None
    refuses: list[int]


def _look(db: Database, given: Enrol, address: str, now: datetime) -> tuple[_Chosen, bool, int]:
    """What was chosen, whether the code is live, and how many seconds an enrolment must wait. Counts this one."""
    chosen = _Chosen(
        locations.named(db, given.location) if given.location else None,
        food_types.named(db, given.refuses) if given.refuses else [],
    )
    limit = rules.read(db).enrollment.failures_per_15_minutes
    count, until = attempts.count_enrolment(db, address, now)
    wait = rate_limits.seconds_until(until, now) if count > limit else 0
    live = db.value(
        "SELECT live_invitation(%(code)s, %(email)s, %(now)s)",
        code=links.digest(given.invitation_code),
        email=given.email,
        now=now,
    )
    return chosen, live is not None, wait


def _join(db: Database, given: Enrol, hash: str, chosen: _Chosen, address: str, now: datetime) -> None:
    """Make the account with what was chosen, and take the counted attempt back."""
    db.set_present(now)
    person = joining.enrol(
        db, given.invitation_code, given.username, hash, given.name, given.email, given.timezone, now
    )
    if chosen.location is not None:
        locations.choose(db, person, chosen.location)
    food_types.refuse(db, person, chosen.refuses)
    attempts.count_enrolment(db, address, now, -1)
