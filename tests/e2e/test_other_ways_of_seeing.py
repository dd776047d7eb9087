"""Every page on paper, in the system's own colours, enlarged twice, with text of twice the size, and without motion."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import pytest
from playwright.sync_api import Browser, Page

from chalicelib.admin import round_results
from tests.e2e import seeing, shapes
from tests.e2e.chromium import DESK, OVERFLOW, PHONE, context_of
from tests.e2e.pages import ADMIN, CAST, MEMBER, Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

PAPER = 718
"""CSS pixels across A4 within margins of a centimetre."""
TALL = 900
TWICE = "(size) => { document.documentElement.style.fontSize = size; }"
PROGRESS = "const bar = document.createElement('div'); bar.className = 'progress'; document.body.append(bar);"


@pytest.fixture(scope="module")
def seen(chromium: Browser, site: Site) -> dict[str, list[str]]:
    """What was wrong with any page of anybody, by way of seeing it."""
    found: dict[str, list[str]] = {}
    for who in CAST:
        context = context_of(chromium, site.running.address, site.cookies.get(who, ""))
        page = context.new_page()
        for route, address in site.pages_of(who):
            page.goto(address)
            for way, wrong in ask(page):
                found.setdefault(way, []).extend(f"{who} {route}: {one}" for one in dict.fromkeys(wrong))
        context.close()
    return found


def look(page: Page, width: int, **media: Any) -> None:
    page.set_viewport_size({"width": width, "height": TALL})
    wanted = {"media": "screen", "color_scheme": "light", "forced_colors": "none", "reduced_motion": "reduce"} | media
    page.emulate_media(**wanted)


def ask(page: Page) -> Iterator[tuple[str, list[str]]]:
    """Way of seeing -> what is wrong with the page in it."""
    for scheme in ("light", "dark"):
        look(page, PAPER, media="print", color_scheme=scheme)
        yield "paper", page.evaluate(seeing.PRINTED)
    for scheme in ("light", "dark"):
        look(page, DESK, color_scheme=scheme)
        yield "charts", page.evaluate(seeing.TELLS_APART)
        look(page, DESK, color_scheme=scheme, forced_colors="active")
        yield "forced colours", page.evaluate(seeing.FORCED) + page.evaluate(seeing.TELLS_APART)
    look(page, DESK)
    yield "motion", page.evaluate(seeing.STILL)
    look(page, DESK // 2)
    yield "enlarged", page.evaluate(seeing.ENLARGED) + page.evaluate(shapes.LAID)
    look(page, DESK)
    page.evaluate(TWICE, "200%")
    yield "large text", page.evaluate(seeing.LARGE_TEXT) + page.evaluate(shapes.LAID)
    page.evaluate(TWICE, "")


@pytest.mark.parametrize("way", ["paper", "charts", "forced colours", "motion", "enlarged", "large text"])
def test_no_page_is_wrong_seen_in_another_way(seen: dict[str, list[str]], way: str) -> None:
    assert not seen[way], "\n".join(seen[way])


@pytest.mark.parametrize("path", ["/admin", "/admin/rounds"])
def test_a_round_that_was_late_fits_on_paper_and_on_a_phone(chromium: Browser, site: Site, path: str) -> None:
    """Beside its result it says how late it was, in one run: the longest that stands in a table."""
    late = round_results.late(Mock(minutes_late=40 * 24 * 60 - 1))
    context = context_of(chromium, site.running.address, site.cookies[ADMIN])
    page = context.new_page()
    page.goto(path)
    assert page.evaluate(
        "(late) => { const cells = document.querySelectorAll('[data-label=Result]');"
        " cells.forEach((cell) => cell.insertAdjacentHTML('beforeend', ` <span class=\"tag warn\">${late}</span>`));"
        " return cells.length; }",
        late,
    )
    look(page, PAPER, media="print")
    assert page.evaluate(seeing.PRINTED) == []
    look(page, PHONE)
    assert page.evaluate(OVERFLOW) <= 0
    context.close()


def test_what_is_under_way_moves_only_for_who_likes_motion(chromium: Browser, site: Site) -> None:
    context = context_of(chromium, site.running.address, site.cookies[MEMBER])
    page = context.new_page()
    page.goto("/")
    page.evaluate(PROGRESS)
    look(page, DESK, reduced_motion="no-preference")
    assert page.evaluate(seeing.STILL)
    look(page, DESK)
    assert page.evaluate(seeing.STILL) == []
    context.close()


@pytest.mark.parametrize(
    ("way", "css"),
    [
        ("paper", "nav { display: block !important; }"),
        ("paper", "body { background: #111 !important; }"),
        ("paper", "main a { color: #aaa !important; }"),
        ("paper", "table { width: 900px !important; }"),
        ("charts", "rect { fill: #333 !important; }"),
        ("forced colours", "button { border: 0 !important; }"),
        ("forced colours", ":focus-visible { outline: 0 !important; }"),
        ("forced colours", "rect { fill: Canvas !important; stroke: none !important; }"),
        ("motion", "a { transition: color 1s !important; }"),
        ("enlarged", "table { width: 900px !important; }"),
        ("enlarged", "h2 { white-space: nowrap; overflow: hidden; width: 3rem; }"),
        ("large text", "h1 { height: 1rem; overflow: hidden; }"),
    ],
)
def test_what_spoils_a_page_is_noticed(chromium: Browser, site: Site, way: str, css: str) -> None:
    context = context_of(chromium, site.running.address, site.cookies[ADMIN])
    page = context.new_page()
    page.goto("/admin/people" if css.startswith("button") else "/admin")
    page.evaluate(
        "(css) => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css); document.adoptedStyleSheets = [sheet]; }",
        css,
    )
    assert any(wrong for seen_as, wrong in ask(page) if seen_as == way)
    context.close()
