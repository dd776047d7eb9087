"""Office hours that were given, changed or deleted by mistake: one press takes it back, over midnight as at any hour."""

import json
import re
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from tests.coaching.practice import Practice, book
from tests.coaching.test_pages import follow, hidden, press, submit
from tests.people import Answer, Browser

NIGHT = {"start": "2026-11-24T22:00", "end": "2026-11-25T02:00", "weekly": True}
OFTEN = NIGHT | {"until": "2027-06-01", "except": ["2026-12-22", "2026-12-29"]}
ONCE = {"start": "2026-11-24T09:00", "end": "2026-11-24T17:00", "weekly": False}


@pytest.fixture
def carla(practice: Practice) -> Browser:
    return practice.coach("carla", hours=None)


def given(browser: Browser) -> list[Any]:
    return [dict(one, id="") for one in browser.get("/api/office-hours").json["office_hours"]]


def edited(browser: Browser) -> str:
    [path] = re.findall(r'href="(/coach/hours/[^"]+)"', browser.get("/coach/hours").text)
    return path


def delete(browser: Browser, **calls: str) -> Answer:
    path = edited(browser)
    return follow(browser, submit(browser, browser.get(path), f"{path}/delete", **{"calls": "", **calls}))


def test_what_was_given_the_wrong_way_round_is_named_and_goes(carla: Browser) -> None:
    days = {"days": ["Tuesday", "Sunday"], "day": "2026-11-26"}
    done = follow(carla, submit(carla, carla.get("/coach/hours"), "/coach/hours", start="17:00", end="09:00", **days))
    notice = re.sub(r"<[^>]+>", "", done.text)
    for said in ("Every Tuesday, 17:00 to 09:00 the next day", "Every Sunday, 17:00 to 09:00 the next day",
                 "Thursday, 26 November 2026, 17:00 to 09:00 on Friday, 27 November", "if that is not meant, undo it"):  # fmt: skip
        assert said in notice
    undone = follow(carla, press(carla, done, "Undo"))
    assert "That is undone" in undone.text and given(carla) == []
    assert press(carla, done, "Undo").status == 303 and given(carla) == []
    assert ">Undo<" not in carla.get("/coach/hours").text


@pytest.mark.parametrize("hours", [NIGHT, OFTEN, ONCE])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "Pacific/Auckland", "Australia/Lord_Howe"])
def test_what_was_deleted_is_there_again_as_it_was(hours: dict[str, Any], zone: str, carla: Browser) -> None:
    """In the zone in which it was given, with its end and its exceptions; pressed twice it is there once."""
    assert carla.post("/api/office-hours", hours | {"timezone": zone}).status == 201
    before = given(carla)
    deleted = delete(carla)
    assert "Those office hours are deleted." in deleted.text and given(carla) == []
    assert "to 02:00 the next day" in deleted.text or hours is ONCE
    for _ in range(2):
        assert "That is undone" in follow(carla, press(carla, deleted, "Undo")).text
        assert given(carla) == before
    assert press(carla, delete(carla), "Undo").status == 303 and given(carla) == before, "the second time"


def test_what_was_changed_is_as_it_was(carla: Browser) -> None:
    carla.post("/api/office-hours", OFTEN | {"timezone": "Asia/Kolkata"})
    before, path = given(carla), edited(carla)
    change = {"start": "08:00", "end": "07:00", "until": "", "except_also": "2027-01-05", "calls": ""}
    changed = follow(carla, submit(carla, carla.get(path), path, **change))
    assert "Every Tuesday, 08:00 to 07:00 the next day" in changed.text and given(carla) != before
    for _ in range(2):
        assert "That is undone" in follow(carla, press(carla, changed, "Undo")).text
        assert given(carla) == before and edited(carla) == path
    carla.ask("DELETE", f"/api/office-hours/{path.rpartition('/')[2]}")
    assert press(carla, changed, "Undo").status == 404


def test_a_call_that_was_booked_meanwhile_is_asked_about(practice: Practice, carla: Browser) -> None:
    ada = practice.client("ada", "carla")
    done = follow(
        carla, submit(carla, carla.get("/coach/hours"), "/coach/hours", start="22:00", end="02:00", days=["Tuesday"])
    )
    assert book(ada, "carla", "2026-12-01T23:00:00+01:00").status == 201
    refused = press(carla, done, "Undo")
    assert refused.status == 422 and "Calls are booked" in refused.text and len(given(carla)) == 1
    asked = delete(carla, calls="cancel")
    assert "an undo leaves it cancelled" in asked.text and practice.calls() == []
    assert "That is undone" in follow(carla, press(carla, asked, "Undo")).text
    assert practice.calls() == [] and len(given(carla)) == 1


@pytest.mark.parametrize(("calls", "left"), [("keep", 1), ("cancel", 0)])
def test_what_becomes_of_calls_that_were_booked_meanwhile_is_answered_on_the_page_that_asks(
    calls: str, left: int, practice: Practice, carla: Browser
) -> None:
    page = carla.get("/coach/hours")
    days = {"days": ["Tuesday", "Wednesday"]}
    done = follow(carla, submit(carla, page, "/coach/hours", start="09:00", end="11:00", **days))
    assert book(practice.client("ada", "carla"), "carla", "2026-12-02T09:00:00+01:00").status == 201
    asked = press(carla, done, "Undo")
    assert "Calls are booked outside the new hours" in asked.text and len(given(carla)) == 2
    undone = follow(carla, submit(carla, asked, "/coach/hours/undo", calls=calls))
    assert "That is undone" in undone.text and given(carla) == [] and len(practice.calls()) == left
    assert ("is told, and offered other times" in undone.text) is (calls == "cancel")


def test_hours_that_were_widened_are_narrow_again_though_a_call_was_booked(practice: Practice, carla: Browser) -> None:
    carla.post("/api/office-hours", ONCE | {"timezone": "Europe/Berlin"})
    before, path = given(carla), edited(carla)
    changed = follow(carla, submit(carla, carla.get(path), path, start="09:00", end="20:00", calls=""))
    assert book(practice.client("ada", "carla"), "carla", "2026-11-24T19:00:00+01:00").status == 201
    asked = press(carla, changed, "Undo")
    assert asked.status == 422 and "Undo it all the same" in asked.text
    follow(carla, submit(carla, asked, "/coach/hours/undo", calls="keep"))
    assert given(carla) == before and len(practice.calls()) == 1


def test_nobody_takes_back_what_is_another_s(practice: Practice, carla: Browser) -> None:
    conrad = practice.coach("conrad")
    page = conrad.get("/coach/hours")
    path = f"/coach/hours?done=changed&undo={quote(json.dumps({'given': [], 'was': None, 'id': None}))}"
    assert ">Undo<" not in conrad.get(path).text
    carla.post("/api/office-hours", NIGHT | {"timezone": "Europe/Berlin"})
    [theirs] = carla.get("/api/office-hours").json["office_hours"]
    was = {"start": "2026-11-24T10:00", "end": "2026-11-24T11:00", "timezone": "Europe/Berlin"}
    for undo, status in (({"given": [theirs["id"]]}, 303), ({"was": was, "id": theirs["id"]}, 404)):
        sent = hidden(page.text)
        answer = conrad.post("/coach/hours/undo", sent | {"undo": json.dumps(undo)}, kind="form")
        assert answer.status == status and carla.get("/api/office-hours").json["office_hours"] == [theirs]


@pytest.mark.parametrize("undo", ["x", "{}", '{"was":1}', '{"was":{"start":"9999-12-31T23:59","end":"9999-12-31T24:00","timezone":"Asia/Kolkata"}}',
                                  '{"was":{"start":"2026-11-24T10:00","end":"2026-11-24T10:00","timezone":"Mars/Base"}}', "x" * 3000])  # fmt: skip
def test_what_cannot_be_taken_back_breaks_no_page(undo: str, carla: Browser) -> None:
    shown = carla.get(f"/coach/hours?done=withdrawn&undo={quote(undo)}")
    assert shown.status in (200, 422) and ">Undo<" not in shown.text
    sent = hidden(carla.get("/coach/hours").text)
    answer = carla.post("/coach/hours/undo", sent | {"undo": undo}, kind="form")
    assert answer.status in ((303,) if undo == "{}" else (422,)) and given(carla) == []


def test_hours_that_are_over_or_have_more_exceptions_than_an_address_holds_are_deleted_all_the_same(
    carla: Browser, clock: Any
) -> None:
    many = [str(date(2026, 12, 1) + timedelta(weeks=n)) for n in range(300)]
    assert carla.post("/api/office-hours", NIGHT | {"timezone": "Europe/Berlin", "except": many}).status == 201
    assert ">Undo<" not in delete(carla).text
    carla.post("/api/office-hours", ONCE | {"timezone": "Europe/Berlin"})
    deleted = delete(carla)
    clock.set("2026-11-24T16:00Z")
    late = press(carla, deleted, "Undo")
    assert late.status == 422 and "must not be past" in late.text and "Undo it all the same" not in late.text
