"""A coach gives another link: who has a call to come is told, and their calendar with them."""

import re
from typing import Any

from chalicelib import clock as present
from chalicelib.coaching import reminders
from tests import mailbox
from tests.coaching.practice import Practice, book, move
from tests.coaching.test_mails import deliver, event_of
from tests.coaching.test_pages import follow, submit
from tests.home.test_calendar_feed import address, events

WEDNESDAY = "2026-11-25T10:00:00+01:00"
LINK = "https://call.example.org/carla"


def test_another_link_reaches_the_calendar_of_every_client_with_a_call(practice: Practice) -> None:
    carla, ada, bob = practice.coach("carla"), practice.client("ada", "carla"), practice.client("bob", "carla")
    eve = practice.client("eve", "carla")
    call = book(ada, "carla", WEDNESDAY).json
    first = event_of(deliver(practice)["ada@example.org"])
    gone = book(bob, "carla", "2026-11-25T12:00:00+01:00").json
    deliver(practice)
    bob.ask("DELETE", f"/api/appointments/{gone['id']}")
    deliver(practice)
    assert carla.ask("PUT", "/api/call-link", {"url": LINK}).status == 200
    mails = deliver(practice)
    assert set(mails) == {"ada@example.org"}
    mail = mails["ada@example.org"]
    assert mail.subject == "Another link: call on Wednesday, 25 November, 10:00 with Carla" and LINK in mail.text
    entry = event_of(mail)
    assert (entry["UID"], entry["SEQUENCE"], entry["LOCATION"]) == (first["UID"], first["SEQUENCE"] + 1, LINK)
    assert mail.method == "REQUEST"
    assert carla.ask("PUT", "/api/call-link", {"url": LINK}).status == 200
    assert len(practice.messages("appointment.linked")) == 1, "the same link again is no change"
    assert carla.ask("PUT", "/api/call-link", {"url": ""}).status == 200
    assert "took back where your call takes place" in deliver(practice)["ada@example.org"].text
    # The version that a client saw before is stale; what they see now can be moved.
    seen = ada.get(f"/api/appointments/{call['id']}").json
    assert move(ada, call, "2026-11-26T10:00:00+01:00").status == 409
    assert move(ada, seen, "2026-11-26T10:00:00+01:00").status == 200
    assert eve.get("/api/appointments").json["appointments"] == []


def test_only_coaches_have_one_and_each_changes_their_own_calls(practice: Practice) -> None:
    practice.coach("carla")
    conrad = practice.coach("conrad")
    ada = practice.client("ada", "carla")
    book(ada, "carla", WEDNESDAY)
    assert conrad.ask("PUT", "/api/call-link", {"url": LINK}).status == 200
    assert ada.ask("PUT", "/api/call-link", {"url": LINK}).status == 404
    assert practice.messages("appointment.linked") == [] and practice.calls()[0].version == 1


def test_a_call_that_has_begun_is_left_as_it_is(practice: Practice, clock: object) -> None:
    carla, ada = practice.coach("carla"), practice.client("ada", "carla")
    book(ada, "carla", WEDNESDAY)
    clock.set("2026-11-25T09:00Z")  # type: ignore[attr-defined]
    carla.ask("PUT", "/api/call-link", {"url": LINK})
    assert practice.messages("appointment.linked") == [] and practice.calls()[0].version == 1


def test_another_link_changes_no_entry_of_a_call_that_is_over_or_cancelled(practice: Practice, clock: Any) -> None:
    carla, ada = practice.coach("carla"), practice.client("ada", "carla")
    carla.ask("PUT", "/api/call-link", {"url": LINK})
    book(ada, "carla", WEDNESDAY)
    gone = book(ada, "carla", "2026-12-02T10:00:00+01:00").json
    feed = address(ada)
    clock.set("2026-11-25T09:59Z")
    ada.ask("DELETE", f"/api/appointments/{gone['id']}")
    [over, cancelled] = events(ada.get(feed))
    assert over["LOCATION"] == LINK and cancelled["LOCATION"] == "", "it goes on for a minute"
    clock.set("2026-11-25T10:00Z")
    before = ada.get(feed)
    over = events(before)[0]
    assert over["LOCATION"] == "" and over["LAST-MODIFIED"].dt == over.end, "it says that it changed"
    for url in (LINK + "/other", "", LINK):
        carla.ask("PUT", "/api/call-link", {"url": url})
        clock.set("2026-11-25T11:00Z")
        assert ada.get(feed).text == before.text


def test_who_hands_a_call_over_is_not_mailed_the_link_of_the_other_coach(practice: Practice) -> None:
    practice.coach("carla")
    practice.coach("conrad").ask("PUT", "/api/call-link", {"url": LINK})
    book(practice.client("ada", "carla"), "carla", WEDNESDAY)
    deliver(practice)
    admin = practice.community.admin()
    plan = admin.get("/api/admin/relationships/ada/hand-over?coach=conrad").json["plan"]
    wanted = {"coach": "conrad", "calls": "move", "plan": plan}
    assert admin.ask("PATCH", "/api/admin/relationships/ada", wanted).status == 200
    told = [event_of(one)["LOCATION"] for one in mailbox.deliver(practice.sql) if one.to == "carla@example.org"]
    assert told and set(told) == {""}


def test_a_phone_number_is_written_as_one_in_every_mail_about_a_call(practice: Practice, clock: Any) -> None:
    practice.coach("carla").ask("PUT", "/api/call-link", {"url": "tel:+49-30-1"})
    conrad = practice.coach("conrad")
    ada = practice.client("ada", "carla")
    call = book(ada, "carla", "2026-11-26T10:00:00+01:00").json
    wheres = {"booked": deliver(practice)["ada@example.org"]}
    move(ada, call, WEDNESDAY)
    wheres["moved"] = deliver(practice)["ada@example.org"]
    conrad.ask("PUT", "/api/call-link", {"url": "tel:+49-30-2"})
    admin = practice.community.admin()
    plan = admin.get("/api/admin/relationships/ada/hand-over?coach=conrad").json["plan"]
    admin.ask("PATCH", "/api/admin/relationships/ada", {"coach": "conrad", "calls": "move", "plan": plan})
    wheres["handed over"] = deliver(practice)["ada@example.org"]
    conrad.ask("PUT", "/api/call-link", {"url": "tel:+49-30-3"})
    wheres["linked"] = deliver(practice)["ada@example.org"]
    clock.set("2026-11-24T10:00Z")
    assert reminders.sweep(present.now()) == 1
    wheres["reminder"] = deliver(practice)["ada@example.org"]
    said = {kind: re.findall(r"Where: ([^\r\n]*)", mail.text) for kind, mail in wheres.items()}
    assert said == {
        "booked": ["+49-30-1"], "moved": ["+49-30-1"], "handed over": ["+49-30-2"], "linked": ["+49-30-3"],
        "reminder": ["+49-30-3"],
    }  # fmt: skip


def test_who_takes_a_link_away_is_not_said_to_give_another(practice: Practice) -> None:
    carla = practice.coach("carla")
    carla.ask("PUT", "/api/call-link", {"url": LINK})
    book(practice.client("ada", "carla"), "carla", WEDNESDAY)
    deliver(practice)
    carla.ask("PUT", "/api/call-link", {"url": ""})
    mail = deliver(practice)["ada@example.org"]
    assert "There is no link or number for it at present." in mail.text and "will" not in mail.text


def test_a_page_says_that_clients_are_told_only_if_they_are(practice: Practice) -> None:
    carla, ada = practice.coach("carla"), practice.client("ada", "carla")
    told = "Whoever has a call to come is told"

    def saved(url: str) -> str:
        return follow(carla, submit(carla, carla.get("/coach/hours"), "/coach/link", url=url)).text

    assert told not in saved("https://call.example.org/one")
    book(ada, "carla", "2026-11-25T10:00:00+01:00")
    assert told in saved("https://call.example.org/two")
    again = saved("https://call.example.org/two")
    assert "Your call link is saved." in again and told not in again
