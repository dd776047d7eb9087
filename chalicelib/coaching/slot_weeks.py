"""A week of free slots as the pages that book and move show it: its days, the month around it, and why it is empty."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from chalicelib.calendar import zones
from chalicelib.calendar.occurrences import Span
from chalicelib.coaching import agenda, coaches, empty_weeks, free_slots, slots
from chalicelib.coaching.coaches import Coach
from chalicelib.coaching.months import month_span
from chalicelib.database import Database
from chalicelib.errors import Invalid
from chalicelib.web.field_types import Body, Day, Line, WeekName
from chalicelib.web.request import Caller

FOREVER = datetime.max.replace(tzinfo=UTC)
MOST_TIMES = 120
"""Of a week with more, a page shows the chosen day's alone."""


class Shown(Body):
    """Which week, by its name or one of its days, and what was done just before."""

    week: WeekName | None = None
    day: Day | None = None
    done: Line = ""
    id: UUID | None = None


class Weekday(NamedTuple):
    """A day and the free slots that start on it, in the caller's zone."""

    day: date
    slots: list[Span]


class Dated(NamedTuple):
    """A day of the month around the week: whether it is of that month, and whether it has a free slot."""

    day: date
    inside: bool
    free: bool


def of(
    db: Database, caller: Caller, slug: str, client: str | None, moving: UUID | None, query: Shown, now: datetime
) -> dict[str, Any]:
    """What a page shows of the week that was asked for; without one, of the present. Raises NotFound, Invalid."""
    this = zones.this_monday(now, caller.timezone)
    monday = _monday(query, this)
    first, last = _around(monday, query.day, this)
    begin, end = agenda.span_of(first, (last - first).days // 7, caller.timezone)
    coach = coaches.seen(db, caller, slug, begin, end, client, moving)
    free_slots.check_weeks(coach, monday, 1, this)
    free = free_slots.to_move(db, caller, moving, free_slots.of_coach(coach, begin, end, now), now)
    by_date = dict(by_day(free, caller))
    days = [Weekday(day, by_date.get(day, [])) for day in (monday + timedelta(days=n) for n in range(7))]
    chosen = query.day or next((one.day for one in days if one.slots), max(monday, zones.day_of(now, caller.timezone)))
    final = this + timedelta(weeks=int(coach.rules.coaching.horizon_weeks))
    return {
        "zone": coach.zone.key,
        "coach_name": coach.name,
        "monday": monday,
        "days": days,
        "any": any(one.slots for one in days),
        "many": sum(len(one.slots) for one in days) > MOST_TIMES,
        "chosen": chosen,
        "minutes": coach.rules.coaching.call_minutes,
        "month": _month(first, last, query.day or monday + timedelta(days=3), set(by_date)),
        "before": monday - timedelta(weeks=1) if monday > this else None,
        "after": monday + timedelta(weeks=1) if monday < final else None,
        "why": _why_empty(coach, monday, caller, now),
    }


def by_day(found: Iterable[Span], caller: Caller) -> list[tuple[date, list[Span]]]:
    """The slots by the days of the caller's zone, in that zone."""
    place = ZoneInfo(caller.timezone)
    local = [(start.astimezone(place), end.astimezone(place)) for start, end in found]
    return [(day, list(slots)) for day, slots in groupby(local, key=lambda slot: slot[0].date())]


def day_of_nearest(
    db: Database, caller: Caller, slug: str, client: UUID, wanted: datetime, now: datetime, moving: UUID | None = None
) -> date | None:
    """The day that has the free slot nearest to that time: a page of slots opens there. None without any."""
    found = free_slots.nearest(db, slug, client, wanted, now, limited=client == caller.id, moving=moving, count=1)
    return zones.day_of(found[0][0], caller.timezone) if found else None


def allowance(
    db: Database, caller: Caller, slug: str, monday: date, now: datetime
) -> tuple[list[tuple[date, list[agenda.Call]]], date | None]:
    """The months of that week in which the caller can book no more calls, each by its first day and with the calls that
    use it up, and the first day of the next in which they can; none and None where those months have room."""
    begin, end = agenda.span_of(monday, 1, caller.timezone)
    coach = coaches.seen(db, caller, slug, begin, end, None, None)
    full = slots.full_months(coach.calendar)
    ends = (begin, end - timedelta(microseconds=1))
    spans = sorted({month_span(at, coach.zone) for at in ends if slots.month_of(at, coach.zone) in full})
    if not spans:
        return [], None
    following = spans[-1][1]
    later = Counter(slots.month_of(call.starts, coach.zone) for call in _counted(db, caller, (following, FOREVER)))
    while later[slots.month_of(following, coach.zone)] >= coach.calendar.terms.per_month:
        following = month_span(following, coach.zone)[1]
    used = [(span[0].astimezone(coach.zone).date(), _counted(db, caller, span)) for span in spans]
    return used, following.astimezone(coach.zone).date()


def _counted(db: Database, caller: Caller, month: Span) -> list[agenda.Call]:
    """The calls that the caller booked for themselves and that begin in that month."""
    calls = agenda.between(db, caller.id, month)
    return [call for call in calls if call.client_id == caller.id and call.uses_up_a_month and month[0] <= call.starts]


def _monday(query: Shown, this: date) -> date:
    if query.day is not None:
        monday = zones.week_of(zones.week_name(query.day), "day")
    else:
        monday = zones.week_of(query.week) if query.week else this
    if not this <= monday <= this + timedelta(weeks=105):
        raise Invalid.field(
            "day" if query.day else "week",
            "must be of a week that is not past and not beyond the horizon (coaching.horizon_weeks)",
        )
    return monday


def _around(monday: date, day: date | None, this: date) -> tuple[date, date]:
    """The Mondays from and before which the weeks of the month around that week lie, of those that are not past."""
    middle = day or monday + timedelta(days=3)  # the month of an ISO week is that of its Thursday
    first = middle.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    end = max(zones.monday(following - timedelta(days=1)), monday) + timedelta(weeks=1)
    return max(min(zones.monday(first), monday), this), end


def _month(first: date, last: date, middle: date, free: set[date]) -> list[list[Dated]]:
    return [
        [
            Dated(day, (day.year, day.month) == (middle.year, middle.month), day in free)
            for day in (monday + timedelta(days=n) for n in range(7))
        ]
        for monday in (first + timedelta(weeks=n) for n in range((last - first).days // 7))
    ]


def _why_empty(coach: Coach, monday: date, caller: Caller, now: datetime) -> list[str]:
    """Why that week has nothing for the client, in words for whoever looks: the client or the coach."""
    begin, end = agenda.span_of(monday, 1, caller.timezone)
    if not coach.open:
        return ["No calls can be booked at present."]
    if free_slots.of_coach(coach, begin, end, now):
        return []
    terms = coach.rules.coaching
    words = empty_weeks.TO_COACH if caller.id == coach.id else empty_weeks.TO_CLIENT
    values = {
        "coach": coach.name,
        "client": coach.client.name if coach.client else "",
        "weeks": terms.horizon_weeks,
        "until": _said(zones.day_of(now + coach.calendar.terms.horizon, caller.timezone)),
        "absences": _absences(coach, begin, end, caller),
        "calls": _calls(terms.calls_per_month),
        "notice": terms.notice_hours,
    }
    return [words[reason].format(**values) for reason in empty_weeks.reasons(coach.calendar, begin, end, now)]


def _calls(count: int) -> str:
    return "call" if count == 1 else f"{count} calls"


def _absences(coach: Coach, begin: datetime, end: datetime, caller: Caller) -> str:
    """``from Thursday, 24 December until Friday, 1 January``, the last day included."""
    place = ZoneInfo(caller.timezone)
    spans = [span for span in sorted(coach.calendar.away) if span[0] < end and begin < span[1]]
    said = []
    for start, stop in spans:
        first, last = start.astimezone(place), (stop - timedelta(microseconds=1)).astimezone(place)
        same = first.date() == last.date()
        said.append(f"on {_said(first.date())}" if same else f"from {_said(first.date())} to {_said(last.date())}")
    return " and ".join(said)


def _said(day: date) -> str:
    return f"{day:%A}, {day.day} {day:%B}"
