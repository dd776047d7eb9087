"""The API's description: valid, complete, and true of what the API answers; and the pages that show it."""

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.coaching.practice import NOW, Practice
from tests.lunches import lunch
from tests.people import PASSWORD, Answer, Browser


@pytest.fixture
def document(visitor: Browser) -> dict[str, Any]:
    answer = visitor.get("/api/openapi.json")
    assert (answer.status, answer.header("content-type")) == (200, "application/json")
    found: dict[str, Any] = answer.json
    return found


def test_the_description_is_valid_openapi(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_route_that_is_no_page_and_no_file_is_described_and_no_other(document: dict[str, Any]) -> None:
    from app import app
    from chalicelib.web import ENDPOINTS

    files = ("/static/", "/feeds/")
    pages = {(one.method, one.path) for one in ENDPOINTS if one.html or one.path.startswith(files)}
    declared = {(one.method, one.path) for one in ENDPOINTS} - pages
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert described == declared
    assert {path for _, path in described | pages} | {"/{proxy+}"} == set(app.routes)


def test_no_answer_is_left_open(document: dict[str, Any]) -> None:
    left_open = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for status, response in operation["responses"].items():
                for content in response.get("content", {}).values():
                    schema = content["schema"]
                    if schema.keys() <= {"type", "title", "description"}:
                        left_open.append(f"{method.upper()} {path} {status}: {schema}")
    assert left_open == []
    assert all(
        schema.get("properties") is not None or schema.get("additionalProperties") or "enum" in schema
        for schema in document["components"]["schemas"].values()
    )


def test_every_pattern_is_one_that_programs_elsewhere_understand(document: dict[str, Any]) -> None:
    patterns = set(re.findall(r'"pattern": ?"((?:[^"\\]|\\.)*)"', json.dumps(document)))
    assert patterns
    assert not any("\\Z" in pattern or "(?" in pattern for pattern in patterns)


def test_the_ids_of_operations_are_unique(document: dict[str, Any]) -> None:
    ids = [one["operationId"] for methods in document["paths"].values() for one in methods.values()]
    assert len(ids) == len(set(ids))


def conforms(document: dict[str, Any], method: str, path: str, answer: Answer) -> None:
    """The answer is one of those that are described, to the letter."""
    responses = document["paths"][path][method.lower()]["responses"]
    assert str(answer.status) in responses, f"{method} {path} answered {answer.status}: {answer.text}"
    described = responses[str(answer.status)]
    if "$ref" in described:
        described = document["components"]["responses"][described["$ref"].rpartition("/")[2]]
    if "content" not in described:
        assert answer.text == ""
        return
    content = described["content"][answer.header("content-type")]
    schema = {"$ref": "#/x", "x": content["schema"], "components": document["components"]}
    faults = [error.message for error in Draft202012Validator(schema).iter_errors(answer.json)]
    assert faults == [], f"{method} {path}: {faults}"


def test_the_first_routes_answer_as_described(document: dict[str, Any], community: Any) -> None:
    ada, banned, visitor = community.member("ada"), community.member("bad"), Browser()
    community.ban("bad")
    community.rule("invitation.per_day", 1)
    calls: list[tuple[Browser, str, str, Any]] = [
        (browser, method, path, None)
        for browser in (ada, banned, visitor)
        for method, path in (
            ("GET", "/MyEvents"),
            ("GET", "/PublicEvents"),
            ("GET", "/ValidLocations"),
            ("GET", "/ValidFoodTypes"),
            ("POST", "/InvitationCode/Create"),
            ("GET", "/api/me"),
        )
    ]
    calls += [
        (ada, "POST", "/InvitationCode/Create", None),
        (ada, "POST", "/InvitationCode/Create", {"to": "nonsense"}),
        (ada, "POST", "/InvitationCode/Create", {"two": 2}),
        (visitor, "POST", "/Login", {"username": "ada", "password": "wrong password"}),
        (visitor, "POST", "/Login", {"username": "ada", "password": PASSWORD}),
        (visitor, "POST", "/Enrollment/Create", {"username": "x"}),
        (visitor, "POST", "/Logout", None),
    ]
    for browser, method, path, body in calls:
        conforms(document, method, path, browser.ask(method, path, body))


def test_the_mocks_answer_as_described(document: dict[str, Any], visitor: Browser) -> None:
    mocks = [path for path in document["paths"] if re.search("/(Success|Failure)", path)]
    assert len(mocks) == 6
    for path in mocks:
        conforms(document, "POST", path, visitor.post(path))
        conforms(document, "POST", path, visitor.post(path, headers={"Origin": "https://elsewhere.example"}))


def test_what_admins_read_is_as_described(document: dict[str, Any], community: Any) -> None:
    admin, ada = community.admin(), community.member("ada")
    admin.post("/api/admin/invitations", {"addresses": ["new@example.org"]})
    admin.ask("PUT", "/api/admin/rules/lunch.minutes", {"value": 45})
    for path, methods in document["paths"].items():
        if "get" in methods and path.startswith("/api/") and "{" not in path:
            for browser in (admin, ada, Browser()):
                conforms(document, "GET", path, browser.get(path))
    conforms(document, "GET", "/api/admin/rules/{rule}", admin.get("/api/admin/rules/lunch.minutes"))
    conforms(document, "PUT", "/api/admin/rules/{rule}", admin.ask("PUT", "/api/admin/rules/lunch.minutes", {}))
    conforms(document, "DELETE", "/api/admin/rules/{rule}", admin.ask("DELETE", "/api/admin/rules/lunch.minutes"))


def test_what_coaches_and_clients_read_and_do_is_as_described(
    document: dict[str, Any], community: Any, clock: Any, sql: Any
) -> None:
    clock.set(NOW)
    practice = Practice(community, sql)
    carla, admin = practice.coach("carla"), community.admin()
    ada = practice.client("ada", None)
    at, hour_later = "2026-11-25T10:00:00+01:00", "2026-11-25T11:00:00+01:00"
    done: dict[str, Any] = {}

    def asks(browser: Browser, method: str, path: str, body: Any = None, query: str = "", **parts: Any) -> Any:
        answer = browser.ask(method, path.format(**parts) + query.replace("+", "%2B"), body)
        conforms(document, method, path, answer)
        assert answer.status < 300, (path, answer.text)
        done[f"{method} {path}"] = answer
        return answer.json if answer.text else None

    asks(admin, "POST", "/api/admin/relationships", {"coach": "carla", "client": "ada"})
    assert asks(admin, "GET", "/api/admin/relationships")["relationships"]
    assert asks(ada, "GET", "/api/me")["coach"] == {"slug": "carla", "name": "Carla"}
    asks(ada, "PATCH", "/api/me", {"name": "Ada Lovelace"})
    asks(ada, "GET", "/api/me/export")
    for last in ("slots", "first", "nearest"):
        query = f"?start={at}" if last == "nearest" else ""
        assert asks(ada, "GET", "/api/coaches/{slug}/" + last, query=query, slug="carla")["slots"]
    asks(carla, "GET", "/api/coaches/{slug}/why", query="?start=2026-11-25T03:00:00+01:00", slug="carla")
    call = asks(ada, "POST", "/api/appointments", {"coach": "carla", "start": at, "end": hour_later})
    asks(ada, "GET", "/api/appointments")
    asks(ada, "GET", "/api/appointments/{id}", id=call["id"])
    later = {"start": hour_later, "end": "2026-11-25T12:00:00+01:00", "version": call["version"]}
    asks(ada, "PATCH", "/api/appointments/{id}", later, id=call["id"])
    asks(ada, "DELETE", "/api/appointments/{id}", id=call["id"])
    series = asks(ada, "POST", "/api/series", {"coach": "carla", "start": at, "months": 3})
    second, third = (one["id"] for one in series["appointments"][1:])
    later = {"from": second, "start": "2026-12-23T11:00:00+01:00"}
    asks(ada, "PATCH", "/api/series/{id}", later, id=series["id"])
    asks(ada, "DELETE", "/api/series/{id}", {"from": third}, id=series["id"])
    waits = asks(ada, "POST", "/api/waiting", {"coach": "carla"})
    assert asks(ada, "GET", "/api/waiting")["waiting"]
    asks(ada, "DELETE", "/api/waiting/{id}", id=waits["id"])
    hours = {"start": "2026-11-28T09:00", "end": "2026-11-28T12:00", "timezone": "Europe/Berlin"}
    given = asks(carla, "POST", "/api/office-hours", hours)
    asks(carla, "GET", "/api/office-hours")
    asks(carla, "PATCH", "/api/office-hours/{id}", {"except": ["2026-12-05"]}, id=given["id"])
    asks(carla, "DELETE", "/api/office-hours/{id}", id=given["id"])
    block = {"start": "2026-11-26T09:00:00+01:00", "end": "2026-11-26T10:00:00+01:00"}
    kept = asks(carla, "POST", "/api/blocks", block)
    asks(carla, "GET", "/api/blocks")
    asks(carla, "DELETE", "/api/blocks/{id}", id=kept["id"])
    asks(carla, "PUT", "/api/call-link", {"url": "https://call.example.org/carla"})
    asks(carla, "GET", "/api/call-link")
    away = asks(carla, "POST", "/api/days-away", {"day": "2026-11-25", "calls": "cancel"})
    assert (away["cancelled"], away["kept"]) == (1, 0)
    asks(carla, "GET", "/api/days-away")
    asks(carla, "DELETE", "/api/days-away/{id}", id=away["id"])
    url = {"url": "https://calendar.example.org/carla.ics"}
    elsewhere = asks(carla, "POST", "/api/outside-calendars", url)
    assert asks(carla, "GET", "/api/outside-calendars")["outside_calendars"]
    asks(carla, "DELETE", "/api/outside-calendars/{id}", id=elsewhere["id"])
    practice.coach("conrad")
    asks(admin, "GET", "/api/admin/relationships/{slug}/hand-over", query="?coach=conrad", slug="ada")
    asks(admin, "PATCH", "/api/admin/relationships/{slug}", {"coach": "conrad", "calls": "keep"}, slug="ada")
    asks(admin, "DELETE", "/api/admin/relationships/{slug}", query="?calls=cancel", slug="ada")
    kept = next(
        call for call in carla.get("/api/appointments?weeks=13").json["appointments"] if call["status"] == "booked"
    )
    clock.set("2027-01-01T09:00Z")
    asks(carla, "PUT", "/api/appointments/{id}/no-show", {"came": False}, id=kept["id"])
    coaching = {
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method, one in methods.items()
        if one["tags"] == ["coaching"]
    }
    assert coaching - done.keys() == set()


def test_what_members_read_and_do_is_as_described(
    document: dict[str, Any], community: Any, clock: Any, sql: Any
) -> None:
    clock.set(NOW)
    ada, harbour = community.member("ada"), community.locations["Harbour"]
    event = lunch(sql, harbour, "2026-12-02T12:00+01:00", invited=[sql("SELECT id FROM person")[0].id])

    def asks(method: str, path: str, body: Any = None, **parts: Any) -> Any:
        answer = ada.ask(method, path.format(**parts), body)
        conforms(document, method, path, answer)
        assert answer.status < 300, (path, answer.text)
        return answer.json

    hours = {"purpose": "lunch", "start": "2026-12-01T11:00", "end": "2026-12-01T13:00", "timezone": "Europe/Berlin"}
    given = asks("POST", "/api/availability", hours)
    asks("PATCH", "/api/availability/{id}", {"weekly": True, "until": "2026-12-24"}, id=given["id"])
    assert asks("GET", "/api/availability")["availability"]
    asks("POST", "/api/pauses", {"first": "2026-W51", "last": "2026-W52"})
    assert asks("GET", "/api/pauses")["pauses"]
    assert asks("GET", "/api/events")["events"]
    asks("GET", "/api/events/{id}", id=event)
    asks("PUT", "/api/events/{id}/attendance", {"response": "approved"}, id=event)
    asks("POST", "/InvitationCode/Create")
    assert asks("GET", "/api/invitations")["invitations"]
    asks("POST", "/api/me/tokens", {"name": "mine", "password": PASSWORD})
    assert asks("GET", "/api/me/tokens")["tokens"] and asks("GET", "/api/me/sessions")["sessions"]
    asks("PUT", "/api/me/feed", {"password": PASSWORD})
    assert asks("GET", "/api/me/feed")["made"]
    asks("PUT", "/api/me/email", {"email": "new@example.org", "password": PASSWORD})


def test_an_answer_that_is_not_as_described_is_noticed(document: dict[str, Any]) -> None:
    wrong = Answer(200, {"content-type": "application/json"}, '{"success": true, "message": null, "locations": [1]}')
    with pytest.raises(AssertionError):
        conforms(document, "GET", "/ValidLocations", wrong)
    more = Answer(
        200, {"content-type": "application/json"}, '{"success": true, "message": null, "locations": [], "x": 1}'
    )
    with pytest.raises(AssertionError):
        conforms(document, "GET", "/ValidLocations", more)


def test_every_operation_is_on_the_pages_for_people(document: dict[str, Any], visitor: Browser) -> None:
    index = visitor.get("/api/")
    assert index.status == 200 and index.header("content-type").startswith("text/html")
    shown = index.text
    for path in set(re.findall(r'href="(/api/reference/[^"#]*)"', index.text)):
        page = visitor.get(path)
        assert page.status == 200 and len(page.text) < 40_000, (path, len(page.text))
        shown += page.text
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert f"<code>{method.upper()} {path}</code>" in shown
            assert f'id="{operation["operationId"]}"' in shown
    assert visitor.get("/api/reference/nothing").status == 404


def test_fields_are_described_in_words(visitor: Browser) -> None:
    page = visitor.get("/api/reference/admin").text
    for said in (
        "<code>addresses</code>: list of text of up to 255 characters, up to 500",
        "<code>found[].roles</code>: list of one of &#34;admin&#34;",
        "<code>location</code>: whole number from 0 to 2147483647",
        "<code>why</code>: text of 1 to 255 characters",
    ):
        assert said in page, said


def test_under_a_stage_prefix_the_server_is_named_with_it() -> None:
    from chalicelib.api_docs import openapi

    assert openapi.document([], "/live")["servers"] == [{"url": "/live"}]


def test_a_key_is_named_where_an_answer_is_kept_and_nowhere_else(document: dict[str, Any]) -> None:
    named = {
        path
        for path, methods in document["paths"].items()
        for one in methods.get("post", {}).get("parameters", ())
        if one["name"] == "Idempotency-Key"
    }
    assert {"/api/appointments", "/api/availability", "/api/events"} <= named
    secrets = {"/api/me/tokens", "/api/me/second-factor", "/api/me/second-factor/proof", "/api/tickets"}
    assert secrets <= set(document["paths"]) and not secrets & named
