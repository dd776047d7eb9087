"""What the overview draws: how matching, calls, invitations and mails have gone, in counts alone."""

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from chalicelib.admin import charts
from chalicelib.calendar import zones
from chalicelib.database import Database

WEEKS = 8
STREAK = 4
"""Weeks in a row that are told apart."""


REASONS = {
    "no_hours": "no hours given",
    "nobody_free": "nobody else free",
    "nobody_suitable": "nobody suitable",
    "more_people_than_partners": "too few partners",
}
"""Reason -> what it is called in a chart."""


class Week(NamedTuple):
    """A week of matching: how many people had lunch by it, and how many were left over by reason, in the order of REASONS."""

    monday: date
    matched: int
    left: list[int]


def matching(db: Database, now: datetime) -> list[Week]:
    """The last eight weeks, this one and the next, the oldest first; without those before and after all that was matched."""
    first = zones.monday(now.date()) - timedelta(weeks=WEEKS - 2)
    matched = db.rows(
        "SELECT date_trunc('week', e.starts AT TIME ZONE l.timezone)::date AS week, count(*) AS people"
        " FROM event e JOIN location l ON l.id = e.location_id JOIN attendance a ON a.event_id = e.id"
        " WHERE e.creator IS NULL AND e.status NOT IN ('Rejected', 'Canceled') AND a.response = 'approved'"
        " AND e.starts > %(since)s GROUP BY 1",
        since=now - timedelta(weeks=WEEKS + 1),
    )
    left = db.rows(
        "SELECT week, reason, count(*) AS people FROM left_over WHERE week >= %(first)s GROUP BY 1, 2", first=first
    )
    lunches = {row.week: row.people for row in matched}
    reasons = {(row.week, row.reason): row.people for row in left}
    weeks = [
        Week(monday, lunches.get(monday, 0), [reasons.get((monday, reason), 0) for reason in REASONS])
        for monday in (first + timedelta(weeks=number) for number in range(WEEKS))
    ]
    known = [number for number, week in enumerate(weeks) if week.matched or any(week.left)]
    return weeks[known[0] : known[-1] + 1] if known else []


def chart(weeks: list[Week]) -> list[charts.Bar]:
    return charts.stacked([[week.matched, *week.left] for week in weeks])


def waits(db: Database) -> list[tuple[int, int]]:
    """Of those whom the last matched week left over: for how many weeks in a row, and how many people; 4 is 4 or more."""
    rows = db.rows(
        """
        SELECT streak, count(*) AS people FROM (
            SELECT (SELECT coalesce(min(k), %(most)s) FROM generate_series(1, %(most)s - 1) k
                    WHERE NOT EXISTS (SELECT FROM left_over b
                                      WHERE b.person_id = o.person_id AND b.week = o.week - 7 * k)) AS streak
            FROM left_over o WHERE o.week = (SELECT max(week) FROM left_over)) one
        GROUP BY streak ORDER BY streak
        """,
        most=STREAK,
    )
    return [(row.streak, row.people) for row in rows]


def places(db: Database, now: datetime) -> list[Any]:
    """Each open location: its people, and its lunches of the last eight weeks and to come (name, id, people, lunches)."""
    return db.rows(
        "SELECT l.id, l.name, (SELECT count(*) FROM person_location p WHERE p.location_id = l.id) AS people,"
        " (SELECT count(*) FROM event e WHERE e.location_id = l.id AND e.starts > %(since)s"
        "  AND e.status NOT IN ('Rejected', 'Canceled')) AS lunches"
        " FROM location l WHERE l.open ORDER BY lunches DESC, lower(l.name) LIMIT 20",
        since=now - timedelta(weeks=WEEKS),
    )


def coaches(db: Database, now: datetime) -> list[Any]:
    """Each coach's office hours and calls of the last four weeks, in minutes (coach, name, given, booked)."""
    today = now.date()
    return db.rows(
        "SELECT * FROM use_of_office_hours(%(first)s, %(last)s)", first=today - timedelta(days=27), last=today
    )


def invitations(db: Database, now: datetime) -> Any:
    """Invitations of the last eight weeks: given, that became members, still open (given, used, open)."""
    return db.row(
        "SELECT count(*) AS given, count(u.invitation_id) AS used,"
        " count(*) FILTER (WHERE u.invitation_id IS NULL AND r.invitation_id IS NULL AND i.expires > %(now)s) AS open"
        " FROM invitation i LEFT JOIN invitation_use u ON u.invitation_id = i.id"
        " LEFT JOIN invitation_revocation r ON r.invitation_id = i.id WHERE i.made > %(since)s",
        now=now,
        since=now - timedelta(weeks=WEEKS),
    )


def mails(db: Database) -> Any:
    """Mails that did not arrive, of the last 30 days, and those that are tried again (lost, again)."""
    return db.row(
        "SELECT count(*) FILTER (WHERE state <> 'waiting') AS lost,"
        " count(*) FILTER (WHERE state = 'waiting' AND attempts > 0) AS again FROM mail"
    )
