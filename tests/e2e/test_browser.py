"""Every page as a browser shows it: quiet, steady, fit for a phone, for a screen reader and for the keyboard alone."""

import pytest
from playwright.sync_api import Browser

from tests.e2e.chromium import (
    COUNT_SHIFTS,
    EVERY_LOOK,
    Look,
    check_accessibility,
    context_of,
    look_at,
)
from tests.e2e.pages import CAST, Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def looks(chromium: Browser, site: Site) -> dict[str, list[Look]]:
    """Every page with script, of everybody of the cast: opened once, asked everything."""
    found: dict[str, list[Look]] = {}
    for who in CAST:
        context = context_of(chromium, site.running.address, site.cookies.get(who, ""))
        context.add_init_script(COUNT_SHIFTS)
        for route, address in site.pages_of(who):
            page = context.new_page()
            look = look_at(page, address, who + route.replace("{", "").replace("}", ""))
            look.shift = page.evaluate("window.shifts")
            check_accessibility(page, look, EVERY_LOOK)
            found.setdefault(who, []).append(look)
            page.close()
        context.close()
    return found


def everything(looks: dict[str, list[Look]]) -> list[Look]:
    return [look for some in looks.values() for look in some]


def test_no_page_complains_with_script(looks: dict[str, list[Look]]) -> None:
    assert {look.name: look.complaints for look in everything(looks) if look.complaints} == {}


def test_no_page_complains_without_script(chromium: Browser, site: Site) -> None:
    seen = []
    for who in CAST:
        context = context_of(chromium, site.running.address, site.cookies.get(who, ""), script=False)
        for route, address in site.pages_of(who):
            page = context.new_page()
            seen.append(look_at(page, address, who + route))
            page.close()
        context.close()
    assert {look.name: look.complaints for look in seen if look.complaints} == {}
    assert {look.name: look.overflow for look in seen if look.overflow > 0} == {}


def test_nothing_moves_under_the_readers_eyes(looks: dict[str, list[Look]]) -> None:
    assert {look.name: look.shift for look in everything(looks) if look.shift > 0.02} == {}


def test_no_page_scrolls_sideways_on_a_phone(looks: dict[str, list[Look]]) -> None:
    assert {look.name: look.overflow for look in everything(looks) if look.overflow > 0} == {}


def test_every_page_keeps_to_wcag_2_2_aa(looks: dict[str, list[Look]]) -> None:
    assert [one for look in everything(looks) for one in look.violations] == []
