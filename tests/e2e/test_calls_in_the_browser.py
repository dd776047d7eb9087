"""Calls with the keyboard alone, and on a phone: booked, moved, cancelled; and a coach's day."""

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.calls import asks, calls_of, pair
from tests.e2e.chromium import DESK, PHONE, context_of
from tests.e2e.pages import Site, next_monday
from tests.e2e.test_keyboard import Keyboard

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
FEW_KEYS = 25
"""So many presses of Tab from the top of a page to what people come for."""
SMALLEST_TARGET = """() => [...document.querySelectorAll("main button, main .button, nav a, nav button")]
  .filter((one) => one.getClientRects().length)
  .map((one) => [one.textContent.trim(), one.getBoundingClientRect()])
  .filter(([, box]) => box.height < 24 || box.width < 24).map(([name]) => name)"""

SMALLER_THAN = """(least) => [...document.querySelectorAll("main button, main a, main summary")]
  .filter((one) => one.getClientRects().length)
  .map((one) => [one.textContent.trim(), one.getBoundingClientRect()])
  .filter(([, box]) => box.height < least || box.width < 24).map(([name]) => name)"""
"""By their height: the seven days of a week share the width of a phone."""


def page_of(chromium: Browser, site: Site, username: str, width: int, *, script: bool) -> Page:
    context = context_of(chromium, site.running.address, site.running.log_in(username), script=script)
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/")
    return page


def short(day: object) -> str:
    return f"{day:%A}, {day.day} {day:%B}"  # type: ignore[attr-defined]


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_client_books_moves_and_cancels_with_the_keyboard_alone(chromium: Browser, site: Site, script: bool) -> None:
    coach, client = ("wanda.nowak", "zoe.winter") if script else ("lena.schulz", "anton.graf")
    _, _, slug = pair(site, coach, client)
    day = next_monday() + timedelta(weeks=2)
    page = page_of(chromium, site, client, DESK, script=script)
    keys = Keyboard(page)
    keys.press("Book a call", "Book a call")
    [first] = asks(site, client, "GET", f"/api/coaches/{slug}/first")["slots"]
    keys.press(f"Book it: {spoken(first)}", "Appointments")
    assert keys.presses <= FEW_KEYS
    keys.reads("Your call is booked.")
    assert [call["start"] for call in calls_of(site, client)] == [first["start"]]

    keys.press(f"Cancel the call of {long(first)}", "Cancel a call")
    keys.type("Why", "another time is better")
    keys.press("Cancel the call", "Appointments")
    keys.reads("The call is cancelled.")

    keys.press("Book a call", "Book a call")
    keys.press("Type a day and a time instead, or book a call every month", "Book at a time")
    keys.type("Date", f"{day:%m%d%Y}")  # Chromium asks as its own language writes dates
    keys.type("Time", "1000AM")
    keys.press("Book it", "Appointments")
    keys.reads(f"Your call is booked. {short(day)} {day.year}, 10:00 to 11:00")

    keys.press(f"Move the call of {short(day)} {day.year}", "Move a call")
    keys.press(f"15:00: Move it on {short(day)}, 15:00 to 16:00", "Appointments")
    keys.reads("The call is moved.")
    assert [call["start"][:16] for call in calls_of(site, client)] == [f"{day}T15:00"]
    page.context.close()


def test_the_days_of_a_week_are_reached_without_going_through_its_times(chromium: Browser, site: Site) -> None:
    pair(site, "clara.stein", "david.kraus")
    page = page_of(chromium, site, "david.kraus", DESK, script=True)
    page.goto("/book?week=" + (next_monday() + timedelta(weeks=2)).strftime("%G-W%V"))
    friday = short(next_monday() + timedelta(weeks=2, days=4))
    keys = Keyboard(page)
    keys.to(friday)
    page.keyboard.press("Enter")
    keys.to(f"09:00: Book on {friday}, 09:00 to 10:00")
    assert keys.presses <= FEW_KEYS
    page.context.close()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_on_a_phone_calls_are_booked_moved_and_cancelled(chromium: Browser, site: Site, script: bool) -> None:
    client, day = "david.kraus", next_monday() + timedelta(weeks=2, days=2)
    if script:
        day += timedelta(weeks=5)  # another month
    page = page_of(chromium, site, client, PHONE, script=script)

    def fits() -> None:
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert (wide, page.evaluate(SMALLEST_TARGET)) == (0, []), page.url

    def tap(role: str, name: str) -> None:
        page.get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type]

    tap("button", "Menu")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Book a call").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Book a call")
    page.goto("/book?week=" + day.strftime("%G-W%V"))
    tap("link", f"{short(day)}, has free times")
    fits()
    tap("button", f"11:00: Book on {short(day)}, 11:00 to 12:00")
    expect(page.get_by_role("status")).to_contain_text(f"Your call is booked. {short(day)} {day.year}, 11:00 to 12:00")
    fits()
    tap("link", f"Move the call of {short(day)} {day.year}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Move a call")
    fits()
    tap("button", f"14:00: Move it on {short(day)}, 14:00 to 15:00")
    expect(page.get_by_role("status")).to_contain_text("The call is moved.")
    tap("link", f"Cancel the call of {short(day)} {day.year}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Cancel a call")
    fits()
    tap("button", "Cancel the call")
    expect(page.get_by_role("status")).to_contain_text("The call is cancelled.")
    fits()
    page.context.close()


def test_a_coach_blocks_time_and_is_away_with_the_keyboard_alone(chromium: Browser, site: Site) -> None:
    page = page_of(chromium, site, "clara.stein", DESK, script=True)
    day = next_monday() + timedelta(weeks=3)
    typed = f"{day:%m%d%Y}"
    keys = Keyboard(page)
    keys.press("Coaching", "Coaching")
    keys.type("Day you block time on", typed)
    keys.type("Start", "0900AM")
    keys.type("End", "1000AM")
    keys.press("Block this time", "Coaching")
    keys.reads("That time is yours.")
    keys.reads("09:00 to 10:00: blocked")
    keys.press("Away", "Away")
    keys.type("Day you are away", typed)
    keys.press("I am away then", "Away")
    keys.reads("You are away:")
    keys.reads("No call was booked in that time.")
    assert [str(day)] == [one["day"] for one in asks(site, "clara.stein", "GET", "/api/days-away")["days_away"]]
    page.context.close()


@pytest.mark.parametrize("path", ["/coach", "/coach/hours", "/coach/away", "/coach/clients", "/appointments", "/book"])
def test_on_a_phone_every_target_is_as_large_as_a_thumb(chromium: Browser, site: Site, path: str) -> None:
    page = page_of(chromium, site, "ina.wolf" if path == "/book" else "carla.stein", PHONE, script=False)
    page.goto(path)
    assert page.evaluate(SMALLER_THAN, 44) == []
    page.set_viewport_size({"width": DESK, "height": 800})
    assert page.evaluate(SMALLER_THAN, 24) == []
    page.context.close()


def spoken(slot: dict[str, str]) -> str:
    start, end = datetime.fromisoformat(slot["start"]), datetime.fromisoformat(slot["end"])
    return f"{short(start)}, {start:%H:%M} to {end:%H:%M}"


def long(slot: dict[str, str]) -> str:
    start = datetime.fromisoformat(slot["start"])
    return f"{short(start)} {start.year}"
