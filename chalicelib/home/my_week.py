"""My week: the next lunch, what waits for me, my hours, why I was not matched last time."""

from datetime import datetime, timedelta
from typing import Any

from chalicelib import rules
from chalicelib.accounts import people
from chalicelib.calendar import zones
from chalicelib.coaching import upcoming
from chalicelib.database import Database
from chalicelib.lunch import (
    acts,
    event_pages,
    events,
    hours,
    left_overs,
    locations,
    pauses,
    reviews,
    silences,
    what_helps,
)
from chalicelib.web.request import Caller


def of(db: Database, caller: Caller, now: datetime) -> dict[str, Any]:
    """What the caller's front page shows."""
    today = zones.day_of(now, caller.timezone)
    next_monday = zones.monday(today) + timedelta(days=7)
    location = locations.of(db, caller)
    account = people.account(db, caller)
    values = rules.read(db)
    mine = hours.read(db, caller, location, values, next_monday, now)
    left = left_over(db, caller, zones.monday(today) - timedelta(days=7))
    return {
        "events": [
            (event, acts.can(event, values, now), event_pages.map_link(event.address))
            for event in events.mine(db, caller, now)
        ],
        "off": events.called_off(db, caller, now),
        "silent": silences.waits(db, caller),
        "call": upcoming.next_call(db, caller, now) if caller.is_a("client") or caller.is_a("coach") else None,
        "waiting": waiting(db, caller, now),
        "email": "" if account["email_confirmed"] else account["email"],
        "location": location,
        "near": locations.near(db, location.id) if location and not location.open else [],
        "hours": mine.current(),
        "starts": mine.starts(),
        "paused": pauses.holds(db, caller, next_monday),
        "left_over": left,
        "helps": what_helps.of(db, [caller.id], left.week).get(caller.id, []) if left else [],
        "reasons": left_overs.REASONS,
        "today": today,
        "week": zones.week_name(today),
    }


def waiting(db: Database, caller: Caller, now: datetime) -> dict[str, int]:
    """How many lunches wait for the caller's approval, and how many for their review."""
    row = db.row(
        """
        SELECT count(*) FILTER (WHERE a.response = 'invited' AND e.status IN ('Proposed', 'Confirmed')
                                AND e.starts > %(now)s) AS approvals
        FROM attendance a JOIN event e ON e.id = a.event_id WHERE a.person_id = %(me)s
        """,
        me=caller.id,
        now=now,
    )
    assert row is not None
    return {"approvals": row.approvals, "reviews": len(reviews.awaited(db, caller, now))}


def left_over(db: Database, caller: Caller, since: Any) -> Any | None:
    """The last week from that Monday on in which the caller was left over (week, reason), None without one."""
    return db.row(
        "SELECT week, reason FROM left_over WHERE person_id = %(me)s AND week >= %(since)s ORDER BY week DESC LIMIT 1",
        me=caller.id,
        since=since,
    )
