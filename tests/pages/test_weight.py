"""What a page weighs: a phone on a slow line gets all of it, style and script included, in under 60 KiB."""

import re
from typing import Any

import pytest

from tests.coaching.practice import NOW, Practice
from tests.people import Answer, Browser, Community
from tests.test_permissions import World, endpoints

MOST_BYTES = 61_440


def weight(browser: Browser, page: Answer) -> int:
    """Bytes of a page with its style and script, uncompressed; pictures aside."""
    parts = re.findall(r'<(?:link rel="stylesheet" href|script type="module" src)="([^"]+)"', page.text)
    assert len(parts) == 2, "a page has one style sheet and one script (and a member's one for live updates)"
    return sum(len(text.encode()) for text in [page.text, *(browser.get(part).text for part in parts)])


@pytest.mark.timeout(300)
def test_every_page_is_under_sixty_kibibytes(community: Community, clock: Any, sql: Any) -> None:
    clock.set(NOW)
    world = World(community, Practice(community, sql), sql)
    fill(community)
    callers = {who: world.browser(who) for who in ("visitor", "member", "coach", "client", "admin", "banned")}
    weights = {}
    for (method, path), endpoint in endpoints().items():
        if method == "GET" and endpoint.html:
            target = path.format(**world.parts(path))
            for who, browser in callers.items():
                page = browser.get(target)
                if page.status != 303 and page.header("content-type").startswith("text/html"):
                    weights[who, path] = weight(browser, page)
    assert len(weights) > 100
    assert {seen: bytes for seen, bytes in weights.items() if bytes >= MOST_BYTES} == {}


def fill(community: Community) -> None:
    """More people than a list shows at once."""
    for number in range(60):
        community.person(f"somebody.{number}")
