"""Every link of every page, as each of the cast follows it, and of every mail: it leads to what is there, on any day."""

import pytest

from tests.e2e.pages import BY_MAIL, CAST, LATER, Site

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


def test_a_link_leads_to_every_page_there_is(site: Site) -> None:
    shown = {route for who in CAST for route, _ in site.pages_of(who)}
    shown |= {route.path for who in CAST for address in site.walk(who).files if (route := site.route_of(address))}
    assert {one.path for one in site.routes} - shown - BY_MAIL - LATER == set()


def test_no_link_is_broken(site: Site) -> None:
    assert [broken for who in CAST for broken in site.walk(who).broken] == []
