"""Approvals: the lunches that wait for one's answer, and public ones one could join, the best fit first."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from chalicelib import rules
from chalicelib.accounts.people import FORMER_MEMBER
from chalicelib.calendar import availability, commitments, zones
from chalicelib.calendar.occurrences import Hours, Span, spans
from chalicelib.database import Database
from chalicelib.lunch import acts, events, fits, food_types, locations
from chalicelib.web.request import Caller


class Waiting(NamedTuple):
    """A lunch one may approve: the event, how it fits, what one can do, who is asked beside those who come."""

    event: Any
    fit: fits.Fit
    can: acts.Can
    asked: dict[UUID, str]
    """Id -> name."""


def waiting(db: Database, caller: Caller, now: datetime) -> list[Waiting]:
    """All lunches the caller is invited to, then public ones at their location that they could join; each the best fit
    first, and of those that fit as well the sooner first."""
    values = rules.read(db)
    taken = commitments.mine(db, caller, now, now + events.AHEAD + timedelta(days=1))
    invited = [event for event in events.answerable(db, caller, now) if event.response == "invited"]
    joinable = _joinable(db, caller, values, now, taken)
    found = [_shown(db, caller, event, acts.can(event, values, now, taken)) for event in invited + joinable]
    known = _Known(db, caller, [one.event for one in found])
    fitted = [one._replace(fit=known.fit(one)) for one in found if one.can.approve or one.can.reject]
    return sorted(fitted, key=lambda one: (one.event.response == "", -one.fit.score, one.event.starts, one.event.id))


def rejected_for(db: Database, caller: Caller, event: Any) -> list[str]:
    """The titles of the caller's lunches that were rejected because they overlap the one that was approved."""
    rows = db.rows(
        "SELECT e.title FROM attendance a JOIN event e ON e.id = a.event_id WHERE a.person_id = %(me)s"
        " AND a.response = 'rejected' AND e.id <> %(event)s AND tstzrange(e.starts, e.ends) && tstzrange(%(starts)s, %(ends)s)"
        " AND e.status IN ('Proposed', 'Confirmed') ORDER BY e.starts, e.id",
        me=caller.id,
        event=event.id,
        starts=event.starts,
        ends=event.ends,
    )
    return [row.title for row in rows]


def _joinable(db: Database, caller: Caller, values: rules.Rules, now: datetime, taken: list[Span]) -> list[Any]:
    """Public lunches at the caller's location, to which they are not asked, with a seat and at an hour that is free."""
    place = locations.of(db, caller)
    if place is None:
        return []
    return [
        event
        for event in events.public(db, caller, now, place.id)
        if event.response == "" and acts.can(event, values, now, taken).approve
    ]


def _shown(db: Database, caller: Caller, event: Any, can: acts.Can) -> Waiting:
    asked = {} if event.creator or not event.response else _asked(db, caller, event.id)
    return Waiting(event, fits.Fit(0, [], []), can, asked)


def _asked(db: Database, caller: Caller, event: UUID) -> dict[UUID, str]:
    """Who else is invited and has not answered, id -> name. Of what a member proposed nobody is told: whom they asked is theirs."""
    rows = db.rows(
        "SELECT p.id, coalesce(nullif(p.name, ''), %(former)s) AS name FROM attendance a JOIN person p ON p.id = a.person_id"
        " WHERE a.event_id = %(event)s AND a.response = 'invited' AND a.person_id <> %(me)s ORDER BY lower(p.name), p.id",
        event=event,
        me=caller.id,
        former=FORMER_MEMBER,
    )
    return {row.id: row.name for row in rows}


class _Known:
    """What is known of the caller that decides how a lunch fits, read once."""

    def __init__(self, db: Database, caller: Caller, found: list[Any]):
        self.caller = caller
        self.hours: list[Hours] = list(availability.hours_by_id(db, caller).values()) if found else []
        self.refused = food_types.refused_by(db, caller) if found else []
        rows = db.rows(
            "SELECT DISTINCT other.person_id AS id FROM attendance mine JOIN event e ON e.id = mine.event_id"
            " AND e.status IN ('Awaiting Evaluation', 'Done') JOIN attendance other ON other.event_id = e.id"
            " AND other.response = 'approved' AND other.person_id <> mine.person_id"
            " WHERE mine.person_id = %(me)s AND mine.response = 'approved'",
            me=caller.id,
        )
        self.met = {row.id for row in rows}

    def fit(self, one: Waiting) -> fits.Fit:
        event = one.event
        coming = zip(event.ids, event.people, strict=True)
        first, last = (zones.day_of(at, event.timezone) for at in (event.starts, event.ends))
        return fits.fit(
            event.starts,
            event.ends,
            spans(self.hours, first, last),
            event.foods,
            self.refused,
            {id: name for id, name in (*coming, *one.asked.items()) if id != self.caller.id},
            self.met,
            event.min_attendees - len(event.ids),
        )
