"""Giving invitations, seeing mine, taking one back."""

from typing import Any

from tests.pages.documents import Document
from tests.pages.test_forms import send
from tests.people import Browser


def given(browser: Browser, to: str = "") -> tuple[str, str]:
    """Give an invitation; where one is led, and the code that is shown there."""
    there = send(browser, "/invitations", {"to": to}).header("location")
    return there, Document(browser.get(there).text).one("span", class_="code").text


def test_the_code_is_shown_on_the_page_that_follows_and_works(community: Any) -> None:
    there, code = given(community.member("ada"))
    typed = {
        "invitation_code": code,
        "username": "bob",
        "password": "correct horse",
        "name": "Bob",
        "email": "bob@example.org",
        "timezone": "Europe/Berlin",
    }
    assert there.startswith("/invitations?given=")
    assert send(Browser(), "/Register", typed).header("location") == "/login?done=registered"


def test_the_code_is_not_shown_later_nor_to_others(community: Any, clock: Any) -> None:
    clock.set("2026-11-19T12:00Z")
    ada = community.member("ada")
    there, code = given(ada)
    assert code not in ada.get("/invitations").text
    assert code not in community.member("eve").get(there).text
    clock.set("2026-11-19T12:11Z")
    assert code not in ada.get(there).text


def test_the_link_stands_there_as_text_and_it_is_said_how_long(community: Any, clock: Any) -> None:
    clock.set("2026-11-19T12:00Z")
    ada = community.member("ada")
    there, code = given(ada, "bob@example.org")
    page = Document(ada.get(there).text)
    link = page.one("a", class_="link")
    assert link["href"] == link.text and link.text.endswith(f"/Register?invitation_code={code}")
    assert "It can be used once, until Thursday, 3 December 2026. You see it here for 10 minutes" in page.main
    assert "We mail another code to bob@example.org" in page.main
    path = link.text[link.text.index("/Register") :]
    assert Document(Browser().get(path).text).value("invitation_code") == code
    assert code in ada.get(there).text, "a reload shows it again"


def test_an_invitation_is_taken_back(community: Any) -> None:
    ada = community.member("ada")
    there, code = given(ada, "bob@example.org")
    id = there.partition("given=")[2]
    assert "bob@example.org Open" in Document(ada.get("/invitations").text).main
    answer = send(ada, f"/invitations/{id}/revoke", {}, page="/invitations")
    assert answer.header("location") == "/invitations?done=revoked"
    page = Document(ada.get("/invitations").text)
    assert "not kept Taken back" in page.main and "bob@example.org" not in page.main
    assert not [e for e in page.all("form") if e["action"].endswith("/revoke")]
    refused = send(Browser(), "/Register", {"invitation_code": code})
    assert refused.status == 422


def test_nobody_takes_back_the_invitation_of_another(community: Any) -> None:
    ada, eve = community.member("ada"), community.member("eve")
    id = given(ada)[0].partition("given=")[2]
    own = Document(eve.get("/invitations").text).form("/invitations")
    assert eve.post(f"/invitations/{id}/revoke", own, kind="form").status == 404
    assert eve.ask("DELETE", f"/api/invitations/{id}").json["detail"] == "There is no such invitation of yours"
    assert "Open" in Document(ada.get("/invitations").text).main


def test_a_used_one_cannot_be_taken_back_any_more(community: Any, sql: Any) -> None:
    ada = community.member("ada")
    id = given(ada)[0].partition("given=")[2]
    sql("INSERT INTO invitation_use (invitation_id, person_id) VALUES (%s, %s)", id, community.person("bob"))
    answer = ada.ask("DELETE", f"/api/invitations/{id}")
    assert (answer.status, answer.json["detail"]) == (409, "This invitation was used already")


def test_many_invitations_stand_on_several_pages(community: Any) -> None:
    community.rule("invitation.per_day", 50)
    ada = community.member("ada")
    for number in range(21):
        ada.post("/InvitationCode/Create/", {"to": f"friend{number:02}@example.org"})
    first = Document(ada.get("/invitations").text).main
    assert "friend20@example.org" in first and "friend00@example.org" not in first and "Next page" in first
    second = Document(ada.get("/invitations?page=2").text).main
    assert "friend00@example.org" in second and "friend01@example.org" not in second
    assert "There are no more" in Document(ada.get("/invitations?page=3").text).main
    assert ada.get("/invitations?page=0").status == 422


def test_too_many_are_refused_in_the_words_of_the_house(community: Any) -> None:
    community.rule("invitation.per_day", 1)
    ada = community.member("ada")
    given(ada)
    answer = send(ada, "/invitations", {"to": "bob@example.org"})
    page = Document(answer.text)
    assert answer.status == 429
    assert page.alert == "You are abusing the invitation code system"
    assert page.value("to") == "bob@example.org"
