"""What bears on an account's safety is logged, by person id, never by name, address, username or secret."""

import json
from typing import Any

from tests.people import PASSWORD, Browser, Community
from tests.second_factor import switch_on


def logged(capfdbinary: Any) -> list[dict[str, Any]]:
    lines = capfdbinary.readouterr().err.decode().splitlines()
    found = [json.loads(line) for line in lines if line.startswith("{")]
    return [line for line in found if line["message"] == "security"]


def test_what_is_logged_names_people_by_id_alone(community: Community, capfdbinary: Any) -> None:
    person = community.person("ada")
    ada = community.browser_of(person)
    browser = Browser()
    browser.post("/Login/", {"username": "ada", "password": "wrong password"})
    browser.post("/Login/", {"username": "nobody.at.all", "password": "wrong password"})
    browser.post("/Login/", {"username": "ada", "password": PASSWORD})
    browser.post("/Logout/")
    ada.get("/api/admin/people")
    ada.post("/api/me/tokens", {"name": "phone", "password": PASSWORD})
    ada.ask("PUT", "/api/me/feed", {"password": PASSWORD})
    ada.ask("PUT", "/api/me/email", {"email": "new@example.org", "password": PASSWORD})
    Browser().post("/forgotten", {"email": "ada@example.org"}, kind="form")
    ada.ask("PUT", "/api/me/password", {"former_password": PASSWORD, "password": "another good one"})
    switch_on(ada, "another good one")
    root = community.admin("root")
    root.ask("PUT", f"/api/admin/people/{person}/roles/coach", {"why": "asked for it"})
    root.ask("PUT", f"/api/admin/people/{person}/ban", {"why": "sells things"})
    lines = logged(capfdbinary)
    assert [line["event"] for line in lines] == [
        "login failed", "login failed", "login", "logout", "denied", "token made", "calendar address made",
        "change of address asked", "reset asked", "password changed", "second factor switched on", "role granted", "banned",
    ]  # fmt: skip
    assert [line["person"] for line in lines] == [str(person), None] + [str(person)] * 11
    whole = json.dumps(lines).lower()
    assert [
        word
        for word in ("ada", "nobody", "example.org", 'password": "', "rendezvous_", "phone")
        if word in whole.replace("password changed", "")
    ] == []


def test_a_session_that_does_not_exist_is_logged_out_of_silently(database: str, capfdbinary: Any) -> None:
    Browser("nothing").post("/Logout/")
    assert logged(capfdbinary) == []
