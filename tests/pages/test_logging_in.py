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
    assert "Open the link that we mailed to ada@example.org." in Document(browser.get("/").text).main
    from uuid import UUID

    link = links.link("confirm", UUID(mailed(sql, "confirm")["address_change"]))
    page = Document(Browser().get(f"/account/confirm?link={link}").text)
    assert "Confirm your address to do" in Document(browser.get("/").text).main
    assert Browser().post("/account/confirm", page.form("/account/confirm"), kind="form").status == 303
    assert "Confirm your address done" in Document(browser.get("/").text).main


def test_an_invitation_link_fills_in_the_code(visitor: Browser) -> None:
    assert Document(visitor.get("/Register?invitation_code=abcdefgh").text).value("invitation_code") == "abcdefgh"


JOIN = {"username": "bob", "password": PASSWORD, "name": "Bob", "email": "bob@example.org"}


def code_of(community: Any) -> str:
    return str(community.admin().post("/InvitationCode/Create/").json["invitation_code"])


def test_who_names_no_zone_lives_by_that_of_their_place(community: Any, sql: Any) -> None:
    typed = JOIN | {"invitation_code": code_of(community), "location": "Ferry Building", "timezone": ""}
    assert send(Browser(), "/Register", typed).status == 303
    [row] = sql("SELECT timezone FROM person WHERE name = 'Bob'")
    assert row.timezone == "America/Los_Angeles"


def test_who_names_neither_zone_nor_place_is_asked_for_one(community: Any) -> None:
    answer = send(Browser(), "/Register", JOIN | {"invitation_code": code_of(community), "timezone": ""})
    assert answer.status == 422
    assert "Time zone is missing: choose yours, or a place that has it" in Document(answer.text).alert


def test_a_taken_username_is_said_at_its_field_and_the_code_stays_alive(community: Any) -> None:
    community.person("ada")
    code = code_of(community)
    typed = JOIN | {"invitation_code": code, "timezone": "Europe/Berlin"}
    answer = send(Browser(), "/Register", typed | {"username": "ADA"})
    page = Document(answer.text)
    assert answer.status == 422
    assert page.one("div", id="username-error").text == "Username is taken: please choose another."
    assert send(Browser(), "/Register", typed).status == 303


def test_an_invitation_that_cannot_be_used_is_said_at_its_field_in_one_wording(community: Any) -> None:
    community.person("ada")
    said = set()
    for typed in ({"invitation_code": "x"}, {"invitation_code": code_of(community), "email": "ada@example.org"}):
        answer = send(Browser(), "/Register", JOIN | {"timezone": "Europe/Berlin"} | typed)
        assert answer.status == 403
        said.add(Document(answer.text).one("div", id="invitation_code-error").text)
    assert len(said) == 1, "nobody learns whose address is in use"


def test_after_registering_the_login_knows_the_username_once(community: Any) -> None:
    browser = Browser()
    typed = JOIN | {"invitation_code": code_of(community), "timezone": "Europe/Berlin"}
    answer = send(browser, "/Register", typed)
    given = answer.header("set-cookie")
    assert "bob" not in answer.header("location") and "HttpOnly" in given and "SameSite=Strict" in given
    there = browser.get(answer.header("location"), headers={"Cookie": given.partition(";")[0]})
    page = Document(there.text)
    assert page.value("username") == "bob" and "autofocus" in page.one("input", id="password").attributes
    assert there.header("set-cookie").startswith("shown_once=;")
    assert Document(browser.get("/login").text).value("username") == ""


def test_the_link_alone_leaves_six_fields_to_fill(community: Any) -> None:
    page = Document(Browser().get(f"/Register?invitation_code={code_of(community)}").text)
    needed = [e["name"] for e in page.fields if "required" in e.attributes and not e["value"]]
    assert needed == ["name", "email", "username", "password"], "and the place; the zone comes with it"
    legends = [" ".join(e.text.split()) for e in page.all("legend")]
    assert legends == ["Who invites you", "You", "Lunch", "What you will not eat"]
