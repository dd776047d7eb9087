"""What a screen reader is given of the six main pages: the order and the names, as Chromium's accessibility tree has them."""

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.chromium import DESK, context_of
from tests.e2e.pages import ADMIN, CLIENT, MEMBER, VISITOR, Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

READ = (
    "banner",
    "navigation",
    "main",
    "contentinfo",
    "heading",
    "textbox",
    "combobox",
    "button",
    "alert",
    "status",
    "table",
)
BEFORE = ["banner", "navigation Main", "main"]
AFTER = ["contentinfo", "navigation About"]
PAGES = {
    (VISITOR, "/"): [
        "heading Lunch with somebody new, and calls with your coach",
        "heading Lunch, every week with others",
        "heading Lunch at the Old Harbour",
        "heading Calls with your coach",
        "table Free times of a coach, a sample",
        "heading Nothing is tracked",
    ],
    (VISITOR, "/Register"): [
        "heading Register",
        "textbox Invitation code",
        "textbox Your name",
        "textbox E-mail",
        "textbox Username",
        "textbox Password",
        "combobox Where you have lunch",
        "combobox Time zone",
        "button Register",
    ],
    (MEMBER, "/"): ["heading My week", "heading Next lunch", "heading My hours for lunch", "heading My location"],
    (MEMBER, "/availability"): [
        "heading Availability",
        "heading Every week",
        "button Mon to Fri, 11:30 to 13:30",
        "table Half hours of every week in which I am free",
        "button Save my weekly hours",
        "heading My hours",
        "table My hours",
        "heading Next week",
        "table When I am free in this week, by hours and days",
        "navigation Weeks",
    ],
    (CLIENT, "/book"): ["heading Book a call", "heading Week of"],
    (ADMIN, "/admin"): [
        "navigation Admin",
        "heading Admin",
        "heading Matched and left over",
        "table Matched and left over, by weeks",
        "heading Lunches by place",
        "heading Last rounds",
        "heading Last acts of admins",
    ],
}
"""Page -> what is read of it, in this order, each by how it begins; between them there may be more."""


def read_aloud(page: Page) -> list[str]:
    """Role and name of what is read, in its order; what is not there for a screen reader is left out."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    by_id = {node["nodeId"]: node for node in nodes}
    found: list[str] = []

    def walk(id: str) -> None:
        node = by_id[id]
        role = node.get("role", {}).get("value", "")
        if not node.get("ignored") and role in READ:
            found.append(f"{role} {node.get('name', {}).get('value', '')}".strip())
        for child in node.get("childIds", []):
            if child in by_id:
                walk(child)

    walk(nodes[0]["nodeId"])
    return found


def in_order(wanted: list[str], heard: list[str]) -> list[str]:
    """What is wanted and not heard after what comes before it."""
    rest = iter(heard)
    return [one for one in wanted if not any(said.startswith(one) for said in rest)]


@pytest.mark.parametrize(("who", "path"), PAGES, ids=[f"{who} {path}" for who, path in PAGES])
def test_a_page_is_read_in_order_and_everything_has_a_name(chromium: Browser, site: Site, who: str, path: str) -> None:
    page = context_of(chromium, site.running.address, site.cookies.get(who, "")).new_page()
    page.set_viewport_size({"width": DESK, "height": 900})
    page.goto(path)
    heard = read_aloud(page)
    assert in_order(BEFORE + PAGES[who, path] + AFTER, heard) == [], heard
    unnamed = ("banner", "main", "contentinfo")
    assert [said for said in heard if " " not in said and said not in unnamed] == [], heard
    assert len([said for said in heard if said.startswith("main")]) == 1
    page.context.close()


def test_a_refusal_is_announced_and_what_happens_by_itself_is_polite(chromium: Browser, site: Site) -> None:
    page = context_of(chromium, site.running.address).new_page()
    page.goto("/login")
    page.get_by_label("Username").fill("ada.brandt")
    page.get_by_label("Password").fill("not the password")
    page.locator("main button").click()
    page.locator("main .summary").wait_for()
    assert any(said.startswith("alert") for said in read_aloud(page))
    assert page.evaluate("document.activeElement.className") == "summary"
    page.context.close()
    page = context_of(chromium, site.running.address, site.cookies[MEMBER]).new_page()
    page.goto("/")
    regions = page.evaluate("[...document.querySelectorAll('[aria-live]')].map((one) => one.getAttribute('aria-live'))")
    assert set(regions) <= {"polite"} and regions
    page.context.close()
