"""A client gets another coach and keeps their calls: those at whose hour that coach is free go with them, for the others they
are offered other times. What would become of each is shown before, and done only as it was shown."""

import hashlib
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from chalicelib.accounts import audit
from chalicelib.calendar import zones
from chalicelib.calendar.occurrences import Span
from chalicelib.coaching import agenda, appointments, cancellations, coaches, free_slots, relationships, schemas, slots
from chalicelib.coaching.agenda import Call
from chalicelib.coaching.coaches import Coach
from chalicelib.coaching.outcomes import Outcome, raise_unless
from chalicelib.database import Database
from chalicelib.errors import Conflict, Invalid
from chalicelib.web.request import Caller


class Planned(NamedTuple):
    """What becomes of a call: it goes to the other coach, or is cancelled for ``reason`` and the client offered times."""

    call: Call
    reason: str
    offers: list[Span]

    @property
    def goes(self) -> bool:
        return not self.reason


class Plan(NamedTuple):
    """What becomes of all of them; ``name`` is another wherever anything else would."""

    former: UUID
    client: UUID
    coach: UUID
    coach_zone: str
    calls: list[Planned]

    @property
    def name(self) -> str:
        said = [str(self.coach), *(f"{one.call.id} {one.call.version} {one.goes}" for one in self.calls)]
        return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]


def plan(db: Database, client: str, coach: str, now: datetime) -> Plan:
    """What would become of that client's booked calls with that coach. Raises NotFound, Invalid."""
    row = relationships.current(db, client)
    to = coaches.read(db, coach, None, now, now, limited=False)
    if to is None or not to.open:
        raise Invalid.field("coach", "is no active coach")
    if to.id in (row.coach_id, row.client_id):
        raise Invalid.field(
            "coach", "must be another than they have" if to.id == row.coach_id else "cannot be the client"
        )
    found = [agenda.known(db, one.id) for one in relationships.coming_calls(db, row.coach_id, row.client_id)]
    calls = [call for call in found if call is not None]
    taken = db.rows(
        "SELECT lower(b) AS starts, upper(b) AS ends FROM busy(%(id)s, tstzrange(%(now)s, NULL)) b",
        id=row.client_id,
        now=now,
    )
    besides = [(one.starts, one.ends) for one in taken]
    return Plan(row.coach_id, row.client_id, to.id, to.zone.key, _planned(db, calls, to, besides, now))


def _planned(db: Database, calls: list[Call], to: Coach, besides: list[Span], now: datetime) -> list[Planned]:
    """What becomes of each, by start. A call is weighed with those before it that go along, which the coach has too then;
    the times that are offered, with all that do and ``besides``, what the client has."""
    along: list[Span] = []
    reasons = []
    for call in calls:
        reasons.append(_reason(db, call, to.slug, along, now))
        if not reasons[-1]:
            along.append((call.starts, call.ends))
    closed = [*besides, *slots.widened(along, to.calendar.terms.buffer)]
    return [
        Planned(call, reason, free_slots.nearest(db, to.slug, None, call.starts, now, besides=closed) if reason else [])
        for call, reason in zip(calls, reasons, strict=True)
    ]


def _reason(db: Database, call: Call, coach: str, along: list[Span], now: datetime) -> str:
    """Why that coach cannot take the call, '' if they can: what they could book for the client then, however far ahead,
    for it is booked already."""
    span = (call.starts, call.ends)
    to = coaches.read(db, coach, None, *span, limited=False)
    assert to is not None
    calendar = appointments.beyond_horizon(to).calendar
    return slots.first_reason(calendar._replace(taken=[*calendar.taken, *along]), span, now) or ""


def hand_over(
    db: Database, caller: Caller, client: str, coach: str, seen: str | None, why: str, now: datetime
) -> schemas.Begun:
    """Give the client that coach, and their booked calls with them, as the plan of the name ``seen`` has it.

    Raises NotFound, Invalid; Conflict where something else would become of them by now, and nothing has happened then.
    """
    first = plan(db, client, coach, now)
    for one in sorted((first.former, first.coach)):
        db.run("SELECT lock_coach(%(coach)s)", coach=one)
    held = plan(db, client, coach, now)
    if seen is None:
        raise Invalid.field("plan", "must be the one that was shown")
    if held.name != seen:
        raise Conflict("Something else would become of the calls by now: look at it again")
    relationships.replace(db, client, coach, now)
    for planned in held.calls:
        _carry_out(db, caller, held, planned, now)
    count = sum(one.goes for one in held.calls)
    what = f"gave the coach {held.coach} instead, with {count} of {len(held.calls)} booked calls, to"
    audit.note(db, caller, what, held.client, why, now)
    return {"coach": coach, "client": client, "begun": now}


def _carry_out(db: Database, caller: Caller, held: Plan, planned: Planned, now: datetime) -> None:
    call, span = planned.call, (planned.call.starts, planned.call.ends)
    if not planned.goes:
        cancellations.cancel_coming(db, now, coach=held.former, client=held.client, span=span, offers=True)
        return
    said = appointments.data(call.id, held.coach, held.client, span, caller.id, held.coach_zone)
    event = appointments.written("appointment.handed_over", said | {"former_coach": str(held.former)}, now)
    outcome: Outcome = db.value(
        "SELECT hand_over_call(%(id)s, %(version)s, %(coach)s, %(event)s)",
        id=call.id,
        version=call.version,
        coach=held.coach,
        event=event,
    )
    raise_unless(outcome, "handed_over")


def shown(made: Plan, caller: Caller) -> schemas.HandOver:
    """A plan as the API shows it, times in the caller's zone."""
    place = ZoneInfo(caller.timezone)
    return {"plan": made.name, "calls": [_shown(one, place, caller.timezone) for one in made.calls]}


def _shown(one: Planned, place: ZoneInfo, timezone: str) -> Any:
    return {
        "start": zones.local_time(one.call.starts, place).isoformat(),
        "end": zones.local_time(one.call.ends, place).isoformat(),
        "goes": one.goes,
        "reason": slots.REASONS[one.reason] if one.reason else "",
        "offers": free_slots.shown(one.offers, timezone),
    }
