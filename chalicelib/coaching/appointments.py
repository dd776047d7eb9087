"""Appointments: coaching calls that are booked and moved; ``cancellations`` has what becomes of the others.

Whether a time is free is asked in two places: here, of the calendar that the coach's lock holds still, under all the
rules; and in the database, where two who ask at once are told apart (book_calls, move_call).
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from chalicelib.calendar import zones
from chalicelib.calendar.occurrences import Span
from chalicelib.coaching import agenda, coaches, schemas, slots
from chalicelib.coaching.agenda import Call
from chalicelib.coaching.coaches import Client, Coach
from chalicelib.coaching.months import month_span
from chalicelib.coaching.outcomes import SENTENCES, Outcome, raise_unless, refused
from chalicelib.database import Database
from chalicelib.errors import Conflict, Invalid, NotFound, UserError
from chalicelib.messaging import outbox
from chalicelib.web.request import Caller

TOPIC = "Appointments_All"
FARTHEST = timedelta(days=3660)
SERIES_HORIZON = timedelta(days=31 * 40)

STATE = frozenset({"outside", "taken", "buffer", "client_taken", "client_outside", "month_is_full"})
"""Reasons that lie in what others did meanwhile (409); the rest lie in what was asked for (422)."""


def book(
    db: Database, caller: Caller, coach_slug: str, start: datetime, end: datetime, client_slug: str | None, now: datetime
) -> schemas.Call:  # fmt: skip
    """Book a call with the caller's coach, or as a coach for a client of theirs; the call.

    Raises Invalid naming the field and the rule, Conflict when the time or the month is taken.
    """
    span = checked_span(start, end, now)
    coach, client = bookable(db, caller, coach_slug, client_slug, span)
    refuse_unless_free(coach, span, now)
    id = uuid4()
    event = message("appointment.booked", id, coach, client.id, span, caller.id, now)
    raise_unless(insert(db, coach, client, {id: span}, [event]), "booked")
    return agenda.shown(booked(id, coach, client, span, caller), caller, coach.rules)


def booked(id: UUID, coach: Coach, client: Client, span: Span, by: Caller) -> Call:
    """A call as it stands when it was just booked: what is known is not read again."""
    return Call(
        id, coach.id, client.id, *span, 1, by.id, coach.slug, coach.zone.key, coach.name,
        client.slug, client.timezone, client.name, call_link=coach.call_link,
    )  # fmt: skip


def bookable(
    db: Database, caller: Caller, coach_slug: str, client_slug: str | None, span: Span
) -> tuple[Coach, Client]:
    """The coach, their calendar held still, and for whom the caller books. Raises Invalid naming coach or client."""
    try:
        whose = coaches.client_of(db, caller, coach_slug, client_slug)
    except NotFound:
        raise Invalid.field("client", "is no client of yours") from None
    if whose is None:
        raise Invalid.field("client", "must be named by who books for another")
    limited = whose == caller.id
    coach = coaches.read(db, coach_slug, whose, *span, limited=limited, hold="book")
    if coach is None or coach.client is None or not (limited or coach.id == caller.id):
        raise Invalid.field("coach", "is not your coach" if limited else "is not you")
    if not coach.open:
        raise refused("no_relationship")
    return coach, coach.client


def checked_span(start: datetime, end: datetime, now: datetime) -> Span:
    """The time as a span in UTC. Raises Invalid where it is backwards, empty or absurdly far."""
    span = checked_time(start, now), checked_time(end, now, "end")
    if end <= start:
        raise Invalid.field("end", "must be after start")
    return span


def checked_time(at: datetime, now: datetime, field: str = "start") -> datetime:
    """The time in UTC. Raises Invalid where it is so far that reckoning with it would leave the calendar."""
    if not -FARTHEST < at - now < FARTHEST:
        raise Invalid.field(field, "must be within ten years")
    return at.astimezone(UTC)


def refuse_unless_free(coach: Coach, span: Span, now: datetime) -> None:
    """Raises Invalid or Conflict with the first reason for which that time cannot be booked."""
    if reason := slots.first_reason(coach.calendar, span, now):
        raise refusal(reason)


def refusal(reason: str) -> UserError:
    """A reason of slots.REASONS as an error."""
    if reason in STATE:
        return Conflict(SENTENCES.get(reason, f"This time {slots.REASONS[reason]}"))
    return Invalid.field("end" if reason == "length" else "start", slots.REASONS[reason])


def insert(db: Database, coach: Coach, client: Client, calls: dict[UUID, Span], events: list[str]) -> Outcome:
    """Book all those calls or none; 'booked' or the outcome that stood in the way."""
    outcome: Outcome = db.value(
        "SELECT book_calls(%(ids)s, %(coach)s, %(client)s, %(wanted)s::tstzrange[], %(months)s::tstzrange[], %(most)s,"
        " %(events)s::jsonb[])",
        ids=list(calls),
        coach=coach.id,
        client=client.id,
        wanted=[as_range(span) for span in calls.values()],
        months=[as_range(month_span(span[0], coach.zone)) for span in calls.values()],
        most=coach.calendar.terms.per_month,
        events=events,
    )
    return outcome


def move(
    db: Database, caller: Caller, id: UUID, start: datetime, end: datetime, version: int, now: datetime
) -> schemas.Call:
    """Move a call: the same one, at another time, one version on; the call. Raises as ``book`` does, and NotFound."""
    span = checked_span(start, end, now)
    return move_known(db, caller, agenda.row(db, caller, id), span, version, now)


def move_known(
    db: Database, caller: Caller, known: Call, span: Span, version: int, now: datetime, *, far: bool = False
) -> schemas.Call:
    """As ``move``, of a call that was read. ``far`` lifts the horizon: a series has one of its own."""
    _refuse_what_is_past_change(known, version, now)
    limited = caller.id == known.client_id
    coach = coach_of(db, caller, known, span)
    if span == (known.starts, known.ends):
        raise Invalid.field("start", "is the time that the call has already")
    refuse_unless_free(beyond_horizon(coach) if far else coach, span, now)
    event = message("appointment.moved", known.id, coach, known.client_id, span, caller.id, now)
    outcome: Outcome = db.value(
        "SELECT move_call(%(id)s, %(version)s, %(span)s, %(month)s, %(most)s, %(moves)s, %(from)s, %(event)s)",
        id=known.id,
        version=version,
        span=as_range(span),
        month=as_range(month_span(span[0], coach.zone)),
        most=coach.calendar.terms.per_month,
        moves=coach.rules.coaching.moves_per_appointment,
        event=event,
        **{"from": now + timedelta(hours=coach.rules.coaching.cancel_hours_before)},
    )
    raise_unless(outcome, "moved")
    moved = known._replace(starts=span[0], ends=span[1], version=version + 1, moves=known.moves + limited)
    return agenda.shown(moved, caller, coach.rules)


def coach_of(db: Database, caller: Caller, call: Call, span: Span) -> Coach:
    """The coach of a call that is to be moved, their calendar held still. Raises Conflict where the two have no calls."""
    limited = caller.id == call.client_id
    coach = coaches.read(db, call.coach, call.client_id, *span, limited=limited, moving=call.id, hold="change")
    if coach is None or not coach.open:
        raise refused("no_relationship")
    return coach


def beyond_horizon(coach: Coach) -> Coach:
    """The coach as a series sees them, for which coaching.series_months holds instead of coaching.horizon_weeks."""
    terms = coach.calendar.terms._replace(horizon=SERIES_HORIZON)
    return coach._replace(calendar=coach.calendar._replace(terms=terms))


def _refuse_what_is_past_change(known: Call, version: int | None, now: datetime) -> None:
    """What is plain without the lock; the database asks again under it."""
    if known.cancelled:
        raise refused("cancelled")
    if version is not None and known.version != version:
        raise refused("stale")
    if known.starts <= now:
        raise refused("begun")


def message(kind: str, id: UUID, coach: Coach, client: UUID, span: Span, by: UUID, now: datetime) -> str:
    """The message about a call, as the outbox keeps it."""
    return written(kind, data(id, coach.id, client, span, by, coach.zone.key), now)


def written(kind: str, said: dict[str, Any], now: datetime) -> str:
    return msgspec.json.encode(outbox.envelope(str(uuid4()), kind, said, now.isoformat())).decode()


def data(id: UUID, coach: UUID, client: UUID, span: Span, by: UUID, timezone: str) -> dict[str, Any]:
    """What a message says of a call: ids and when; the week is the ISO week of its start in the coach's zone."""
    day = zones.day_of(span[0], timezone)
    return {
        "appointment": str(id),
        "coach": str(coach),
        "client": str(client),
        "during": as_range(span),
        "week": zones.week_name(day),
        "by": str(by),
    }


def as_range(span: Span) -> str:
    """A span as PostgreSQL reads a tstzrange."""
    return f"[{span[0].isoformat()},{span[1].isoformat()})"
