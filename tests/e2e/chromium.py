"""Debian's Chromium, driven by Playwright: what a page does in it, for one person, with or without script."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
AXE = ROOT / "build" / "checkers" / "node_modules" / "axe-core" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PHONE, DESK = 320, 1280
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
"""How far a page can be scrolled sideways, in CSS pixels."""
EVERY_LOOK = [(PHONE, "light"), (PHONE, "dark"), (DESK, "light"), (DESK, "dark")]
COUNT_SHIFTS = """
window.shifts = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
RUN_AXE = """async (tags) => (await axe.run({ runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] }))
  .violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.map((node) => node.target.join(" ")).join(", ")}`)"""


@contextmanager
def launched() -> Iterator[Browser]:
    """Chromium without a window. Nothing is downloaded: it is the system's."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert found, "install Chromium (Debian: apt install chromium)"
    flags = ["--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, chromium_sandbox=os.getuid() != 0, args=flags, timeout=90_000
        )
        try:
            yield browser
        finally:
            browser.close()


def context_of(browser: Browser, address: str, cookie: str = "", *, script: bool = True) -> BrowserContext:
    """A fresh profile, in Berlin, in which the owner of that session cookie is logged in."""
    context = browser.new_context(
        base_url=address,
        java_script_enabled=script,
        viewport={"width": PHONE, "height": 700},
        locale="en-GB",
        timezone_id="Europe/Berlin",
        reduced_motion="reduce",
    )
    context.set_default_timeout(30_000)
    if cookie:
        context.add_cookies([{"name": "session", "value": cookie, "url": address}])
    return context


@dataclass
class Look:
    """What was seen of one page by one person."""

    name: str
    complaints: list[str] = field(default_factory=list)
    """Errors on the console, and requests that failed."""
    shift: float = 0.0
    overflow: int = 0
    """By how many CSS pixels the page is wider than a phone of 320."""
    violations: list[str] = field(default_factory=list)


def look_at(page: Page, address: str, name: str) -> Look:
    """Open a page on a phone and write down what went wrong."""
    look = Look(name)
    page.on("console", lambda said: look.complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: look.complaints.append(str(error)))
    page.on("requestfailed", lambda request: look.complaints.append(f"{request.url}: {request.failure}"))
    page.goto(address, wait_until="load")
    look.overflow = page.evaluate(OVERFLOW)
    return look


def check_accessibility(page: Page, look: Look, looks: list[tuple[int, str]]) -> None:
    """Run axe, and take a picture, in each width and colour scheme. CSP does not hold what DevTools evaluates."""
    assert AXE.exists(), "make checkers"
    page.evaluate(AXE.read_text())
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for width, scheme in looks:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found: list[Any] = page.evaluate(RUN_AXE, WCAG)
        look.violations += [f"{look.name} at {width} in {scheme}: {one}" for one in found]
        page.screenshot(path=SCREENSHOTS / f"{look.name.replace('/', '-')}-{width}-{scheme}.png", full_page=True)
