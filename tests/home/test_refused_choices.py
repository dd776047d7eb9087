"""What is sent and not understood changes nothing: unknown kinds of mail, bodies where none belongs, paths of other sites."""

import json
import re

import pytest

from tests.people import PASSWORD, Browser, Community


def csrf(browser: Browser) -> dict[str, str]:
    return dict(re.findall(r'name="(csrf|once)" value="([^"]*)"', browser.get("/account").text))


@pytest.mark.parametrize("wanted", [["nonsense"], ["event_approved", "nonsense"], [""], ["EVENT_APPROVED"]])
def test_an_unknown_kind_of_mail_turns_nothing_off(community: Community, wanted: list[str]) -> None:
    ada = community.member("ada")
    before = ada.get("/api/me").json["mails"]
    answer = ada.post("/account/mails", csrf(ada) | {"wanted": wanted}, kind="form")
    assert answer.status == 422
    assert ada.get("/api/me").json["mails"] == before


def test_no_kind_at_all_turns_all_off(community: Community) -> None:
    ada = community.member("ada")
    assert ada.post("/account/mails", csrf(ada), kind="form").status == 303
    assert not any(ada.get("/api/me").json["mails"].values())


BODIES = [
    (b"{", "application/json", 400),
    (b"nonsense", "text/plain", 415),
    (b'{"surprise": 1}', "application/json", 422),
    (b"[]", "application/json", 422),
    (b'"' + b"x" * 70_000 + b'"', "application/json", 413),
]


@pytest.mark.parametrize(("body", "kind", "status"), BODIES)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/api/me/feed"),
        ("DELETE", "/api/me/feed"),
        ("DELETE", "/api/me/sessions"),
        ("POST", "/api/me/email/confirmation"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_and_nothing_is_done(
    community: Community, method: str, path: str, body: bytes, kind: str, status: int
) -> None:
    ada = community.member("ada")
    there = community.browser_of(community.sql("SELECT person_id AS id FROM account")[0].id)
    url = ada.ask("PUT", "/api/me/feed", {"password": PASSWORD}).json["url"].removeprefix("http://rendezvous.test")
    answer = ada.ask(method, path, body, kind="raw", headers={"Content-Type": kind})
    assert answer.status == status, answer.text
    assert (Browser().get(url).status, there.get("/api/me").status) == (200, 200)


OTHER_SITES = [
    "/\t/evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "/\n/evil.example",
    "/ /evil.example",
    "\t//evil.example",
    "https://evil.example/",
    "/\u2028/evil.example",
    "",
    "evil",
]


@pytest.mark.parametrize("path", OTHER_SITES)
def test_a_kept_form_goes_to_this_site_alone(community: Community, path: str) -> None:
    community.person("ada")
    kept = json.dumps({"path": path, "fields": [["name", "x"]]})
    fields = {"username": "ada", "password": PASSWORD, "kept": kept}
    answer = Browser().post("/login", fields, kind="form")
    assert answer.status == 422 and "evil.example" not in "".join(re.findall(r'action="([^"]*)"', answer.text))


@pytest.mark.parametrize("path", OTHER_SITES)
def test_after_a_login_one_is_on_this_site(path: str) -> None:
    from chalicelib.web.urls import own_path

    place = own_path(path)
    assert re.fullmatch(r"/(?![/\\])[\x21-\x7e]*", place), place


def test_own_paths_are_kept() -> None:
    from chalicelib.web.urls import own_path

    for path in ("/", "/public", "/availability?week=2026-W48", "/events/1?a=b&c=d", "/a~b'(c)*$@!"):
        assert own_path(path) == path
    assert own_path("/sch\u00f6n") == "/sch%C3%B6n"
