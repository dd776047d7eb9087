"""Forms that were refused, in a browser: what is wrong is announced, at the field, and fit for everybody to read."""

from datetime import timedelta
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.chromium import EVERY_LOOK, Look, check_accessibility, context_of
from tests.e2e.pages import ADMIN, CLIENT, COACH, MEMBER, VISITOR, Site, next_monday

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


class Refused(NamedTuple):
    """Who opens which page, and what they type into the form that posts there."""

    who: str
    path: str
    typed: dict[str, str]
    said: str
    action: str = ""


FORMS = {
    "registration": Refused(VISITOR, "/Register", {"invitation_code": "x", "username": "?", "email": "x"}, "Username"),
    "login": Refused(
        VISITOR, "/login", {"username": "ada.brandt", "password": "wrong password"}, "do not belong together"
    ),
    "forgotten password": Refused(VISITOR, "/forgotten", {"email": "nobody"}, "E-mail"),
    "weekly hours": Refused(
        MEMBER, "/availability/weekly", {"start": "11:99", "end": ""}, "is no time of day we can read, such as 11:30"
    ),
    "hours once": Refused(MEMBER, "/availability/once", {"day": "2026-02-30", "start": "11:00"}, "Day"),
    "profile": Refused(MEMBER, "/account/profile", {"name": ""}, "Your name"),
    "password": Refused(MEMBER, "/account/password", {"former_password": "x", "password": "short"}, "New password"),
    "address": Refused(MEMBER, "/account/email", {"email": "nobody", "password": ""}, "New e-mail address"),
    "token": Refused(MEMBER, "/account", {"name": ""}, "Name of the token", "/account/tokens"),
    "invitation": Refused(MEMBER, "/invitations", {"to": "not an address"}, "E-mail of whom you invite"),
    "booking": Refused(
        CLIENT, "/book/time", {"day": str(next_monday() + timedelta(weeks=1)), "time": "20:00"}, "office hours"
    ),
    "office hours": Refused(COACH, "/coach/hours", {"start": "9", "end": "17:00"}, "Start"),
    "blocked time": Refused(
        COACH, "/coach", {"day": "2020-01-01", "start": "09:00", "end": "08:00"}, "", "/coach/block"
    ),
    "rule": Refused(ADMIN, "/admin/rules/lunch.repeat_days", {"value": "-1"}, "Value"),
    "location": Refused(ADMIN, "/admin/locations/new", {"name": ""}, "Name"),
    "invitations": Refused(ADMIN, "/admin/invitations", {"addresses": ""}, "is missing"),
}
FILL = """([action, typed]) => {
  const form = document.querySelector(`form[method=post][action$="${action}"]`);
  form.noValidate = true;
  for (const [name, value] of Object.entries(typed)) {
    const field = form.elements[name];
    if (field.tagName === "INPUT" && field.type !== "password") field.type = "text"; // as old browsers show dates
    field.value = value;
  }
}"""


def refused(page: Page, form: Refused) -> str:
    """Send the form, and wait until it is shown again; what its summary says."""
    page.goto(form.path)
    action = form.action or form.path
    page.evaluate(FILL, [action, form.typed])
    page.locator(f'form[method=post][action$="{action}"] button').last.click()
    page.locator("main .summary[role=alert]").wait_for()
    return page.locator("main .summary").inner_text()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_every_refused_form_keeps_to_wcag_2_2_aa_and_says_what_is_wrong(
    chromium: Browser, site: Site, script: bool
) -> None:
    wrong: list[str] = []
    for name, form in FORMS.items():
        context = context_of(chromium, site.running.address, site.cookies.get(form.who, ""))
        if not script:  # axe is a script itself
            context.route("**/static/*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
        page = context.new_page()
        said = refused(page, form)
        look = Look(f"refused {name}" + ("" if script else " without script"))
        if form.said not in said:
            wrong.append(f"{look.name} does not speak of {form.said}: {said}")
        if not page.title().startswith("Error: "):
            wrong.append(f"{look.name} has the title {page.title()}")
        for field, value in form.typed.items():
            shown = page.locator(f'form[action$="{form.action or form.path}"] [name="{field}"]').first.input_value()
            if shown != ("" if "password" in field else value):
                wrong.append(f"{look.name} lost {field}: {shown}")
        if script and page.evaluate("document.activeElement.className") != "summary":
            wrong.append(f"{look.name} does not lead to its summary")
        check_accessibility(page, look, EVERY_LOOK)
        wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth].join()")
        wrong += look.violations
        page.set_viewport_size({"width": 320, "height": 800})
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wrong.append(f"{look.name} scrolls sideways on a phone ({wide})")
        context.close()
    assert wrong == []


def test_a_link_of_the_summary_leads_to_its_field(chromium: Browser, site: Site) -> None:
    context = context_of(chromium, site.running.address, site.cookies[MEMBER])
    page = context.new_page()
    refused(page, FORMS["address"])
    page.locator(".summary a").first.click()
    assert page.evaluate("[document.activeElement.name, document.activeElement.getAttribute('aria-invalid')]") == [
        "email",
        "true",
    ]
    described = page.evaluate("document.activeElement.getAttribute('aria-describedby').split(' ')")
    assert "New e-mail address" in " ".join(page.locator(f"#{id}").inner_text() for id in described)
    context.close()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_what_was_typed_when_the_session_ended_is_sent_after_logging_in(
    chromium: Browser, site: Site, script: bool
) -> None:
    username = "bhavna.rao" if script else "harish.iyer"
    context = context_of(chromium, site.running.address, site.running.log_in(username), script=script)
    page = context.new_page()
    page.goto("/account/profile")
    page.get_by_label("Your name").fill("Somebody Else")
    site.running.curl("DELETE", "/api/me/sessions", cookie=site.running.log_in(username))  # everywhere else
    page.get_by_role("button", name="Save").click()
    page.get_by_text("You are not logged in any more").wait_for()
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill("table-for-three")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", level=1, name="You are logged in again").wait_for()
    assert "Somebody Else" in page.locator("main").inner_text()
    page.get_by_role("button", name="Send it now").click()
    page.get_by_role("heading", level=1, name="Account", exact=True).wait_for()
    assert "Somebody Else" in page.locator("main").inner_text()
    context.close()
