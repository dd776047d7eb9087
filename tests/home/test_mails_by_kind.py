"""A person refuses some kinds of mail, on his account or by the link in the mail."""

import re
from typing import Any

import pytest

from tests.lunches import lunch
from tests.mailbox import deliver
from tests.people import Browser


@pytest.fixture(autouse=True)
def monday(clock: Any) -> None:
    clock.set("2026-11-23T09:00Z")


def left(community: Any, sql: Any) -> tuple[Any, Any]:
    """Bob, whose lunch with Ada she has just left."""
    ada, bob = community.person("ada"), community.person("bob")
    event = lunch(sql, community.locations["Harbour"], "2026-11-25T12:00+00:00", approved=[ada, bob], confirmed=True)
    community.browser_of(ada).ask("PUT", f"/api/events/{event}/attendance", {"response": "rejected"})
    return community.browser_of(bob), event


def test_the_others_hear_that_somebody_left(community: Any, sql: Any) -> None:
    left(community, sql)
    [mail] = deliver(sql)
    assert (mail.to, "one too few" in mail.subject) == ("bob@example.org", True)
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_the_others_hear_that_there_is_no_lunch(community: Any, sql: Any, clock: Any) -> None:
    clock.set("2026-11-25T09:00Z")
    left(community, sql)
    assert [(mail.to, mail.subject.startswith("No lunch")) for mail in deliver(sql)] == [("bob@example.org", True)]


def test_the_others_hear_that_one_left_a_lunch_that_takes_place_all_the_same(community: Any, sql: Any) -> None:
    ada, bob, cem, dan = (community.person(name) for name in ("ada", "bob", "cem", "dan"))
    harbour = community.locations["Harbour"]
    event = lunch(
        sql, harbour, "2026-11-25T12:00+00:00", approved=[ada, bob, cem], invited=[dan], confirmed=True, seats=4
    )
    answers = community.browser_of(dan).ask("PUT", f"/api/events/{event}/attendance", {"response": "rejected"})
    assert answers.status == 200 and deliver(sql) == [], "nobody counted on who was only asked"
    community.browser_of(ada).ask("PUT", f"/api/events/{event}/attendance", {"response": "rejected"})
    of_bob, of_cem = sorted(deliver(sql), key=lambda mail: mail.to)
    assert (of_bob.to, of_cem.to) == ("bob@example.org", "cem@example.org")
    assert "without one of you" in of_bob.subject
    assert "you have lunch with Cem" in of_bob.text and "you have lunch with Bob" in of_cem.text
    assert "Ada" not in of_bob.text + of_cem.text


def test_a_refused_kind_is_not_sent_and_another_is(community: Any, sql: Any) -> None:
    bob, event = left(community, sql)
    answer = bob.ask("PATCH", "/api/me", {"mails": {"event_unconfirmed": False}})
    assert answer.json["mails"]["event_unconfirmed"] is False
    assert answer.json["mails"]["event_approved"] is True
    assert deliver(sql) == []
    community.browser_of(sql("SELECT person_id FROM account WHERE username = 'ada'")[0].person_id).ask(
        "PUT", f"/api/events/{event}/attendance", {"response": "approved"}
    )
    assert sorted(mail.to for mail in deliver(sql)) == ["ada@example.org", "bob@example.org"]


def way_out(community: Any, sql: Any) -> tuple[Any, str]:
    bob, _ = left(community, sql)
    [mail] = deliver(sql)
    link = mail.headers["List-Unsubscribe"]
    assert link.startswith("<http://rendezvous.test/unsubscribe/") and link.endswith(">")
    assert link[1:-1] in mail.text
    return bob, link[len("<http://rendezvous.test") : -1]


def test_a_mail_program_unsubscribes_with_one_request(community: Any, sql: Any) -> None:
    bob, link = way_out(community, sql)
    body = {"List-Unsubscribe": "One-Click"}
    for _ in range(2):
        answer = Browser().ask("POST", link, body, kind="form", headers={"Origin": ""})
        assert answer.status == 200, answer.text
    assert bob.get("/api/me").json["mails"]["event_unconfirmed"] is False


def test_the_way_out_stands_in_the_mail_as_programs_read_it(community: Any, sql: Any) -> None:
    """In one line and plain: no program reads encoded words there."""
    left(community, sql)
    [mail] = deliver(sql)
    [line] = [line for line in mail.content.split(b"\r\n") if line.startswith(b"List-Unsubscribe:")]
    assert re.fullmatch(rb"List-Unsubscribe: <http://rendezvous\.test/unsubscribe/event_unconfirmed\.[\w.]{66}>", line)


def test_a_person_unsubscribes_with_a_button(community: Any, sql: Any) -> None:
    bob, link = way_out(community, sql)
    assert 'method="post"' in Browser().get(link).text
    answer = Browser().ask("POST", link, b"", kind="raw", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == 303, answer.text
    assert "no more of these" in Browser().get(answer.header("Location")).text
    assert bob.get("/api/me").json["mails"]["event_unconfirmed"] is False


def test_reading_the_link_changes_nothing(community: Any, sql: Any) -> None:
    bob, link = way_out(community, sql)
    answer = Browser().get(link)
    assert answer.status == 200
    assert "one too few" in answer.text
    assert "bob" not in answer.text.lower()
    assert bob.get("/api/me").json["mails"]["event_unconfirmed"] is True


def test_a_link_that_was_not_mailed_is_nothing(community: Any, sql: Any) -> None:
    bob, link = way_out(community, sql)
    for broken in (
        link[:-1] + ("a" if link[-1] != "a" else "b"),
        link.replace("event_unconfirmed", "event_approved"),
        "/unsubscribe/x",
    ):
        assert Browser().get(broken).status == 404
        assert Browser().ask("POST", broken, {"List-Unsubscribe": "One-Click"}, kind="form").status == 404
    assert all(bob.get("/api/me").json["mails"].values())


def test_the_link_of_somebody_who_is_gone_is_nothing(community: Any, sql: Any) -> None:
    from tests.people import PASSWORD

    bob, link = way_out(community, sql)
    assert bob.ask("DELETE", "/api/me", {"password": PASSWORD}).status == 204
    assert Browser().ask("POST", link, {"List-Unsubscribe": "One-Click"}, kind="form").status == 404
    assert sql("SELECT 1 FROM mail_refusal") == []


def test_the_link_in_a_mail_to_a_former_address_is_nothing(community: Any, sql: Any) -> None:
    """Whoever reads that mailbox now is a stranger; back at that address, it is the person's own link again."""
    bob, link = way_out(community, sql)
    for address, status in (("bob@elsewhere.example", 404), ("bob@example.org", 200)):
        sql("UPDATE account SET email = %s WHERE person_id = (SELECT id FROM person WHERE slug = 'bob')", address)
        assert Browser().get(link).status == status
        assert Browser().ask("POST", link, {"List-Unsubscribe": "One-Click"}, kind="form").status == status
        assert bob.get("/api/me").json["mails"]["event_unconfirmed"] is (status == 404)


def test_mails_that_one_asked_for_cannot_be_refused(community: Any) -> None:
    ada = community.member("ada")
    answer = ada.ask("PATCH", "/api/me", {"mails": {"reset": False}})
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "mails")
