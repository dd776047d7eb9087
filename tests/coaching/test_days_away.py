"""A coach is away: whole days, several at once, a part of one; whatever is done to the hours, until it is taken back."""

import re
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chalicelib.calendar import zones
from chalicelib.web import formats
from tests.coaching.practice import AT, Practice, at, book
from tests.coaching.test_pages import follow, press, submit
from tests.people import Browser

WEDNESDAY = "2026-11-25T10:00:00+01:00"
NIGHT = {"start": "2026-11-24T22:00", "end": "2026-11-25T02:00", "timezone": "Europe/Berlin", "weekly": False}
HALF_PAST = {"start": "2026-11-24T22:30", "end": "2026-11-25T01:30", "timezone": "Europe/Berlin", "weekly": False}


@pytest.fixture
def carla(practice: Practice) -> Browser:
    return practice.coach("carla")


@pytest.fixture
def ada(practice: Practice, carla: Browser) -> Browser:
    return practice.client("ada", "carla")


def free_days(browser: Browser) -> set[str]:
    return {slot["start"][:10] for slot in browser.get("/api/coaches/carla/slots?weeks=2").json["slots"]}


def test_hours_that_are_given_later_or_anew_do_not_open_it(practice: Practice, carla: Browser, ada: Browser) -> None:
    assert carla.post("/api/days-away", {"day": "2026-11-25"}).status == 201
    assert "2026-11-25" not in free_days(ada)
    day = {"start": "2026-11-25T08:00", "end": "2026-11-25T20:00", "timezone": "Europe/Berlin", "weekly": True}
    given = carla.post("/api/office-hours", day)
    assert given.status == 201 and "2026-11-25" not in free_days(ada)
    for one in carla.get("/api/office-hours").json["office_hours"]:
        carla.ask("PATCH", f"/api/office-hours/{one['id']}", {"except": []})
        carla.ask("DELETE", f"/api/office-hours/{one['id']}")
    carla.post("/api/office-hours", day)
    assert free_days(ada) == {"2026-12-02"}
    refused = book(ada, "carla", WEDNESDAY)
    assert refused.status == 422 and "coach is away" in refused.json["errors"][0]["message"]
    assert book(carla, "carla", WEDNESDAY, client="ada").status == 422


def test_it_is_listed_and_taken_back(practice: Practice, carla: Browser, ada: Browser, clock: Any) -> None:
    made = carla.post("/api/days-away", {"day": "2026-11-25"}).json
    [listed] = carla.get("/api/days-away").json["days_away"]
    assert listed == {name: made[name] for name in ("id", "day", "last", "start", "end", "whole", "timezone")}
    assert (listed["day"], listed["start"], listed["whole"]) == ("2026-11-25", "2026-11-25T00:00:00+01:00", True)
    conrad = practice.coach("conrad")
    assert conrad.get("/api/days-away").json == {"days_away": []}
    assert conrad.ask("DELETE", f"/api/days-away/{made['id']}").status == 404
    assert carla.ask("DELETE", f"/api/days-away/{made['id']}").status == 204
    assert carla.ask("DELETE", f"/api/days-away/{made['id']}").status == 404
    assert "2026-11-25" in free_days(ada) and book(ada, "carla", WEDNESDAY).status == 201
    carla.post("/api/days-away", {"day": "2026-11-26"})
    clock.set("2026-11-26T23:00Z")
    assert carla.get("/api/days-away").json == {"days_away": []}


def test_taking_one_back_says_what_of_that_time_one_is_still_away(carla: Browser, ada: Browser) -> None:
    one = carla.post("/api/days-away", {"day": "2026-12-03"}).json["id"]
    week = carla.post("/api/days-away", {"day": "2026-12-01", "last": "2026-12-05"}).json["id"]
    carla.post("/api/days-away", {"day": "2026-12-04", "start": "10:00", "end": "12:00"})
    carla.post("/api/days-away", {"day": "2026-12-06"})

    def take_back(id: str) -> tuple[str, str]:
        back = submit(carla, carla.get("/coach/away"), f"/coach/away/{id}/delete")
        address = back.header("location") or ""
        page = re.sub(r"<[^>]+>", "", carla.get(address).text)
        return address, re.sub(r"\s+", " ", page)[: page.index("To come")]

    address, said = take_back(one)
    assert (
        "still away for a part of that time or all of it: Tuesday, 1 December 2026 to Saturday, 5 December 2026."
        in said
    )
    assert "You are there again" not in said and "2026-12-03" not in free_days(ada)
    address_of_week, said = take_back(week)
    assert "or all of it: Friday, 4 December 2026, 10:00 to 12:00." in said and "2026-12-03" in free_days(ada)
    assert "You are there again at that time." in carla.get(address).text, "what it spoke of was taken back too"


def test_a_page_that_is_loaded_again_after_the_act_was_taken_back_says_nothing_of_it(carla: Browser) -> None:
    done = submit(carla, carla.get("/coach/away"), "/coach/away", day="2026-12-01", last="", start="", end="")
    address = done.header("location") or ""
    assert "You are away: Tuesday, 1 December 2026" in carla.get(address).text
    press(carla, carla.get(address), "Take it back")
    again = carla.get(address)
    assert again.status == 200 and "You are away" not in again.text and "Be away" in again.text


def test_several_days_and_a_part_of_one(carla: Browser, ada: Browser) -> None:
    several = carla.post("/api/days-away", {"day": "2026-11-25", "last": "2026-11-30"})
    assert several.status == 201 and free_days(ada) == {"2026-11-24", *(f"2026-12-0{n}" for n in range(1, 5))}
    part = carla.post("/api/days-away", {"day": "2026-12-01", "start": "10:00", "end": "12:30"})
    assert part.status == 201 and part.json["whole"] is False
    slots = ada.get("/api/coaches/carla/slots?from=2026-W49&weeks=1").json["slots"]
    tuesday = [slot["start"][11:16] for slot in slots if slot["start"].startswith("2026-12-01")]
    assert tuesday == ["09:00", "13:00", "14:00", "15:00", "16:00"]
    assert carla.post("/api/days-away", {"day": "2026-12-03", "start": "12:00"}).status == 201
    assert carla.post("/api/days-away", {"day": "2026-12-04", "start": "15:00", "end": "24:00"}).status == 201


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"day": "2026-11-22"}, "day"),
        ({"day": "2030-01-01"}, "day"),
        ({"day": "2026-11-25", "last": "2026-11-24"}, "last"),
        ({"day": "2026-11-25", "last": "2027-11-26"}, "last"),
        ({"day": "2026-11-25", "last": "2026-11-26", "start": "10:00"}, "start"),
        ({"day": "2026-11-25", "last": "2026-11-26", "end": "10:00"}, "end"),
        ({"day": "2026-11-25", "start": "10:00", "end": "10:00"}, "end"),
        ({"day": "2026-11-23", "start": "00:00", "end": "08:00"}, "end"),
        ({"day": "2027-03-28", "start": "02:15", "end": "02:45", "last": "2027-03-27"}, "last"),
        ({"day": "2026-11-25", "start": "25:00"}, "start"),
        ({"day": "2026-11-25", "calls": "drop"}, "calls"),
        ({"day": "2026-11-25", "why": "x"}, "why"),
    ],
)
def test_a_time_that_is_none_is_refused_naming_the_field(
    given: dict[str, str], field: str, carla: Browser, sql: Any
) -> None:
    refused = carla.post("/api/days-away", given)
    assert refused.status == 422 and refused.json["errors"][0]["field"] == field, refused.text
    assert sql("SELECT 1 FROM day_away") == []


@pytest.mark.parametrize("calls", ["keep", "cancel"])
def test_a_call_over_midnight_is_of_both_days(calls: str, practice: Practice, ada: Browser, carla: Browser) -> None:
    """Asked about, listed and cancelled in one way: by overlap."""
    carla.post("/api/office-hours", HALF_PAST)
    assert book(ada, "carla", "2026-11-24T23:30:00+01:00").status == 201
    asked = carla.post("/api/days-away", {"day": "2026-11-25"})
    assert asked.status == 409 and asked.json["errors"][0]["field"] == "2026-11-24T23:30:00+01:00"
    done = carla.post("/api/days-away", {"day": "2026-11-25", "calls": calls}).json
    assert (done["cancelled"], done["kept"]) == ((0, 1) if calls == "keep" else (1, 0))
    assert len(practice.calls()) == (1 if calls == "keep" else 0)
    assert len(practice.messages("appointment.cancelled")) == (0 if calls == "keep" else 1)


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "Asia/Kolkata", "America/Havana", "Australia/Lord_Howe"])
def test_it_touches_what_overlaps_it_by_the_clocks_of_the_coach_and_nothing_beside(
    zone: str, practice: Practice
) -> None:
    """Three calls in a row over midnight, of clients who live elsewhere; each edge of each of them."""
    conrad = practice.coach("conrad", zone=zone, hours=None)
    practice.hours("conrad", "2026-12-02T22:30", "2026-12-03T01:30", zone, weekly=False)
    for n, name in enumerate(("bob", "cem", "eve")):
        client = practice.client(name, "conrad", zone="America/Los_Angeles")
        start = zones.instant(datetime(2026, 12, 2, 22, 30) + timedelta(hours=n), ZoneInfo(zone))
        assert book(client, "conrad", start.isoformat()).status == 201
    for away, touched in (
        ({"day": "2026-12-02", "start": "22:00", "end": "22:30"}, []),
        ({"day": "2026-12-02", "start": "22:00", "end": "23:30"}, ["Bob"]),
        ({"day": "2026-12-02"}, ["Bob", "Cem"]),
        ({"day": "2026-12-03", "start": "00:00", "end": "00:30"}, ["Cem"]),
        ({"day": "2026-12-03", "start": "00:30", "end": "24:00"}, ["Eve"]),
        ({"day": "2026-12-03", "last": "2026-12-09"}, ["Cem", "Eve"]),
        ({"day": "2026-12-03", "start": "01:30", "end": "01:00"}, []),
    ):
        typed = {"day": "", "last": "", "start": "", "end": ""} | away
        page = submit(conrad, conrad.get("/coach/away"), "/coach/away", **typed)
        assert re.findall(r'<label for="choice-\d+">(\w+),', page.text) == touched, away
    assert [one["start"][11:16] for one in conrad.get("/api/days-away").json["days_away"]] == ["22:00", "01:30"]


def test_whatever_cancels_the_calls_of_a_span_asks_by_overlap(practice: Practice, ada: Browser, carla: Browser) -> None:
    from chalicelib.coaching import cancellations
    from chalicelib.database import JOB, Database, transaction

    carla.post("/api/office-hours", HALF_PAST)
    book(ada, "carla", "2026-11-24T23:30:00+01:00")
    midnight = at("2026-11-25T00:00:00+01:00")

    def cancel(db: Database) -> int:
        db.run("SELECT set_config('rendezvous.now', %(now)s, true)", now=AT.isoformat())
        spans = [(midnight, at("2026-11-26T00:00:00+01:00")), (midnight, at("2026-11-25T00:01:00+01:00"))]
        return sum(
            cancellations.cancel_coming(db, AT, coach=practice.ids["carla"], span=span) for span in reversed(spans)
        )

    assert transaction(cancel, JOB) == 1 and practice.calls() == []


def test_a_call_over_midnight_of_the_day_before_is_left_by_the_day_after_next(ada: Browser, carla: Browser) -> None:
    carla.post("/api/office-hours", NIGHT)
    assert book(ada, "carla", "2026-11-24T23:00:00+01:00").status == 201
    assert carla.post("/api/days-away", {"day": "2026-11-25"}).status == 201, "it ends at midnight"


def test_a_call_over_a_sunday_s_midnight_is_listed_in_both_weeks(practice: Practice, ada: Browser) -> None:
    practice.hours("carla", "2026-11-29T23:30", "2026-11-30T00:30", weekly=False)
    call = book(ada, "carla", "2026-11-29T23:30:00+01:00").json
    for week in ("2026-W48", "2026-W49"):
        listed = ada.get(f"/api/appointments?from={week}&weeks=1").json["appointments"]
        assert [one["id"] for one in listed] == [call["id"]], week
        page = practice.browsers["carla"].get(f"/coach?week={week}").text
        assert "23:30 to 00:30 on Monday, 30 November: call with Ada" in page, week
    assert ada.get("/api/appointments?from=2026-W50&weeks=1").json["appointments"] == []


def test_of_each_call_the_page_asks_what_becomes_of_it_and_says_afterwards(
    practice: Practice, carla: Browser, ada: Browser
) -> None:
    bob = practice.client("bob", "carla")
    book(ada, "carla", WEDNESDAY)
    book(bob, "carla", "2026-11-25T14:00:00+01:00")
    page = carla.get("/coach/away")
    asked = submit(carla, page, "/coach/away", day="2026-11-25", last="", start="", end="")
    assert asked.status == 422 and "Ada, Wednesday, 25 November, 10:00 to 11:00" in asked.text
    options = re.findall(r'<option value="((?:keep|cancel) [^"]+)"', asked.text)
    assert len(options) == 4 and len(practice.calls()) == 2 and carla.get("/api/days-away").json["days_away"] == []
    half = submit(carla, asked, "/coach/away", day="2026-11-25", choices=[options[0]])
    assert half.status == 422, "nothing was said of Bob's"
    done = follow(carla, submit(carla, asked, "/coach/away", day="2026-11-25", choices=[options[0], options[3]]))
    assert "The call with Ada on Wednesday, 25 November, 10:00 to 11:00 is cancelled." in done.text
    assert "The call with Bob on Wednesday, 25 November, 14:00 to 15:00 stays." in done.text
    assert [call.client_id for call in practice.calls()] == [practice.ids["bob"]]
    assert "Wednesday, 25 November 2026" in done.text and "away" in carla.get("/coach?week=2026-W48").text
    back = follow(carla, press(carla, done, "Take it back"))
    assert "You are there again" in back.text and "2026-11-25" in free_days(ada)


def test_a_part_of_a_day_may_end_after_midnight_as_hours_and_blocks_do(carla: Browser, ada: Browser) -> None:
    carla.post("/api/office-hours", NIGHT)
    book(ada, "carla", "2026-11-25T01:00:00+01:00")
    part = {"day": "2026-11-24", "last": "", "start": "23:00", "end": "01:00"}
    done = follow(carla, submit(carla, carla.get("/coach/away"), "/coach/away", **part))
    assert "You are away: Tuesday, 24 November 2026, 23:00 to 01:00 on Wednesday, 25 November." in done.text
    assert "No call was booked in that time." in done.text, "the one that begins as it ends is not touched"
    [listed] = carla.get("/api/days-away").json["days_away"]
    assert (listed["day"], listed["last"], listed["whole"]) == ("2026-11-24", "2026-11-25", False)
    follow(carla, press(carla, done, "Take it back"))
    asked = submit(carla, done, "/coach/away", **part | {"end": "01:01"})
    assert asked.status == 422 and "Ada, Wednesday, 25 November, 01:00 to 02:00" in asked.text
    late = submit(carla, done, "/coach/away", **part | {"start": "22:00", "end": "24:00"})
    assert late.status == 303 and carla.get("/api/days-away").json["days_away"][0]["last"] == "2026-11-24"


def test_a_choice_that_is_none_is_refused(carla: Browser, ada: Browser) -> None:
    page = carla.get("/coach/away")
    for choice in ("cancel " + "-" * 36, "cancel", "drop 00000000-0000-0000-0000-000000000000", "keep x"):
        assert submit(carla, page, "/coach/away", day="2026-11-25", choices=[choice]).status == 422, choice


def test_a_zone_that_changes_leaves_the_time_away_where_it_was(
    practice: Practice, carla: Browser, ada: Browser
) -> None:
    done = follow(
        carla, submit(carla, carla.get("/coach/away"), "/coach/away", day="2026-11-25", last="", start="", end="")
    )
    assert "You are away: Wednesday, 25 November 2026. You can" in done.text
    assert "You are away: Wednesday, 25 November. <" in carla.get("/coach?week=2026-W48").text
    carla.post("/api/days-away", {"day": "2026-11-26", "start": "13:00", "end": "15:30"})
    carla.ask("PATCH", "/api/me", {"timezone": "Pacific/Auckland"})
    assert "2026-11-25" not in free_days(ada)
    listed = carla.get("/coach/away").text
    assert "Wednesday, 25 November 2026 (Europe/Berlin)" in listed
    assert "Thursday, 26 November 2026, 13:00 to 15:30 (Europe/Berlin)" in listed
    week = carla.get("/coach?week=2026-W48").text
    assert "Wednesday, 25 November, 12:00 to 12:00 on Thursday, 26 November." in week, (
        "by the clocks of the week's own zone"
    )
    assert "Friday, 27 November, 01:00 to 03:30." in week


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/Santiago", "2027-09-05"),
        ("Africa/Cairo", "2027-04-30"),
        ("Asia/Beirut", "2027-03-28"),
        ("America/Havana", "2027-11-07"),
        ("Australia/Lord_Howe", "2027-04-04"),
    ],
)
def test_a_whole_day_is_one_where_clocks_skip_its_midnight_or_show_it_twice(
    zone: str, day: str, practice: Practice, clock: Any
) -> None:
    clock.set(f"{day[:7]}-01T12:00Z")
    conrad = practice.coach("conrad", zone=zone, hours=None)
    made = conrad.post("/api/days-away", {"day": day}).json
    assert (made["day"], made["last"], made["whole"], made["timezone"]) == (day, day, True, zone)
    assert f"{formats.day(date.fromisoformat(day))} <form" in conrad.get("/coach/away").text
    before, last = (str(date.fromisoformat(day) + timedelta(days=days)) for days in (-1, 1))
    assert conrad.post("/api/days-away", {"day": day, "last": last}).json["last"] == last
    for first in (before, str(date.fromisoformat(day) - timedelta(days=3))):
        made = conrad.post("/api/days-away", {"day": first, "last": before}).json
        assert (made["day"], made["last"], made["whole"]) == (first, before, True), (
            "the day that ends where that begins"
        )
    assert [one["last"] for one in conrad.get("/api/days-away").json["days_away"]] == [before, before, day, last]


def test_a_hundred_past_single_days_lock_nobody_out(practice: Practice, carla: Browser, clock: Any, sql: Any) -> None:
    """Office hours of a coach, lunch hours of a member, days away: what is over counts no more."""
    for n in range(100):
        practice.hours("carla", f"2026-{n // 28 + 1:02}-{n % 28 + 1:02}T09:00", f"2026-{n // 28 + 1:02}-{n % 28 + 1:02}T10:00", weekly=False)  # fmt: skip
    day = {"start": "2026-11-28T08:00", "end": "2026-11-28T20:00", "timezone": "Europe/Berlin", "weekly": False}
    assert carla.post("/api/office-hours", day).status == 201
    page = carla.get("/coach/hours").text
    assert "Past hours (100)" in page
    sql("UPDATE availability SET purpose = 'lunch'")
    assert carla.post("/api/availability", day | {"purpose": "lunch"}).status == 201
    sql(
        "UPDATE availability SET starts = '2026-11-29T09:00', ends = '2026-11-29T10:00', until = '2026-11-29' WHERE NOT weekly"
    )
    refused = carla.post("/api/availability", day | {"purpose": "lunch"})
    assert refused.status == 422 and "100 availabilities already" in refused.text


def test_hours_that_ended_a_minute_ago_are_over_and_those_that_run_are_not(
    carla: Browser, practice: Practice, clock: Any
) -> None:
    practice.sql("DELETE FROM availability")
    practice.hours("carla", "2026-11-22T22:00", "2026-11-23T08:31", weekly=False)
    assert "Past hours" not in carla.get("/coach/hours").text
    clock.set("2026-11-23T07:31Z")
    assert "Past hours (1)" in carla.get("/coach/hours").text


def test_what_is_long_over_is_forgotten(carla: Browser, practice: Practice, sql: Any, clock: Any) -> None:
    from chalicelib import clock as present
    from chalicelib import retention

    practice.hours("carla", "2026-11-24T09:00", "2026-11-24T10:00", weekly=False)
    carla.post("/api/days-away", {"day": "2026-11-24"})
    weekly = sql("SELECT count(*) AS n FROM availability WHERE weekly")[0].n
    clock.set("2027-01-20T07:00Z")
    retention.forget(present.now())
    assert len(sql("SELECT 1 FROM day_away")) == 1 and len(sql("SELECT 1 FROM availability WHERE NOT weekly")) == 1
    clock.set("2027-01-26T07:00Z")
    retention.forget(present.now())
    assert sql("SELECT 1 FROM day_away") == [] and sql("SELECT 1 FROM availability WHERE NOT weekly") == []
    assert sql("SELECT count(*) AS n FROM availability")[0].n == weekly
