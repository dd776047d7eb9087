"""A new e-mail address is a person's when he opens the link that was mailed to it; the old one is told."""

from typing import Any
from uuid import UUID

import pytest

from tests.people import PASSWORD, Browser


def asked(sql: Any, browser: Browser, email: str = "new@example.org") -> str:
    """The link that was mailed."""
    from chalicelib.accounts import links

    answer = browser.ask("PUT", "/api/me/email", {"email": email, "password": PASSWORD})
    assert answer.status == 202, answer.text
    [latest] = sql("SELECT id FROM address_change ORDER BY asked DESC LIMIT 1")
    return links.link("confirm", UUID(str(latest.id)))


def confirm(link: str) -> None:
    from chalicelib import clock
    from chalicelib.accounts import addresses
    from chalicelib.database import transaction

    transaction(lambda db: addresses.confirm(db, link, clock.now()))


def mails(sql: Any) -> list[str]:
    return [m.kind for m in sql("SELECT event->'data'->>'kind' AS kind FROM outbox WHERE topic = 'Mails' ORDER BY id")]


def test_until_the_link_is_opened_the_old_address_stays(community: Any, sql: Any) -> None:
    ada = community.member("ada")
    link = asked(sql, ada, "New@Example.org")
    assert ada.get("/api/me").json["email"] == "ada@example.org"
    confirm(link)
    me = ada.get("/api/me").json
    assert (me["email"], me["email_confirmed"]) == ("new@example.org", True)
    assert mails(sql) == ["confirm", "address_changed"]


def test_a_link_is_opened_once(community: Any, sql: Any) -> None:
    from chalicelib.errors import NotFound

    link = asked(sql, community.member("ada"))
    confirm(link)
    with pytest.raises(NotFound):
        confirm(link)


def test_a_later_wish_ends_the_links_of_the_earlier(community: Any, sql: Any) -> None:
    from chalicelib.errors import NotFound

    ada = community.member("ada")
    first, second = asked(sql, ada), asked(sql, ada, "newer@example.org")
    confirm(second)
    with pytest.raises(NotFound):
        confirm(first)
    assert ada.get("/api/me").json["email"] == "newer@example.org"


def test_an_address_that_was_never_confirmed_is_not_written_to(community: Any, sql: Any) -> None:
    ada = community.member("ada")
    sql("UPDATE account SET email_confirmed = false")
    confirm(asked(sql, ada))
    assert mails(sql) == ["confirm"]


def test_the_address_of_another_cannot_be_taken_and_nothing_tells_that_it_exists(community: Any, sql: Any) -> None:
    from chalicelib.errors import Conflict

    ada = community.member("ada")
    community.person("bob")
    link = asked(sql, ada, "bob@example.org")
    with pytest.raises(Conflict):
        confirm(link)
    assert ada.get("/api/me").json["email"] == "ada@example.org"


def test_it_takes_the_password(community: Any, sql: Any) -> None:
    ada = community.member("ada")
    answer = ada.ask("PUT", "/api/me/email", {"email": "new@example.org", "password": "wrong password"})
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "password")
    assert sql("SELECT 1 FROM address_change") == []


def test_the_confirmation_can_be_mailed_again_but_fills_nobodys_letter_box(community: Any, sql: Any) -> None:
    ada = community.member("ada")
    assert ada.post("/api/me/email/confirmation").status == 409
    sql("UPDATE account SET email_confirmed = false")
    assert [ada.post("/api/me/email/confirmation").status for _ in range(6)] == [202] * 5 + [429]
    assert mails(sql) == ["confirm"] * 5
