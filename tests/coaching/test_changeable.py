"""Whether a call can still be moved or cancelled is said before one tries, and is what the database answers."""

import re
from datetime import UTC
from typing import Any

import pytest

from tests.coaching.practice import Practice, at, book, move
from tests.people import Browser

START = "2026-11-25T10:00:00+01:00"


@pytest.fixture
def practice(practice: Practice) -> Practice:
    practice.coach("carla")
    practice.client("ada", "carla")
    return practice


def offered(browser: Browser, call: Any, act: str) -> bool:
    """Whether the page of that act has a button for it."""
    page = browser.get(f"/appointments/{call['id']}/{act}")
    assert page.status == 200
    has_button = f'action="/appointments/{call["id"]}/{act}"' in page.text
    assert has_button is not ('class="notice warn"' in page.text), "a button, or why there is none"
    return has_button


def cancelled(browser: Browser, call: Any) -> bool:
    status = browser.ask("DELETE", f"/api/appointments/{call['id']}").status
    assert status in (204, 409)
    return status == 204


def moved(browser: Browser, call: Any, start: str = "2026-11-27T15:00:00+01:00") -> bool:
    status = move(browser, call, start).status
    assert status in (200, 409)
    return status == 200


@pytest.mark.parametrize("who", ["ada", "carla"])
@pytest.mark.parametrize(("hours", "now"), [(24, "2026-11-24T08:59Z"), (24, "2026-11-24T09:01Z"), (0, "2026-11-25T08:59Z"),
                                            (1, "2026-11-25T08:01Z"), (0, "2026-11-25T09:01Z")])  # fmt: skip
@pytest.mark.parametrize("act", ["move", "cancel"])
def test_near_its_start(practice: Practice, clock: Any, who: str, hours: int, now: str, act: str) -> None:
    call = book(practice.browsers["ada"], "carla", START).json
    practice.rule("cancel_hours_before", hours)
    practice.rule("notice_hours", 0)
    clock.set(now)
    browser = practice.browsers[who]
    shown = offered(browser, call, act)
    assert shown is (moved(browser, call) if act == "move" else cancelled(browser, call))
    expected = {"2026-11-24T08:59Z": True, "2026-11-25T08:59Z": True, "2026-11-25T09:01Z": False}
    assert shown is expected.get(now, who == "carla")


@pytest.mark.parametrize("most", [0, 1])
def test_when_it_was_moved_as_often_as_it_may_be(practice: Practice, most: int) -> None:
    ada, carla = practice.browsers["ada"], practice.browsers["carla"]
    call = book(ada, "carla", START).json
    practice.rule("moves_per_appointment", most)
    for done in range(most):
        call = move(ada, call, f"2026-11-26T1{done}:00:00+01:00").json
    assert not offered(ada, call, "move") and not moved(ada, call)
    page = ada.get(f"/appointments/{call['id']}/move").text
    assert ("You moved this call as often as" in page) is (most > 0), "who never moved it did not move it often"
    assert ("Carla still can" if most else "Carla can") in page
    assert offered(carla, call, "move") and moved(carla, call)


@pytest.mark.parametrize("now", ["2026-11-23T08:00Z", "2026-11-25T07:00Z"])
def test_nobody_is_said_to_be_able_to_move_it_once_the_two_have_no_calls(
    practice: Practice, clock: Any, now: str
) -> None:
    ada, carla = practice.browsers["ada"], practice.browsers["carla"]
    call = book(ada, "carla", START).json
    practice.rule("moves_per_appointment", 0)
    practice.sql("UPDATE relationship SET ended = %s", at("2026-11-23T07:40Z"))
    clock.set(now)
    for browser, other in ((ada, "Carla"), (carla, "Ada")):
        page = browser.get(f"/appointments/{call['id']}/move").text
        assert not offered(browser, call, "move") and not moved(browser, call)
        assert f"you and {other} have no calls with each other at present" in page and "can." not in page
    assert cancelled(carla, call), "which is what the page to cancel it tells the client"


def test_what_was_booked_a_moment_ago_is_taken_back_however_near_it_is(practice: Practice, clock: Any) -> None:
    ada = practice.browsers["ada"]
    practice.rule("notice_hours", 1)
    call = book(ada, "carla", "2026-11-23T10:00:00+01:00").json  # half past eight now
    assert offered(ada, call, "cancel")
    clock.set("2026-11-23T07:32Z")
    assert not offered(ada, call, "cancel") and not cancelled(ada, call)


@pytest.mark.parametrize("who", ["ada", "carla"])
def test_what_is_cancelled_is_neither_moved_nor_cancelled(practice: Practice, who: str) -> None:
    call = book(practice.browsers["ada"], "carla", START).json
    assert cancelled(practice.browsers["carla"], call)
    browser = practice.browsers[who]
    assert not offered(browser, call, "cancel") and not offered(browser, call, "move")


def shown_to(browser: Browser, call: Any, client: str = "") -> set[str]:
    """The instants to which that call is shown to be movable, by week and by nearness."""
    query = f"moving={call['id']}{client}"
    listed = browser.get(f"/api/coaches/carla/slots?weeks=2&{query}").json["slots"]
    near = browser.get(f"/api/coaches/carla/nearest?start=2026-11-27T10:00:00Z&{query}").json["slots"]
    return {at(slot["start"]).astimezone(UTC).isoformat() for slot in listed + near}


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Pacific/Auckland", "Australia/Lord_Howe"])
def test_no_time_is_shown_to_which_a_call_cannot_be_moved(zone: str, practice: Practice, clock: Any) -> None:
    ada, carla = practice.browsers["ada"], practice.browsers["carla"]
    ada.ask("PATCH", "/api/me", {"timezone": zone})
    call = book(ada, "carla", START).json
    own = at(START).astimezone(UTC).isoformat()
    assert own not in shown_to(ada, call) != set(), "it is there already"
    page = ada.get(f"/appointments/{call['id']}/move?day=2026-11-25").text
    buttons = {at(value).astimezone(UTC).isoformat() for value in re.findall(r'name="start" value="([^"]+)"', page)}
    assert own not in buttons != set()
    practice.rule("moves_per_appointment", 0)
    assert shown_to(ada, call) == set() and shown_to(carla, call, "&client=ada") != set()
    practice.rule("moves_per_appointment", 3)
    clock.set("2026-11-24T09:01Z")
    assert shown_to(ada, call) == set() and shown_to(carla, call, "&client=ada") != set(), "too late for her alone"
    assert carla.ask("DELETE", f"/api/appointments/{call['id']}").status == 204
    assert shown_to(carla, call, "&client=ada") == set(), "it is cancelled"
    bob = practice.client("bob", "carla")
    assert shown_to(bob, call) != set(), "a call that is not one's own says nothing"
