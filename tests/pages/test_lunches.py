"""The pages of lunches: who may see which, and those that are public."""

from typing import Any

from tests.lunches import lunch
from tests.pages.documents import Document
from tests.pages.test_every_page import check
from tests.people import Browser

NOW = "2026-11-19T12:00Z"


def public(browser: Browser, query: str = "") -> Document:
    answer = browser.get(f"/public{query}")
    assert answer.status == 200, answer.text
    page = Document(answer.text)
    check(page)
    return page


def events(page: Document) -> list[str]:
    return [e["href"] for e in page.all("a") if e["href"].startswith("/events/")]


def test_a_lunch_is_read_by_who_is_invited_and_by_nobody_else(community: Any, sql: Any, clock: Any) -> None:
    clock.set(NOW)
    ada, bob = community.person("ada"), community.person("bob")
    id = lunch(sql, community.locations["Harbour"], "2026-11-24T11:30+00:00", approved=[ada], invited=[bob])
    page = Document(community.browser_of(bob).get(f"/events/{id}").text)
    check(page)
    assert "Tuesday, 24 November 2026, 12:30 to 13:30 (Europe/Berlin)" in page.main
    assert "Who Ada" in page.main and "You are invited and have not answered yet" in page.main
    assert "You come" in Document(community.browser_of(ada).get(f"/events/{id}").text).main
    assert community.member("eve").get(f"/events/{id}").status == 404
    assert Browser().get(f"/events/{id}").header("location") == f"/login?next=/events/{id}"


def test_a_public_lunch_is_read_by_every_member_with_its_free_seats(community: Any, sql: Any, clock: Any) -> None:
    clock.set(NOW)
    ada = community.person("ada")
    id = lunch(sql, community.locations["Harbour"], "2026-11-24T11:30+00:00", approved=[ada], public=True)
    eve = community.member("eve")
    assert "Who Ada (2 seats free)" in Document(eve.get(f"/events/{id}").text).main
    assert events(public(eve)) == [f"/events/{id}"]


def test_public_lunches_are_found_by_location_and_food(community: Any, sql: Any, clock: Any) -> None:
    clock.set(NOW)
    here, there = (
        lunch(sql, community.locations[name], "2026-11-24T20:00+00:00", public=True)
        for name in ("Harbour", "Ferry Building")
    )
    sql("INSERT INTO event_food VALUES (%s, 0)", here)
    eve = community.member("eve")
    assert set(events(public(eve))) == {f"/events/{here}", f"/events/{there}"}
    assert events(public(eve, "?location=Harbour&food_type=")) == [f"/events/{here}"]
    assert events(public(eve, "?location=&food_type=Thai")) == [f"/events/{here}"]
    page = public(eve, "?location=Ferry+Building&food_type=Thai")
    assert events(page) == [] and "Nothing fits" in page.main
    assert (page.value("location"), page.value("food_type")) == ("Ferry Building", "Thai")
    assert eve.get("/public?location=Nowhere").status == 422


def test_many_public_lunches_are_paged(community: Any, sql: Any, clock: Any) -> None:
    clock.set(NOW)
    all = [lunch(sql, community.locations["Harbour"], f"2026-11-24T{h:02}:00+00:00", public=True) for h in range(21)]
    eve = community.member("eve")
    first = public(eve)
    assert events(first) == [f"/events/{id}" for id in all[:20]]
    assert events(public(eve, first.one("a", rel="next")["href"].removeprefix("/public"))) == [f"/events/{all[20]}"]
