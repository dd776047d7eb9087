"""Who may open what admins open, and what is written down of what they do."""

import re
import uuid
from typing import Any

import pytest

from chalicelib import clock
from tests.people import Browser


def admin_endpoints() -> list[Any]:
    import app  # noqa: F401
    from chalicelib.web import ENDPOINTS

    return [one for one in ENDPOINTS if re.match(r"/(api/)?admin(/|$)", one.path)]


def address(path: str) -> str:
    return re.sub(r"\{\w+\}", str(uuid.uuid4()), path)


def test_every_route_of_admins_is_for_admins_alone() -> None:
    assert [one.path for one in admin_endpoints() if one.who != "admin"] == []


def test_a_member_finds_nothing_where_admins_work(community: Any) -> None:
    ada = community.member("ada")
    found = admin_endpoints()
    assert len(found) > 25
    for one in found:
        assert ada.ask(one.method, address(one.path)).status == 404, one
        assert ada.ask(one.method, address(one.path), {"why": "x"}).status == 404, one


def test_a_visitor_is_asked_to_log_in(visitor: Browser, community: Any) -> None:
    for one in admin_endpoints():
        answer = visitor.ask(one.method, address(one.path))
        assert answer.status == (303 if one.html else 401), one
        assert answer.header("location").startswith("/login") is one.html


def test_a_banned_admin_is_no_admin(community: Any) -> None:
    community.admin("other")
    admin = community.admin()
    community.ban("admin")
    for one in admin_endpoints():
        assert admin.ask(one.method, address(one.path)).status == 403, one


@pytest.fixture
def thing(community: Any, sql: Any) -> dict[str, Any]:
    """What an admin can act on: ids by the names they have in paths."""
    community.person("ada")
    community.person("coach", roles=("coach",))
    community.person("client", roles=("client",))
    community.person("free", roles=("client",))
    sql(
        "INSERT INTO relationship (coach_id, client_id, begun) SELECT c.id, k.id, '2026-01-01Z' FROM person c, person k"
        " WHERE c.slug = 'coach' AND k.slug = 'client'"
    )
    event, round = uuid.uuid4(), uuid.uuid4()
    harbour = community.locations["Harbour"]
    sql(
        "INSERT INTO event (id, title, location_id, during) VALUES (%s, 'Soup', %s, '[2099-01-05 11:00Z,2099-01-05 12:00Z)')",
        event,
        harbour,
    )
    sql("INSERT INTO food_type (id, name) VALUES (9, 'Unused')")
    sql(
        "INSERT INTO round VALUES (%s, '2026-11-23', %s, %s, 3, 1, 0, 0, true, 1, '')",
        round,
        harbour,
        clock.now(),
    )
    [ada] = sql("SELECT person_id FROM account WHERE username = 'ada'")
    sql("INSERT INTO second_factor VALUES (%s, gen_random_uuid(), %s, true)", ada.person_id, clock.now())
    return {
        "person": ada.person_id,
        "role": "coach",
        "location": harbour,
        "food_type": 9,
        "event": event,
        "round": round,
        "rule": "lunch.minutes",
        "slug": "client",
    }


BODIES: dict[str, Any] = {
    "POST /api/admin/invitations": {"addresses": ["new@example.org"]},
    "POST /api/admin/locations": {"name": "Station", "timezone": "Europe/Paris"},
    "PATCH /api/admin/locations/{location}": {"open": False},
    "POST /api/admin/food-types": {"name": "Curry"},
    "PATCH /api/admin/food-types/{food_type}": {"name": "Used"},
    "DELETE /api/admin/food-types/{food_type}": None,
    "PUT /api/admin/rules/{rule}": {"value": 45, "why": "shorter"},
    "POST /api/admin/relationships": {"coach": "coach", "client": "free"},
    "PATCH /api/admin/relationships/{slug}": {"coach": "coach"},
    "DELETE /api/admin/relationships/{slug}": None,
    "DELETE /api/admin/rules/{rule}": "?why=x",
    "DELETE /api/admin/people/{person}/ban": "?why=x",
    "DELETE /api/admin/people/{person}/roles/{role}": "?why=x",
    "DELETE /api/admin/people/{person}/second-factor": "?why=x",
    "DELETE /api/admin/people/{person}/sessions": "?why=x",
}


def test_every_act_of_an_admin_leaves_a_row_in_the_audit(community: Any, sql: Any, thing: dict[str, Any]) -> None:
    admin = community.admin()
    [me] = sql("SELECT person_id FROM account WHERE username = 'admin'")
    order = {"PUT": 0, "POST": 1, "PATCH": 2, "DELETE": 3}
    acts = [one for one in admin_endpoints() if not one.html and one.method != "GET"]
    from chalicelib.calendar import zones
    from chalicelib.clock import now

    bodies = BODIES | {
        "POST /api/admin/rounds": {
            "location": thing["location"],
            "week": zones.week_name(zones.this_monday(now(), "Europe/Berlin")),
            "why": "late",
        }
    }
    # Rounds are asked for before the location is closed.
    for one in sorted(acts, key=lambda one: (order[one.method], one.path)):
        before = sql("SELECT count(*) FROM audit")[0].count
        given = bodies.get(f"{one.method} {one.path}", {"why": "because"})
        target = one.path.format(**thing)
        if isinstance(given, str):
            target, given = target + given, None
        answer = admin.ask(one.method, target, given)
        assert answer.status in (200, 201, 202, 204), (one, answer.text)
        rows = sql("SELECT * FROM audit ORDER BY id")
        assert len(rows) > before, f"{one.method} {one.path} left no row"
        assert rows[-1].admin_id == me.person_id and rows[-1].what and rows[-1].whom


def test_an_act_that_is_refused_leaves_no_row(community: Any, sql: Any, thing: dict[str, Any]) -> None:
    admin = community.admin()
    for method, path, body in (
        ("PUT", "/api/admin/rules/lunch.minutes", {"value": 9999}),
        ("POST", "/api/admin/locations", {"name": "harbour", "timezone": "Europe/Paris"}),
        ("DELETE", "/api/admin/food-types/0", None),
        ("PUT", f"/api/admin/events/{uuid.uuid4()}/cancellation", {"why": "x"}),
    ):
        assert admin.ask(method, path, body).status in (404, 409, 422), path
    assert sql("SELECT 1 FROM audit") == []


def test_the_audit_is_searched_by_admin_act_person_and_reason(community: Any, thing: dict[str, Any]) -> None:
    admin = community.admin()
    admin.ask("PUT", f"/api/admin/people/{thing['person']}/ban", {"why": "sells things"})
    admin.ask("PUT", "/api/admin/rules/lunch.minutes", {"value": 45, "why": "Fridays are short"})
    for q, whats in (
        ("fridays", ["changed the rule from 60 to 45"]),
        ("lunch.minutes", ["changed the rule from 60 to 45"]),
        ("ada", ["banned"]),
        ("banned", ["banned"]),
        ("admin", ["changed the rule from 60 to 45", "banned"]),
        ("nothing of the kind", []),
    ):
        found = admin.get(f"/api/admin/audit?q={q.replace(' ', '+')}").json["found"]
        assert [one["what"] for one in found] == whats, q
    banned = admin.get("/api/admin/audit?q=sells").json["found"][0]
    assert (banned["admin"], banned["name"], banned["whom"]) == ("Admin", "Ada", str(thing["person"]))


def test_nobody_can_change_what_the_audit_says(community: Any) -> None:
    import psycopg2

    from chalicelib.database import transaction

    for statement in ("UPDATE audit SET why = ''", "DELETE FROM audit", "DELETE FROM rule_change"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            transaction(lambda db, statement=statement: db.run(statement))  # type: ignore[misc]
