"""Free slots: those of some weeks, the first, the nearest to a wanted time, and why a time is none."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from chalicelib.calendar import zones
from chalicelib.calendar.occurrences import Span
from chalicelib.coaching import agenda, changeable, coaches, slots
from chalicelib.coaching.coaches import Coach
from chalicelib.coaching.schemas import Slot
from chalicelib.database import Database
from chalicelib.errors import Invalid, NotFound
from chalicelib.web.request import Caller

OFFERS = 3
WEEKS = 4


def of_coach(coach: Coach, begin: datetime, end: datetime, now: datetime) -> list[Span]:
    """Their free slots that start in that time; none where they cannot be booked at all."""
    return slots.free(coach.calendar, begin, end, now) if coach.open else []


def of_weeks(
    db: Database, caller: Caller, slug: str, first: str | None, count: int | None, client: str | None,
    moving: UUID | None, now: datetime
) -> tuple[Coach, str, int, list[Span]]:  # fmt: skip
    """The coach, the first week's name, how many weeks, and the free slots that start in them (weeks of the caller's zone).

    Raises NotFound for a coach that is not the caller's; Invalid for weeks before this one or beyond the horizon.
    """
    this = zones.this_monday(now, caller.timezone)
    monday = this if first is None else zones.week_of(first, "from")
    number = count or WEEKS
    if not this <= monday <= this + timedelta(weeks=105):
        raise Invalid.field(
            "from", "must be a week that is not past and not beyond the horizon (coaching.horizon_weeks)"
        )
    begin, end = agenda.span_of(monday, number, caller.timezone)
    coach = coaches.seen(db, caller, slug, begin, end, client, moving)
    check_weeks(coach, monday, number, this)
    free = to_move(db, caller, moving, of_coach(coach, begin, end, now), now)
    return coach, zones.week_name(monday), number, free


def to_move(db: Database, caller: Caller, moving: UUID | None, free: list[Span], now: datetime) -> list[Span]:
    """The free slots to which the caller can move that call: not the one where it is, and none if it stays. All of them
    where none of theirs is to be moved."""
    call = agenda.known(db, moving) if moving else None
    if call is None or caller.id not in (call.coach_id, call.client_id):
        return free
    if changeable.why_not_move(db, call, caller, now):
        return []
    return [span for span in free if span != (call.starts, call.ends)]


def check_weeks(coach: Coach, monday: date, number: int, this: date) -> None:
    """Raises Invalid for weeks beyond the coach's horizon."""
    horizon = int(coach.rules.coaching.horizon_weeks)
    if monday > this + timedelta(weeks=horizon):
        raise Invalid.field("from", f"must be within {horizon} weeks (coaching.horizon_weeks)")
    if number > horizon + 1:
        raise Invalid.field("weeks", f"must be from 1 to {horizon + 1} (coaching.horizon_weeks)")


def first(db: Database, caller: Caller, slug: str, now: datetime) -> Span | None:
    """The first free slot within the horizon, None where there is none. Raises NotFound."""
    begin = now
    horizon = now + coaches.seen(db, caller, slug, now, now, None, None).calendar.terms.horizon
    while begin <= horizon:
        end = begin + timedelta(weeks=4)
        found = of_coach(coaches.seen(db, caller, slug, begin, end, None, None), begin, end, now)
        if found:
            return found[0]
        begin = end
    return None


def nearest(
    db: Database, slug: str, client: UUID | None, wanted: datetime, now: datetime, *, limited: bool = True,
    moving: UUID | None = None, count: int = OFFERS, besides: Sequence[Span] = ()
) -> list[Span]:  # fmt: skip
    """The free slots nearest to a wanted time, looking further until there are enough or the horizon is reached;
    none that touches one of ``besides``."""
    wanted = max(wanted, now).astimezone(UTC)
    for weeks in (2, 8, 26, 104):
        begin, end = max(now, wanted - timedelta(weeks=weeks)), wanted + timedelta(weeks=weeks)
        coach = coaches.read(db, slug, client, begin, end, limited=limited, moving=moving)
        if coach is None:
            return []
        coach = coach._replace(calendar=coach.calendar._replace(away=[*coach.calendar.away, *besides]))
        found = of_coach(coach, begin, end, now)
        if len(found) >= count or (begin == now and end > now + coach.calendar.terms.horizon):
            return slots.nearest(found, wanted, count)
    return []


def why_not(db: Database, caller: Caller, slug: str, start: datetime, client: str | None, now: datetime) -> list[str]:
    """Every reason for which a call of a client could not start then, in words. For the coach and the admin."""
    coach = coaches.seen(db, caller, slug, start, start + agenda.LONGEST, client, None)
    if coach.id != caller.id and not caller.is_a("admin"):
        raise NotFound(coaches.UNKNOWN)
    if not coach.open:
        return ["is not free: one of the two cannot have calls at present"]
    span = (start, start + coach.calendar.terms.length)
    return [slots.REASONS[reason] for reason in slots.why_not(coach.calendar._replace(limited=True), span, now)]


def shown(spans: list[Span], timezone: str) -> list[Slot]:
    """Slots as the API shows them, in that zone."""
    place = ZoneInfo(timezone)
    return [{"start": zones.text(a.astimezone(place)), "end": zones.text(b.astimezone(place))} for a, b in spans]
