"""The account's pages, without JavaScript: read, changed, refused, left."""

import re
from typing import Any

import pytest

from tests.people import PASSWORD, Answer, Browser

PAGES = [
    "/account",
    "/account/profile",
    "/account/email",
    "/account/password",
    "/account/erase",
    "/availability/pauses",
]


def submit(browser: Browser, page: str, action: str, fields: dict[str, Any]) -> Answer:
    """Fill in the form of a page that posts to ``action``, with its hidden fields, and send it."""
    shown = browser.get(page)
    assert shown.status == 200, shown.text
    form = re.search(rf'<form method="post" action="{re.escape(action)}".*?</form>', shown.text, re.DOTALL)
    assert form, f"no form to {action} on {page}"
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[0]))
    return browser.post(action, hidden | fields, kind="form")


def follow(browser: Browser, answer: Answer) -> Answer:
    assert answer.status == 303, answer.text
    return browser.get(answer.header("Location"))


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_shown_and_small(community: Any, path: str) -> None:
    answer = community.member("ada").get(path)
    assert answer.status == 200, answer.text
    carried = re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"', answer.text)
    assert len(carried) == 2
    assert sum(len(Browser().get(one).text.encode()) for one in carried) + len(answer.text.encode()) < 61_440


@pytest.mark.parametrize("path", PAGES)
def test_a_visitor_is_asked_to_log_in(visitor: Browser, path: str) -> None:
    answer = visitor.get(path)
    assert (answer.status, answer.header("Location")) == (303, f"/login?next={path}")
    assert visitor.post(path, {"name": "x", "password": "y"}, kind="form").status in (303, 401, 403, 405)


def test_a_profile_is_changed(community: Any) -> None:
    ada = community.member("ada")
    fields = {"name": "Ada L.", "timezone": "Asia/Tokyo", "location": "Ferry Building", "refuses": ["Thai", "Soup"]}
    answer = follow(ada, submit(ada, "/account/profile", "/account/profile", fields))
    assert "Your profile is changed." in answer.text
    me = ada.get("/api/me").json
    assert {name: me[name] for name in fields} == fields | {"refuses": ["Soup", "Thai"]}
    follow(ada, submit(ada, "/account/profile", "/account/profile", {"name": "Ada", "timezone": "UTC", "location": ""}))
    me = ada.get("/api/me").json
    assert (me["location"], me["refuses"]) == (None, [])


def test_a_refused_profile_keeps_what_was_typed(community: Any) -> None:
    ada = community.member("ada")
    answer = submit(ada, "/account/profile", "/account/profile", {"name": "Zoe", "timezone": "Mars/Base"})
    assert answer.status == 422
    assert 'value="Zoe"' in answer.text and "is not a time zone" in answer.text
    assert ada.get("/api/me").json["name"] == "Ada"


def test_mails_are_chosen_by_kind(community: Any) -> None:
    ada = community.member("ada")
    answer = follow(ada, submit(ada, "/account", "/account/mails", {"wanted": ["event_approved"]}))
    assert "You get the mails you chose." in answer.text
    wanted = ada.get("/api/me").json["mails"]
    assert [kind for kind, takes in wanted.items() if takes] == ["event_approved"]
    assert answer.text.count(" checked") == 2  # that kind, and what a token may do


def test_a_password_is_changed_and_never_shown_again(community: Any) -> None:
    ada = community.member("ada")
    wrong = submit(
        ada, "/account/password", "/account/password", {"former_password": "not mine", "password": "a new one!"}
    )
    assert wrong.status == 422
    assert "is not your password" in wrong.text
    assert "not mine" not in wrong.text and "a new one!" not in wrong.text
    fields = {"former_password": PASSWORD, "password": "a new one!"}
    assert "is changed" in follow(ada, submit(ada, "/account/password", "/account/password", fields)).text


def test_an_address_is_asked_for(community: Any, sql: Any) -> None:
    ada = community.member("ada")
    fields = {"email": "new@example.org", "password": PASSWORD}
    assert "A link is on its way" in follow(ada, submit(ada, "/account/email", "/account/email", fields)).text
    assert sql("SELECT email FROM address_change")[0].email == "new@example.org"


def test_an_unconfirmed_address_can_have_its_link_again(community: Any, sql: Any) -> None:
    ada = community.member("ada")
    sql("UPDATE account SET email_confirmed = false")
    assert "not confirmed" in ada.get("/account").text
    follow(ada, submit(ada, "/account", "/account/email/confirmation", {}))
    assert len(sql("SELECT 1 FROM address_change")) == 1


def test_one_logs_out_everywhere_else(community: Any) -> None:
    person = community.person("ada")
    here, there = community.browser_of(person), community.browser_of(person)
    assert "logged out everywhere else" in follow(here, submit(here, "/account", "/account/sessions", {})).text
    assert there.get("/account").status == 303


def test_a_token_is_shown_once_and_works(community: Any) -> None:
    ada = community.member("ada")
    answer = submit(ada, "/account", "/account/tokens", {"name": "phone", "scope": "read", "password": PASSWORD})
    assert answer.status == 303
    assert "rendezvous_" not in answer.header("Location")
    cookie = answer.header("Set-Cookie")
    assert "HttpOnly; SameSite=Strict" in cookie
    sent = f"session={ada.cookie}; {cookie.partition(';')[0]}"
    shown = ada.get("/account", headers={"Cookie": sent})
    [token] = set(re.findall(r">(rendezvous_[\w-]+)<", shown.text))
    assert shown.header("Set-Cookie").startswith("shown_once=; Max-Age=0")
    program = Browser(headers={"Authorization": f"Bearer {token}"})
    assert program.get("/api/me").json["name"] == "Ada"
    assert token not in ada.get("/account").text
    [id] = re.findall(r'action="/account/tokens/([^"]+)"', ada.get("/account").text)
    follow(ada, submit(ada, "/account", f"/account/tokens/{id}", {}))
    assert program.get("/api/me").status == 401


def test_a_token_without_a_name_keeps_the_rest_of_the_page(community: Any) -> None:
    ada = community.member("ada")
    answer = submit(ada, "/account", "/account/tokens", {"name": "", "scope": "write"})
    assert answer.status == 422
    assert re.search(r'value="write" checked', answer.text)


def test_a_calendar_address_is_shown_once_and_works(community: Any) -> None:
    ada = community.member("ada")
    answer = submit(ada, "/account", "/account/feed", {"password": PASSWORD})
    sent = f"session={ada.cookie}; {answer.header('Set-Cookie').partition(';')[0]}"
    [address] = re.findall(
        r">http://rendezvous\.test(/feeds/[\w-]+\.ics)<", ada.get("/account", headers={"Cookie": sent}).text
    )
    assert Browser().get(address).status == 200
    follow(ada, submit(ada, "/account", "/account/feed/close", {}))
    assert Browser().get(address).status == 404


def test_one_erases_oneself_after_a_question(community: Any, sql: Any) -> None:
    ada = community.member("ada")
    assert '"/account/erase"' in ada.get("/account").text
    wrong = submit(ada, "/account/erase", "/account/erase", {"password": "not mine"})
    assert wrong.status == 422
    answer = submit(ada, "/account/erase", "/account/erase", {"password": PASSWORD})
    assert (answer.status, answer.header("Location")) == (303, "/?done=erased")
    assert ada.cookie == ""
    assert sql("SELECT 1 FROM account") == []


def test_a_banned_person_sees_what_is_left_to_him(community: Any) -> None:
    ada = community.member("ada")
    community.ban("ada")
    page = ada.get("/account")
    assert page.status == 200
    assert "You are banned" in page.text and "/api/me/export" in page.text
    assert "/account/tokens" not in page.text
    assert submit(ada, "/account/erase", "/account/erase", {"password": PASSWORD}).status == 303


def test_a_form_of_another_session_is_refused(community: Any, sql: Any) -> None:
    ada = community.member("ada")
    answer = ada.post("/account/profile", {"csrf": "0" * 32, "name": "Eve", "timezone": "UTC"}, kind="form")
    assert answer.status == 403
    assert ada.get("/api/me").json["name"] == "Ada"


def test_a_pause_is_chosen_from_weeks_and_taken_back(community: Any, clock: Any) -> None:
    clock.set("2026-11-22T12:00Z")
    ada = community.member("ada")
    path = "/availability/pauses"
    page = follow(ada, submit(ada, path, path, {"first": "2026-W53", "last": "2027-W01"}))
    assert "28 December 2026 to 10 January 2027 (weeks 53 to 1)" in page.text
    refused = submit(ada, path, path, {"first": "2027-W01", "last": "2027-W01"})
    assert refused.status == 422
    assert "You have a pause in that time already" in refused.text
    [id] = re.findall(rf'action="{path}/([^"]+)"', page.text)
    assert "No pause" in follow(ada, submit(ada, path, f"{path}/{id}", {})).text
