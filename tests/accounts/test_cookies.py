"""The session's cookie: what it is called, which of two counts, and what a login and a logout do to it."""

from typing import Any

import pytest

from tests.people import PASSWORD, Browser, Community


def test_a_login_ends_the_session_that_it_replaces(community: Community) -> None:
    person = community.person("ada")
    here, there = community.browser_of(person), community.browser_of(person)
    former = Browser(here.cookie)
    assert here.post("/Login/", {"username": "ada", "password": PASSWORD}).status == 200
    assert [one.get("/api/me").status for one in (former, there, here)] == [401, 200, 200]


def test_a_login_page_ends_the_session_that_it_replaces_also_another_s(community: Community) -> None:
    bob, former = community.member("bob"), Browser()
    former.cookie = bob.cookie
    community.person("ada")
    assert bob.post("/login", {"username": "ada", "password": PASSWORD}, kind="form").status == 303
    assert (former.get("/api/me").status, bob.get("/api/me").json["username"]) == (401, "ada")


def test_a_login_that_fails_ends_nothing(community: Community) -> None:
    ada = community.member("ada")
    assert ada.post("/Login/", {"username": "ada", "password": "wrong password"}).status == 401
    assert ada.get("/api/me").status == 200


@pytest.mark.parametrize(
    "cookies", ["session=stale; session={}", "session={}; session=stale", 'session=; session="{}"']
)
def test_of_two_cookies_the_one_that_is_live_counts(community: Community, cookies: str) -> None:
    ada = community.member("ada")
    sent = {"Cookie": cookies.format(ada.cookie)}
    assert Browser().get("/api/me", headers=sent).status == 200
    page = Browser().get("/account/profile", headers=sent)
    import re

    token = re.findall(r'name="csrf" value="([^"]+)"', page.text)[0]
    answer = Browser().post(
        "/account/profile", {"csrf": token, "name": "Eve", "timezone": "UTC"}, kind="form", headers=sent
    )
    assert answer.status == 303
    assert Browser().post("/Logout/", headers=sent).status == 200
    assert ada.get("/api/me").status == 401


@pytest.mark.parametrize(("path", "kind", "status"), [("/Logout/", "json", 200), ("/logout", "form", 303)])
def test_a_logout_has_the_browser_forget_what_it_kept(community: Community, path: str, kind: str, status: int) -> None:
    answer = community.member("ada").post(path, kind=kind)
    assert (answer.status, answer.header("Clear-Site-Data")) == (status, '"cache", "storage"')
    assert "session=; Max-Age=0" in answer.header("Set-Cookie")


def test_over_https_the_cookie_is_of_this_host_alone(monkeypatch: Any) -> None:
    from datetime import timedelta

    from chalicelib.config import config
    from chalicelib.web import credentials

    monkeypatch.setenv("STAGE", "live")
    config.cache_clear()
    try:
        given = credentials.session_cookie("secret", timedelta(days=1))
        assert given == "__Host-session=secret; Max-Age=86400; Path=/; HttpOnly; SameSite=Lax; Secure"
        assert credentials.shown_once("x").startswith("__Host-shown_once=x;")
        assert credentials.cookies("session=planted; __Host-session=mine; __Secure-session=planted") == ["mine"]
    finally:
        config.cache_clear()
