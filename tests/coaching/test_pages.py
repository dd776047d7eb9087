"""The pages of a client and of his coach: complete without JavaScript, one press to book."""

import html
import re
from typing import Any

import pytest

from tests.coaching.practice import Practice
from tests.people import Answer, Browser

FORM = re.compile(r'<form method="post" action="([^"]+)"[^>]*>(.*?)</form>', re.DOTALL)
BUTTON = re.compile(r"<button([^>]*)>(.*?)</button>", re.DOTALL)
INPUT = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


HOUR = "/coach/at?at=2026-11-24T18%3A00%2B01%3A00"


def hidden(inside: str) -> dict[str, str]:
    """What a form sends by itself."""
    return {name: html.unescape(value) for name, value in INPUT.findall(inside)}


def press(browser: Browser, page: Answer, label: str, action: str = "") -> Answer:
    """Press the button of that label as it stands on the page."""
    for path, inside in FORM.findall(page.text):
        for button in BUTTON.finditer(inside):
            if button[2].startswith(label) and path.startswith(action):
                own = dict(re.findall(r'(?:name|value)="([^"]*)" value="([^"]*)"', button[1]))
                return browser.post(path, hidden(inside) | own, kind="form")
    raise AssertionError(f"no button {label}: {re.findall('<button[^>]*>(.*?)<', page.text)}")


def submit(browser: Browser, page: Answer, action: str, **typed: Any) -> Answer:
    """Fill in the form that posts there."""
    inside = next(inside for path, inside in FORM.findall(page.text) if path == action)
    return browser.post(action, hidden(inside) | typed, kind="form")


def follow(browser: Browser, answer: Answer) -> Answer:
    assert answer.status == 303, answer.text
    return browser.get(answer.header("location"))


@pytest.fixture
def ada(practice: Practice) -> Browser:
    practice.coach("carla")
    return practice.client("ada", "carla")


def test_one_press_books(practice: Practice, ada: Browser) -> None:
    page = ada.get("/book")
    assert page.status == 200, page.text
    assert "First free time" in page.text and "<script>" not in page.text
    done = follow(ada, press(ada, page, "10:00", "/book"))
    assert "Your call is booked." in done.text and "Carla" in done.text
    [call] = practice.calls()
    assert call.starts.hour == 9


def test_a_time_that_was_taken_meanwhile_is_refused_with_the_nearest_three(practice: Practice, ada: Browser) -> None:
    bob = practice.client("bob", "carla")
    page = ada.get("/book?week=2026-W48")
    follow(bob, press(bob, bob.get("/book?week=2026-W48"), "10:00"))
    refused = press(ada, page, "10:00")
    assert refused.status == 422 and "This time is taken" in refused.text
    [nearest] = re.findall(r"The nearest free times</h2>(.*?)</section>", refused.text, re.DOTALL)
    assert re.findall(r"<button[^>]*>(\d\d:\d\d)", nearest) == ["09:00", "11:00", "12:00"]
    follow(ada, press(ada, refused, "11:00"))
    assert len(practice.calls()) == 2


@pytest.mark.parametrize("start", ["9999-12-31T23:59:59.999999+00:00", "0001-01-01T00:00:00+14:00"])
def test_a_form_from_the_end_of_time_is_refused_and_shown_again(start: str, practice: Practice, ada: Browser) -> None:
    inside = dict(INPUT.findall(FORM.search(ada.get("/book").text)[2]))  # type: ignore[index]
    answer = ada.post("/book", {"csrf": inside["csrf"], "start": start, "minutes": 60}, kind="form")
    assert answer.status == 422 and "ten years" in answer.text
    why = practice.browsers["carla"].get(f"/coach/why?day={start[:10]}&time=23%3A59")
    assert why.status == 422, why.text


def test_a_time_is_typed(practice: Practice, ada: Browser) -> None:
    page = ada.get("/book/time")
    refused = submit(ada, page, "/book/time", day="2026-11-25", time="17:00", months="1")
    assert refused.status == 422 and "office hours" in refused.text
    assert 'value="2026-11-25"' in refused.text and "The nearest free times" in refused.text
    for wrong in (
        {"day": "2026-02-30"},
        {"time": "25:00"},
        {"months": "0"},
        {"day": "9999-12-31"},
        {"day": "0001-01-01"},
    ):
        answer = submit(ada, page, "/book/time", **({"day": "2026-11-25", "time": "10:00", "months": "1"} | wrong))
        assert answer.status == 422, wrong
    follow(ada, submit(ada, page, "/book/time", day="2026-11-25", time="10:00", months="1"))
    assert len(practice.calls()) == 1


def test_a_series_is_typed(practice: Practice, ada: Browser) -> None:
    page = ada.get("/book/time")
    done = follow(ada, submit(ada, page, "/book/time", day="2026-11-25", time="10:00", months="3"))
    assert "Your calls are booked. The first: Wednesday, 25 November 2026, 10:00 to 11:00" in done.text
    assert len(practice.calls()) == 3


def test_what_is_wrong_with_a_series_is_said_at_the_fields_of_the_page(practice: Practice, ada: Browser) -> None:
    page = ada.get("/book/time")
    refused = submit(ada, page, "/book/time", day="2026-11-23", time="10:00", months="3")
    assert refused.status == 422 and "too soon: calls are booked at least" in refused.text


def test_a_skipped_time_is_explained(practice: Practice, ada: Browser) -> None:
    page = ada.get("/book/time")
    answer = submit(ada, page, "/book/time", day="2027-03-28", time="02:30", months="1")
    assert answer.status == 422 and "is skipped by the clocks of Europe/Berlin" in answer.text


def test_a_call_is_moved_and_cancelled(practice: Practice, ada: Browser) -> None:
    follow(ada, press(ada, ada.get("/book?week=2026-W48"), "10:00"))
    page = ada.get("/appointments")
    [move] = re.findall(r'href="(/appointments/[^"]+/move)"', page.text)
    choices = ada.get(move)
    assert choices.status == 200 and "Press a time to move the call there." in choices.text
    done = follow(ada, press(ada, choices, "15:00"))
    assert "The call is moved." in done.text
    [cancel] = re.findall(r'href="(/appointments/[^"]+/cancel)"', done.text)
    asked = ada.get(cancel)
    done = follow(ada, submit(ada, asked, cancel, reason="ill"))
    assert "The call is cancelled." in done.text and "(ill)" in done.text
    assert practice.calls() == []
    assert "cancelled already" in ada.get(cancel).text and "cannot be moved" in ada.get(move).text


def test_a_stale_page_cancels_nothing(practice: Practice, ada: Browser) -> None:
    follow(ada, press(ada, ada.get("/book?week=2026-W48"), "10:00"))
    [call] = practice.calls()
    asked = ada.get(f"/appointments/{call.id}/cancel")
    follow(ada, press(ada, ada.get(f"/appointments/{call.id}/move"), "15:00"))
    refused = submit(ada, asked, f"/appointments/{call.id}/cancel", reason="")
    assert refused.status == 422 and "changed meanwhile" in refused.text
    assert len(practice.calls()) == 1


def test_weeks_follow_each_other_up_to_the_horizon(practice: Practice, ada: Browser) -> None:
    page, seen = ada.get("/book"), 1
    while more := re.search(r'href="(/book\?week=[^"]+)" rel="next"', page.text):
        page, seen = ada.get(more[1]), seen + 1
        assert page.status == 200
    assert seen == 13
    assert ada.get("/book?week=2026-W47").status == 422
    assert ada.get("/book?week=2030-W01").status == 422
    windows = ada.get("/appointments")
    while more := re.search(r'href="(/appointments\?[^"]+)" rel="next"', windows.text):
        windows = ada.get(more[1].replace("&amp;", "&"))
        assert windows.status == 200


def test_pages_of_clients_and_coaches_are_theirs(practice: Practice, ada: Browser, visitor: Browser) -> None:
    eve = practice.community.member("eve")
    for path in ("/book", "/book/time"):
        assert eve.get(path).status == 404 and practice.browsers["carla"].get(path).status == 404
    for path in ("/coach", "/coach/hours", "/coach/away", "/coach/clients", "/coach/why", "/coach/clients/ada"):
        assert ada.get(path).status == 404 and eve.get(path).status == 404, path
    assert eve.get("/appointments").status == 200
    for path in ("/book", "/appointments", "/coach"):
        assert visitor.get(path).header("location") == f"/login?next={path}"
    lone = practice.client("lone", None)
    assert "You have no coach" in lone.get("/book").text


def test_a_form_of_another_session_books_nothing(practice: Practice, ada: Browser) -> None:
    page = ada.get("/book")
    bob = practice.client("bob", "carla")
    assert press(bob, page, "10:00").status == 403
    assert practice.calls() == []


def test_a_coach_sees_his_week_and_his_clients(practice: Practice, ada: Browser) -> None:
    carla = practice.browsers["carla"]
    follow(ada, press(ada, ada.get("/book?week=2026-W48"), "10:00"))
    page = carla.get("/coach")
    assert page.status == 200, page.text
    assert "10:00 to 11:00: call with Ada" in page.text
    assert "Every Monday, 09:00 to 17:00" in carla.get("/coach/hours").text
    client = carla.get("/coach/clients/ada?week=2026-W49")
    done = follow(carla, press(carla, client, "11:00"))
    assert re.search(r"The call is booked\. \w+, \d+ (November|December) 2026, 11:00 to 12:00, with Ada\.", done.text)
    assert len(practice.calls()) == 2 and "11:00 to 12:00: call with Ada" in done.text
    assert carla.get("/coach/clients/nobody").status == 404


def test_a_coach_gives_blocks_and_leaves_hours_on_pages(practice: Practice, ada: Browser) -> None:
    carla = practice.browsers["carla"]
    given = submit(
        carla, carla.get("/coach/hours"), "/coach/hours", start="18:00", end="20:00", days=["Monday", "Friday"]
    )
    assert "Your office hours are added." in follow(carla, given).text
    nothing = submit(carla, carla.get("/coach/hours"), "/coach/hours", start="18:00", end="20:00")
    assert nothing.status == 422
    page = carla.get("/coach?week=2026-W48")
    done = follow(carla, submit(carla, page, "/coach/block", day="2026-11-24", start="09:00", end="10:30"))
    assert "That time is yours." in done.text and "09:00 to 10:30: blocked" in done.text
    assert (
        "That time on Tuesday, 24 November 2026 is blocked no more."
        in follow(carla, press(carla, done, "Give free")).text
    )
    hours = carla.get("/coach/hours")
    done = follow(carla, submit(carla, hours, "/coach/link", url="tel:+4930901820"))
    assert "tel:+4930901820" in done.text
    booked = follow(ada, press(ada, ada.get("/book?week=2026-W48"), "10:00"))
    assert 'href="tel:+4930901820" rel="noreferrer">+4930901820</a>' in booked.text
    page = carla.get("/coach/away")
    asked = submit(carla, page, "/coach/away", day="2026-11-24", last="", start="", end="")
    assert asked.status == 422 and "Tuesday, 24 November 2026, 10:00 is booked" in asked.text
    assert "Calls are booked in that time: say whether to keep or to cancel them" in asked.text
    assert 'value="2026-11-24"' in asked.text and len(practice.calls()) == 1
    [cancel, keep] = re.findall(r'<option value="((?:cancel|keep) [^"]+)"', asked.text)
    done = follow(carla, submit(carla, page, "/coach/away", day="2026-11-24", choices=[cancel]))
    assert "You are away: Tuesday, 24 November 2026" in done.text and practice.calls() == []
    assert "The call with Ada on Tuesday, 24 November, 10:00 to 11:00 is cancelled." in done.text
    why = carla.get("/coach/why?day=2026-11-24&time=10:00")
    assert "is in a time in which the coach is away" in why.text
    follow(carla, press(carla, done, "Take it back"))
    assert "It is free" in carla.get("/coach/why?day=2026-11-24&time=10:00").text


def test_changing_hours_lists_the_calls_left_outside_and_asks(practice: Practice, ada: Browser) -> None:
    carla = practice.browsers["carla"]
    follow(ada, press(ada, ada.get("/book?week=2026-W48"), "10:00"))
    [call] = practice.calls()
    day = call.starts.strftime("%A")
    [edit] = re.findall(
        rf'Every {day}, 09:00 to 17:00\s*<a class="act" href="(/coach/hours/[^"]+)"', carla.get("/coach/hours").text
    )
    page = carla.get(edit)
    asked = submit(carla, page, edit, start="11:00", end="17:00", until="", except_also="", calls="")
    assert (
        asked.status == 422
        and f"{call.starts:%A}, {call.starts.day} {call.starts:%B %Y}, 10:00 is booked" in asked.text
    )
    assert "say whether to keep or to cancel them<" in asked.text
    assert (
        "changed"
        in follow(
            carla, submit(carla, page, edit, start="11:00", end="17:00", until="", except_also="", calls="keep")
        ).text
    )
    assert len(practice.calls()) == 1
    gone = submit(carla, page, f"{edit}/delete", calls="cancel")
    assert follow(carla, gone).status == 200 and len(practice.calls()) == 1


def test_every_field_of_these_pages_has_a_label(practice: Practice, ada: Browser) -> None:
    carla = practice.browsers["carla"]
    follow(ada, press(ada, ada.get("/book?week=2026-W48"), "10:00"))
    [call] = practice.calls()
    pages = [(ada, path) for path in ("/book", "/book/time", f"/appointments/{call.id}/cancel")]
    pages += [(carla, path) for path in ("/coach", "/coach/hours", "/coach/away", "/coach/clients", "/coach/why", HOUR)]
    for browser, path in pages:
        text = browser.get(path).text
        ids = re.findall(r'<(?:input|select|textarea) (?!type="hidden")[^>]*id="([^"]+)"', text)
        assert len(ids) == len(set(ids)), path
        labels = set(re.findall(r'<label for="([^"]+)"', text))
        assert {id for id in ids if f'<input type="checkbox" id="{id}"' not in text} <= labels, path
        assert text.count("<h1>") == 1 and "<main" in text and 'lang="en"' in text


def test_where_nothing_is_left_this_week_the_coach_s_calendar_opens_at_the_next_that_has_something(
    practice: Practice, ada: Browser
) -> None:
    carla = practice.browsers["carla"]
    empty = carla.get("/coach").text
    assert (
        "Week of Monday, 23 November 2026" in empty
        and "Nothing in this week" in empty
        and "the next week that holds something" not in empty
    )
    follow(ada, press(ada, ada.get("/book?week=2026-W51"), "10:00"))
    opened = carla.get("/coach").text
    assert "Week of Monday, 14 December 2026" in opened and "This is the next week that holds something" in opened
    assert "call with Ada" in opened
    asked_for = carla.get("/coach?week=2026-W48").text
    assert "Week of Monday, 23 November 2026" in asked_for and "the next week that holds something" not in asked_for
    follow(carla, press(carla, carla.get("/coach/clients/ada?week=2026-W48"), "12:00"))
    assert "Week of Monday, 23 November 2026" in carla.get("/coach").text


def test_what_has_begun_is_neither_moved_nor_cancelled_from_the_calendar(
    practice: Practice, ada: Browser, clock: Any
) -> None:
    carla = practice.browsers["carla"]
    follow(ada, press(ada, ada.get("/book?week=2026-W48"), "10:00"))
    [call] = practice.calls()
    assert "/move" in carla.get("/coach?week=2026-W48").text
    clock.set(call.starts.isoformat())
    page = carla.get("/coach?week=2026-W48").text
    assert "call with Ada" in page and "/move" not in page and "/cancel" not in page


def test_my_appointments_open_where_the_next_call_is_and_after_booking_at_that_call(
    practice: Practice, ada: Browser
) -> None:
    assert "No calls in these weeks" in ada.get("/appointments").text
    done = follow(ada, press(ada, ada.get("/book?week=2027-W02"), "11:00"))
    booked = re.search(r"Your call is booked\. (\w+, \d+ January 2027, 11:00 to 12:00), with Carla\.", done.text)
    assert booked and "Monday, 11 January 2027 to Sunday, 24 January 2027" in done.text and "/move" in done.text
    later = ada.get("/appointments").text
    assert "There is no call before these weeks." in later and booked[1] in later
    this_week = ada.get("/appointments?from=2026-W48").text
    assert "No calls in these weeks" in this_week and "There is no call before" not in this_week
    assert "Call with Carla" in ada.get("/").text and "Call with Ada" in practice.browsers["carla"].get("/").text
    stranger = practice.community.member("eve")
    [call] = practice.calls()
    assert stranger.get(f"/appointments?done=booked&call={call.id}").status == 404
