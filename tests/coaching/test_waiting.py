"""A client waits for an earlier time: told by day when one comes free, whatever freed it; the first who presses gets it."""

import re
from datetime import datetime
from typing import Any

import pytest

from chalicelib import clock as present
from chalicelib.coaching import waiting_list
from tests import mailbox
from tests.coaching.practice import Practice, book, move
from tests.coaching.test_pages import follow, press, submit
from tests.people import PASSWORD, Browser

LATE = "2026-12-17T10:00:00+01:00"
EARLY = "2026-12-10T10:00:00+01:00"


@pytest.fixture
def ada(practice: Practice) -> Browser:
    """Carla has one hour a week; bob has the earlier one, ada the later one, and waits."""
    practice.coach("carla", hours=None)
    practice.hours("carla", "2026-11-19T10:00", "2026-11-19T11:00")
    practice.sql(
        "INSERT INTO block (id, person_id, during) VALUES (gen_random_uuid(), %s, '[2026-11-26,2026-12-09)')",
        practice.ids["carla"],
    )
    ada, bob = practice.client("ada", "carla"), practice.client("bob", "carla")
    bob.early = book(bob, "carla", EARLY).json  # type: ignore[attr-defined]
    ada.late = book(ada, "carla", LATE).json  # type: ignore[attr-defined]
    answer = ada.post("/api/waiting", {"coach": "carla"})
    assert answer.status == 201, answer.text
    mailbox.deliver(practice.sql)
    return ada


def told(practice: Practice) -> list[mailbox.Sent]:
    """What is mailed of earlier times now."""
    waiting_list.sweep(present.now())
    return [one for one in mailbox.deliver(practice.sql) if one.subject.startswith("An earlier time")]


def free_the_early_one(practice: Practice) -> None:
    bob = practice.browsers["bob"]
    assert bob.ask("DELETE", f"/api/appointments/{bob.early['id']}").status == 204  # type: ignore[attr-defined]


def test_who_waits_is_mailed_once_what_came_free_and_one_press_moves_the_call_there(
    practice: Practice, ada: Browser
) -> None:
    assert told(practice) == []
    free_the_early_one(practice)
    [mail] = told(practice)
    assert mail.to == "ada@example.org" and mail.subject == "An earlier time with Carla: Thursday, 10 December, 10:00"
    assert "instead of your call on Thursday, 17 December, 10:00" in mail.text
    assert told(practice) == []
    path = re.search(r"https?://[^/\s]+(/waiting/\S+)", mail.text)
    assert path
    page = ada.get(path[1])
    done = follow(ada, press(ada, page, "Move my call there"))
    assert "The call is moved. Thursday, 10 December 2026, 10:00" in done.text
    [call] = practice.calls()
    assert (str(call.id), call.version) == (ada.late["id"], 2)  # type: ignore[attr-defined]
    assert ada.get("/api/waiting").json == {"waiting": []}


@pytest.mark.parametrize("how", ["moved", "hours", "rule", "block"])
def test_it_does_not_matter_what_freed_it(practice: Practice, ada: Browser, how: str) -> None:
    bob, carla = practice.browsers["bob"], practice.browsers["carla"]
    if how == "moved":
        assert move(bob, bob.early, "2026-12-24T10:00:00+01:00").status == 200  # type: ignore[attr-defined]
    elif how == "hours":
        hours = {"start": "2026-12-11T15:00", "end": "2026-12-11T16:00", "timezone": "Europe/Berlin", "weekly": False}
        assert carla.post("/api/office-hours", hours).status == 201
    elif how == "rule":
        practice.rule("call_minutes", 30)
        practice.rule("slot_interval_minutes", 30)
        free_the_early_one(practice)
    else:
        [block] = carla.get("/api/blocks").json["blocks"]
        assert carla.ask("DELETE", f"/api/blocks/{block['id']}").status == 204
    [mail] = told(practice)
    assert mail.to == "ada@example.org"


def test_nobody_is_mailed_at_night_where_they_live(practice: Practice, ada: Browser, clock: Any) -> None:
    practice.sql("UPDATE person SET timezone = 'Asia/Tokyo' WHERE id = %s", practice.ids["ada"])
    clock.set("2026-11-24T12:30Z")  # 21:30 in Tokyo
    free_the_early_one(practice)
    assert told(practice) == []
    clock.set("2026-11-24T22:59Z")
    assert told(practice) == []
    clock.set("2026-11-24T23:00Z")
    assert len(told(practice)) == 1


def test_a_mail_that_is_late_waits_for_the_morning_too(practice: Practice, ada: Browser, clock: Any) -> None:
    clock.set("2026-11-24T19:59Z")  # 20:59 in Berlin
    free_the_early_one(practice)
    waiting_list.sweep(present.now())
    clock.set("2026-11-24T20:00Z")
    assert [one.subject for one in mailbox.deliver(practice.sql) if "earlier" in one.subject] == []
    clock.set("2026-11-25T07:00Z")
    assert len(told(practice)) == 1


def test_what_was_taken_again_is_not_told_and_is_told_when_it_is_free_again(practice: Practice, ada: Browser) -> None:
    free_the_early_one(practice)
    waiting_list.sweep(present.now())
    bob = practice.browsers["bob"]
    bob.early = book(bob, "carla", EARLY).json  # type: ignore[attr-defined]
    assert [one for one in mailbox.deliver(practice.sql) if "earlier" in one.subject] == []
    assert told(practice) == []
    free_the_early_one(practice)
    assert len(told(practice)) == 1


def test_who_comes_second_reads_so_and_waits_on(practice: Practice, ada: Browser) -> None:
    free_the_early_one(practice)
    [row] = ada.get("/api/waiting").json["waiting"]
    page = ada.get(f"/waiting/{row['id']}?start=2026-12-10T09:00:00Z")
    book(practice.browsers["bob"], "carla", EARLY)
    refused = press(ada, page, "Move my call there")
    assert refused.status == 422 and "This time is taken" in refused.text
    assert (
        "The one that you were told of is not any more."
        in ada.get(f"/waiting/{row['id']}?start=2026-12-10T09:00:00Z").text
    )
    assert len(ada.get("/api/waiting").json["waiting"]) == 1


def test_without_a_call_one_is_booked(practice: Practice, ada: Browser) -> None:
    assert ada.ask("DELETE", f"/api/appointments/{ada.late['id']}").status == 204  # type: ignore[attr-defined]
    free_the_early_one(practice)
    [mail] = told(practice)
    assert "instead" not in mail.text
    [row] = ada.get("/api/waiting").json["waiting"]
    done = follow(ada, press(ada, ada.get(f"/waiting/{row['id']}"), "Book it"))
    assert "Your call is booked." in done.text


def test_a_call_that_cannot_be_moved_any_more_waits_for_nothing(practice: Practice, ada: Browser) -> None:
    practice.rule("moves_per_appointment", 0)
    free_the_early_one(practice)
    assert told(practice) == []


def test_until_is_the_last_day_that_counts(practice: Practice, ada: Browser) -> None:
    [row] = ada.get("/api/waiting").json["waiting"]
    assert ada.ask("DELETE", f"/api/waiting/{row['id']}").status == 204
    for until, status in (
        ("2026-11-22", 422),
        ("2027-06-01", 422),
        ("9999-12-31", 422),
        ("soon", 422),
        ("2026-12-09", 201),
    ):
        answer = ada.post("/api/waiting", {"coach": "carla", "until": until})
        assert answer.status == status and (status == 201 or "until" in answer.text), answer.text
    assert answer.json["until"] == "2026-12-10T00:00:00+01:00"
    free_the_early_one(practice)
    assert told(practice) == []


def test_one_waits_once_and_for_ones_own_coach(practice: Practice, ada: Browser) -> None:
    assert ada.post("/api/waiting", {"coach": "carla"}).status == 409
    practice.coach("dora")
    for coach in ("dora", "nobody", "ada"):
        assert ada.post("/api/waiting", {"coach": coach}).status == 422
    [row] = ada.get("/api/waiting").json["waiting"]
    assert practice.browsers["bob"].ask("DELETE", f"/api/waiting/{row['id']}").status == 404
    bob = practice.browsers["bob"]
    assert "You do not wait for that any more" in follow(bob, bob.get(f"/waiting/{row['id']}")).text


def test_it_ends_with_the_day_with_the_relationship_and_with_either_of_the_two(
    practice: Practice, ada: Browser, sql: Any, clock: Any
) -> None:
    def waiting() -> int:
        waiting_list.sweep(present.now())
        return len(sql("SELECT 1 FROM waiting"))

    assert waiting() == 1
    practice.community.admin().ask("DELETE", "/api/admin/relationships/ada?calls=keep")
    clock.set("2026-11-23T07:31Z")
    assert waiting() == 0
    practice.relate("ada", "carla")
    assert ada.post("/api/waiting", {"coach": "carla", "until": "2026-11-24"}).status == 201
    clock.set("2026-11-24T23:00Z")
    assert ada.get("/api/waiting").json["waiting"] == [] and waiting() == 0
    assert ada.post("/api/waiting", {"coach": "carla"}).status == 201
    assert [one["coach"] for one in ada.get("/api/me/export").json["waiting"]] == ["carla"]
    assert practice.browsers["carla"].ask("DELETE", "/api/me", {"password": PASSWORD}).status == 204
    assert sql("SELECT 1 FROM waiting") == []


def coaches_waited_for(ada: Browser) -> list[str]:
    return [one["coach"]["slug"] for one in ada.get("/api/waiting").json["waiting"]]


@pytest.mark.parametrize("calls", ["keep", "cancel"])
def test_with_another_coach_the_wish_goes_along_and_back(
    calls: str, practice: Practice, ada: Browser, sql: Any, clock: Any
) -> None:
    practice.coach("dora", hours=None)
    practice.hours("dora", "2026-11-18T15:00", "2026-11-18T16:00")
    admin = practice.community.admin()
    assert admin.ask("PATCH", "/api/admin/relationships/ada", {"coach": "dora", "calls": calls}).status == 200
    assert coaches_waited_for(ada) == ["dora"] and "an earlier time with Dora" in ada.get("/waiting").text
    assert ada.post("/api/waiting", {"coach": "dora"}).status == 409
    clock.set("2026-11-23T07:31Z")
    [mail] = told(practice)
    assert mail.subject == "An earlier time with Dora: Wednesday, 25 November, 15:00"
    assert "instead" not in mail.text, "the call with the former coach is not what would be moved"
    free_the_early_one(practice)
    clock.set("2026-11-23T07:32Z")
    assert told(practice) == [], "the former coach's times are theirs no more"
    assert admin.ask("PATCH", "/api/admin/relationships/ada", {"coach": "carla", "calls": "keep"}).status == 200
    assert coaches_waited_for(ada) == ["carla"]
    clock.set("2026-11-23T07:33Z")
    [mail] = told(practice)
    assert mail.subject == "An earlier time with Carla: Thursday, 10 December, 10:00"
    assert len(sql("SELECT 1 FROM waiting")) == 1


def test_with_calls_that_go_along_it_is_earlier_than_those(practice: Practice, ada: Browser, clock: Any) -> None:
    practice.coach("dora")
    admin = practice.community.admin()
    page = admin.get("/admin/relationships/ada/hand-over?coach=dora")
    assert page.status == 200, page.text
    done = submit(admin, page, "/admin/relationships/ada/hand-over", why="dora knows more of it")
    assert done.status == 303, done.text
    clock.set("2026-11-23T07:31Z")
    [mail] = told(practice)
    assert "with Dora: Tuesday, 24 November, 09:00" in mail.subject
    assert "instead of your call on Thursday, 17 December, 10:00" in mail.text


def test_a_wish_that_ended_with_the_relationship_is_of_no_later_coach(
    practice: Practice, ada: Browser, clock: Any
) -> None:
    practice.coach("dora")
    practice.community.admin().ask("DELETE", "/api/admin/relationships/ada?calls=keep")
    assert ada.get("/api/waiting").json["waiting"] == []
    clock.set("2026-11-23T07:31Z")
    waiting_list.sweep(present.now())
    practice.relate("ada", "dora")
    assert ada.get("/api/waiting").json["waiting"] == []


def test_it_is_asked_for_and_given_up_on_its_page(practice: Practice, ada: Browser) -> None:
    assert 'href="/waiting"' in ada.get("/book").text
    page = follow(ada, press(ada, ada.get("/waiting"), "Wait no longer"))
    assert "You wait no longer." in page.text
    refused = submit(ada, page, "/waiting", until="2026-11-01")
    assert refused.status == 422 and 'value="2026-11-01"' in refused.text
    asked = follow(ada, submit(ada, page, "/waiting", until=""))
    assert "You are told by mail" in asked.text and "before" in asked.text


@pytest.mark.parametrize("how", ["cancels", "moves later", "is cancelled", "another's is cancelled"])
def test_no_hour_is_offered_that_was_only_just_given_up_or_taken_back(
    practice: Practice, ada: Browser, how: str
) -> None:
    carla = practice.browsers["carla"]
    if how == "moves later":
        assert move(ada, ada.late, "2026-12-24T10:00:00+01:00").status == 200  # type: ignore[attr-defined]
    elif how == "another's is cancelled":
        assert carla.ask("DELETE", f"/api/appointments/{practice.browsers['bob'].early['id']}").status == 204  # type: ignore[attr-defined]
    else:
        who = ada if how == "cancels" else carla
        assert who.ask("DELETE", f"/api/appointments/{ada.late['id']}").status == 204  # type: ignore[attr-defined]
    assert told(practice) == [] == told(practice)
    [row] = ada.get("/api/waiting").json["waiting"]
    offered = ada.get(f"/waiting/{row['id']}").text
    assert ("17 December" in offered) == (how == "another's is cancelled"), "instead of the call that she has"


def test_of_two_times_the_one_is_told_that_is_still_free(practice: Practice, ada: Browser) -> None:
    free_the_early_one(practice)
    hours = {"start": "2026-12-11T15:00", "end": "2026-12-11T16:00", "timezone": "Europe/Berlin", "weekly": False}
    assert practice.browsers["carla"].post("/api/office-hours", hours).status == 201
    waiting_list.sweep(present.now())
    book(practice.browsers["bob"], "carla", EARLY)
    assert [mail.subject for mail in told(practice)] == ["An earlier time with Carla: Friday, 11 December, 15:00"]
    assert told(practice) == []


@pytest.mark.parametrize("what", ["booked before it", "moved before it", "cancelled"])
def test_what_a_page_offered_instead_of_one_call_moves_no_other(practice: Practice, ada: Browser, what: str) -> None:
    free_the_early_one(practice)
    [row] = ada.get("/api/waiting").json["waiting"]
    page, carla = ada.get(f"/waiting/{row['id']}?start=2026-12-10T09:00:00Z"), practice.browsers["carla"]
    practice.hours("carla", "2026-12-09T10:00", "2026-12-09T11:00", weekly=False)
    if what == "booked before it":
        assert book(carla, "carla", "2026-12-09T10:00:00+01:00", client="ada").status == 201
    elif what == "moved before it":
        assert move(carla, ada.late, "2026-12-09T10:00:00+01:00").status == 200  # type: ignore[attr-defined]
    else:
        assert ada.ask("DELETE", f"/api/appointments/{ada.late['id']}").status == 204  # type: ignore[attr-defined]
    before = [(call.id, call.starts) for call in practice.calls()]
    refused = press(ada, page, "Move my call there")
    assert refused.status == 422 and "Your next call is another one, or at another time, by now" in refused.text
    assert [(call.id, call.starts) for call in practice.calls()] == before
    assert len(ada.get("/api/waiting").json["waiting"]) == 1


def test_what_the_horizon_lets_in_did_not_come_free(practice: Practice, clock: Any) -> None:
    practice.rule("horizon_weeks", 2)
    practice.coach("carla")
    ada = practice.client("ada", "carla")
    assert ada.post("/api/waiting", {"coach": "carla", "until": "2026-12-07"}).status == 201
    clock.set("2026-11-24T11:00Z")
    assert told(practice) == []


@pytest.mark.parametrize("how", ["took it", "the relationship ended"])
def test_the_link_of_the_mail_leads_somewhere_when_all_is_over(practice: Practice, ada: Browser, how: str) -> None:
    free_the_early_one(practice)
    [mail] = told(practice)
    path = re.search(r"https?://[^/\s]+(/waiting/\S+)", mail.text)
    assert path
    if how == "took it":
        press(ada, ada.get(path[1]), "Move my call there")
    else:
        practice.sql("UPDATE relationship SET ended = %s WHERE client_id = %s", present.now(), practice.ids["ada"])
    assert "You do not wait for that any more" in follow(ada, ada.get(path[1])).text


def test_two_sweeps_at_once_tell_once(practice: Practice, ada: Browser) -> None:
    from concurrent.futures import ThreadPoolExecutor

    free_the_early_one(practice)
    with ThreadPoolExecutor(8) as pool:
        now: datetime = present.now()
        assert sum(pool.map(lambda _: waiting_list.sweep(now), range(8))) == 1
