"""A coach notes who did not come: once it is over, by rule it counts, it can be taken back, and the client is told."""

from typing import Any

import pytest

from tests import mailbox
from tests.coaching.practice import Practice, book
from tests.coaching.test_pages import follow, press
from tests.people import PASSWORD, Browser

WEDNESDAY = "2026-11-25T10:00:00+01:00"
LATER = "2026-11-30T10:00:00+01:00"


@pytest.fixture
def ada(practice: Practice) -> Browser:
    practice.coach("carla")
    return practice.client("ada", "carla")


@pytest.fixture
def call(practice: Practice, ada: Browser, clock: Any) -> Any:
    made = book(ada, "carla", WEDNESDAY).json
    mailbox.deliver(practice.sql)
    clock.set("2026-11-25T10:00Z")
    return made


def note(browser: Browser, call: Any, came: Any = False) -> Any:
    return browser.ask("PUT", f"/api/appointments/{call['id']}/no-show", {"came": came})


def test_a_no_show_is_noted_told_and_taken_back(practice: Practice, ada: Browser, call: Any, sql: Any) -> None:
    carla = practice.browsers["carla"]
    assert call["no_show"] is False
    for _ in range(2):
        answer = note(carla, call)
        assert answer.status == 200 and answer.json["no_show"] is True
    assert ada.get(f"/api/appointments/{call['id']}").json["no_show"] is True
    assert "the client did not come" in ada.get("/appointments").text
    [mail] = mailbox.deliver(sql)
    assert (
        mail.to == "ada@example.org"
        and "did not come" in mail.text
        and "It counts as a call of that month." in mail.text
    )
    assert note(carla, call, True).json["no_show"] is False
    [mail] = mailbox.deliver(sql)
    assert "took back" in mail.text
    assert len(practice.messages("appointment.missed")) == len(practice.messages("appointment.attended")) == 1


def test_what_was_taken_back_before_the_mail_left_is_not_told(practice: Practice, call: Any, sql: Any) -> None:
    note(practice.browsers["carla"], call)
    note(practice.browsers["carla"], call, True)
    note(practice.browsers["carla"], call)
    note(practice.browsers["carla"], call, True)
    assert {"took back" in mail.text for mail in mailbox.deliver(sql)} == {True}


def test_it_counts_as_a_call_of_the_month_by_the_rule(practice: Practice, ada: Browser, call: Any) -> None:
    carla = practice.browsers["carla"]
    note(carla, call)
    assert book(ada, "carla", LATER).status == 409
    assert "Your November call is booked" in ada.get("/book?week=2026-W48").text
    note(carla, call, True)
    practice.rule("no_show_counts", False)
    assert book(ada, "carla", LATER).status == 409, "they came"
    note(carla, call)
    assert "is booked (" not in ada.get("/book?week=2026-W49").text
    assert LATER in {one["start"] for one in ada.get("/api/coaches/carla/slots").json["slots"]}
    assert book(ada, "carla", LATER).status == 201
    assert book(ada, "carla", "2026-11-30T11:00:00+01:00").status == 409


def test_a_call_that_the_coach_booked_counts_in_no_month(practice: Practice, ada: Browser, clock: Any) -> None:
    carla = practice.browsers["carla"]
    call = book(carla, "carla", WEDNESDAY, client="ada").json
    mailbox.deliver(practice.sql)
    clock.set("2026-11-25T10:00Z")
    page = follow(carla, press(carla, carla.get("/coach/clients/ada"), "Did not come"))
    assert "It does not count as a call of that month" in page.text and call["id"]
    [mail] = mailbox.deliver(practice.sql)
    assert "It does not count as a call of that month." in mail.text
    assert book(ada, "carla", LATER).status == 201


def test_it_is_the_coachs_to_say_and_only_once_it_is_over(
    practice: Practice, ada: Browser, call: Any, clock: Any
) -> None:
    carla = practice.browsers["carla"]
    assert note(ada, call).status == 403
    assert note(practice.coach("dora"), call).status == 404
    assert note(carla, call, "no").status == note(carla, call, None).status == 422
    clock.set("2026-11-25T09:59:59Z")
    assert note(carla, call).status == 409
    clock.set("2026-11-25T10:00Z")
    assert note(carla, call).status == 200


def test_who_was_cancelled_cannot_have_stayed_away(practice: Practice, ada: Browser, clock: Any) -> None:
    call = book(ada, "carla", LATER).json
    ada.ask("DELETE", f"/api/appointments/{call['id']}")
    clock.set("2026-12-01T10:00Z")
    assert note(practice.browsers["carla"], call).status == 409


def test_it_is_done_and_undone_on_the_clients_page(practice: Practice, call: Any, sql: Any) -> None:
    carla = practice.browsers["carla"]
    page = carla.get("/coach/clients/ada")
    done = follow(carla, press(carla, page, "Did not come"))
    assert "Noted: Ada did not come to the call of Wednesday, 25 November 2026, 10:00 to 11:00." in done.text
    assert "they are told by mail" in done.text
    back = follow(carla, press(carla, done, "Undo"))
    assert "Ada came to the call of" in back.text and sql("SELECT 1 FROM no_show") == []


def test_the_database_lets_nobody_else_note_it(practice: Practice, call: Any, database: str) -> None:
    from psycopg2 import errors

    from tests.test_database_rules import acting

    practice.coach("dora")
    insert = "INSERT INTO no_show VALUES (%s, present(), true)"
    for name, roles in (("ada", "client"), ("dora", "coach")):
        with acting(database, practice.ids[name], roles) as ask, pytest.raises(errors.InsufficientPrivilege):
            ask(insert, call["id"])
    with acting(database, practice.ids["carla"], "coach") as ask, pytest.raises(errors.InsufficientPrivilege):
        ask("SELECT set_config('rendezvous.now', '2026-11-25T09:30Z', true)")
        ask(insert, call["id"])


def test_it_is_in_both_files_and_goes_with_either(practice: Practice, ada: Browser, call: Any, sql: Any) -> None:
    note(practice.browsers["carla"], call)
    for browser in (ada, practice.browsers["carla"]):
        [kept] = browser.get("/api/me/export").json["no_show"]
        assert kept["appointment_id"] == call["id"] and kept["counts"] is True
    assert ada.ask("DELETE", "/api/me", {"password": PASSWORD}).status == 204
    assert sql("SELECT 1 FROM no_show") == []


def test_of_a_former_client_it_is_noted_and_taken_back_on_the_page_too(
    practice: Practice, ada: Browser, call: Any, sql: Any
) -> None:
    carla, path = practice.browsers["carla"], "/coach/clients/ada"
    assert "Former clients" not in carla.get("/coach/clients").text
    practice.coach("conrad")
    sql("UPDATE relationship SET ended = '2026-11-25T09:30Z'")
    practice.relate("ada", "conrad")
    assert note(carla, call).status == 200
    listed = carla.get("/coach/clients")
    assert "Former clients" in listed.text and f'href="{path}"' in listed.text
    page = carla.get(path)
    assert "Ada is a client of yours no longer" in page.text and 'name="start"' not in page.text
    assert "Ada came to the call of" in follow(carla, press(carla, page, "Came after all")).text
    assert "Ada did not come to the call of" in follow(carla, press(carla, carla.get(path), "Did not come")).text
    assert practice.browsers["conrad"].get("/coach/clients").text.count("Ada") == 2, "a client of theirs, no former one"
    book_it = carla.post(path, {"start": LATER, "minutes": 60}, kind="form")
    assert book_it.status in (403, 422) and len(practice.calls()) == 1


def test_who_never_had_a_call_with_a_coach_or_has_left_is_no_former_client(
    practice: Practice, ada: Browser, call: Any, sql: Any
) -> None:
    carla = practice.browsers["carla"]
    practice.client("bob", "carla")
    sql("UPDATE relationship SET ended = '2026-11-25T09:30Z'")
    practice.client("eve", None)
    assert "Bob" not in carla.get("/coach/clients").text
    for slug in ("bob", "eve", "nobody"):
        assert carla.get(f"/coach/clients/{slug}").status == 404
    assert ada.ask("DELETE", "/api/me", {"password": PASSWORD}).status == 204
    assert "Former clients" not in carla.get("/coach/clients").text
