"""Clients who wait for an earlier time: when one comes free they are mailed it, and the first who presses gets it.

It is looked for and not listened for: a call that is cancelled or moved, hours that are given, a rule that is changed, all
free a time in the same way, for whoever asks which times are free.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from chalicelib.calendar import zones
from chalicelib.calendar.occurrences import Span
from chalicelib.coaching import agenda, appointments, changeable, coaches, free_slots, offers, schemas, slots
from chalicelib.coaching.agenda import Call
from chalicelib.coaching.coaches import Coach
from chalicelib.database import JOB, Database, transaction
from chalicelib.errors import Conflict, Invalid, NotFound
from chalicelib.messaging import outbox
from chalicelib.web.request import Caller

DAYTIME = range(8, 21)
"""Hours of a client's own zone in which they are mailed; what comes free at night is told in the morning."""


MOST = 10
"""Times that come free at once of which the first is told that is still free when the mail leaves."""


class Openings(NamedTuple):
    """What a client who waits could have now: earlier than ``call``, their next one with that coach, which would be
    moved, or a new one where that is None."""

    coach: Coach
    call: Call | None
    free: list[Span]
    every: list[datetime]
    """All free starts until the end of the wish: also those after that call, what was only just taken back or given up,
    and what lies beyond the horizon yet. None of it came free when it is seen the next time."""


def ask(db: Database, caller: Caller, coach: str, until: date | None, now: datetime) -> schemas.Waiting:
    """Wait for a time with the caller's coach that is earlier than their next call, or than the end of a day; what is free
    already is on the page of free times. Raises Invalid; Conflict where they wait already."""
    if (mine := coaches.mine(db, caller)) is None or mine.slug != coach:
        raise Invalid.field("coach", "is not your coach")
    found = coaches.read(db, coach, caller.id, now, now)
    if found is None or not found.open:
        raise Invalid.field("coach", "has no calls with you at present")
    last = _end_of(until, found, caller, now)
    id = uuid4()
    known = openings(db, coach, found.id, caller.id, last, now).every
    db.run(
        "INSERT INTO waiting (id, client_id, coach_id, until, asked, looked, known)"
        " VALUES (%(id)s, %(me)s, %(coach)s, %(until)s, %(now)s, %(now)s, %(known)s::timestamptz[])",
        id=id,
        me=caller.id,
        coach=found.id,
        until=last,
        now=now,
        known=known,
    )
    return _shown(read(db, caller, id), caller)


def _end_of(until: date | None, coach: Coach, caller: Caller, now: datetime) -> datetime:
    """The end of that day where the caller lives; without one, of all that can be booked. Raises Invalid."""
    farthest = now + coach.calendar.terms.horizon
    if until is None:
        return farthest
    today = zones.day_of(now, caller.timezone)
    if not today <= until <= zones.day_of(farthest, caller.timezone):
        raise Invalid.field("until", "must be from today to the last day that can be booked (coaching.horizon_weeks)")
    return zones.midnight(until + timedelta(days=1), ZoneInfo(caller.timezone))


def mine(db: Database, caller: Caller, now: datetime) -> list[schemas.Waiting]:
    """For what the caller waits; not what waits with a former coach, which ends with the next sweep."""
    rows = db.rows(
        f"{_WAITING} WHERE w.client_id = %(me)s AND w.until > %(now)s ORDER BY w.asked", me=caller.id, now=now
    )
    return [_shown(row, caller) for row in rows if row.waits]


def read(db: Database, caller: Caller, id: UUID) -> Any:
    """One of the caller's. Raises NotFound."""
    row = db.row(f"{_WAITING} WHERE w.id = %(id)s AND w.client_id = %(me)s", id=id, me=caller.id)
    if row is None:
        raise NotFound("You do not wait for that")
    return row


def give_up(db: Database, caller: Caller, id: UUID) -> None:
    """Wait no longer. Raises NotFound."""
    if not db.run("DELETE FROM waiting WHERE id = %(id)s AND client_id = %(me)s", id=id, me=caller.id):
        raise NotFound("You do not wait for that")


def take(
    db: Database, caller: Caller, id: UUID, start: datetime, instead: UUID | None, now: datetime
) -> tuple[str, UUID]:
    """Take an earlier time: the caller's next call, which they saw (``instead``), is moved there ('moved'), or one is
    booked ('booked'); which, and its id. They wait no longer. Raises as ``appointments.move`` and ``book``, and Conflict
    where another call is the next by now, or begins before that time; they go on waiting then."""
    row = read(db, caller, id)
    start = appointments.checked_time(start, now)
    call = _next_call(db, row.coach_id, caller.id, now)
    if (call.id if call else None) != instead or (call and call.starts <= start):
        raise Conflict(
            "Your next call is another one, or at another time, by now. This is what you could have instead of it"
        )
    coach = coaches.seen(db, caller, row.coach, start, start, None, None)
    end = start + coach.calendar.terms.length
    if call is None:
        booked = appointments.book(db, caller, row.coach, start, end, None, now)["id"]
        give_up(db, caller, id)
        return "booked", booked
    appointments.move_known(db, caller, call, (start, end), call.version, now)
    give_up(db, caller, id)
    return "moved", call.id


def openings(db: Database, coach: str, coach_id: UUID, client: UUID, until: datetime, now: datetime) -> Openings:
    """What that client could have until then; nothing where their next call cannot be moved. Raises NotFound."""
    call = _next_call(db, coach_id, client, now)
    end = min(until, call.starts) if call else until
    found = coaches.read(db, coach, client, now, until, moving=call.id if call else None)
    if found is None:
        raise NotFound(coaches.UNKNOWN)
    terms = found.rules.coaching
    if call and (changeable.is_moved_enough(call, terms) or changeable.is_late(call, terms, now)):
        return Openings(found, call, [], [])
    gone = offers.taken_back(db, coach_id, client, now)
    free = [span for span in free_slots.of_coach(found, now, end, now) if not slots.meets(gone, span)]
    every = free_slots.of_coach(appointments.beyond_horizon(found), now, until, now)
    return Openings(found, call, free, [start for start, _ in every])


def sweep(now: datetime) -> int:
    """Look once for everybody who waits, and ask for the mails; how many. Two at once share the work."""
    told = 0
    while (one := transaction(lambda db: _look(db, now), JOB)) is not None:
        told += one
    return told


def _look(db: Database, now: datetime) -> int | None:
    """Look for whoever was looked for longest ago; 1 where they are told, None where nobody is left."""
    row = db.row(
        f"{_WAITING} WHERE w.looked < %(now)s ORDER BY w.looked, w.id LIMIT 1 FOR UPDATE OF w SKIP LOCKED", now=now
    )
    if row is None:
        return None
    if not row.waits or row.until <= now:
        db.run("DELETE FROM waiting WHERE id = %(id)s", id=row.id)
        return 0
    found = openings(db, row.coach, row.coach_id, row.client_id, row.until, now)
    fresh, seen = [start for start, _ in found.free if start not in row.known], found.every
    if not is_day(row.timezone, now):
        seen, fresh = [start for start in seen if start not in fresh], []
    db.run(
        "UPDATE waiting SET looked = %(now)s, known = %(known)s::timestamptz[] WHERE id = %(id)s",
        id=row.id,
        now=now,
        known=seen,
    )
    if fresh:
        _tell(db, row, fresh, now)
    return len(fresh[:1])


def _tell(db: Database, row: Any, fresh: Sequence[datetime], now: datetime) -> None:
    about = {"waiting": str(row.id), "start": fresh[0].isoformat(), "others": [at.isoformat() for at in fresh[1:MOST]]}
    outbox.put(db, *outbox.mail_due("earlier_time", row.client_id, **about), now)


def is_day(timezone: str, now: datetime) -> bool:
    """Whether people are mailed there at this hour."""
    return zones.local_time(now, ZoneInfo(timezone)).hour in DAYTIME


def known(db: Database, id: UUID) -> Any:
    """Somebody who waits, for jobs; None if they do not any more."""
    return db.row(f"{_WAITING} WHERE w.id = %(id)s", id=id)


def forget(db: Database, id: UUID, starts: list[datetime]) -> None:
    """Those times could not be told, and are to be found anew in the morning."""
    db.run(
        "UPDATE waiting SET known = ARRAY(SELECT one FROM unnest(known) one WHERE one <> ALL (%(starts)s::timestamptz[]))"
        " WHERE id = %(id)s",
        id=id,
        starts=starts,
    )


_WAITING = """
SELECT w.*, c.slug AS coach, c.name AS coach_name, k.timezone,
       EXISTS (SELECT FROM relationship r WHERE r.coach_id = w.coach_id AND r.client_id = w.client_id AND r.is_current)
       AND NOT EXISTS (SELECT FROM ban b WHERE b.person_id IN (w.coach_id, w.client_id)) AS waits
FROM waiting w JOIN person c ON c.id = w.coach_id JOIN person k ON k.id = w.client_id
"""


def _next_call(db: Database, coach: UUID, client: UUID, now: datetime) -> Call | None:
    calls = agenda.every(
        db,
        " WHERE a.client_id = %(client)s AND a.coach_id = %(coach)s AND a.starts > %(now)s AND x.at IS NULL"
        " ORDER BY a.starts LIMIT 1",
        client=client,
        coach=coach,
        now=now,
    )
    return calls[0] if calls else None


def _shown(row: Any, caller: Caller) -> schemas.Waiting:
    place = ZoneInfo(caller.timezone)
    return {
        "id": row.id,
        "coach": {"slug": row.coach, "name": row.coach_name},
        "until": zones.local_time(row.until, place).isoformat(),
        "asked": zones.local_time(row.asked, place).isoformat(),
    }
