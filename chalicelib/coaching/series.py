"""A series: a call every month, every one of them checked in full, booked all or none."""

from datetime import datetime, timedelta
from uuid import uuid4

from chalicelib.coaching import agenda, appointments, months, outcomes, schemas, slots
from chalicelib.coaching.coaches import Coach
from chalicelib.database import Database
from chalicelib.errors import Conflict, Invalid
from chalicelib.web.request import Caller

MOST_DAYS = 31
FAILED = "Not every one of these calls can be booked, so none was"


def book(
    db: Database, caller: Caller, coach_slug: str, start: datetime, count: int, client_slug: str | None, now: datetime
) -> schemas.Series:  # fmt: skip
    """Book that weekday of the month at that hour (the coach's) for ``count`` months; the series and its calls.

    Raises Invalid for what is wrong with the request, Conflict naming every one that fails and why.
    """
    first = appointments.checked_time(start, now)
    ahead = now + timedelta(days=MOST_DAYS * (count + 1))
    coach, client = appointments.bookable(
        db, caller, coach_slug, client_slug, (min(first, now), max(first, now) + (ahead - now))
    )
    most = coach.rules.coaching.series_months
    if count > most:
        raise Invalid.field("months", f"must be from 1 to {most} (coaching.series_months)")
    if first > now + coach.calendar.terms.horizon:
        raise appointments.refusal("too_far")
    calls = {uuid4(): (at, at + coach.calendar.terms.length) for at in months.monthly(first, count, coach.zone)}
    _refuse_unless_all_free(coach, list(calls.values()), now)
    events = [
        appointments.message("appointment.booked", id, coach, client.id, span, caller.id, now)
        for id, span in calls.items()
    ]
    outcomes.raise_unless(appointments.insert(db, coach, client, calls, events), "booked")
    series = uuid4()
    db.many(
        "INSERT INTO series_call (appointment_id, series_id, number) VALUES %s",
        [(id, series, number) for number, id in enumerate(calls, 1)],
    )
    booked = [
        appointments.booked(id, coach, client, span, caller)._replace(series=series) for id, span in calls.items()
    ]
    return {"id": series, "appointments": [agenda.shown(call, caller, coach.rules) for call in booked]}


def _refuse_unless_all_free(coach: Coach, calls: list[tuple[datetime, datetime]], now: datetime) -> None:
    """Each under all the rules, but the horizon: a series has one of its own."""
    calendar = appointments.beyond_horizon(coach).calendar
    failed = {}
    for span in calls:
        reasons = slots.why_not(calendar, span, now)
        if reasons:
            failed[span[0].astimezone(coach.zone).isoformat()] = "; ".join(slots.REASONS[reason] for reason in reasons)
    if failed:
        raise Conflict(FAILED, fields=failed)
