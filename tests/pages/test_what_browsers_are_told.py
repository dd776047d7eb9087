"""What browsers are told on every answer, and how passwords are asked for: the rows of docs/security.md that nothing else shows."""

import re
from typing import Any

import pytest

from tests.people import PASSWORD, Browser, Community

PATHS = (
    "/",
    "/login",
    "/Register",
    "/forgotten",
    "/privacy",
    "/account",
    "/MyEvents/",
    "/api/me",
    "/api/openapi.json",
    "/nothing",
    "/api/nothing",
)


@pytest.mark.parametrize("path", PATHS)
def test_no_other_site_is_let_in_and_every_body_says_what_it_is(community: Community, path: str) -> None:
    for browser in (Browser(), community.member("ada")):
        answer = browser.get(path, headers={"Accept": "text/html"})
        assert [name for name in answer.headers if name.lower().startswith("access-control")] == []
        kind = answer.header("Content-Type")
        assert not answer.text or kind, path
        assert not kind.startswith("text/") or "charset=utf-8" in kind


@pytest.mark.parametrize("https", [True, False])
def test_https_is_demanded_for_two_years_where_it_is(https: bool) -> None:
    from chalice.app import Response

    from chalicelib.web.responses import secured

    told = secured(Response(""), https).headers.get("Strict-Transport-Security", "")
    assert told == ("max-age=63072000; includeSubDomains" if https else "")


@pytest.mark.parametrize(
    "path",
    [
        "/login",
        "/Register",
        "/account/password",
        "/account/email",
        "/account/erase",
        "/account",
        "/account/second-factor",
    ],
)
def test_passwords_are_masked_and_managers_may_fill_them(community: Community, path: str) -> None:
    browser = Browser() if path in ("/login", "/Register") else community.member("ada")
    fields = re.findall(r"<input[^>]* name=\"(?:former_)?password\"[^>]*>", browser.get(path).text)
    assert fields
    assert [
        one
        for one in fields
        if 'type="password"' not in one or not re.search(r'autocomplete="(current|new)-password"', one)
    ] == []


@pytest.mark.parametrize(
    "password",
    [
        "  Spaces At Both Ends  ",
        "\u5bc6\u7801\u5bc6\u7801\u5bc6\u7801\u5bc6\u7801",
        "\U0001f511" * 8,
        "x1" * 64,
        "tab\tand\x00nul and\nline",
    ],
)
def test_a_password_of_any_characters_is_taken_exactly_as_it_is(community: Community, password: str) -> None:
    ada = community.member("ada")
    answer = ada.ask("PUT", "/api/me/password", {"former_password": PASSWORD, "password": password})
    assert answer.status == 204, answer.text
    near = {password.strip(), password.lower(), password.upper(), password[:-1], password[:72]} - {password}
    logins: dict[str, Any] = {
        one: Browser().post("/Login/", {"username": "ada", "password": one}).status for one in near
    }
    assert set(logins.values()) <= {401}
    assert Browser().post("/Login/", {"username": "ada", "password": password}).status == 200


@pytest.mark.parametrize("path", ["/", "/account", "/invitations", "/availability", "/admin", "/coach"])
def test_logging_out_is_on_every_page(community: Community, path: str) -> None:
    person = community.person("ada", roles=("member", "coach", "admin"))
    page = community.browser_of(person).get(path)
    assert page.status == 200 and 'action="/logout"' in page.text
