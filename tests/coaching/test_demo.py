"""The demo's practice is one that could have come about."""

from typing import Any
from zoneinfo import ZoneInfo

from chalicelib import clock as present
from infra.local import demo_coaching
from tests.coaching.practice import NOW
from tests.people import password_hash

SHOWN = ("rule", "no_show", "series_call", "waiting", "outside_calendar", "outside_busy")
"""Tables of which the demo has something."""


def test_the_demo_has_a_year_of_calls(community: Any, clock: Any, sql: Any, database: str) -> None:
    clock.set(NOW)
    for n in range(25):
        community.person(f"member{n}")
    for _ in range(2):
        demo_coaching.fill(present.now(), password_hash())
    [counted] = sql(
        "SELECT count(*) AS calls, count(DISTINCT client_id) AS clients, count(DISTINCT coach_id) AS coaches,"
        " max(starts) - min(starts) AS span, count(*) FILTER (WHERE starts > %s) AS coming FROM appointment",
        present.now(),
    )
    assert (counted.clients, counted.coaches) == (40, 6)
    assert counted.calls > 400 and counted.span.days > 300 and counted.coming >= 40
    assert sql("SELECT count(*) FROM commitment")[0].count == 2 * counted.calls
    assert sql("SELECT count(*) FROM outbox")[0].count == counted.coming
    rows = sql("SELECT p.timezone, a.starts FROM appointment a JOIN person p ON p.id = a.coach_id")
    assert len({row.timezone for row in rows}) == 5
    offsets = {(row.timezone, row.starts.astimezone(ZoneInfo(row.timezone)).utcoffset()) for row in rows}
    assert len(offsets) == 8  # Berlin, New York and Adelaide on both sides of their changes
    [carla] = sql("SELECT person_id FROM account WHERE username = %s", demo_coaching.COACH)
    [pair] = sql(
        "SELECT r.coach_id, r.client_id FROM relationship r JOIN account a ON a.person_id = r.client_id"
        " WHERE a.username = %s",
        demo_coaching.CLIENT,
    )
    assert pair.coach_id == carla.person_id
    slots = community.browser_of(pair.client_id).get("/book")
    assert slots.status == 200


def test_the_demo_shows_whatever_a_practice_can_have(community: Any, clock: Any, sql: Any, database: str) -> None:
    clock.set(NOW)
    for n in range(25):
        community.person(f"member{n}")
    demo_coaching.fill(present.now(), password_hash())
    for table in SHOWN:
        assert sql(f"SELECT 1 FROM {table}"), table


def test_the_demo_shows_a_client_who_took_their_calls_to_another_coach(community: Any, clock: Any, sql: Any) -> None:
    clock.set(NOW)
    for n in range(25):
        community.person(f"member{n}")
    community.person("grace", roles=("member", "admin"))
    demo_coaching.fill(present.now(), password_hash())
    [former] = sql("SELECT coach_id, client_id FROM relationship WHERE is_current IS NULL")
    [told] = sql("SELECT event FROM outbox WHERE event ->> 'type' = 'appointment.handed_over'")
    [call] = sql("SELECT coach_id, client_id FROM appointment WHERE id::text = %s", told.event["data"]["appointment"])
    assert call.client_id == former.client_id and call.coach_id != former.coach_id
    [act] = sql("SELECT what FROM audit")
    assert "with 1 of 1 booked calls" in act.what
