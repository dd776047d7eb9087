"""Calendars that are kept elsewhere: given, read, kept for a day when they are gone; what they are busy with is nobody's."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock as present
from chalicelib.calendar import outside_reading
from chalicelib.calendar.fetching import Fetched, Unfetched
from tests import mailbox
from tests.calendar import programs
from tests.coaching.practice import NOW, Practice, book, move
from tests.coaching.test_pages import follow, press, submit
from tests.people import PASSWORD, Browser

URL = "https://calendar.example.org/secret-of-carla/basic.ics"
TEN, ELEVEN = "2026-11-25T10:00:00+01:00", "2026-11-25T11:00:00+01:00"


def busy(*times: str) -> bytes:
    """A calendar that is busy at those times: ``20261125T090000Z/20261125T100000Z``."""
    events = "".join(
        "BEGIN:VEVENT\nUID:{}@x\nDTSTAMP:20261101T000000Z\nDTSTART:{}\nDTEND:{}\nEND:VEVENT\n".format(
            n, *one.split("/")
        )
        for n, one in enumerate(times)
    )
    return programs.as_sent(f"BEGIN:VCALENDAR\nVERSION:2.0\n{events}END:VCALENDAR\n")


AT_TEN = busy("20261125T090000Z/20261125T100000Z")
EMPTY = busy()


class Web:
    """What stands at an address: contents by their URL, or what is wrong with it; ``asked`` with which ETag."""

    def __init__(self) -> None:
        self.there: dict[str, Any] = {}
        self.asked: list[tuple[str, str]] = []

    def fetch(self, url: str, etag: str, modified: str) -> Fetched:
        self.asked.append((url, etag))
        found = self.there[url]
        if isinstance(found, Exception):
            raise found
        return Fetched(None, etag, modified) if etag == str(hash(found)) else Fetched(found, str(hash(found)), "")

    def read(self) -> int:
        """Read all that is due now."""
        count = 0
        while outside_reading.read_next(present.now(), self.fetch):
            count += 1
        return count


@pytest.fixture
def practice(community: Any, clock: Any, sql: Callable[..., list[Any]]) -> Practice:
    clock.set(NOW)
    made = Practice(community, sql)
    made.coach("carla")
    made.client("ada", "carla")
    return made


@pytest.fixture
def web() -> Web:
    return Web()


@pytest.fixture
def carla(practice: Practice) -> Browser:
    return practice.browsers["carla"]


@pytest.fixture
def ada(practice: Practice) -> Browser:
    return practice.browsers["ada"]


def give(browser: Browser, web: Web, content: Any = AT_TEN, url: str = URL) -> Any:
    web.there[url] = content
    answer = browser.post("/api/outside-calendars", {"url": url})
    assert answer.status == 201, answer.text
    assert web.read() == 1
    return answer.json


def slots(browser: Browser) -> list[str]:
    return [one["start"] for one in browser.get("/api/coaches/carla/slots").json["slots"]]


def listed(browser: Browser) -> Any:
    [one] = browser.get("/api/outside-calendars").json["outside_calendars"]
    return one


def test_when_the_coach_is_busy_elsewhere_nobody_can_book_and_why_says_so(
    practice: Practice, carla: Browser, ada: Browser, web: Web
) -> None:
    assert TEN in slots(ada)
    made = give(carla, web)
    assert (made["host"], made["read"], made["busy"]) == ("calendar.example.org", None, 0)
    assert TEN not in slots(ada) and ELEVEN in slots(ada)
    refused = book(ada, "carla", TEN)
    assert refused.status == 409 and "a calendar that the coach keeps elsewhere is busy" in refused.text
    why = carla.get("/api/coaches/carla/why?start=2026-11-25T10:00:00%2B01:00").json["reasons"]
    assert why == ["is a time at which a calendar that the coach keeps elsewhere is busy"]
    call = book(ada, "carla", ELEVEN).json
    assert move(ada, call, TEN).status == 409
    assert "busy elsewhere" in carla.get("/coach?week=2026-W48").text
    answer = submit(ada, ada.get("/book/time"), "/book/time", day="2026-12-02", time="10:00")
    assert answer.status != 422 or "busy elsewhere" not in answer.text


def test_when_the_client_is_busy_elsewhere_neither_can(
    practice: Practice, carla: Browser, ada: Browser, web: Web
) -> None:
    give(ada, web)
    assert TEN not in slots(ada)
    assert "a calendar that the client keeps elsewhere" in book(ada, "carla", TEN).text
    assert book(carla, "carla", TEN, client="ada").status == 409
    assert book(practice.client("bob", "carla"), "carla", TEN).status == 201


def test_a_week_that_is_full_of_it_says_so(carla: Browser, ada: Browser, web: Web) -> None:
    give(carla, web, busy("20261130T000000Z/20261205T000000Z"))
    assert "Carla is busy elsewhere." in ada.get("/book?week=2026-W49").text
    refused = submit(ada, ada.get("/book/time"), "/book/time", day="2026-12-02", time="10:00")
    assert refused.status == 422 and "is one at which Carla is busy elsewhere" in refused.text


def test_it_may_overlap_what_is_booked_and_its_owner_is_told_once(
    practice: Practice, carla: Browser, ada: Browser, web: Web, clock: Any, sql: Any
) -> None:
    call = book(ada, "carla", TEN).json
    mailbox.deliver(sql)
    give(carla, web)
    assert ada.get(f"/api/appointments/{call['id']}").json["status"] == "booked"
    [mail] = mailbox.deliver(sql)
    assert mail.to == "carla@example.org" and "- Wednesday, 25 November 2026, 10:00 to 11:00" in mail.text
    for minutes in (31, 62):
        clock.set((present.now() + timedelta(minutes=minutes)).isoformat())
        web.there[URL] = busy("20261125T090000Z/20261125T100000Z", f"20261126T09{minutes - 31:02}00Z/20261126T100000Z")
        assert web.read() == 1
    assert mailbox.deliver(sql) == []


def test_it_is_read_every_half_hour_and_not_read_again_where_nothing_changed(
    carla: Browser, web: Web, clock: Any, sql: Any
) -> None:
    give(carla, web)
    clock.set("2026-11-23T07:59Z")
    assert web.read() == 0
    clock.set("2026-11-23T08:01Z")
    assert web.read() == 1 and web.asked[-1][1] == str(hash(AT_TEN)), "its ETag is sent"
    assert listed(carla)["busy"] == 1
    clock.set("2026-11-24T08:00Z")
    web.read()
    assert web.asked[-1][1] == "", "once a day it is read in any case: what lies ahead moves on"


@pytest.mark.parametrize("content", [EMPTY, Unfetched("gone"), Unfetched("private"), b"<html>"])
def test_what_was_there_yesterday_and_is_not_today_is_kept_for_a_day_and_then_said(
    content: Any, practice: Practice, carla: Browser, ada: Browser, web: Web, clock: Any, sql: Any
) -> None:
    give(carla, web)
    web.there[URL] = content
    for at in ("2026-11-23T09:00Z", "2026-11-23T12:00Z", "2026-11-24T07:29Z"):
        clock.set(at)
        web.read()
        assert listed(carla)["problem"] and not listed(carla)["lost"] and TEN not in slots(ada)
    assert mailbox.deliver(sql) == []
    clock.set("2026-11-24T16:00Z")
    assert web.read() == 1
    assert listed(carla)["lost"] and listed(carla)["busy"] == 0
    [mail] = mailbox.deliver(sql)
    assert mail.to == "carla@example.org" and "calendar.example.org cannot be read" in mail.subject
    assert "secret-of-carla" not in mail.text + mail.html
    clock.set("2026-11-25T16:00Z")
    web.read()
    assert mailbox.deliver(sql) == [], "once"
    web.there[URL] = busy("20261202T090000Z/20261202T100000Z")
    clock.set("2026-11-27T16:00Z")
    assert web.read() == 1
    assert not listed(carla)["lost"] and listed(carla)["problem"] == "" and listed(carla)["busy"] == 1


def test_the_page_adds_says_what_went_wrong_and_forgets(carla: Browser, ada: Browser, web: Web) -> None:
    page = carla.get("/availability/calendars")
    refused = submit(carla, page, "/availability/calendars", url="http://10.0.0.1/")
    assert (
        refused.status == 422 and 'value="http://10.0.0.1/"' in refused.text and "must be the address" in refused.text
    )
    added = follow(carla, submit(carla, page, "/availability/calendars", url=URL.replace("https:", "webcal:")))
    assert "is read within some minutes" in added.text and "not yet" in added.text
    web.there[URL] = Unfetched("private")
    web.read()
    shown = carla.get("/availability/calendars")
    assert "its address is not on the public internet" in shown.text and "secret" not in shown.text.replace(
        "secret address", ""
    )
    gone = follow(carla, press(carla, shown, "Forget it"))
    assert "are forgotten" in gone.text and carla.get("/api/outside-calendars").json == {"outside_calendars": []}


def test_its_address_is_shown_to_nobody(
    practice: Practice, carla: Browser, ada: Browser, web: Web, database: str
) -> None:
    from psycopg2 import errors

    from tests.test_database_rules import acting

    made = give(carla, web)
    for text in (
        carla.get("/api/outside-calendars").text,
        carla.get("/api/me/export").text,
        carla.get("/availability/calendars").text,
    ):
        assert "secret-of-carla" not in text
    assert ada.get("/api/outside-calendars").json == {"outside_calendars": []}
    assert ada.ask("DELETE", f"/api/outside-calendars/{made['id']}").status == 404
    with acting(database, practice.ids["carla"], "coach") as ask, pytest.raises(errors.InsufficientPrivilege):
        ask("SELECT url FROM outside_calendar")


def test_there_are_five_at_most_and_each_once_also_when_many_are_given_at_once(carla: Browser, sql: Any) -> None:
    start = threading.Barrier(16)
    statuses: list[int] = []

    def add(n: int) -> None:
        start.wait()
        url = f"https://calendar.example.org/{n % 8}"
        statuses.append(carla.post("/api/outside-calendars", {"url": url}).status)

    threads = [threading.Thread(target=add, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses.count(201) == 5 and set(statuses) == {201, 409}
    assert sorted(row.number for row in sql("SELECT number FROM outside_calendar")) == [1, 2, 3, 4, 5]


def test_two_who_read_at_once_share_the_calendars(practice: Practice, carla: Browser, ada: Browser, web: Web) -> None:
    for n in range(5):
        web.there[f"https://x.org/{n}"] = AT_TEN
        assert carla.post("/api/outside-calendars", {"url": f"https://x.org/{n}"}).status == 201
    assert outside_reading.run(present.now, web.fetch, seconds=60) == 5
    assert sorted(url for url, _ in web.asked) == [f"https://x.org/{n}" for n in range(5)]


def test_it_is_in_the_file_and_goes_with_its_owner(carla: Browser, web: Web, sql: Any) -> None:
    give(carla, web)
    kept = carla.get("/api/me/export").json
    assert [one["host"] for one in kept["outside_calendar"]] == ["calendar.example.org"] and len(
        kept["outside_busy"]
    ) == 1
    assert carla.ask("DELETE", "/api/me", {"password": PASSWORD}).status == 204
    assert sql("SELECT 1 FROM outside_calendar") == sql("SELECT 1 FROM outside_busy") == []


def test_a_calendar_that_is_forgotten_while_it_is_read_stays_forgotten(carla: Browser, web: Web, sql: Any) -> None:
    class Meanwhile(Web):
        def fetch(self, url: str, etag: str, modified: str) -> Fetched:
            sql("DELETE FROM outside_calendar")
            return super().fetch(url, etag, modified)

    forgetful = Meanwhile()
    forgetful.there[URL] = AT_TEN
    carla.post("/api/outside-calendars", {"url": URL})
    assert forgetful.read() == 1
    assert sql("SELECT 1 FROM outside_busy") == []


def test_a_time_that_becomes_busy_elsewhere_is_not_matched(community: Any, clock: Any, sql: Any) -> None:
    from tests.lunch.test_rounds import NOW as THEN
    from tests.lunch.test_rounds import member, run

    clock.set(THEN.isoformat())
    people = [member(community, name, "2026-12-01") for name in ("ann", "ben", "cyd")]
    web = Web()
    browser = community.browser_of(people[0])
    give(browser, web, busy("20261201T203000Z/20261201T204500Z"), "https://x.org/ann")
    [made] = run(community).lunches
    assert len(sql("SELECT 1 FROM commitment")) == 2
    assert sql("SELECT 1 FROM commitment WHERE person_id = %s", people[0]) == []
    assert ">elsewhere</td>" in browser.get("/availability?week=2026-W49").text
