"""What a client sees of a coach's time: days with free times marked, what the month allows, why a week is empty, and undo."""

import re
from typing import Any

import pytest

from tests.coaching.practice import Practice, book
from tests.coaching.test_pages import follow, press, submit
from tests.people import Answer, Browser

WEDNESDAY = "2026-11-25T10:00:00+01:00"


@pytest.fixture
def ada(practice: Practice) -> Browser:
    practice.coach("carla")
    return practice.client("ada", "carla")


def words(answer: Answer) -> str:
    assert answer.status == 200, answer.text
    main = answer.text.partition("<main")[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main)).replace(" .", ".").replace(" ,", ",")


def test_the_month_marks_the_days_that_have_free_times_and_leads_to_them(practice: Practice, ada: Browser) -> None:
    carla = practice.browsers["carla"]
    carla.post("/api/days-away", {"day": "2026-12-08"})
    page = ada.get("/book?week=2026-W50")
    marked = re.findall(r'href="/book\?day=(\d{4}-\d\d-\d\d)"', page.text)
    assert "2026-12-07" in marked and "2026-12-08" not in marked and "2026-12-12" not in marked, "away, and a Saturday"
    assert "2026-12-31" in marked and "2026-11-23" not in marked and len(marked) == len(set(marked))
    assert ">December 2026<" in page.text
    day = ada.get("/book?day=2026-12-10")
    assert "Week of Monday, 7 December 2026" in day.text
    assert re.findall(r'href="/book\?day=(\S+)" aria-current="date"', day.text) == ["2026-12-10"]
    [chosen] = re.findall(r'<section class="chosen" aria-labelledby="on-(\S+)">', day.text)
    assert chosen == "2026-12-10"
    for wrong in ("day=2026-11-22", "day=2030-01-01", "day=2026-02-30", "week=2026-W47"):
        assert ada.get(f"/book?{wrong}").status == 422, wrong


def test_a_week_of_very_many_times_shows_those_of_one_day(practice: Practice, ada: Browser) -> None:
    practice.rule("call_minutes", 15)
    practice.rule("slot_interval_minutes", 5)
    page = ada.get("/book?day=2026-12-01")
    assert page.status == 200 and len(page.text) < 30_000
    shown = re.findall(r'<button name="start" value="(\d{4}-\d\d-\d\d)', page.text)
    assert set(shown) == {"2026-12-01"} and len(shown) == 94
    assert "94 times" in page.text


def test_what_is_booked_can_be_undone_for_a_minute_however_near_it_is(
    practice: Practice, ada: Browser, clock: Any
) -> None:
    practice.rule("notice_hours", 0)
    done = follow(ada, press(ada, ada.get("/book?week=2026-W48"), "15:00", "/book"))
    assert "Your call is booked." in done.text and ">Undo<" in done.text
    undone = follow(ada, press(ada, done, "Undo"))
    assert "The call is cancelled. Monday, 23 November 2026, 15:00 to 16:00, with Carla." in undone.text
    assert practice.calls() == []
    done = follow(ada, press(ada, ada.get("/book?week=2026-W48"), "16:00", "/book"))
    [call] = practice.calls()
    clock.set("2026-11-23T07:31:30Z")
    late = press(ada, done, "Undo")
    assert late.status == 422 and "It is too late to change this call" in late.text and len(practice.calls()) == 1
    assert "coaching." not in late.text, "programs are told the rule's name, people are not"
    assert ">Undo<" not in ada.get(f"/appointments?done=booked&call={call.id}").text


@pytest.mark.parametrize("done", ["booked", "moved", "series", "series_moved"])
def test_a_page_that_is_loaded_again_after_its_call_was_cancelled_does_not_say_that_it_is_booked(
    done: str, practice: Practice, ada: Browser
) -> None:
    call = book(ada, "carla", "2026-12-01T15:00:00+01:00").json["id"]
    client, coach = f"/appointments?done={done}&call={call}", f"/coach?done=booked&id={call}"
    carla = practice.browsers["carla"]
    assert 'role="status"' in ada.get(client).text and "The call is booked." in carla.get(coach).text
    ada.ask("DELETE", f"/api/appointments/{call}")
    assert practice.calls() == []
    assert 'role="status"' not in ada.get(client).text and "The call is booked." not in carla.get(coach).text
    assert "The call is cancelled." in ada.get(f"/appointments?done=cancelled&call={call}").text


def test_only_what_one_booked_oneself_can_be_undone(practice: Practice, ada: Browser) -> None:
    practice.rule("notice_hours", 0)
    carla = practice.browsers["carla"]
    call = book(carla, "carla", "2026-11-23T15:00:00+01:00", client="ada").json
    assert ada.ask("DELETE", f"/api/appointments/{call['id']}").status == 409
    assert ">Undo<" not in ada.get(f"/appointments?done=booked&call={call['id']}").text


def test_the_allowance_is_said_where_it_matters(practice: Practice, ada: Browser) -> None:
    assert "The next you can book" not in ada.get("/book?week=2026-W52").text
    call = book(ada, "carla", "2026-12-24T10:00:00+01:00").json
    page = ada.get("/book?week=2026-W51")
    assert "Your December call is booked (24 Dec: move it ). The next you can book is in January." in words(page)
    assert f"/appointments/{call['id']}/move" in page.text
    book(ada, "carla", "2027-01-12T10:00:00+01:00")
    assert "The next you can book is in February." in words(ada.get("/book?week=2026-W51"))
    assert "Your December call" not in ada.get("/book?week=2026-W48").text, "a week of November"
    book(ada, "carla", "2026-11-26T10:00:00+01:00")
    both = words(ada.get("/book?week=2026-W49"))
    assert "Your November call is booked (26 Nov: move it ). Your December call is booked (24 Dec: move it )." in both
    assert "The next you can book is in February." in both
    practice.rule("calls_per_month", 2)
    assert "The next you can book" not in ada.get("/book?week=2026-W51").text
    book(ada, "carla", "2026-12-23T10:00:00+01:00")
    assert "Your 2 calls of December are booked" in words(ada.get("/book?week=2026-W51"))


def test_a_call_that_the_coach_booked_uses_nothing_up(practice: Practice, ada: Browser) -> None:
    book(practice.browsers["carla"], "carla", "2026-12-24T10:00:00+01:00", client="ada")
    assert "The next you can book" not in ada.get("/book?week=2026-W51").text


def empty(ada: Browser, week: str) -> str:
    said = words(ada.get(f"/book?week={week}"))
    assert "No free time in this week" in said
    return said


def test_an_empty_week_says_which_rule_or_whose_absence_empties_it(
    practice: Practice, ada: Browser, clock: Any
) -> None:
    carla = practice.browsers["carla"]
    carla.post("/api/days-away", {"day": "2026-12-21", "last": "2027-01-03"})
    assert "Carla is away from Monday, 21 December to Sunday, 3 January." in empty(ada, "2026-W52")
    book(ada, "carla", "2026-12-01T10:00:00+01:00")
    said = empty(ada, "2026-W50")
    assert "You have your call of that month already." in said
    practice.rule("horizon_weeks", 1)
    assert ada.get("/book?week=2026-W50").status == 422
    practice.rule("horizon_weeks", 12)
    practice.rule("notice_hours", 336)
    assert "Calls are booked at least 336 hours ahead." in empty(ada, "2026-W48")
    practice.rule("notice_hours", 24)
    practice.sql("DELETE FROM availability")
    assert "Carla has no office hours in this week." in empty(ada, "2026-W49")


def test_a_week_that_others_have_taken_says_so(practice: Practice, ada: Browser) -> None:
    practice.sql("DELETE FROM availability")
    practice.hours("carla", "2026-12-01T10:00", "2026-12-01T12:00", weekly=False)
    bob = practice.client("bob", "carla")
    book(bob, "carla", "2026-12-01T10:00:00+01:00")
    carla = practice.browsers["carla"]
    carla.post("/api/days-away", {"day": "2026-12-01", "start": "11:00", "end": "12:00"})
    said = empty(ada, "2026-W49")
    assert "The other times of Carla are taken." in said and "Carla is away on Tuesday, 1 December." in said
    practice.sql("DELETE FROM day_away")
    practice.rule("buffer_minutes", 30)
    assert "too close to something else of Carla" in empty(ada, "2026-W49")


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"day": "2026-11-25", "time": "20:00"}, "time", "is outside the office hours of Carla"),
        ({"day": "2026-11-25", "time": "10:20"}, "time", "is not one at which calls of Carla begin"),
        ({"day": "2026-11-20", "time": "10:00"}, "day", "is past"),
        ({"day": "2026-11-23", "time": "16:00"}, "time", "is too soon: calls are booked at least 24 hours ahead"),
        ({"day": "2027-06-01", "time": "10:00"}, "day", "is too far ahead: calls are booked up to 12 weeks ahead"),
        ({"day": "2026-11-26", "time": "10:00"}, "day", "is one on which Carla is away at that time"),
        ({"day": "2026-11-24", "time": "10:00"}, "time", "is taken already"),
        ({"day": "2026-12-09", "time": "10:00"}, "day", "is in a month of which you have your calls already: 1"),
    ],
)
def test_what_was_typed_is_refused_in_the_client_s_words_at_the_field(
    typed: dict[str, str], field: str, said: str, practice: Practice, ada: Browser
) -> None:
    practice.browsers["carla"].post("/api/days-away", {"day": "2026-11-26"})
    book(practice.client("bob", "carla"), "carla", "2026-11-24T10:00:00+01:00")
    book(ada, "carla", "2026-12-01T10:00:00+01:00")
    refused = submit(ada, ada.get("/book/time"), "/book/time", months="1", **typed)
    assert refused.status == 422 and "coaching." not in refused.text
    [error] = re.findall(rf'id="{field}-error">([^<]+)<', refused.text)
    assert said in error and f'value="{typed["day"]}"' in refused.text


def test_a_series_that_fails_names_each_time(practice: Practice, ada: Browser) -> None:
    book(practice.client("bob", "carla"), "carla", "2026-12-23T10:00:00+01:00")
    refused = submit(ada, ada.get("/book/time"), "/book/time", day="2026-11-25", time="10:00", months="2")
    assert refused.status == 422 and "Wednesday, 23 December 2026, 10:00" in refused.text


def offered(page: Answer) -> list[str]:
    """The times in the field of a call's start."""
    [field] = re.findall(r'<select id="book-start".*?</select>', page.text, re.DOTALL)
    return re.findall(r'<option value="2[^"]*"[^>]*>([^<]+)', field)


@pytest.mark.parametrize(
    ("at", "said", "times"),
    [
        ("2026-12-01T10:00", "it is not one at which calls begin", ["1 December, 09:30", "1 December, 10:30", "1 December, 11:30"]),
        ("2026-12-01T12:00", "it is outside your office hours", ["1 December, 09:30", "1 December, 10:30", "1 December, 11:30"]),
        ("2026-12-05T16:00", "it is outside your office hours", ["4 December, 09:30", "4 December, 10:30", "4 December, 11:30"]),
        ("2026-12-02T10:30", "it is in a time in which you are away", ["1 December, 10:30", "1 December, 11:30", "3 December, 09:30"]),
    ],
)  # fmt: skip
def test_where_no_call_can_begin_the_coach_reads_why_and_books_at_the_nearest_time(
    at: str, said: str, times: list[str], practice: Practice
) -> None:
    carla = practice.coach("carla", hours=("09:30", "12:30"))
    practice.client("ada", "carla")
    carla.post("/api/days-away", {"day": "2026-12-02"})
    page = carla.get(f"/coach/at?at={at}:00%2B01:00")
    assert said in page.text and [time.partition(", ")[2] for time in offered(page)] == times
    start = re.findall(r'<option value="(2[^"]+)"', page.text)[1]
    done = follow(carla, submit(carla, page, "/coach/at", start=start, client="ada"))
    assert "The call is booked." in done.text and str(practice.calls()[0].starts.day) == times[1].split(" ")[0]


def test_where_no_time_is_to_come_nothing_is_offered_that_cannot_be_had(practice: Practice) -> None:
    carla = practice.coach("carla", hours=None)
    practice.client("ada", "carla")
    page = carla.get("/coach/at?at=2026-12-01T10:00:00%2B01:00").text
    assert "You have no other time to come" in page and 'action="/coach/at"' not in page and "Block this time" in page


def test_an_hour_before_clocks_skip_one_can_be_blocked_as_it_is_offered(practice: Practice) -> None:
    carla = practice.coach("carla")
    page = carla.get("/coach/at?at=2027-03-28T01:00:00%2B01:00")
    shown = dict(re.findall(r'name="(start|end)" type="time" value="([^"]*)"', page.text))
    done = follow(carla, submit(carla, page, "/coach/block", **shown))
    assert "01:00 to 03:00: nobody can book it." in done.text


def test_an_empty_hour_of_the_coach_is_kept_or_booked(practice: Practice, ada: Browser) -> None:
    carla = practice.browsers["carla"]
    page = carla.get("/coach?week=2026-W49")
    links = re.findall(r'class="empty-hour" href="([^"]+)" aria-label="([^"]+)"', page.text)
    assert len(links) == 7 * 8 and len({label for _, label in links}) == len(links)
    [hour] = [link for link, label in links if label == "Tuesday 10:00"]
    asked = carla.get(hour)
    assert "Tuesday, 1 December, 10:00" in asked.text
    old = carla.get(hour)
    done = follow(carla, submit(carla, asked, "/coach/at", client="ada"))
    assert "The call is booked. Tuesday, 1 December 2026, 10:00 to 11:00, with Ada." in done.text
    again = submit(carla, old, "/coach/at", client="ada")
    assert again.status == 422 and "This time is taken" in again.text and "Book a client" in again.text
    assert offered(again) == ["Tuesday, 1 December, 09:00", "Tuesday, 1 December, 11:00", "Tuesday, 1 December, 12:00"]
    later = carla.get(next(link for link, label in links if label == "Saturday 16:00"))
    kept = follow(carla, submit(carla, later, "/coach/block", start="16:00", end="17:00"))
    assert "That time is yours. Saturday, 5 December 2026, 16:00 to 17:00: nobody can book it." in kept.text
    for wrong in ("?at=x", "?at=2026-12-01T10:00:00", "?at=9999-12-31T23:59:59%2B00:00"):
        assert carla.get(f"/coach/at{wrong}").status in (404, 422), wrong
    assert "Monday, 23 November, 09:00" in carla.get("/coach/at").text, "where none is named, the next hour"


def test_clients_are_listed_with_their_last_and_next_call(practice: Practice, ada: Browser, clock: Any) -> None:
    carla = practice.browsers["carla"]
    book(ada, "carla", WEDNESDAY)
    clock.set("2026-12-17T09:00Z")
    book(ada, "carla", "2026-12-22T10:00:00+01:00")
    said = words(carla.get("/coach/clients"))
    assert "25 Nov 2026, 10:00, 3 weeks ago" in said and "22 Dec 2026, 10:00" in said and "Book a call" in said


def test_my_week_shows_calls_and_lunches_to_whoever_has_them(practice: Practice, ada: Browser, sql: Any) -> None:
    from tests.lunches import lunch

    book(ada, "carla", WEDNESDAY)
    people = [practice.ids["ada"], practice.community.person("eve")]
    lunch(sql, practice.community.locations["Harbour"], "2026-11-25T12:00+01:00", approved=people, confirmed=True)
    page = ada.get("/appointments?from=2026-W48").text
    [table] = re.findall(r'<table class="week mine">.*?</table>', page, re.DOTALL)
    assert "call with Carla" in table and "lunch" in table and "empty-hour" not in table


def test_the_next_month_that_can_be_booked_is_one_without_its_calls_however_far(practice: Practice) -> None:
    practice.rule("horizon_weeks", 52)
    practice.coach("carla")
    ada = practice.client("ada", "carla")
    months = {"coach": "carla", "start": "2026-12-02T10:00:00+01:00", "months": 6}
    assert ada.post("/api/series", months).status == 201
    for week in ("2026-W50", "2027-W06"):
        assert "The next you can book is in June." in ada.get(f"/book?week={week}").text
    assert book(ada, "carla", "2027-05-20T10:00:00+02:00").status == 409
    assert book(ada, "carla", "2027-06-01T10:00:00+02:00").status == 201


def test_the_weeks_of_appointments_end_where_calls_do(practice: Practice) -> None:
    practice.rule("horizon_weeks", 2)
    practice.rule("series_months", 1)
    practice.coach("carla")
    ada, path, seen = practice.client("ada", "carla"), "/appointments", []
    while path:
        page = ada.get(path)
        assert page.status == 200, path
        seen.append(path)
        link = re.search(r'href="(/appointments\?from=[^"]+)">The week after', page.text)
        path = link[1] if link else ""
    assert len(seen) == 6, "five weeks and a day are a month ahead"
