"""The edges of the calendar on every page and route that takes a week or a day: refused, never our fault."""

import re
from typing import Any

import pytest

from tests.coaching.practice import Practice
from tests.people import Browser, Community

WEEKS = ("0001-W01", "0000-W01", "9999-W52", "9999-W53", "1969-W01", "2201-W01", "2026-W00", "2026-W54")
DAYS = ("0001-01-01", "9999-12-31", "1000-01-01")
MOMENTS = ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59")
LOCAL = ("0001-01-01T00:00", "9999-12-31T23:59")


def taking(names: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Every GET route whose query has one of these fields: method, path, field."""
    import msgspec

    import app  # noqa: F401
    from chalicelib.web import ENDPOINTS

    found = []
    for endpoint in ENDPOINTS:
        kind = endpoint.takes.get("query")
        if kind is not None and endpoint.method == "GET":
            found += [
                (endpoint.path, field.encode_name, str(field.type))
                for field in msgspec.structs.fields(kind)
                if field.encode_name in names
            ]
    return found


@pytest.fixture
def world(community: Community, sql: Any, clock: Any) -> dict[str, Browser]:
    clock.set("2026-11-23T09:00Z")
    practice = Practice(community, sql)
    coach, client = practice.coach("carla"), practice.client("clive", "carla")
    everything = community.person("ada", roles=("member", "coach", "client", "admin"))
    return {"all": community.browser_of(everything), "coach": coach, "client": client}


def test_every_week_and_day_that_is_read_from_a_query(world: dict[str, Browser]) -> None:
    routes = taking(("week", "from", "first", "start", "day", "until", "to"))
    assert len(routes) > 5
    wrong = []
    for path, field, _ in routes:
        target = re.sub(r"{\w+}", "carla", path)
        for value in (*WEEKS, *DAYS, *MOMENTS, *LOCAL):
            for who, browser in world.items():
                status = browser.get(f"{target}?{field}={value.replace('+', '%2B')}").status
                if status >= 500:
                    wrong.append((who, target, field, value, status))
    assert wrong == []


@pytest.mark.parametrize("path", ["/availability", "/coach", "/admin/events", "/api/admin/events", "/api/appointments"])
@pytest.mark.parametrize("week", ["0001-W01", "9999-W52"])
def test_a_week_at_the_end_of_time_is_refused_with_its_field(world: dict[str, Browser], path: str, week: str) -> None:
    who = "coach" if path == "/coach" else "all"
    field = "from" if path == "/api/appointments" else "week"
    answer = world[who].get(f"{path}?{field}={week}")
    assert answer.status == 422 and field in answer.text


BODIES: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/api/availability", {"purpose": "lunch", "start": "{local}", "end": "{local}", "timezone": "Europe/Berlin"}),
    ("POST", "/api/availability", {"purpose": "lunch", "start": "2026-12-01T11:00", "end": "2026-12-01T12:00", "timezone": "UTC", "weekly": True, "until": "{day}", "except": ["{day}"]}),
    ("POST", "/api/pauses", {"first": "{week}", "last": "{week}"}),
    ("POST", "/api/office-hours", {"start": "{local}", "end": "{local}", "timezone": "Europe/Berlin", "weekly": True}),
    ("POST", "/api/appointments", {"coach": "carla", "start": "{moment}", "end": "{moment}"}),
    ("POST", "/api/series", {"coach": "carla", "start": "{moment}", "months": 36}),
    ("POST", "/api/admin/rounds", {"location": 1, "week": "{week}"}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body"), BODIES)
def test_every_week_and_day_that_is_read_from_a_body(
    world: dict[str, Browser], method: str, path: str, body: dict[str, Any]
) -> None:
    import json

    ends = {"{local}": LOCAL, "{day}": DAYS, "{week}": WEEKS, "{moment}": MOMENTS}
    text = json.dumps(body)
    [kinds] = [[kind for kind in ends if kind in text]]
    for kind in kinds:
        for value in ends[kind]:
            sent = json.loads(text.replace(kind, value))
            for who, browser in world.items():
                status = browser.ask(method, path, sent).status
                assert status < 500, (who, path, value, status)
