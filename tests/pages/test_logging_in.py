"""Logging in and out, and a forgotten password."""

import json
from typing import Any

from chalicelib.accounts import links
from tests.pages.documents import Document
from tests.pages.test_forms import send
from tests.people import PASSWORD, Browser


def log_in(browser: Browser, next: str = "", password: str = PASSWORD) -> Any:
    return send(browser, "/login", {"username": "ada", "password": password, "next": next})


def test_login_leads_where_one_wanted_to_go(community: Any) -> None:
    community.person("ada")
    for next in ("/availability", "/events/1?x=%2F&y=2", "/availability?week=2026-W48"):
        assert log_in(Browser(), next).header("location") == next


ELSEWHERE = (
    "",
    "//evil.example",
    "https://evil.example/",
    "/\\evil.example",
    "\\\\evil",
    "javascript:alert(1)",
    "evil",
    "/\t/evil.example",
)


def test_login_never_leads_to_another_site(community: Any) -> None:
    community.person("ada")
    for next in ELSEWHERE:
        answer = log_in(Browser(), next)
        assert answer.status in (303, 422)
        assert answer.header("location") in ("", "/"), next


def test_the_wish_where_to_go_survives_a_wrong_password(community: Any) -> None:
    community.person("ada")
    answer = log_in(Browser(), "/public", "wrong password")
    page = Document(answer.text)
    assert (answer.status, page.value("next"), page.value("username")) == (401, "/public", "ada")
    assert (
        page.alert == "This username and password do not belong together, or the code of the second factor is not right"
    )


def test_who_is_logged_in_is_not_asked_again(community: Any) -> None:
    ada = community.member("ada")
    answer = ada.get("/login?next=/public")
    assert (answer.status, answer.header("location")) == (303, "/public")


def test_logging_out_ends_the_session(community: Any) -> None:
    ada = community.member("ada")
    kept = ada.cookie
    answer = send(ada, "/logout", {}, page="/")
    assert (answer.status, answer.header("location")) == (303, "/")
    assert Browser(kept).get("/availability").status == 303


def mailed(sql: Any, kind: str) -> dict[str, Any]:
    [row] = sql("SELECT event FROM outbox WHERE topic = 'Mails' AND event->'data'->>'kind' = %s", kind)
    data: dict[str, Any] = row.event["data"] if isinstance(row.event, dict) else json.loads(row.event)["data"]
    return data


def test_a_forgotten_password_is_chosen_anew_by_the_mailed_link(community: Any, sql: Any) -> None:
    from uuid import UUID

    community.person("ada")
    visitor = Browser()
    answer = send(visitor, "/forgotten", {"email": "Ada@example.org"})
    assert answer.header("location") == "/forgotten?done=asked"
    assert "on its way" in Document(visitor.get("/forgotten?done=asked").text).main
    link = links.link("reset", UUID(mailed(sql, "reset")["password_reset"]))
    page = Document(visitor.get(f"/forgotten/reset?link={link}").text)
    given = page.form("/forgotten/reset") | {"password": "a new password"}
    assert visitor.post("/forgotten/reset", given, kind="form").header("location") == "/login?done=reset"
    assert log_in(Browser(), password="a new password").status == 303
    assert log_in(Browser()).status == 401
    assert visitor.post("/forgotten/reset", given, kind="form").status == 404


def test_nobody_learns_which_addresses_are_known(community: Any) -> None:
    community.person("ada")
    known, unknown = (send(Browser(), "/forgotten", {"email": f"{name}@example.org"}) for name in ("ada", "bob"))
    assert (known.status, known.header("location")) == (unknown.status, unknown.header("location"))


def test_a_link_that_was_not_mailed_is_refused(visitor: Browser) -> None:
    for link in ("", "x", "0" * 32 + "." + "a" * 16):
        answer = send(visitor, "/forgotten/reset", {"link": link, "password": "a new password"})
        assert answer.status in (404, 422)


def test_looking_at_a_confirmation_link_confirms_nothing(community: Any, sql: Any) -> None:
    admin = community.admin()
    code = admin.post("/InvitationCode/Create/").json["invitation_code"]
    typed = {
        "invitation_code": code.upper(),
        "username": "ada",
        "password": PASSWORD,
        "name": "Ada",
        "email": "ada@example.org",
        "timezone": "Europe/Berlin",
        "location": "",
    }
    browser = Browser()
    answer = send(browser, "/Register", typed)
    assert (answer.status, answer.header("location")) == (303, "/login?done=registered"), answer.text
    assert log_in(browser).status == 303
    assert "ada@example.org is not confirmed" in Document(browser.get("/").text).main
    from uuid import UUID

    link = links.link("confirm", UUID(mailed(sql, "confirm")["address_change"]))
    page = Document(Browser().get(f"/account/confirm?link={link}").text)
    assert "is not confirmed" in Document(browser.get("/").text).main
    assert Browser().post("/account/confirm", page.form("/account/confirm"), kind="form").status == 303
    assert "is not confirmed" not in Document(browser.get("/").text).main


def test_an_invitation_link_fills_in_the_code(visitor: Browser) -> None:
    assert Document(visitor.get("/Register?invitation_code=abcdefgh").text).value("invitation_code") == "abcdefgh"
