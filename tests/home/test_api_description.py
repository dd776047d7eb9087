"""The API's description: valid, complete, and true of what the API answers; and the pages that show it."""

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

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
    from chalicelib.home import openapi

    assert openapi.document([], "/live")["servers"] == [{"url": "/live"}]
