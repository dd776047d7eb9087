"""A series from one of its calls on: moved or cancelled, every one of them checked in full, all or none."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from chalicelib.calendar import zones
from chalicelib.calendar.occurrences import Span
from chalicelib.coaching import agenda, appointments, cancellations, months, schemas, slots
from chalicelib.coaching.agenda import Call
from chalicelib.database import Database
from chalicelib.errors import Conflict, Invalid, NotFound, UserError
from chalicelib.web.request import Caller

NOT_MOVED = "Not every one of these calls can be moved, so none was"
NOT_CANCELLED = "Not every one of these calls can be cancelled, so none was"


class Member(NamedTuple):
    """A call of a series; ``number`` says which month of it."""

    number: int
    call: Call


def following(db: Database, caller: Caller, series: UUID, first: UUID, now: datetime) -> list[Member]:
    """That call of a series of the caller's and those after it that are booked and to come, in the order of the series.

    One that was moved by itself keeps its place; one that was cancelled is none of them any more. Raises NotFound;
    Conflict where the first of them is cancelled or has begun.
    """
    rows = db.rows(
        "SELECT s.appointment_id AS id, s.number FROM series_call s WHERE s.series_id = %(series)s AND s.number >="
        " (SELECT f.number FROM series_call f WHERE f.series_id = %(series)s AND f.appointment_id = %(first)s)"
        " ORDER BY s.number",
        series=series,
        first=first,
    )
    if not rows:
        raise NotFound("There is no such call of a series of yours")
    members = [Member(row.number, agenda.row(db, caller, row.id)) for row in rows]
    if members[0].call.cancelled:
        raise Conflict("This call is cancelled")
    if members[0].call.starts <= now:
        raise Conflict("This call has begun already")
    return [one for one in members if not one.call.cancelled and one.call.starts > now]


def cancel(db: Database, caller: Caller, series: UUID, first: UUID, reason: str, now: datetime) -> int:
    """Cancel that call and those after it; how many. Raises NotFound; Conflict naming each that cannot be cancelled."""
    members = _held(db, caller, series, first, now)
    failed = {}
    for one in members:
        try:
            cancellations.cancel(db, caller, one.call.id, reason, one.call.version, now)
        except Conflict as refused:
            failed[_said(one.call.starts, caller)] = _lower(refused.message)
    if failed:
        raise Conflict(NOT_CANCELLED, fields=failed)
    return len(members)


def move(db: Database, caller: Caller, series: UUID, first: UUID, start: datetime, now: datetime) -> list[schemas.Call]:
    """Move that call to ``start``, and those after it to that weekday of their months at that hour (the coach's); the
    calls. Raises NotFound, Invalid; Conflict naming each that cannot be moved, and why."""
    begin = appointments.checked_time(start, now)
    members = _held(db, caller, series, first, now)
    coach = appointments.coach_of(db, caller, members[0].call, (begin, begin + agenda.LONGEST))
    if begin > now + coach.calendar.terms.horizon:
        raise appointments.refusal("too_far")
    count = members[-1].number - members[0].number + 1
    starts = months.monthly(begin, count, coach.zone)
    wanted = {
        one.call.id: (at, at + coach.calendar.terms.length)
        for one in members
        if (at := starts[one.number - members[0].number]) != one.call.starts
    }
    if not wanted:
        raise Invalid.field("start", "is the time that these calls have already")
    _move_all(db, caller, [one.call for one in members if one.call.id in wanted], wanted, coach.zone, now)
    return [agenda.read(db, caller, one.call.id) for one in members]


def _move_all(
    db: Database, caller: Caller, calls: list[Call], wanted: dict[UUID, Span], zone: ZoneInfo, now: datetime
) -> None:
    """One after the other, first those in whose new month no other still is: no call is in another's way for having been
    moved too early."""
    failed = {}
    while calls:
        call = next((one for one in calls if not _is_in_the_way(wanted[one.id], one, calls, zone)), calls[0])
        calls = [one for one in calls if one is not call]
        try:
            appointments.move_known(db, caller, call, wanted[call.id], call.version, now, far=True)
        except UserError as refused:
            failed[_said(wanted[call.id][0], caller)] = why(refused)
    if failed:
        raise Conflict(NOT_MOVED, fields=failed)


def _is_in_the_way(span: Span, call: Call, calls: Iterable[Call], zone: ZoneInfo) -> bool:
    month = slots.month_of(span[0], zone)
    return any(one is not call and slots.month_of(one.starts, zone) == month for one in calls)


def _held(db: Database, caller: Caller, series: UUID, first: UUID, now: datetime) -> list[Member]:
    """As ``following``, with the coach's calendar held still: whoever changes one of these calls meanwhile is waited for."""
    db.run("SELECT lock_coach(%(coach)s)", coach=following(db, caller, series, first, now)[0].call.coach_id)
    return following(db, caller, series, first, now)


def _said(at: datetime, caller: Caller) -> str:
    return zones.local_time(at, ZoneInfo(caller.timezone)).isoformat()


def why(refused: UserError) -> str:
    """How it goes on after the time that was refused."""
    return "; ".join(refused.fields.values()) or _lower(refused.message)


def _lower(sentence: str) -> str:
    """How it goes on after the time that it is about."""
    return f"cannot be changed: {sentence[0].lower()}{sentence[1:]}"
