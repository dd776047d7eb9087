"""The week of a coach or a client as their calendar shows it: calls, lunches, blocked times, office hours, days away."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.accounts.people import FORMER_MEMBER
from chalicelib.calendar import availability, outside_calendars, zones
from chalicelib.calendar.occurrences import Span, spans
from chalicelib.coaching import agenda, days_away, week_calendar
from chalicelib.coaching.slot_weeks import by_day
from chalicelib.coaching.week_calendar import Item
from chalicelib.database import Database
from chalicelib.web.request import Caller


def of(db: Database, caller: Caller, monday: date, now: datetime) -> dict[str, Any]:
    """That week of the caller's zone: ``rows`` of the calendar, and ``days``, what each has in words, in order."""
    place = ZoneInfo(caller.timezone)
    begin, end = agenda.span_of(monday, 1, caller.timezone)
    office: list[Span] = []
    if caller.is_a("coach"):
        hours = availability.hours_by_id(db, caller, "coaching").values()
        office = spans(hours, monday, monday + timedelta(days=6))
    away = days_away.spans(db, caller, (begin, end))
    items = _items(db, caller, (begin, end))
    today = zones.day_of(now, caller.timezone)
    return {
        "rows": week_calendar.rows(monday, place, office, away, items, now),
        "week_days": [monday + timedelta(days=n) for n in range(7)],
        "chosen": today if monday <= today < monday + timedelta(days=7) else _first_day(items, monday, place),
        "today": today,
        "agenda": [
            (day, [item for item in items if zones.day_of(max(item.starts, begin), caller.timezone) == day])
            for day, _ in by_day([(max(item.starts, begin), item.ends) for item in items], caller)
        ],
        "away_now": [(start.astimezone(place), stop.astimezone(place)) for start, stop in away],
    }


def _first_day(items: list[Item], monday: date, place: ZoneInfo) -> date:
    return max(monday, zones.local_time(items[0].starts, place).date()) if items else monday


def _items(db: Database, caller: Caller, span: Span) -> list[Item]:
    """What the caller has in that time, by start."""
    elsewhere = [
        Item(begin, end, "busy elsewhere", "busy elsewhere") for begin, end in outside_calendars.busy(db, caller, span)
    ]
    rows = db.rows(
        "SELECT lower(b) AS starts, upper(b) AS ends, a.id, coalesce(nullif(p.name, ''), %(former)s) AS other,"
        " CASE WHEN a.id IS NOT NULL THEN 'call' WHEN k.id IS NOT NULL THEN 'blocked' ELSE 'lunch' END AS kind"
        " FROM busy(%(me)s, tstzrange(%(begin)s, %(end)s)) b"
        " LEFT JOIN appointment a ON (a.coach_id = %(me)s OR a.client_id = %(me)s) AND a.during = b"
        "  AND NOT EXISTS (SELECT FROM cancellation x WHERE x.appointment_id = a.id)"
        " LEFT JOIN person p ON p.id = CASE WHEN a.coach_id = %(me)s THEN a.client_id ELSE a.coach_id END"
        " LEFT JOIN block k ON k.person_id = %(me)s AND k.during = b ORDER BY b",
        me=caller.id,
        begin=span[0],
        end=span[1],
        former=FORMER_MEMBER,
    )
    items = [
        Item(
            row.starts,
            row.ends,
            row.kind,
            f"call with {row.other}" if row.kind == "call" else row.kind,
            str(row.id) if row.id else "",
        )
        for row in rows
    ]
    return sorted([*items, *elsewhere], key=lambda item: item.starts)
