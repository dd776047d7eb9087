"""Everything about a person as one file: what each table keeps of them, read as they themselves may read it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from chalicelib.database import Database
from chalicelib.web.field_types import Instant

TABLES: dict[str, str] = {
    "person": "SELECT id, slug, name, timezone, enrolled FROM person WHERE id = %(me)s",
    "account": "SELECT username, email, email_confirmed FROM account WHERE person_id = %(me)s",
    "person_role": "SELECT role, active FROM person_role WHERE person_id = %(me)s ORDER BY role",
    "ban": "SELECT at, why FROM ban WHERE person_id = %(me)s",
    "session": "SELECT id, opened, expires, CASE WHEN isfinite(proved) THEN proved END AS proved FROM session WHERE person_id = %(me)s ORDER BY opened",
    "api_token": (
        "SELECT id, name, scope, made, expires, CASE WHEN isfinite(used) THEN used END AS used"
        " FROM api_token WHERE person_id = %(me)s ORDER BY made"
    ),
    "second_factor": "SELECT since, active FROM second_factor WHERE person_id = %(me)s",
    "recovery_code": "SELECT 'not used yet' AS state FROM recovery_code WHERE person_id = %(me)s",
    "pressed_form": "SELECT location, at FROM pressed_form WHERE person_id = %(me)s",
    "feed": "SELECT made FROM feed WHERE person_id = %(me)s",
    "mail_refusal": "SELECT kind FROM mail_refusal WHERE person_id = %(me)s ORDER BY kind",
    "mail": "SELECT kind, state, written FROM mail WHERE recipient = %(me)s ORDER BY written",
    "password_reset": "SELECT asked FROM password_reset WHERE person_id = %(me)s ORDER BY asked",
    "address_change": "SELECT email, asked FROM address_change WHERE person_id = %(me)s ORDER BY asked",
    "former_address": "SELECT email, at FROM former_address WHERE person_id = %(me)s ORDER BY at",
    "invitation": (
        'SELECT i.id, i.role, i.made, i.expires, a.email AS "to", u.person_id AS used_by, r.at AS revoked'
        " FROM invitation i LEFT JOIN invitation_address a ON a.invitation_id = i.id"
        " LEFT JOIN invitation_use u ON u.invitation_id = i.id"
        " LEFT JOIN invitation_revocation r ON r.invitation_id = i.id WHERE i.by_person = %(me)s ORDER BY i.made"
    ),
    "invitation_use": "SELECT invitation_id FROM invitation_use WHERE person_id = %(me)s",
    "idempotency": "SELECT key, status, body, at FROM idempotency WHERE person_id = %(me)s ORDER BY at",
    "person_location": (
        "SELECT l.name FROM person_location p JOIN location l ON l.id = p.location_id WHERE p.person_id = %(me)s"
    ),
    "refusal": (
        "SELECT f.name FROM refusal r JOIN food_type f ON f.id = r.food_type_id WHERE r.person_id = %(me)s ORDER BY f.name"
    ),
    "availability": (
        "SELECT id, purpose, starts, ends, timezone, weekly, CASE WHEN isfinite(until) THEN until END AS until,"
        " ARRAY(SELECT day FROM availability_exception x WHERE x.availability_id = availability.id ORDER BY day) AS exceptions"
        " FROM availability WHERE person_id = %(me)s ORDER BY starts"
    ),
    "outside_calendar": "SELECT host, added, CASE WHEN read > 'epoch' THEN read END AS read FROM outside_calendar WHERE person_id = %(me)s ORDER BY added",
    "outside_busy": "SELECT lower(during) AS starts, upper(during) AS ends FROM outside_busy WHERE person_id = %(me)s ORDER BY during",
    "pause": "SELECT id, lower(weeks) AS first, upper(weeks) AS until FROM pause WHERE person_id = %(me)s ORDER BY weeks",
    "commitment": (
        "SELECT lower(during) AS starts, upper(during) AS ends, event_id, appointment_id, block_id FROM commitment WHERE person_id = %(me)s"
        " ORDER BY during"
    ),
    "event": (
        "SELECT e.id, e.title, l.name AS location, e.starts, e.ends, e.status, e.min_attendees, e.max_attendees,"
        " e.allow_evaluation, e.public FROM event e JOIN location l ON l.id = e.location_id WHERE e.creator = %(me)s"
        " ORDER BY e.starts"
    ),
    "attendance": (
        "SELECT e.id AS event, e.title, e.starts, e.ends, e.status, l.name AS location, a.response, a.reviewed"
        " FROM attendance a JOIN event e ON e.id = a.event_id JOIN location l ON l.id = e.location_id"
        " WHERE a.person_id = %(me)s ORDER BY e.starts"
    ),
    "relationship": (
        "SELECT c.slug AS coach, k.slug AS client, r.begun, CASE WHEN isfinite(r.ended) THEN r.ended END AS ended"
        " FROM relationship r JOIN person c ON c.id = r.coach_id JOIN person k ON k.id = r.client_id"
        " WHERE %(me)s IN (r.coach_id, r.client_id) ORDER BY r.begun"
    ),
    "call_link": "SELECT url FROM call_link WHERE coach_id = %(me)s",
    "day_away": "SELECT id, lower(during) AS starts, upper(during) AS ends, timezone, made FROM day_away WHERE person_id = %(me)s ORDER BY during",
    "block": "SELECT id, lower(during) AS starts, upper(during) AS ends FROM block WHERE person_id = %(me)s ORDER BY during",
    "appointment": (
        "SELECT a.id, c.slug AS coach, k.slug AS client, a.starts, a.ends, a.booked, a.version,"
        " a.booked_by = %(me)s AS booked_by_me"
        " FROM appointment a JOIN person c ON c.id = a.coach_id JOIN person k ON k.id = a.client_id"
        " WHERE %(me)s IN (a.coach_id, a.client_id) ORDER BY a.starts"
    ),
    "appointment_change": (
        "SELECT m.appointment_id, m.version, lower(m.before) AS before, lower(m.after) AS after, m.at,"
        " m.moved_by = %(me)s AS moved_by_me FROM appointment_change m JOIN appointment a ON a.id = m.appointment_id"
        " WHERE %(me)s IN (a.coach_id, a.client_id) ORDER BY m.at"
    ),
    "cancellation": (
        "SELECT x.appointment_id, x.at, x.reason, x.cancelled_by = %(me)s AS cancelled_by_me"
        " FROM cancellation x JOIN appointment a ON a.id = x.appointment_id"
        " WHERE %(me)s IN (a.coach_id, a.client_id) ORDER BY x.at"
    ),
    "waiting": (
        "SELECT w.id, c.slug AS coach, w.until, w.asked FROM waiting w JOIN person c ON c.id = w.coach_id"
        " WHERE w.client_id = %(me)s ORDER BY w.asked"
    ),
    "series_call": (
        "SELECT s.series_id AS series, s.number, s.appointment_id FROM series_call s"
        " JOIN appointment a ON a.id = s.appointment_id WHERE %(me)s IN (a.coach_id, a.client_id)"
        " ORDER BY s.series_id, s.number"
    ),
    "no_show": (
        "SELECT n.appointment_id, n.at, n.counts FROM no_show n JOIN appointment a ON a.id = n.appointment_id"
        " WHERE %(me)s IN (a.coach_id, a.client_id) ORDER BY n.at"
    ),
    "event_cancellation": (
        "SELECT event_id AS event, at, reason FROM event_cancellation WHERE by_person = %(me)s ORDER BY at"
    ),
    "silence": (
        "SELECT asked, CASE WHEN isfinite(answered) THEN answered END AS answered FROM silence WHERE person_id = %(me)s"
    ),
    "left_over": "SELECT week, reason FROM left_over WHERE person_id = %(me)s ORDER BY week",
    "suggested_hour": "SELECT week, weekday, starts::text AS starts, people FROM suggested_hour WHERE person_id = %(me)s ORDER BY week",
    "suggested_food": "SELECT s.week, f.name, s.people FROM suggested_food s JOIN food_type f ON f.id = s.food_type_id WHERE s.person_id = %(me)s ORDER BY s.week",
    "suggested_return": "SELECT week, back, people FROM suggested_return WHERE person_id = %(me)s ORDER BY week",
    "suggested_place": "SELECT s.week, l.name, s.people FROM suggested_place s JOIN location l ON l.id = s.location_id WHERE s.person_id = %(me)s ORDER BY s.week",
    "audit": "SELECT at, what, whom, why FROM audit WHERE admin_id = %(me)s ORDER BY at",
    "rule": "SELECT name, value FROM rule WHERE scope = %(me)s::text ORDER BY name",
    "rule_change": "SELECT name, scope, before, after, changed FROM rule_change WHERE changed_by = %(me)s ORDER BY id",
}
"""Table -> what it keeps of the person; every table that refers to one is here, which a test holds."""


Everything = dict[str, Instant | list[dict[str, Any]]]


def everything(db: Database, person: UUID, now: datetime) -> Everything:
    """All of it, by table: ``{"exported": ..., "person": [{...}], "attendance": [...], ...}``.

    What is kept so that nobody can read it (password, tokens) is not in it, nor is what others say of them.
    """
    found: Everything = {"exported": now}
    for table, statement in TABLES.items():
        found[table] = [row._asdict() for row in db.rows(statement, me=person)]
    return found
