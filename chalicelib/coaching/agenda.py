"""Calls as their people see them: one, or those of some weeks."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from chalicelib import rules
from chalicelib.accounts.people import FORMER_MEMBER
from chalicelib.calendar import zones
from chalicelib.calendar.occurrences import Span
from chalicelib.coaching import schemas
from chalicelib.database import Database, Prepared
from chalicelib.errors import Invalid, NotFound
from chalicelib.web.request import Caller

WINDOWS = (2, 3, 5, 8, 13, 21, 34, 55, 89, 144)
"""Weeks of one window after the other: who looks further wants more."""


class Call(NamedTuple):
    """A call and its two people, with the columns of ``_CALL``."""

    id: UUID
    coach_id: UUID
    client_id: UUID
    starts: datetime
    ends: datetime
    version: int
    booked_by: UUID
    coach: str
    coach_timezone: str
    coach_name: str
    client: str
    client_timezone: str
    client_name: str
    cancelled: bool = False
    reason: str = ""
    call_link: str = ""
    """Where it takes place; '' once it is cancelled: another link of its coach is none of its concern then."""
    moves: int = 0
    """By the client: theirs are limited."""
    changed: datetime = datetime.min.replace(tzinfo=UTC)
    """When it was booked, moved, cancelled or given another link, last."""
    no_show: bool = False
    """Whether the coach noted that the client did not come."""
    counts: bool = True
    """Whether it counts as a call of its month: a no-show does by coaching.no_show_counts."""
    series: UUID | None = None
    """Which it was booked in; None for a single call."""

    @property
    def uses_up_a_month(self) -> bool:
        """Whether it is one of those that its client may book in a month: not what the coach booked, nor what was forgiven."""
        return self.booked_by == self.client_id and self.counts


_CALL = """
SELECT a.id, a.coach_id, a.client_id, a.starts, a.ends, a.version, a.booked_by, c.slug AS coach, c.timezone AS coach_timezone,
       coalesce(nullif(c.name, ''), %(former)s) AS coach_name, k.slug AS client, k.timezone AS client_timezone,
       coalesce(nullif(k.name, ''), %(former)s) AS client_name, x.at IS NOT NULL AS cancelled, coalesce(x.reason, '') AS reason,
       coalesce((SELECT url FROM call_link l WHERE l.coach_id = a.coach_id AND x.at IS NULL), '') AS call_link,
       (SELECT count(*) FROM appointment_change m WHERE m.appointment_id = a.id AND m.moved_by = a.client_id) AS moves,
       greatest(a.changed, x.at) AS changed, n.appointment_id IS NOT NULL AS no_show, coalesce(n.counts, true) AS counts,
       s.series_id AS series
FROM appointment a JOIN person c ON c.id = a.coach_id JOIN person k ON k.id = a.client_id
LEFT JOIN cancellation x ON x.appointment_id = a.id LEFT JOIN no_show n ON n.appointment_id = a.id
LEFT JOIN series_call s ON s.appointment_id = a.id
"""

KNOWN = Prepared(f"{_CALL} WHERE a.id = %(id)s")
"""The call %(id)s, whoever asks; %(former)s is what somebody is called who has left."""
_ONES_OWN = Prepared(f"{_CALL} WHERE a.id = %(id)s AND %(me)s IN (a.coach_id, a.client_id)")

TOUCHING = (
    " WHERE (a.coach_id = %(me)s OR a.client_id = %(me)s)"
    " AND a.starts > %(begin)s - %(longest)s AND a.starts < %(end)s AND a.ends > %(begin)s"
)
"""By overlap, as whatever is asked about a span is; the first bound is there for the index."""
LONGEST = timedelta(hours=4)
"""Of a call (appointment_has_a_length)."""


def every(db: Database, condition: str, **values: Any) -> list[Call]:
    return _calls(db, _CALL + condition, values)


def _calls(db: Database, sql: str, values: dict[str, Any]) -> list[Call]:
    return [Call(*row) for row in db.rows(sql, former=FORMER_MEMBER, **values)]


def between(db: Database, person: UUID, span: Span) -> list[Call]:
    """The booked calls of that person, as coach or client, that touch the span, by start: also who begins before it."""
    return every(
        db, f"{TOUCHING} AND x.at IS NULL ORDER BY a.starts, a.id", me=person, begin=span[0], end=span[1], longest=LONGEST
    )  # fmt: skip


def touching(db: Database, person: UUID, span: Span) -> list[Call]:
    """As ``between``, with those that are cancelled."""
    return every(
        db, f"{TOUCHING} ORDER BY a.starts, a.id", me=person, begin=span[0], end=span[1], longest=LONGEST
    )  # fmt: skip


def _one(db: Database, sql: Prepared, **values: Any) -> Call | None:
    return next(iter(_calls(db, sql, values)), None)


def row(db: Database, caller: Caller, id: UUID) -> Call:
    """A call of the caller's, as coach or as client. Raises NotFound."""
    found = _one(db, _ONES_OWN, id=id, me=caller.id)
    if found is None:
        raise NotFound("There is no such call of yours")
    return found


def read(db: Database, caller: Caller, id: UUID) -> schemas.Call:
    """A call of the caller's as the API shows it; by the coach's rules. Raises NotFound."""
    found = row(db, caller, id)
    return shown(found, caller, rules.read(db, str(found.coach_id)))


def shown(call: Call, caller: Caller, in_force: rules.Rules) -> schemas.Call:
    """A call as the API shows it: times in the caller's zone, what the client may still do with it."""
    place = ZoneInfo(caller.timezone)
    until = call.starts - timedelta(hours=in_force.coaching.cancel_hours_before)
    return {
        "id": call.id,
        "coach": {"slug": call.coach, "name": call.coach_name},
        "client": {"slug": call.client, "name": call.client_name},
        "start": zones.local_time(call.starts, place).isoformat(),
        "end": zones.local_time(call.ends, place).isoformat(),
        "status": "cancelled" if call.cancelled else "booked",
        "no_show": call.no_show,
        "series": call.series,
        "reason": call.reason,
        "call_link": call.call_link,
        "version": call.version,
        "moves_left": max(0, in_force.coaching.moves_per_appointment - call.moves),
        "change_until": zones.local_time(until, place).isoformat(),
    }


def weeks(
    caller: Caller, first: str | None, count: int | None, in_force: rules.Rules, now: datetime
) -> tuple[date, int]:
    """The Monday and the number of weeks that were asked for. Raises Invalid beyond the rules."""
    today = zones.day_of(now, caller.timezone)
    this = zones.monday(today)
    monday = this if first is None else zones.week_of(first, "from")
    earliest = this - timedelta(weeks=in_force.coaching.past_weeks)
    if monday < earliest:
        raise Invalid.field("from", f"must not be before {zones.week_name(earliest)} (coaching.past_weeks)")
    latest = last_week(this, in_force)
    if monday > latest:
        raise Invalid.field("from", f"must not be after {zones.week_name(latest)} (coaching.horizon_weeks)")
    if count is not None and not 1 <= count <= farthest(in_force):
        raise Invalid.field("weeks", f"must be from 1 to {farthest(in_force)} (coaching.horizon_weeks)")
    return monday, min(count or WINDOWS[0], (latest - monday).days // 7 + 1)


def _widest(db: Database, caller: Caller) -> rules.Rules:
    """The rules by which the caller looks: of their coach or their own; who is both looks as far as either lets them."""
    scopes = db.rows(
        "SELECT coach_id AS id FROM relationship WHERE client_id = %(me)s AND is_current UNION"
        " SELECT person_id FROM person_role WHERE person_id = %(me)s AND role = 'coach' AND active",
        me=caller.id,
    )
    found = [rules.read(db, str(row.id)) for row in scopes] or [rules.read(db)]
    farthest_back = max(one.coaching.past_weeks for one in found)
    widest = max(found, key=farthest)
    return widest.with_values({"coaching.past_weeks": farthest_back})


def farthest(in_force: rules.Rules) -> int:
    """The weeks ahead in which there can be calls: of a series, or by the ordinary horizon."""
    return max(int(in_force.coaching.horizon_weeks), -(-31 * int(in_force.coaching.series_months) // 7)) + 1


def last_week(this: date, in_force: rules.Rules) -> date:
    """The Monday of the last week in which there can be calls."""
    return this + timedelta(weeks=farthest(in_force) - 1)


def span_of(monday: date, count: int, timezone: str) -> Span:
    """Those weeks in a zone, in UTC."""
    place = ZoneInfo(timezone)
    begin = datetime.combine(monday, time())
    return zones.instant(begin, place), zones.instant(begin + timedelta(weeks=count), place)


def window(db: Database, caller: Caller, first: str | None, count: int | None, now: datetime) -> schemas.Calls:
    """The caller's calls that touch those weeks, cancelled ones too, by start; ``next`` names the window after it, or is null."""
    in_force = _widest(db, caller)
    monday, number = weeks(caller, first, count, in_force, now)
    begin, end = span_of(monday, number, caller.timezone)
    calls = every(
        db,
        f"{TOUCHING} ORDER BY a.starts, a.id LIMIT 2000",
        me=caller.id,
        begin=begin,
        end=end,
        longest=LONGEST,
    )
    by_coach = {id: rules.read(db, str(id)) for id in {call.coach_id for call in calls}}
    return {
        "from": zones.week_name(monday),
        "weeks": number,
        "appointments": [shown(call, caller, by_coach[call.coach_id]) for call in calls],
        "next": following(monday, number, last_week(zones.this_monday(now, caller.timezone), in_force)),
    }


def following(monday: date, count: int, latest: date) -> schemas.Following | None:
    """The window after that one, longer than it, as far as there can be calls; None where there can be none."""
    after = monday + timedelta(weeks=count)
    if after > latest:
        return None
    longer = next((weeks for weeks in WINDOWS if weeks > count), WINDOWS[-1])
    return {"from": zones.week_name(after), "weeks": min(longer, (latest - after).days // 7 + 1)}


def over(db: Database, coach: UUID, client: str, now: datetime) -> list[Call]:
    """The last ten calls of that coach with the client of that slug that are over and took place, or should have; newest first."""
    return every(
        db,
        " WHERE a.coach_id = %(coach)s AND k.slug = %(client)s AND a.ends <= %(now)s AND x.at IS NULL"
        " ORDER BY a.starts DESC LIMIT 10",
        coach=coach,
        client=client,
        now=now,
    )


def known(db: Database, id: UUID) -> Call | None:
    """A call whoever asks, for jobs; None if there is none."""
    return _one(db, KNOWN, id=id)
