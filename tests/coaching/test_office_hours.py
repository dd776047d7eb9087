"""A coach gives office hours, blocks times, is away; no booked call is ever dropped in silence."""

import re
from typing import Any

import pytest

from tests.coaching.practice import Practice, at, book, move
from tests.coaching.test_pages import follow, press, submit
from tests.people import Browser

WEDNESDAY = "2026-11-25T10:00:00+01:00"
HOURS = {"start": "2026-11-25T09:00", "end": "2026-11-25T12:00", "timezone": "Europe/Berlin"}


@pytest.fixture
def carla(practice: Practice) -> Browser:
    return practice.coach("carla", hours=None)


def starts(browser: Browser, weeks: int = 1) -> list[str]:
    answer = browser.get(f"/api/coaches/carla/slots?weeks={weeks}")
    assert answer.status == 200, answer.text
    return [slot["start"][5:16] for slot in answer.json["slots"]]


def test_office_hours_are_slots(practice: Practice, carla: Browser) -> None:
    ada = practice.client("ada", "carla")
    answer = carla.post("/api/office-hours", HOURS | {"except": ["2026-12-02"]})
    assert answer.status == 201, answer.text
    assert (answer.json["purpose"], answer.json["weekly"]) == ("coaching", True)
    assert carla.get("/api/office-hours").json["office_hours"] == [answer.json]
    assert starts(ada, 3) == [f"{day}T{hour}:00" for day in ("11-25", "12-09") for hour in ("09", "10", "11")]
    assert starts(carla, 1) == ["11-25T09:00", "11-25T10:00", "11-25T11:00"]


def test_only_a_coach_has_office_hours(practice: Practice) -> None:
    eve = practice.client("eve", None)
    assert eve.post("/api/office-hours", HOURS).status == 404
    assert eve.post("/api/availability", HOURS | {"purpose": "coaching"}).status == 403


def test_office_hours_of_another_coach_are_not_there(practice: Practice, carla: Browser) -> None:
    id = carla.post("/api/office-hours", HOURS).json["id"]
    conrad = practice.coach("conrad")
    assert conrad.ask("PATCH", f"/api/office-hours/{id}", {"end": "2026-11-25T11:00"}).status == 404
    assert conrad.ask("DELETE", f"/api/office-hours/{id}").status == 404


def test_hours_that_leave_a_call_outside_are_asked_about(practice: Practice, carla: Browser) -> None:
    ada = practice.client("ada", "carla")
    id = carla.post("/api/office-hours", HOURS).json["id"]
    call = book(ada, "carla", WEDNESDAY).json
    later = {"start": "2026-11-25T11:00"}
    asked = carla.ask("PATCH", f"/api/office-hours/{id}", later)
    assert asked.status == 409 and asked.json["errors"] == [{"field": WEDNESDAY, "message": "is booked"}]
    assert carla.get("/api/office-hours").json["office_hours"][0]["start"] == "2026-11-25T09:00"
    assert carla.ask("DELETE", f"/api/office-hours/{id}").status == 409
    kept = carla.ask("PATCH", f"/api/office-hours/{id}", later | {"calls": "keep"})
    assert kept.status == 200 and len(practice.calls()) == 1
    # It is outside already: nothing is asked again.
    assert carla.ask("PATCH", f"/api/office-hours/{id}", {"end": "2026-11-25T13:00"}).status == 200
    assert ada.get(f"/api/appointments/{call['id']}").json["status"] == "booked"


def test_hours_are_withdrawn_and_their_calls_cancelled(practice: Practice, carla: Browser) -> None:
    ada = practice.client("ada", "carla")
    id = carla.post("/api/office-hours", HOURS).json["id"]
    book(ada, "carla", WEDNESDAY)
    assert carla.ask("DELETE", f"/api/office-hours/{id}?calls=cancel").status == 204
    assert practice.calls() == []
    assert practice.messages()[-1].data["offers"] is True


def test_office_hours_are_not_changed_behind_the_calls_back(practice: Practice, carla: Browser) -> None:
    id = carla.post("/api/office-hours", HOURS).json["id"]
    for answer in (
        carla.ask("PATCH", f"/api/availability/{id}", {"end": "2026-11-25T11:00"}),
        carla.ask("DELETE", f"/api/availability/{id}"),
    ):
        assert (answer.status, "/api/office-hours" in answer.json["detail"]) == (409, True)


def test_a_day_away_cancels_its_calls_and_offers_others(practice: Practice, carla: Browser) -> None:
    ada, bob = practice.client("ada", "carla"), practice.client("bob", "carla")
    carla.post("/api/office-hours", HOURS)
    book(ada, "carla", WEDNESDAY)
    book(bob, "carla", "2026-12-02T10:00:00+01:00")
    asked = carla.post("/api/days-away", {"day": "2026-11-25"})
    assert asked.status == 409 and asked.json["errors"] == [{"field": WEDNESDAY, "message": "is booked"}]
    assert len(practice.calls()) == 2
    answer = carla.post("/api/days-away", {"day": "2026-11-25", "calls": "cancel"})
    assert (answer.status, answer.json["cancelled"], answer.json["kept"]) == (201, 1, 0)
    assert [call.client_id for call in practice.calls()] == [practice.ids["bob"]]
    assert practice.messages()[-1].data["offers"] is True
    assert starts(ada, 2) == ["12-02T09:00", "12-02T11:00"]
    assert carla.post("/api/days-away", {"day": "2026-11-20"}).status == 422


def test_hours_over_midnight_are_away_as_far_as_the_day_goes(practice: Practice, carla: Browser) -> None:
    ada = practice.client("ada", "carla")
    carla.post("/api/office-hours", HOURS | {"start": "2026-11-25T22:00", "end": "2026-11-26T02:00"})
    assert carla.post("/api/days-away", {"day": "2026-11-26"}).status == 201
    assert starts(ada) == ["11-25T22:00", "11-25T23:00"]


def test_a_blocked_time_is_neither_called_nor_lunched(practice: Practice, carla: Browser, sql: Any) -> None:
    ada = practice.client("ada", "carla")
    carla.post("/api/office-hours", HOURS)
    span = {"start": "2026-11-25T09:30:00+01:00", "end": "2026-11-25T10:30:00+01:00"}
    blocked = carla.post("/api/blocks", span)
    assert blocked.status == 201, blocked.text
    assert starts(ada) == ["11-25T11:00"]
    assert book(ada, "carla", WEDNESDAY).status == 409
    assert carla.get("/api/blocks").json["blocks"] == [blocked.json]
    assert carla.post("/api/blocks", span).json["detail"] == "You are already taken at that time"
    assert carla.ask("DELETE", f"/api/blocks/{blocked.json['id']}").status == 204
    assert sql("SELECT id FROM commitment") == []
    assert book(ada, "carla", WEDNESDAY).status == 201
    assert carla.post("/api/blocks", span).status == 409


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (WEDNESDAY, WEDNESDAY),
        (WEDNESDAY, "2026-11-25T09:00:00+01:00"),
        ("2026-11-20T09:00:00+01:00", "2026-11-20T10:00:00+01:00"),
        (WEDNESDAY, "2027-11-25T09:00:00+01:00"),
        ("9999-12-31T00:00:00Z", "9999-12-31T01:00:00Z"),
    ],
)
def test_a_time_cannot_be_blocked_that_is_none(carla: Browser, start: str, end: str) -> None:
    assert carla.post("/api/blocks", {"start": start, "end": end}).status == 422


def test_the_coach_is_told_why_a_time_is_not_free(practice: Practice, carla: Browser) -> None:
    ada, bob = practice.client("ada", "carla"), practice.client("bob", "carla")
    carla.post("/api/office-hours", HOURS)
    book(ada, "carla", WEDNESDAY)

    def why(start: str, **more: str) -> list[str]:
        from urllib.parse import urlencode

        answer = carla.get("/api/coaches/carla/why?" + urlencode({"start": start} | more))
        assert answer.status == 200, answer.text
        reasons: list[str] = answer.json["reasons"]
        return reasons

    assert why(WEDNESDAY) == ["is taken"]
    assert why("2026-11-25T11:00:00+01:00") == []
    assert "coaching.calls_per_month" in why("2026-11-25T11:00:00+01:00", client="ada")[0]
    assert why("2026-11-25T11:00:00+01:00", client="bob") == []
    assert "coaching.notice_hours" in why("2026-11-23T11:00:00+01:00")[0]
    assert "office hours" in why("2026-11-26T11:00:00+01:00")[0]
    path = "/api/coaches/carla/why?start=2026-11-25T10:00:00Z"
    assert bob.get(path).status == 404
    assert practice.community.admin().get(path).status == 200


def test_the_first_free_slot(practice: Practice, carla: Browser) -> None:
    ada = practice.client("ada", "carla")
    assert ada.get("/api/coaches/carla/first").json == {"slots": []}
    carla.post("/api/office-hours", HOURS | {"start": "2027-01-27T09:00", "end": "2027-01-27T10:00"})
    [slot] = ada.get("/api/coaches/carla/first").json["slots"]
    assert slot["start"] == "2027-01-27T09:00:00+01:00"


def test_a_coach_books_and_moves_for_his_client_beyond_the_clients_limits(practice: Practice) -> None:
    carla = practice.coach("carla")
    practice.coach("conrad")
    ada = practice.client("ada", "carla")
    practice.rule("moves_per_appointment", 0)
    assert book(ada, "carla", WEDNESDAY).status == 201
    soon = "2026-11-23T15:00:00+01:00"
    answer = book(carla, "carla", soon, client="ada")
    assert answer.status == 201, answer.text
    call = answer.json
    moved = move(carla, call, "2026-11-27T15:00:00+01:00")
    assert moved.status == 200 and moved.json["moves_left"] == 0
    assert move(ada, moved.json, "2026-11-27T16:00:00+01:00").status == 409
    assert book(carla, "carla", "2026-11-30T10:00:00+01:00").json["errors"][0]["field"] == "client"
    assert book(carla, "conrad", "2026-11-30T10:00:00+01:00", client="ada").status == 422


def test_the_call_link_is_for_his_clients(practice: Practice, carla: Browser) -> None:
    ada = practice.client("ada", "carla")
    carla.post("/api/office-hours", HOURS)
    assert carla.ask("PUT", "/api/call-link", {"url": "https://call.example.org/carla"}).status == 200
    assert book(ada, "carla", WEDNESDAY).json["call_link"] == "https://call.example.org/carla"
    assert carla.ask("PUT", "/api/call-link", {"url": "tel:+49-30-901820"}).status == 200
    for bad in ("javascript:alert(1)", "http://x.example", "https://", "tel:", "https://a b", "https:///x", "tel:+4a"):
        assert carla.ask("PUT", "/api/call-link", {"url": bad}).status == 422, bad
    assert carla.ask("PUT", "/api/call-link", {"url": ""}).json == {"url": ""}


def test_a_rule_of_one_coach_is_his_alone(practice: Practice, sql: Any) -> None:
    practice.coach("carla")
    practice.coach("conrad")
    ada, bob = practice.client("ada", "carla"), practice.client("bob", "conrad")
    sql("INSERT INTO rule VALUES ('coaching.call_minutes', %s, '30')", str(practice.ids["carla"]))
    half = at(WEDNESDAY, 0.5).isoformat()
    assert book(ada, "carla", WEDNESDAY, half).status == 201
    assert book(bob, "conrad", WEDNESDAY, half).status == 422


def test_a_rule_holds_at_once_and_breaks_nothing_that_is_booked(practice: Practice) -> None:
    practice.coach("carla")
    ada, bob = practice.client("ada", "carla"), practice.client("bob", "carla")
    call = book(ada, "carla", WEDNESDAY).json
    practice.rule("call_minutes", 30)
    practice.rule("notice_hours", 72)
    practice.rule("buffer_minutes", 60)
    assert ada.get(f"/api/appointments/{call['id']}").json["end"] == at(WEDNESDAY, 1).isoformat()
    thursday = "2026-11-26T11:00:00+01:00"
    assert book(bob, "carla", "2026-11-25T16:00:00+01:00", "2026-11-25T16:30:00+01:00").status == 422
    assert book(bob, "carla", thursday, at(thursday, 0.5).isoformat()).status == 201
    assert book(ada, "carla", "2026-12-03T11:00:00+01:00", "2026-12-03T11:30:00+01:00").status == 201


def test_a_client_cancels_until_the_rule_says_and_his_coach_always(practice: Practice, clock: Any) -> None:
    carla, ada = practice.coach("carla"), practice.client("ada", "carla")
    call = book(ada, "carla", WEDNESDAY).json
    clock.set("2026-11-24T10:00Z")
    path = f"/api/appointments/{call['id']}"
    refused = ada.ask("DELETE", path)
    assert refused.status == 409 and "coaching.cancel_hours_before" in refused.json["detail"]
    assert move(ada, call, "2026-11-27T10:00:00+01:00").status == 409
    assert carla.ask("DELETE", path).status == 204


@pytest.mark.parametrize(("hours", "status"), [(23, 204), (24, 204), (25, 409), (336, 409), (0, 204)])
def test_a_client_cancels_as_late_as_the_rule_that_is_set(
    practice: Practice, clock: Any, hours: int, status: int
) -> None:
    practice.coach("carla")
    ada = practice.client("ada", "carla")
    call = book(ada, "carla", WEDNESDAY).json
    practice.rule("cancel_hours_before", hours)
    clock.set("2026-11-24T08:59Z")  # a day and a minute before it
    assert ada.ask("DELETE", f"/api/appointments/{call['id']}").status == status


@pytest.mark.parametrize("most", [1, 2, 3])
def test_a_client_has_as_many_calls_in_a_month_as_the_rule_that_is_set(practice: Practice, most: int) -> None:
    practice.coach("carla")
    ada = practice.client("ada", "carla")
    practice.rule("calls_per_month", most)
    made = [book(ada, "carla", f"2026-12-{day:02}T10:00:00+01:00").status for day in (1, 2, 3, 4)]
    assert made == [201] * most + [409] * (4 - most)


@pytest.mark.parametrize(("most", "months", "status"), [(2, 2, 201), (2, 3, 422), (3, 3, 201), (36, 37, 422)])
def test_a_series_spans_as_many_months_as_the_rule_that_is_set(
    practice: Practice, most: int, months: int, status: int
) -> None:
    practice.coach("carla")
    ada = practice.client("ada", "carla")
    practice.rule("series_months", most)
    answer = ada.post("/api/series", {"coach": "carla", "start": WEDNESDAY, "months": months})
    assert answer.status == status, answer.text
    assert len(practice.calls()) == (months if status == 201 else 0)


def test_a_month_counts_in_the_coachs_zone(practice: Practice) -> None:
    practice.coach("carla", zone="Pacific/Auckland", days=(0, 1, 2, 3, 4, 5, 6))
    ada = practice.client("ada", "carla", zone="America/Los_Angeles")
    # Both are the 30th in Los Angeles; for Carla one is the 1st of December.
    assert book(ada, "carla", "2026-11-30T09:00:00+13:00").status == 201
    assert book(ada, "carla", "2026-12-01T09:00:00+13:00").status == 201
    refused = book(ada, "carla", "2026-12-31T09:00:00+13:00")
    assert refused.status == 409 and "coaching.calls_per_month" in refused.json["detail"]


def test_a_day_that_is_left_out_is_given_again_on_the_page_that_left_it_out(practice: Practice) -> None:
    carla = practice.coach("carla", hours=None)
    path = f"/coach/hours/{practice.hours('carla', '2026-11-16T09:00', '2026-11-16T11:00')}"
    api = path.replace("/coach/hours", "/api/office-hours")
    carla.ask("PATCH", api, {"except": ["2026-11-16", "2026-11-27", "2026-11-30"]})
    typed = {"start": "09:00", "end": "11:00", "until": "", "calls": ""}

    def left_out() -> list[str]:
        [one] = carla.get("/api/office-hours").json["office_hours"]
        days: list[str] = one["except"]
        return days

    follow(carla, submit(carla, carla.get(path), path, **typed, except_also="2026-12-28"))
    assert left_out() == ["2026-11-16", "2026-11-27", "2026-11-30", "2026-12-28"], "none is lost that is not ticked"
    page = carla.get(path)
    assert re.findall(r'name="again" value="([^"]+)"', page.text) == ["2026-11-27", "2026-11-30", "2026-12-28"]
    done = follow(carla, submit(carla, page, path, **typed, again=["2026-11-27", "2026-11-30"]))
    assert left_out() == ["2026-11-16", "2026-12-28"]
    follow(carla, press(carla, done, "Undo"))
    assert left_out() == ["2026-11-27", "2026-11-30", "2026-12-28"], "what is over is not had again"
    refused = submit(carla, carla.get(path), path, **typed, except_also="2026-12-25", again=["2026-11-30"])
    assert refused.status == 422 and "Not on is a Friday; these hours are on Monday" in refused.text
    assert '"2026-11-30" checked' in refused.text and len(left_out()) == 3


@pytest.mark.parametrize(("who", "path"), [("coach", "/coach/hours"), ("member", "/availability/weekly")])
def test_an_until_that_leaves_out_one_of_the_days_names_it(who: str, path: str, practice: Practice) -> None:
    carla = practice.coach("carla", hours=None)
    typed = {"start": "09:00", "end": "10:00", "days": ["Monday", "Friday"]}
    refused = submit(carla, carla.get(path), path, **typed, until="2026-11-26")
    assert refused.status == 422 and "Until must not be before Friday, 27 November 2026" in refused.text
    assert practice.sql("SELECT FROM availability") == []
    assert submit(carla, carla.get(path), path, **typed, until="2026-11-27").status == 303
    assert len(practice.sql("SELECT FROM availability")) == 2


def test_hours_for_lunch_are_no_office_hours_and_nobody_is_sent_to_where_they_are(carla: Browser) -> None:
    hours = {"start": "2026-11-25T12:00", "end": "2026-11-25T14:00", "timezone": "Europe/Berlin", "purpose": "lunch"}
    id = carla.post("/api/availability", hours).json["id"]
    assert carla.ask("PATCH", f"/api/office-hours/{id}", {"end": "2026-11-25T13:00"}).status == 404
    assert carla.ask("DELETE", f"/api/office-hours/{id}").status == 404
    assert carla.ask("PATCH", f"/api/availability/{id}", {"end": "2026-11-25T13:00"}).status == 200
