"""Whom a round left over, why, and the mail that tells them."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID

from chalicelib.calendar import zones
from chalicelib.database import Database
from chalicelib.messaging import outbox

REASONS = {
    "no_hours": "in that week you gave no hours at which a lunch could start.",
    "nobody_free": "nobody else was free at your hours.",
    "nobody_suitable": "others were free at your hours, but nobody of them suited: what you all eat and whom you met"
    " lately count as well.",
    "more_people_than_partners": "there were more people than partners for them this time. You come before others next"
    " time.",
}
"""Reason of a round -> what is said of it. No finer ones: a finer reason would tell on others."""


def keep(
    db: Database, round: UUID, monday: date, seated: Collection[UUID], left: dict[UUID, str], now: datetime
) -> None:
    """Note who is left over in that week and why, and tell who was not told yet; whoever has a lunch now is not left
    over any more."""
    db.each(
        "DELETE FROM left_over WHERE week = %(week)s"
        " AND person_id IN (SELECT p::uuid FROM json_array_elements_text(%(given)s) p)",
        list(seated),
        week=monday,
    )
    new = db.each(
        "INSERT INTO left_over (person_id, week, round_id, reason) SELECT person, %(week)s, %(round)s, reason"
        " FROM json_to_recordset(%(given)s) AS x (person uuid, reason text)"
        " ON CONFLICT (person_id, week) DO UPDATE SET round_id = excluded.round_id, reason = excluded.reason"
        " RETURNING person_id, xmax = 0 AS is_new",
        [{"person": person, "reason": reason} for person, reason in left.items()],
        week=monday,
        round=round,
    )
    tell(db, [row.person_id for row in new if row.is_new], monday, now)


def tell(db: Database, people: Collection[UUID], monday: date, now: datetime) -> None:
    """A mail is due to each of these, whom a round of that week left over; but who gave no hours the week before either
    was told then."""
    rows = db.rows(
        "SELECT o.person_id FROM left_over o WHERE o.week = %(week)s AND o.person_id = ANY(%(people)s)"
        " AND NOT (o.reason = 'no_hours' AND EXISTS (SELECT FROM left_over b WHERE b.person_id = o.person_id"
        "          AND b.week = %(before)s AND b.reason = 'no_hours')) ORDER BY o.person_id",
        week=monday,
        before=monday - timedelta(days=7),
        people=list(people),
    )
    week = zones.week_name(monday)
    outbox.put_all(db, [outbox.mail_due("no_lunch", row.person_id, week=week) for row in rows], now)
