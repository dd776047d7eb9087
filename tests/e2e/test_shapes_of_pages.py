"""Every page has the shape that is kept of it, narrow and wide, light and dark. ``make shapes`` keeps the shapes anew.

The community stands at one time, whatever day it is, so that a page differs only where what draws it does.
"""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e import shapes
from tests.e2e.chromium import DESK, PHONE, context_of
from tests.e2e.conftest import Running, eventually
from tests.e2e.pages import ADMIN, CAST, Site, settle

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

DARKEST = 60
"""Of 255: what is darker is a dark ground."""
GROUND = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
OVERRULE = "(css) => { document.adoptedStyleSheets[0].replaceSync(css); }"
READY = "document.adoptedStyleSheets = [new CSSStyleSheet()]"


FIRST_OF = {
    "/admin/rounds/{round}": "/admin/rounds?q=Connaught",
    "/admin/events/{event}": "/admin/events?status=Confirmed&q=Connaught",
}
"""Pages of which any could be the one that links lead to first: here it is the first of that list."""
UNDER_WAY = {"/admin/rounds": "A round begins within", "/admin": "wait since"}
"""Page -> what it says while something is still under way, of which it depends on the minute what the pages show."""


def read(site: Site, path: str) -> str:
    return str(site.running.curl("GET", path, cookie=site.cookies[ADMIN])[1])


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Running(tmp_path_factory.mktemp("still") / "data", "wednesday") as running:
        site = settle(running)
        eventually(lambda: not any(sign in read(site, path) for path, sign in UNDER_WAY.items()), 150)
        yield site


class Seen:
    """What was seen of every page."""

    def __init__(self) -> None:
        self.shapes: dict[str, shapes.Shape] = {}
        self.ill_laid: list[str] = []
        self.other_in_the_dark: list[str] = []


@pytest.fixture(scope="module")
def seen(still: Site, chromium: Browser) -> Seen:
    seen = Seen()
    for who in CAST:
        context = context_of(chromium, still.running.address, still.cookies.get(who, ""))
        page = context.new_page()
        for route, address in still.pages_of(who):
            page.goto(FIRST_OF.get(route, address))
            if route in FIRST_OF:
                page.goto(page.locator("tbody a").first.get_attribute("href") or "")
            for width in (PHONE, DESK):
                _see(page, f"{who} {route} {width}", width, seen)
        context.close()
    return seen


def _see(page: Page, name: str, width: int, seen: Seen) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="light")
    shape = seen.shapes[name] = shapes.of(page, width)
    seen.ill_laid += [f"{name}: {what}" for what in page.evaluate(shapes.LAID)]
    light = page.evaluate(GROUND)
    page.emulate_media(color_scheme="dark")
    if shapes.of(page, width) != shape or max(page.evaluate(GROUND)) > DARKEST or min(light) < 255 - DARKEST:
        seen.other_in_the_dark.append(name)


def test_every_page_looks_as_it_did(seen: Seen) -> None:
    if os.environ.get("SHAPES") == "keep":
        shapes.write(seen.shapes)
    kept = shapes.read()
    assert sorted(kept) == sorted(seen.shapes), "make shapes"
    found = {name: shapes.differences(kept[name], shape) for name, shape in seen.shapes.items()}
    assert {name: what for name, what in found.items() if what} == {}, "if it is meant: make shapes"


def test_nothing_lies_on_anything_or_ends_outside_its_page(seen: Seen) -> None:
    assert not seen.ill_laid, "\n".join(seen.ill_laid)


def test_a_page_has_the_same_shape_in_the_dark_and_is_dark(seen: Seen) -> None:
    assert seen.other_in_the_dark == []


@pytest.mark.parametrize(
    ("css", "width"),
    [
        ("nav.side { display: none !important; }", DESK),
        (".tiles { position: absolute; }", DESK),
        ("main { padding-left: 0 !important; }", DESK),
        ("table { width: 2000px !important; }", PHONE),
        ("h1 { height: 200px; }", PHONE),
        (".stacked tr { margin-bottom: 12rem !important; }", PHONE),
        ("h2 { margin-top: -4rem !important; }", PHONE),
        ("figure { font-size: 0; height: 0; }", PHONE),
        ("ul.tiles { display: block !important; }", DESK),
    ],
)
def test_what_breaks_a_page_is_noticed(still: Site, chromium: Browser, css: str, width: int) -> None:
    context = context_of(chromium, still.running.address, still.cookies[ADMIN])
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/admin")
    before, laid = shapes.of(page, width), page.evaluate(shapes.LAID)
    page.evaluate(READY)
    page.evaluate(OVERRULE, css)
    after, broken = shapes.of(page, width), page.evaluate(shapes.LAID)
    context.close()
    assert laid == [] and (shapes.differences(before, after) or broken)


def test_another_name_or_one_more_row_is_no_other_shape(still: Site, chromium: Browser) -> None:
    context = context_of(chromium, still.running.address, still.cookies[ADMIN])
    page = context.new_page()
    page.goto("/admin/people")
    before = shapes.of(page, PHONE)
    page.evaluate("for (const one of document.querySelectorAll('td a')) one.textContent = 'Somebody of a longer name'")
    page.evaluate("const one = document.querySelector('tbody tr'); one.before(one.cloneNode(true))")
    assert shapes.differences(before, shapes.of(page, PHONE)) == []
    context.close()
