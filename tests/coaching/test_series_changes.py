"""A series moved or cancelled from one of its calls on: each checked in full, all or none."""

import html
import re
from typing import Any

import pytest

from tests import mailbox
from tests.coaching.practice import Practice, at, book, move
from tests.coaching.test_pages import follow, submit
from tests.pages.documents import Document
from tests.people import Answer, Browser

MONDAYS = ["2026-11-30", "2026-12-28", "2027-01-25", "2027-02-22"]
ZONE = "+01:00"


@pytest.fixture
def ada(practice: Practice) -> Browser:
    practice.coach("carla")
    return practice.client("ada", "carla")


@pytest.fixture
def series(ada: Browser) -> Any:
    answer = ada.post("/api/series", {"coach": "carla", "start": f"2026-11-30T10:00:00{ZONE}", "months": 4})
    assert answer.status == 201, answer.text
    return answer.json


def move_from(browser: Browser, series: Any, number: int, start: str) -> Answer:
    first = series["appointments"][number]["id"]
    return browser.ask("PATCH", f"/api/series/{series['id']}", {"from": first, "start": start + ZONE})


def cancel_from(browser: Browser, series: Any, number: int, **more: Any) -> Answer:
    first = series["appointments"][number]["id"]
    return browser.ask("DELETE", f"/api/series/{series['id']}", {"from": first} | more)


def starts(practice: Practice) -> list[str]:
    return [
        f"{call.starts.astimezone(at('2026-01-01T00:00+01:00').tzinfo):%Y-%m-%d %H:%M}" for call in practice.calls()
    ]


def errors(answer: Answer) -> dict[str, str]:
    return {one["field"]: one["message"] for one in answer.json["errors"]}


def test_that_call_and_those_after_it_are_moved_and_stay_the_same_calls(
    practice: Practice, ada: Browser, series: Any
) -> None:
    answer = move_from(ada, series, 1, "2026-12-10T14:00:00")
    assert answer.status == 200, answer.text
    assert [(one["start"][:16], one["version"]) for one in answer.json["appointments"]] == [
        ("2026-12-10T14:00", 2), ("2027-01-14T14:00", 2), ("2027-02-11T14:00", 2),
    ]  # fmt: skip
    assert [one["id"] for one in answer.json["appointments"]] == [one["id"] for one in series["appointments"][1:]]
    assert {one["series"] for one in answer.json["appointments"]} == {series["id"]}
    assert starts(practice)[0] == "2026-11-30 10:00"
    assert len(practice.messages("appointment.moved")) == 3
    assert {mail.to for mail in mailbox.deliver(practice.sql) if mail.subject.startswith("Moved")} == {
        "ada@example.org", "carla@example.org",
    }  # fmt: skip


def test_into_the_next_month_none_is_in_anothers_way(practice: Practice, ada: Browser, series: Any) -> None:
    practice.rule("horizon_weeks", 30)
    assert move_from(ada, series, 0, "2026-12-28T10:00:00").status == 200
    # The fourth Monday of each.
    assert [one[:10] for one in starts(practice)] == ["2026-12-28", "2027-01-25", "2027-02-22", "2027-03-22"]
    assert move_from(ada, series, 0, "2026-11-30T10:00:00").status == 200
    assert [one[:10] for one in starts(practice)] == MONDAYS


def test_one_was_moved_one_cancelled_and_one_lies_in_other_hours(practice: Practice, ada: Browser, series: Any) -> None:
    _, second, third, _ = series["appointments"]
    assert ada.ask("DELETE", f"/api/appointments/{second['id']}").status == 204
    assert move(ada, third, f"2027-02-10T11:00:00{ZONE}").status == 409, "that month has its call"
    assert move(ada, third, f"2027-01-07T11:00:00{ZONE}").status == 200
    practice.hours("carla", "2026-11-19T19:00", "2026-11-19T21:00")
    answer = move_from(ada, series, 0, "2026-12-03T19:00:00")
    assert answer.status == 200, answer.text
    assert starts(practice) == ["2026-12-03 19:00", "2027-02-04 19:00", "2027-03-04 19:00"]


def test_if_one_of_them_cannot_be_moved_none_is_and_each_is_named(
    practice: Practice, ada: Browser, series: Any
) -> None:
    bob = practice.client("bob", "carla")
    assert book(bob, "carla", f"2027-01-14T14:00:00{ZONE}").status == 201
    practice.browsers["carla"].post("/api/days-away", {"day": "2027-02-11"})
    before = starts(practice)
    answer = move_from(ada, series, 1, "2026-12-10T14:00:00")
    assert answer.status == 409 and "none was" in answer.json["detail"]
    assert errors(answer) == {
        "2027-01-14T14:00:00+01:00": "cannot be changed: this time is taken",
        "2027-02-11T14:00:00+01:00": "is in a time in which the coach is away",
    }
    assert starts(practice) == before and practice.messages("appointment.moved") == []


def test_what_is_wrong_with_the_time_is_said(ada: Browser, series: Any) -> None:
    assert "already" in move_from(ada, series, 1, "2026-12-28T10:00:00").text
    assert "coaching.notice_hours" in move_from(ada, series, 0, "2026-11-23T11:00:00").text
    assert "coaching.horizon_weeks" in move_from(ada, series, 0, "2027-05-03T10:00:00").text
    assert "ten years" in move_from(ada, series, 0, "9999-12-31T23:59:59").text


def test_the_clients_moves_are_counted_call_by_call(practice: Practice, ada: Browser, series: Any) -> None:
    practice.rule("moves_per_appointment", 1)
    assert move(ada, series["appointments"][2], f"2027-01-12T11:00:00{ZONE}").status == 200
    answer = move_from(ada, series, 1, "2026-12-10T14:00:00")
    assert answer.status == 409 and list(errors(answer)) == ["2027-01-14T14:00:00+01:00"]
    assert move_from(practice.browsers["carla"], series, 1, "2026-12-10T14:00:00").status == 200


def test_that_call_and_those_after_it_are_cancelled(practice: Practice, ada: Browser, series: Any) -> None:
    assert cancel_from(ada, series, 2, reason="moving away").status == 204
    assert [one[:10] for one in starts(practice)] == MONDAYS[:2]
    assert cancel_from(ada, series, 2).status == 409
    assert cancel_from(practice.browsers["carla"], series, 0).status == 204
    assert starts(practice) == []


def test_if_one_of_them_cannot_be_cancelled_none_is(practice: Practice, ada: Browser, series: Any, clock: Any) -> None:
    clock.set("2026-11-29T10:00Z")
    answer = cancel_from(ada, series, 0)
    assert answer.status == 409 and list(errors(answer)) == ["2026-11-30T10:00:00+01:00"]
    assert "coaching.cancel_hours_before" in answer.text and len(practice.calls()) == 4
    clock.set("2026-11-30T09:00Z")
    assert cancel_from(practice.browsers["carla"], series, 0).status == 409, "it has begun"
    assert cancel_from(ada, series, 1).status == 204 and len(practice.calls()) == 1


def test_a_series_is_of_its_two_people(practice: Practice, ada: Browser, series: Any) -> None:
    single = book(practice.client("bob", "carla"), "carla", f"2026-12-01T10:00:00{ZONE}").json
    for browser in (practice.browsers["bob"], practice.coach("dora"), practice.community.admin()):
        assert move_from(browser, series, 0, "2026-12-03T10:00:00").status == 404
        assert cancel_from(browser, series, 0).status == 404
        assert browser.get(f"/appointments/{series['appointments'][0]['id']}/series").status == 404
    assert single["series"] is None
    assert practice.browsers["bob"].get(f"/appointments/{single['id']}/series").status == 404
    answer = ada.ask("DELETE", f"/api/series/{series['id']}", {"from": single["id"]})
    assert answer.status == 404 and len(practice.calls()) == 5


def test_it_is_done_on_its_page(practice: Practice, ada: Browser, series: Any) -> None:
    second = series["appointments"][1]["id"]
    path = f"/appointments/{second}/series"
    for where in ("move", "cancel"):
        assert f'href="{path}"' in ada.get(f"/appointments/{second}/{where}").text
    assert f'href="{path}"' in ada.get("/appointments?weeks=13").text
    page = ada.get(path)
    assert page.text.count("<li>") >= 3 and "28 December 2026" in page.text
    refused = submit(ada, page, f"{path}/move", day="2026-12-12", time="14:00")
    assert refused.status == 422 and 'value="14:00"' in refused.text
    assert "outside" in refused.text or "not within" in refused.text
    done = follow(ada, submit(ada, page, f"{path}/move", day="2026-12-10", time="14:00"))
    assert (
        "This call and those that follow in its series are moved. The first: Thursday, 10 December 2026, 14:00"
        in done.text
    )
    gone = follow(ada, submit(ada, ada.get(path), f"{path}/cancel", reason="ill"))
    assert "are cancelled. The first:" in gone.text and len(practice.calls()) == 1
    assert "nothing follows from it" in ada.get(path).text


def test_it_is_in_the_file(ada: Browser, series: Any) -> None:
    kept = ada.get("/api/me/export").json["series_call"]
    assert [(one["number"], one["series"]) for one in kept] == [(n, series["id"]) for n in range(1, 5)]


@pytest.mark.parametrize(
    ("day", "time", "at_field", "said"),
    [
        ("2027-05-03", "10:00", "day", "is too far ahead: calls are booked up to 12 weeks ahead"),
        ("9998-01-01", "10:00", "day", "must be within ten years"),
        ("2026-11-30", "10:00", "time", "is the time that these calls have already"),
        ("2026-11-23", "11:00", "", "is too soon: calls are booked at least 24 hours ahead"),
        ("2026-11-20", "11:00", "", "is past"),
        ("2026-12-01", "20:00", "", "is outside the office hours of Carla"),
        ("2026-12-01", "10:30", "", "is not one at which calls of Carla begin"),
        ("2026-12-02", "10:00", "", "is taken already"),
        ("2026-12-03", "10:00", "", "is one on which Carla is away at that time"),
        ("2026-12-04", "10:00", "", "is one at which you have something else yourself"),
    ],
)
def test_its_client_reads_on_the_page_why_in_their_words_at_a_field_that_is_there(
    practice: Practice, ada: Browser, series: Any, day: str, time: str, at_field: str, said: str
) -> None:
    assert book(practice.client("bob", "carla"), "carla", f"2026-12-02T10:00:00{ZONE}").status == 201
    practice.browsers["carla"].post("/api/days-away", {"day": "2026-12-03"})
    practice.sql(
        "INSERT INTO block (id, person_id, during) VALUES (gen_random_uuid(), %s, '[2026-12-04,2026-12-05)')",
        practice.ids["ada"],
    )
    path, before = f"/appointments/{series['appointments'][0]['id']}/series", starts(practice)
    refused = submit(ada, ada.get(path), f"{path}/move", day=day, time=time)
    assert refused.status == 422 and said in html.unescape(refused.text) and starts(practice) == before
    assert not re.search(r"\bstart[: ]+(is|must)", Document(refused.text).main)
    for field in ("day", "time"):
        wrong = re.search(rf'<input[^>]*name="{field}"[^>]*aria-invalid="true"', refused.text)
        assert bool(wrong) is (field == at_field), field


def test_its_coach_reads_there_what_is_not_said_to_a_client(practice: Practice, ada: Browser, series: Any) -> None:
    practice.sql(
        "INSERT INTO block (id, person_id, during) VALUES (gen_random_uuid(), %s, '[2026-12-04,2026-12-05)')",
        practice.ids["ada"],
    )
    carla, path = practice.browsers["carla"], f"/appointments/{series['appointments'][0]['id']}/series"
    refused = submit(carla, carla.get(path), f"{path}/move", day="2026-12-04", time="10:00")
    assert refused.status == 422 and "the client is already taken at that time" in refused.text
    assert "yourself" not in refused.text
