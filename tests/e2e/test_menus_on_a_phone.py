"""The ways about on a phone: behind a button, large enough for a thumb, and there without a script and a mouse."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.chromium import DESK, PHONE, context_of
from tests.e2e.pages import ADMIN, COACH, VISITOR, Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
THUMB = 44
"""CSS pixels in each direction that a thumb finds (WCAG 2.2, 2.5.5)."""


def page_of(chromium: Browser, site: Site, who: str, path: str, *, script: bool, width: int = PHONE) -> Page:
    page = context_of(chromium, site.running.address, site.cookies.get(who, ""), script=script).new_page()
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(path)
    return page


def height_of(page: Page, selector: str) -> float:
    box: Any = page.locator(selector).bounding_box()
    return float(box["height"])


@pytest.mark.parametrize("who", [VISITOR, COACH, ADMIN])
def test_the_header_is_one_row(chromium: Browser, site: Site, who: str) -> None:
    assert height_of(page_of(chromium, site, who, "/", script=False), "header.bar") <= 70


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_the_menu_opens_closes_and_leads_on_with_the_keyboard(chromium: Browser, site: Site, script: bool) -> None:
    page = page_of(chromium, site, ADMIN, "/admin/rules", script=script)
    main = page.get_by_role("navigation", name="Main")
    expect(main).not_to_be_visible()
    page.get_by_role("button", name="Menu").focus()
    page.keyboard.press("Enter")
    expect(main).to_be_visible()
    page.keyboard.press("Escape")
    expect(main).not_to_be_visible()
    expect(page.get_by_role("button", name="Menu")).to_be_focused()
    page.get_by_role("button", name="Admin: Rules").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="People")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="People").wait_for()
    expect(page.get_by_role("navigation", name="Admin")).not_to_be_visible()


@pytest.mark.parametrize(("button", "name"), [("Menu", "Main"), ("Admin: Overview", "Admin")])
def test_a_thumb_finds_everything_in_a_menu(chromium: Browser, site: Site, button: str, name: str) -> None:
    page = page_of(chromium, site, ADMIN, "/admin", script=True)
    page.get_by_role("button", name=button).click()
    menu = page.get_by_role("navigation", name=name)
    boxes: list[Any] = [one.bounding_box() for one in menu.locator("a, button").all()]
    assert len(boxes) > 5
    assert [box for box in boxes if min(box["width"], box["height"]) < THUMB] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE


def test_on_a_wide_screen_everything_is_shown_at_once(chromium: Browser, site: Site) -> None:
    page = page_of(chromium, site, ADMIN, "/admin", script=False, width=DESK)
    for name in ("Main", "Admin"):
        expect(page.get_by_role("navigation", name=name)).to_be_visible()
    expect(page.get_by_role("button", name="Menu")).not_to_be_visible()
