"""In Lynx: a series changed from one call on, an earlier time waited for, a calendar kept elsewhere, who did not come, rules of one
coach, and a client who is handed over."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.e2e.calls import asks, calls_of, pair
from tests.e2e.pages import Site, next_monday
from tests.e2e.terminal import Lynx
from tests.e2e.test_calls_in_lynx import log_in

pytestmark = [pytest.mark.lynx, pytest.mark.timeout(600)]


@pytest.fixture
def lynx(site: Site, tmp_path: Path) -> Iterator[Lynx]:
    assert shutil.which("lynx"), "install Lynx (Debian: apt install lynx)"
    with Lynx(site.running.address, tmp_path) as found:
        yield found


def test_a_series_is_moved_from_one_call_on_and_cancelled(lynx: Lynx, site: Site) -> None:
    _, client, slug = pair(site, "tilda.berg", "wilhelmina.hart")
    asks(site, client, "PATCH", "/api/me", {"timezone": "Europe/Berlin"})
    first = next_monday() + timedelta(weeks=2)
    start = f"{first}T10:00:00+01:00"
    [free] = asks(site, client, "GET", f"/api/coaches/{slug}/nearest?start={start.replace('+', '%2B')}")["slots"][:1]
    asks(site, client, "POST", "/api/series", {"coach": slug, "start": free["start"], "months": 3})
    log_in(lynx, client)
    lynx.follow("Appointments", "Move")
    lynx.follow("Move", "It is one of a series")
    lynx.follow("move or cancel it and those that follow", "All of these, or none:", "Move them all")
    lynx.fill("Date", free["start"][:10])
    lynx.fill("Time", "03:00")
    lynx.press("Move them all", "none was", "is outside the office hours of Tilda Berg", "03:00")
    lynx.fill("Time", "15:00")
    lynx.press("Move them all", "This call and those that follow in its series are moved. The first:", "15:00 to 16:00")
    assert {call["start"][11:16] for call in calls_of(site, client)} == {"15:00"}
    lynx.follow("Cancel", "It is one of a series")
    lynx.follow("move or cancel it and those that follow", "Cancel them all")
    lynx.fill("Why", "I am on a journey")
    lynx.press("Cancel them all", "This call and those that followed in its series are cancelled.")
    assert calls_of(site, client) == []


def test_a_client_waits_for_an_earlier_time_and_keeps_a_calendar_elsewhere(lynx: Lynx, site: Site) -> None:
    _, client, _ = pair(site, "malik.diallo", "thanh.nguyen")
    log_in(lynx, client)
    lynx.follow("Book a call", "Be told when an earlier time comes free")
    lynx.follow("Be told when an earlier time comes free", "the first who presses gets it")
    lynx.press("Tell me", "You are told by mail when an earlier time comes free.", "Wait no longer")
    lynx.follow("Is one free now?", "Book it")
    lynx.press("Book it", "Your call is booked.")
    assert asks(site, client, "GET", "/api/waiting")["waiting"] == []

    lynx.follow("Availability", "Calendars that you keep elsewhere")
    lynx.follow("Calendars that you keep elsewhere", "You gave none yet.")
    lynx.fill("Address", "http://calendar.example.org/")
    lynx.press("Add it", "must be the address of a calendar")
    lynx.fill("Address", "https://calendar.example.org/thanh.ics")
    lynx.press("Add it", "The calendar is read within some minutes.", "calendar.example.org")
    lynx.press("Forget it", "The calendar and its busy times are forgotten.")


def test_a_coach_notes_who_did_not_come(lynx: Lynx) -> None:
    log_in(lynx, "carla.stein")
    lynx.follow("Coaching", "Clients")
    lynx.follow("Clients", "Last call")
    lynx.follow_in_row(" ago", "Book a call", "Calls that are over")
    while "Did not come" not in lynx.shown:
        lynx.press("Came after all", "came to the call")
    lynx.press("Did not come", "Noted:", "did not come to the call of", "they are told by mail")
    lynx.press("Undo", "came to the call of")


def test_an_admin_sets_a_rule_for_one_coach_and_hands_a_client_over(lynx: Lynx, site: Site) -> None:
    _, client, slug = pair(site, "bela.horvat", "bobby.alvarez")
    other = pair(site, "emre.yilmaz", "isaac.levy")
    [free] = asks(site, client, "GET", f"/api/coaches/{slug}/first")["slots"]
    asks(site, client, "POST", "/api/appointments", free | {"coach": slug})
    log_in(lynx, "grace.admin")
    lynx.follow("Admin", "People")
    lynx.follow("People", "Show")
    lynx.fill("Name, username, e-mail or slug", "bela.horvat")
    lynx.press("Show", "Bela Horvat")
    lynx.follow("Bela Horvat", "Rules for the calls of Bela Horvat")
    lynx.follow("Rules for the calls of Bela Horvat", "coaching.notice_hours")
    lynx.follow("Hours before a call by which it must be booked", "For everybody it is 24.")
    lynx.fill("Value", "48")
    lynx.press("Set for Bela Horvat", "of the coach Bela Horvat from 24 to 48.")
    lynx.press("Undo", "from 48 to 24")

    lynx.follow("Relationships", "Who coaches whom")
    lynx.fill("Name of a coach or client", "bobby")
    lynx.press("Show", "Bobby Alvarez")
    lynx.follow("Change or end it", "See what becomes of the calls")
    lynx.follow("See what becomes of the calls with Emre Yilmaz", "stays at that time, with Emre Yilmaz")
    lynx.fill("Reason", "moved house")
    lynx.press("Do that", "Gave the coach Emre Yilmaz instead, with 1 of 1 booked calls, to Bobby Alvarez.")
    [call] = calls_of(site, client)
    assert (call["coach"]["slug"], call["start"]) == (other.slug, free["start"])
