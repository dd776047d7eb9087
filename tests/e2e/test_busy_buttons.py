"""A button that was pressed says that it is at work once it takes long, and is itself again if nothing came of it."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.chromium import context_of, launched
from tests.e2e.pages import MEMBER, Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_a_button_says_that_it_is_at_work_until_the_connection_fails(site: Site) -> None:
    with launched() as chromium:
        page = context_of(chromium, site.running.address, site.cookies[MEMBER]).new_page()
        page.goto("/invitations")
        waiting: list[Any] = []

        def wait(route: Any) -> None:
            waiting.append(route)

        page.route("**/invitations", wait)
        page.get_by_role("button", name="Give an invitation").click()
        expect(page.get_by_role("button", name="Sending…")).to_be_visible()
        waiting[0].abort()
        expect(page.get_by_role("button", name="Give an invitation")).to_be_visible()
        expect(page.get_by_role("alert")).to_contain_text("Nothing was sent")
