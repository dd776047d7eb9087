"""The first table of the contract, row by row: equal as JSON, no key more, these statuses, both spellings of the slash."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.people import PASSWORD, Browser, Community

ROOT = Path(__file__).parent.parent
NOW = "2026-11-23T09:00Z"
INVITATION = "/InvitationCode/Create/"
LISTS = {
    "/MyEvents/": "appointments",
    "/PublicEvents/": "appointments",
    "/ValidLocations/": "locations",
    "/ValidFoodTypes/": "food_types",
}
MOCKS: list[tuple[str, int, Any]] = [
    ("/InvitationCode/Create/Success/", 200, {"invitation_code": "xxxxxxxxxx"}),
    (
        "/InvitationCode/Create/Failure/1",
        429,
        {"invitation_code": None, "error_message": "You are abusing the invitation code system"},
    ),
    (
        "/InvitationCode/Create/Failure/2",
        403,
        {"invitation_code": None, "error_message": "You cannot give an invitation code"},
    ),
    ("/InvitationCode/Create/Failure/3", 401, {"invitation_code": None, "error_message": "You are not logged in"}),
    ("/Login/Success/", 200, {"success": True}),
    ("/Login/Failure/", 401, {"success": False}),
]
ROUTES = {
    INVITATION: "POST",
    "/Enrollment/Create/": "POST",
    "/Login/": "POST",
    "/Logout/": "POST",
    **dict.fromkeys(LISTS, "GET"),
    **{path: "POST" for path, _, _ in MOCKS},
}
SPELLINGS: list[Callable[[str], str]] = [lambda path: path.rstrip("/") + "/", lambda path: path.rstrip("/")]


def enrolment(code: str, **more: Any) -> dict[str, Any]:
    """What one sends to join."""
    return {
        "invitation_code": code,
        "username": "newcomer",
        "password": PASSWORD,
        "name": "New Comer",
        "email": "newcomer@example.org",
        "timezone": "Europe/Berlin",
    } | more


def code_of(browser: Browser, **body: Any) -> str:
    answer = browser.post(INVITATION, body)
    assert answer.status == 200, answer.text
    code: str = answer.json["invitation_code"]
    return code


# --- every row succeeds ---


@pytest.mark.parametrize("spelt", SPELLINGS, ids=["slash", "bare"])
@pytest.mark.parametrize("kind", ["json", "form"])
def test_one_is_invited_enrols_logs_in_and_logs_out(community: Community, kind: str, spelt: Any) -> None:
    admin = community.admin()
    invited = admin.post(spelt(INVITATION), {"to": "newcomer@example.org"}, kind=kind)
    assert invited.status == 200
    assert set(invited.json) == {"invitation_code"}
    assert isinstance(invited.json["invitation_code"], str) and len(invited.json["invitation_code"]) >= 10

    visitor = Browser()
    whole = enrolment(invited.json["invitation_code"], location="Harbour", refuses=["Thai", "Soup"])
    enrolled = visitor.post(spelt("/Enrollment/Create/"), whole, kind=kind)
    assert (enrolled.status, enrolled.json) == (200, {"success": True, "message": "Please log in"})
    assert enrolled.header("set-cookie") == ""

    credentials = {"username": "newcomer", "password": PASSWORD}
    logged_in = visitor.post(spelt("/Login/"), credentials, kind=kind)
    assert (logged_in.status, logged_in.json) == (200, {"success": True})
    assert visitor.cookie
    me = visitor.get("/api/me").json
    assert (me["location"], sorted(me["refuses"])) == ("Harbour", ["Soup", "Thai"])

    logged_out = visitor.post(spelt("/Logout/"))
    assert (logged_out.status, logged_out.json) == (200, {"success": True})


@pytest.mark.parametrize("spelt", SPELLINGS, ids=["slash", "bare"])
def test_the_lists_answer_in_their_form(community: Community, spelt: Any) -> None:
    ada = community.member("ada")
    found = {path: ada.get(spelt(path)) for path in LISTS}
    assert {path: answer.status for path, answer in found.items()} == dict.fromkeys(LISTS, 200)
    assert found["/MyEvents/"].json == {"success": True, "message": None, "appointments": []}
    assert found["/PublicEvents/"].json == {"success": True, "message": None, "appointments": []}
    assert found["/ValidLocations/"].json == {
        "success": True,
        "message": None,
        "locations": ["Ferry Building", "Harbour"],
    }
    assert found["/ValidFoodTypes/"].json == {"success": True, "message": None, "food_types": ["Pizza", "Soup", "Thai"]}
    for answer in found.values():
        assert answer.header("content-type").partition(";")[0] == "application/json"


def test_an_optional_address_may_be_null_empty_or_absent(community: Community) -> None:
    admin = community.admin()
    for body in (None, {}, {"to": None}, {"to": ""}):
        code_of(admin, **(body or {}))
    assert admin.post(INVITATION).status == 200
    assert community.sql("SELECT count(*) AS n FROM invitation_address")[0].n == 0


# --- every row refuses ---


def test_a_visitor_is_told_that_he_is_not_logged_in(visitor: Browser) -> None:
    invited = visitor.post(INVITATION, {})
    assert (invited.status, invited.json) == (
        401,
        {"invitation_code": None, "error_message": "You are not logged in"},
    )
    for path, key in LISTS.items():
        answer = visitor.get(path)
        assert answer.status == 401, path
        assert answer.json == {"success": False, "message": "You are not logged in", key: []}


def test_a_cookie_that_is_no_session_is_that_of_a_visitor(visitor: Browser) -> None:
    for cookie in ("x", "0" * 5000, "\xff", '"', "=;="):
        assert visitor.get("/MyEvents/", headers={"Cookie": f"session={cookie}"}).status == 401


def test_a_banned_person_is_told_so_by_each_route_in_its_form(community: Community) -> None:
    eve = community.member("eve")
    community.ban("eve")
    invited = eve.post(INVITATION, {})
    assert (invited.status, invited.json) == (
        403,
        {"invitation_code": None, "error_message": "You cannot give an invitation code"},
    )
    for path, key in LISTS.items():
        answer = eve.get(path)
        assert (answer.status, answer.json) == (403, {"success": False, "message": "You are banned", key: []}), path
    login = Browser().post("/Login/", {"username": "eve", "password": PASSWORD})
    assert (login.status, login.json) == (200, {"success": True})


def test_too_many_invitations_are_abuse(community: Community) -> None:
    community.rule("invitation.per_day", 1)
    ada = community.member("ada")
    code_of(ada)
    answer = ada.post(INVITATION, {})
    assert (answer.status, answer.json) == (
        429,
        {"invitation_code": None, "error_message": "You are abusing the invitation code system"},
    )


def test_too_many_lists_are_abuse(community: Community, clock: Any) -> None:
    clock.set(NOW)
    community.rule("requests.per_minute", 4)
    ada = community.member("ada")
    for path in LISTS:
        assert ada.get(path).status == 200
    for path, key in LISTS.items():
        answer = ada.get(path)
        assert (answer.status, answer.json) == (
            429,
            {"success": False, "message": "You are abusing the system", key: []},
        )
        assert 1 <= int(answer.header("retry-after")) <= 61


def test_a_wrong_password_is_refused_in_one_word(community: Community, visitor: Browser) -> None:
    community.person("ada")
    for username in ("ada", "nobody"):
        answer = visitor.post("/Login/", {"username": username, "password": "wrong"})
        assert (answer.status, answer.json) == (401, {"success": False})
        assert answer.header("set-cookie") == ""


def test_an_enrolment_without_a_live_code_is_refused(community: Community, visitor: Browser) -> None:
    answer = visitor.post("/Enrollment/Create/", enrolment("nonsense"))
    assert (answer.status, answer.json) == (403, {"success": False, "message": "This invitation cannot be used"})


# --- the mocks ---


@pytest.mark.parametrize("spelt", SPELLINGS, ids=["slash", "bare"])
@pytest.mark.parametrize(("path", "status", "body"), MOCKS, ids=[path for path, _, _ in MOCKS])
def test_a_mock_answers_its_body_whatever_it_is_sent(
    monkeypatch: pytest.MonkeyPatch, path: str, status: int, body: Any, spelt: Any
) -> None:
    from chalicelib.config import config
    from chalicelib.database import disconnect

    disconnect()
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")
    config.cache_clear()
    sent: list[tuple[Any, str]] = [
        (None, "json"),
        ({"username": "x", "odd": [1]}, "json"),
        ({"username": "x"}, "form"),
        (b"{\xff broken", "raw"),
    ]
    try:
        for given, kind in sent:
            answer = Browser().post(spelt(path), given, kind=kind)
            assert (answer.status, answer.json) == (status, body)
            assert answer.header("set-cookie") == ""
        assert (
            Browser().post(spelt(path), b"x", kind="raw", headers={"Content-Type": "multipart/form-data"}).json == body
        )
    finally:
        config.cache_clear()


def test_in_production_there_are_no_mocks() -> None:
    program = "import json, app; print(json.dumps(sorted(app.app.routes)))"
    found = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | {"STAGE": "live"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert found.returncode == 0, found.stderr
    routes = set(json.loads(found.stdout))
    assert not routes & {path.rstrip("/") for path, _, _ in MOCKS}
    assert {path.rstrip("/") for path in ROUTES} - {path.rstrip("/") for path, _, _ in MOCKS} <= routes


# --- methods and paths ---


@pytest.mark.parametrize("query", ["", "?x=1"], ids=["plain", "with a query"])
def test_a_wrong_method_is_told_which_are_right(settings: None, query: str) -> None:
    for path, right in ROUTES.items():
        allowed = {"GET": {"GET", "HEAD"}, "POST": {"POST"}}[right]
        for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - allowed:
            for spelt in SPELLINGS:
                answer = Browser().ask(method, spelt(path) + query)
                assert answer.status == 405, (method, spelt(path))
                assert set(answer.header("allow").split(", ")) == allowed
                assert (answer.text == "") == (method == "HEAD")


def test_head_is_get_without_a_body(community: Community) -> None:
    ada = community.member("ada")
    for path in LISTS:
        answer = ada.ask("HEAD", path)
        assert (answer.status, answer.text) == (200, "")
        assert Browser().ask("HEAD", path).status == 401


@pytest.mark.parametrize(
    "target", ["/nothing", "/myevents/", "/MyEvents/x", "/InvitationCode/", "/Login//", "/api/nothing", "/nothing?x=1"]
)
def test_an_unknown_path_is_not_found(settings: None, target: str) -> None:
    visitor = Browser()
    for method in ("GET", "HEAD", "POST", "DELETE"):
        answer = visitor.ask(method, target)
        assert answer.status == 404, (method, answer.text)
    problem = visitor.get(target)
    assert problem.header("content-type") == "application/problem+json"
    assert problem.json["status"] == 404


def test_security_headers_stand_on_every_answer(community: Community) -> None:
    ada = community.member("ada")
    answers = [
        ada.get("/MyEvents/"),
        ada.get("/nothing"),
        ada.ask("DELETE", "/MyEvents/"),
        Browser().get("/MyEvents/"),
        Browser().post("/Login/", {}),
    ]
    for answer in answers:
        assert answer.header("x-content-type-options") == "nosniff"
        assert "default-src 'none'" in answer.header("content-security-policy")
        assert answer.header("cache-control") == "no-store, no-cache"
        assert answer.header("strict-transport-security") == ""


# --- who may send what from where ---

OTHER_SITES = {
    "origin": {"Origin": "https://evil.example"},
    "origin null": {"Origin": "null"},
    "origin of a longer name": {"Origin": "https://rendezvous.test.evil.example"},
    "origin of another port": {"Origin": "https://rendezvous.test:8443"},
    "no url": {"Origin": "http://[::1"},
    "fetch": {"Sec-Fetch-Site": "cross-site"},
}


def test_what_another_site_made_a_browser_send_changes_nothing(community: Community) -> None:
    ada = community.member("ada")
    code = code_of(ada)
    before = digest(community)
    bodies: dict[str, Any] = {
        INVITATION: {},
        "/Enrollment/Create/": enrolment(code),
        "/Login/": {"username": "ada", "password": PASSWORD},
        "/Logout/": None,
    }
    for name, headers in OTHER_SITES.items():
        for path, body in bodies.items():
            answer = ada.post(path, body, headers=headers)
            assert answer.status == 403, (name, path)
            assert answer.header("set-cookie") == ""
    assert digest(community) == before
    assert ada.get("/MyEvents/").status == 200


def test_a_list_is_not_read_for_another_site(community: Community) -> None:
    ada = community.member("ada")
    for name, headers in OTHER_SITES.items():
        for path, key in LISTS.items():
            answer = ada.get(path, headers=headers)
            assert answer.status == 403, (name, path)
            assert (answer.json["success"], answer.json[key], len(answer.json)) == (False, [], 3)


def test_a_link_on_another_site_leads_to_a_page(community: Community) -> None:
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Accept": "text/html"}
    assert community.member("ada").get("/", headers=followed).status == 200


def test_one_s_own_site_and_typed_addresses_are_served(community: Community) -> None:
    ada = community.member("ada")
    for site in ("same-origin", "same-site", "none"):
        assert ada.get("/MyEvents/", headers={"Sec-Fetch-Site": site}).status == 200
        assert ada.post(INVITATION, {}, headers={"Sec-Fetch-Site": site}).status == 200


def test_these_routes_need_neither_origin_nor_token(community: Community) -> None:
    ada = community.member("ada")
    assert ada.post(INVITATION, {}, headers={"Origin": ""}).status == 200
    assert Browser().post("/Login/", {"username": "ada", "password": PASSWORD}, headers={"Origin": ""}).status == 200


def test_an_idempotency_key_means_nothing_here(community: Community) -> None:
    ada = community.member("ada")
    key = {"Idempotency-Key": "once"}
    first, second = (ada.post(INVITATION, {}, headers=key).json["invitation_code"] for _ in range(2))
    assert first != second


def test_multipart_is_not_read(community: Community) -> None:
    ada = community.member("ada")
    body = b'--b\r\nContent-Disposition: form-data; name="to"\r\n\r\na@example.org\r\n--b--\r\n'
    for path in (INVITATION, "/Enrollment/Create/", "/Login/"):
        answer = ada.post(path, body, kind="raw", headers={"Content-Type": "multipart/form-data; boundary=b"})
        assert answer.status == 415, path
        assert answer.header("content-type") == "application/problem+json"


def digest(community: Community) -> str:
    from tests.state import digest_of

    return digest_of(community.sql)
