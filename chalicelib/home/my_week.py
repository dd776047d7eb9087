"""My week: the next lunch, what waits for me, my hours, why I was not matched last time."""

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from chalicelib import rules
from chalicelib.accounts import people
from chalicelib.calendar import zones
from chalicelib.coaching import agenda, upcoming
from chalicelib.database import Database
from chalicelib.lunch import (
    acts,
    event_pages,
    events,
    hours,
    jobs,
    left_overs,
    locations,
    pauses,
    reviews,
    silences,
    what_helps,
)
from chalicelib.web.request import Caller

CALLS = 5
"""So many of the coming week's calls are shown."""
WEEK = timedelta(days=7)


class Match(NamedTuple):
    """When the matcher runs next, and the Monday of the week for which it does."""

    at: datetime
    monday: date


def of(db: Database, caller: Caller, now: datetime) -> dict[str, Any]:
    """What the caller's front page shows."""
    today = zones.day_of(now, caller.timezone)
    next_monday = zones.monday(today) + WEEK
    location = locations.of(db, caller)
    account = people.account(db, caller)
    values = rules.read(db)
    mine = hours.read(db, caller, location, values, next_monday, now)
    given = mine.entries()
    apart = _coached(caller) and not location and not given
    email = "" if account["email_confirmed"] else account["email"]
    return {
        "events": lunches(db, caller, values, now),
        "off": events.called_off(db, caller, now),
        "silent": silences.waits(db, caller.id),
        "calls": calls(db, caller, now) if _coached(caller) else [],
        "waiting": waiting(db, caller, now),
        "email": email,
        "apart": apart,
        "beginning": caller.is_a("member") and not apart and bool(email or not location or not given),
        **_matching(location, values, now),
        "location": location,
        "near": locations.near(db, location.id) if location and not location.open else [],
        "hours": given,
        "starts": mine.starts(),
        "paused": pauses.holds(db, caller, next_monday),
        **_why_not(db, caller, zones.monday(today) - WEEK),
        "today": today,
        "week": zones.week_name(today),
    }


def _coached(caller: Caller) -> bool:
    """Whether they come here for calls: lunches are then theirs only if they began with them."""
    return caller.is_a("coach") or caller.is_a("client")


def _matching(location: Any | None, values: rules.Rules, now: datetime) -> dict[str, Any]:
    """When one is matched: the hour of every week, and the next one at an open location."""
    return {
        "match_hour": f"{values.lunch.match_day} at {values.lunch.match_hour:02}:00",
        "next_match": next_match(location.timezone, values, now) if location and location.open else None,
    }


def _why_not(db: Database, caller: Caller, since: date) -> dict[str, Any]:
    """Why the caller was left over last, from that Monday on, and what would help."""
    left = left_over(db, caller, since)
    helps = what_helps.of(db, [caller.id], left.week).get(caller.id, []) if left else []
    return {"left_over": left, "helps": helps, "reasons": left_overs.REASONS}


def next_match(timezone: str, values: rules.Rules, now: datetime) -> Match:
    """When the matcher runs next for places in that zone."""
    this = zones.this_monday(now, timezone)
    runs = [Match(jobs.match_hour(this + ahead, timezone, values), this + ahead) for ahead in (WEEK, 2 * WEEK)]
    return runs[0] if runs[0].at > now else runs[1]


def lunches(db: Database, caller: Caller, values: rules.Rules, now: datetime) -> list[Any]:
    """The caller's lunches to come: each with what they can do about it and a link to a map."""
    return [
        (event, acts.can(event, values, now), event_pages.map_link(event.address))
        for event in events.mine(db, caller, now)
    ]


def calls(db: Database, caller: Caller, now: datetime) -> list[Any]:
    """The first of the caller's calls in the coming seven days: a coach's day is made of them; else the next one."""
    if caller.is_a("coach"):
        soon = agenda.between(db, caller.id, (now, now + WEEK))[:CALLS]
        if soon:
            return soon
    one = upcoming.next_call(db, caller, now)
    return [one] if one else []


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
