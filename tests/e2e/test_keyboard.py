"""Everything a member does, with the keyboard alone: Tab, Enter, Space and what is typed."""

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.chromium import DESK, context_of
from tests.e2e.pages import ADMIN, Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
PASSWORD = "correct horse battery"
MOST_KEYS = 150
FOCUSED = """() => {
  const here = document.activeElement;
  const style = getComputedStyle(here);
  const label = here.labels?.[0]?.cloneNode(true);
  label?.querySelectorAll(".optional").forEach((part) => part.remove());
  const name = here.getAttribute("aria-label") ?? label?.textContent ?? here.textContent ?? "";
  return [name.trim().replace(/\\s+/g, " "), style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0];
}"""


class Keyboard:
    """Hands that know no mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.presses = 0
        """Of Tab, on the way to what was looked for last."""

    def to(self, name: str) -> None:
        """Press Tab until what bears that name has the focus, and shows it."""
        passed = []
        for self.presses in range(1, MOST_KEYS + 1):
            self.page.keyboard.press("Tab")
            found, visible = self.page.evaluate(FOCUSED)
            if found == name:
                assert visible, f"the focus on {name} cannot be seen"
                return
            passed.append(found)
        raise AssertionError(f"Tab never comes to {name}, only to {passed[:40]}")

    def type(self, name: str, text: str) -> None:
        self.to(name)
        self.page.keyboard.type(text)

    def press(self, name: str, heading: str) -> None:
        """Follow a link or press a button, and arrive at a page with that heading."""
        self.to(name)
        self.page.keyboard.press("Enter")
        self.page.get_by_role("heading", level=1, name=heading, exact=True).wait_for()

    def reads(self, text: str) -> None:
        self.page.get_by_text(text).first.wait_for()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_from_the_invitation_to_logging_out(chromium: Browser, site: Site, script: bool) -> None:
    name = "mona" if script else "nora"
    invitation = {"to": f"{name}@example.net"}
    _, given, _ = site.running.curl("POST", "/InvitationCode/Create/", invitation, cookie=site.cookies[ADMIN])
    context = context_of(chromium, site.running.address, script=script)
    page = context.new_page()
    page.set_viewport_size({"width": DESK, "height": 900})
    keys = Keyboard(page)
    page.goto("/")
    keys.press("Register", "Register")
    keys.type("Invitation code", given["invitation_code"])
    keys.type("Your name", name.capitalize())
    keys.type("E-mail", f"{name}@example.net")
    keys.type("Username", name)
    keys.type("Password", PASSWORD)
    keys.type("Where you have lunch", "Speicherstadt")
    keys.to("Soup")
    page.keyboard.press("Space")
    keys.press("Register", "Log in")
    assert page.get_by_label("Username").input_value() == name
    if script:
        keys.to("Password")
    page.keyboard.type(PASSWORD)  # without script, the field has the focus
    keys.press("Log in", "My week")
    give_hours(keys)
    keys.press("Invitations", "Invitations")
    keys.type("E-mail of whom you invite", f"friend.of.{name}@example.net")
    keys.to("Give an invitation")
    page.keyboard.press("Enter")
    keys.reads("Here is the invitation")
    keys.press("Account", "Account")
    keys.press("Change my profile", "My profile")
    keys.to("Your name")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(f"{name.capitalize()} Sommer")
    keys.press("Save", "Account")
    me = api(site, page, "/api/me")
    assert (me["name"], me["location"], me["timezone"]) == (
        f"{name.capitalize()} Sommer",
        "Speicherstadt",
        "Europe/Berlin",
    )
    assert me["refuses"] == ["Soup"]
    keys.press("Log out", "Lunch with somebody new, and calls with your coach")
    page.goto("/invitations")
    assert "/login?next=" in page.url
    context.close()


def give_hours(keys: Keyboard) -> None:
    keys.press("Availability", "Availability")
    for half_hour in ("Tuesday 11:30", "Thursday 11:30", "Tuesday 12:00", "Thursday 12:00"):
        keys.to(half_hour)
        keys.page.keyboard.press("Space")
    keys.press("Save my weekly hours", "Availability")
    keys.reads("Every Tuesday and Thursday, 11:30 to 12:30")


def api(site: Site, page: Page, path: str) -> dict[str, object]:
    [cookie] = [one for one in page.context.cookies() if one["name"] == "session"]
    status, answer, _ = site.running.curl("GET", path, cookie=cookie["value"])
    assert status == 200
    return dict(answer)
