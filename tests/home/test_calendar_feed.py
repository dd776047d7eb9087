"""A calendar program subscribes to a person's lunches."""

from typing import Any

import pytest

from tests.lunches import lunch
from tests.people import PASSWORD, Browser


@pytest.fixture(autouse=True)
def monday(clock: Any) -> None:
    clock.set("2026-11-23T09:00Z")


def address(browser: Browser) -> str:
    answer = browser.ask("PUT", "/api/me/feed", {"password": PASSWORD})
    assert answer.status == 200, answer.text
    url: str = answer.json["url"]
    assert url.startswith("http://rendezvous.test/feeds/") and url.endswith(".ics")
    return url.removeprefix("http://rendezvous.test")


def events(answer: Any) -> list[Any]:
    from icalendar import Calendar

    assert answer.status == 200, answer.text
    calendar = Calendar.from_ical(answer.text)
    assert calendar["VERSION"] == "2.0" and calendar["PRODID"]
    return list(calendar.walk("VEVENT"))


@pytest.fixture
def lunched(community: Any, sql: Any) -> Any:
    """Ada, where her calendar is, and a lunch of hers with Bob."""
    person, bob = community.person("ada"), community.person("bob")
    ada = community.browser_of(person)
    event = lunch(sql, community.locations["Harbour"], "2026-11-25T12:00+00:00", approved=[person, bob], confirmed=True)
    return ada, address(ada), event


def test_a_lunch_stands_in_the_calendar(lunched: Any) -> None:
    from datetime import UTC, datetime

    _, feed, event = lunched
    answer = Browser().get(feed)
    assert answer.header("Content-Type") == "text/calendar; charset=utf-8"
    [entry] = events(answer)
    assert entry["SUMMARY"] == "Soup"
    assert entry["DTSTART"].dt == datetime(2026, 11, 25, 12, tzinfo=UTC)
    assert entry["DTEND"].dt == datetime(2026, 11, 25, 13, tzinfo=UTC)
    assert (entry["STATUS"], entry["LOCATION"]) == ("CONFIRMED", "Harbour")
    assert entry["URL"] == f"http://rendezvous.test/events/{event}"
    assert "Ada, Bob" in entry["DESCRIPTION"]


def test_lines_are_folded_and_ended_as_the_standard_says(community: Any, sql: Any, lunched: Any) -> None:
    _, feed, _ = lunched
    sql("UPDATE event SET title = %s", "Süßkartoffelsuppe; scharf, " + "ß" * 70)
    text = Browser().get(feed).text
    assert text.endswith("END:VCALENDAR\r\n")
    assert text.count("\n") == text.count("\r\n")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_what_is_called_off_stays_for_a_while_as_cancelled(sql: Any, lunched: Any, clock: Any) -> None:
    _, feed, event = lunched
    [before] = events(Browser().get(feed))
    sql("UPDATE event SET status = 'Canceled' WHERE id = %s", event)
    [after] = events(Browser().get(feed))
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after["STATUS"] == "CANCELLED"
    clock.set("2026-12-22T12:00Z")
    assert len(events(Browser().get(feed))) == 1
    clock.set("2026-12-24T12:00Z")
    assert events(Browser().get(feed)) == []


def test_an_unchanged_calendar_is_not_sent_again(sql: Any, lunched: Any, clock: Any) -> None:
    _, feed, event = lunched
    etag = Browser().get(feed).header("ETag")
    clock.set("2026-11-23T10:00Z")
    again = Browser().get(feed, headers={"If-None-Match": f'"other", {etag}'})
    assert (again.status, again.text, again.header("ETag")) == (304, "", etag)
    sql("UPDATE event SET status = 'Canceled' WHERE id = %s", event)
    assert Browser().get(feed, headers={"If-None-Match": etag}).status == 200


def test_the_same_calendar_is_the_same_text_whenever_it_is_read(lunched: Any, clock: Any) -> None:
    _, feed, _ = lunched
    first = Browser().get(feed)
    clock.set("2026-11-24T10:00Z")
    assert Browser().get(feed).text == first.text and not first.header("ETag").startswith("W/")


def test_an_entry_says_when_it_changed_and_whether_it_takes_time(community: Any, sql: Any, clock: Any) -> None:
    """RFC 5545, 3.8.7.2 and 3.8.2.7."""
    from tests.coaching.practice import Practice, at, book, move

    practice = Practice(community, sql)
    practice.coach("carla")
    ada = practice.client("ada", "carla")
    feed = address(ada)
    call = book(ada, "carla", "2026-11-25T10:00:00+01:00").json
    clock.set("2026-11-23T10:00Z")
    call = move(ada, call, "2026-11-26T10:00:00+01:00").json
    clock.set("2026-11-23T11:00Z")
    [moved] = events(Browser().get(feed))
    assert moved["DTSTAMP"].dt == moved["LAST-MODIFIED"].dt == at("2026-11-23T10:00Z")
    assert (moved["SEQUENCE"], moved["STATUS"], moved["TRANSP"]) == (1, "CONFIRMED", "OPAQUE")
    ada.ask("DELETE", f"/api/appointments/{call['id']}")
    [gone] = events(Browser().get(feed))
    assert gone["DTSTAMP"].dt == at("2026-11-23T11:00Z")
    assert (gone["SEQUENCE"], gone["STATUS"], gone["TRANSP"]) == (2, "CANCELLED", "TRANSPARENT")


def test_a_lunch_says_when_it_was_made_and_changed(community: Any, sql: Any, clock: Any) -> None:
    """A proposal notes the present of its request, and whatever is a revision notes it again."""
    from tests.lunches import lunch

    person = community.person("ada")
    feed = address(community.browser_of(person))
    event = lunch(sql, community.locations["Harbour"], "2026-11-25T12:00+00:00", approved=[person], confirmed=True)
    sql("SELECT set_config('rendezvous.now', '2026-11-24T08:00Z', false)")
    sql("UPDATE event SET title = 'Stew' WHERE id = %s", event)
    sql("SELECT set_config('rendezvous.now', '2026-11-24T09:00Z', false)")
    sql("UPDATE event SET allow_evaluation = false WHERE id = %s", event)
    sql("SELECT set_config('rendezvous.now', '', false)")
    [entry] = events(Browser().get(feed))
    assert entry["LAST-MODIFIED"].dt.isoformat() == "2026-11-24T08:00:00+00:00"


def test_a_new_address_ends_the_former_and_it_can_be_closed(lunched: Any) -> None:
    ada, former, _ = lunched
    feed = address(ada)
    assert [Browser().get(one).status for one in (former, feed)] == [404, 200]
    assert ada.ask("DELETE", "/api/me/feed").status == 204
    assert Browser().get(feed).status == 404
    assert ada.get("/api/me/feed").json == {"made": None}


def test_the_address_is_not_kept(lunched: Any, sql: Any) -> None:
    _, feed, _ = lunched
    secret = feed.removeprefix("/feeds/").removesuffix(".ics")
    assert secret not in str(sql("SELECT * FROM feed"))


@pytest.mark.parametrize("path", ["/feeds/nonsense.ics", "/feeds/.ics", "/feeds/x", "/feeds/%F0%9F%8D%9C.ics"])
def test_any_other_address_is_nobodys(lunched: Any, path: str) -> None:
    assert Browser().get(path).status == 404


def test_the_address_shows_its_person_and_nobody_else(community: Any, sql: Any, lunched: Any) -> None:
    zoe, eve = community.person("zoe"), community.person("eve")
    place = community.locations["Harbour"]
    lunch(sql, place, "2026-11-26T12:00+00:00", approved=[zoe, eve], confirmed=True, public=True)
    _, feed, _ = lunched
    assert len(events(Browser().get(feed))) == 1
