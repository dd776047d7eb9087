"""A client gets another coach and keeps their calls: those at whose hour that coach is free; for the others they are offered three."""

from typing import Any

import pytest

from tests import mailbox
from tests.admin.test_pages import form_to
from tests.coaching.practice import Practice, at, book
from tests.coaching.test_mails import event_of
from tests.pages.documents import Document
from tests.people import Answer, Browser

FIRST, SECOND, THIRD = (f"{day}T10:00:00+01:00" for day in ("2026-11-25", "2026-12-02", "2027-01-06"))
PATH = "/api/admin/relationships/ada"


@pytest.fixture
def admin(practice: Practice) -> Browser:
    """Ada is Carla's client with three calls; Conrad is taken at the second."""
    practice.rule("horizon_weeks", 8)
    practice.coach("carla")
    practice.coach("conrad")
    ada, bob = practice.client("ada", "carla"), practice.client("bob", "conrad")
    for start in (FIRST, SECOND, THIRD):
        assert book(ada, "carla", start).status == 201
    assert book(bob, "conrad", SECOND).status == 201
    mailbox.deliver(practice.sql)
    found: Browser = practice.community.admin()
    return found


def plan(admin: Browser, coach: str = "conrad") -> Any:
    answer = admin.get(f"{PATH}/hand-over?coach={coach}")
    assert answer.status == 200, answer.text
    return answer.json


def hand_over(admin: Browser, plan: Any, coach: str = "conrad") -> Answer:
    return admin.ask("PATCH", PATH, {"coach": coach, "calls": "move", "plan": plan, "why": "moved"})


def test_it_is_seen_before_it_is_done(practice: Practice, admin: Browser) -> None:
    seen = plan(admin)["calls"]
    assert [(one["start"], one["goes"], one["reason"]) for one in seen] == [
        (FIRST, True, ""), (SECOND, False, "is taken"), (THIRD, True, ""),
    ]  # fmt: skip
    assert [one["start"] for one in seen[1]["offers"]] == [
        "2026-12-02T09:00:00+01:00", "2026-12-02T11:00:00+01:00", "2026-12-02T12:00:00+01:00",
    ]  # fmt: skip
    assert {call.coach_id for call in practice.calls()} == {practice.ids["carla"], practice.ids["conrad"]}
    assert len(practice.calls()) == 4


def test_calls_go_with_their_client_and_for_the_others_times_are_offered(
    practice: Practice, admin: Browser, sql: Any
) -> None:
    before = {call.starts: call for call in practice.calls() if call.coach_id == practice.ids["carla"]}
    answer = hand_over(admin, plan(admin)["plan"])
    assert answer.status == 200, answer.text
    after = [call for call in practice.calls() if call.client_id == practice.ids["ada"]]
    assert [(call.id, call.starts, call.coach_id, call.version) for call in after] == [
        (before[at(start)].id, at(start), practice.ids["conrad"], 2) for start in (FIRST, THIRD)
    ]
    taken = sql("SELECT person_id, appointment_id FROM commitment WHERE person_id = %s", practice.ids["conrad"])
    assert len(taken) == 3 and sql("SELECT 1 FROM commitment WHERE person_id = %s", practice.ids["carla"]) == []
    assert book(practice.client("cem", "carla"), "carla", FIRST).status == 201, "Carla is free then"
    mine = practice.browsers["ada"].get("/api/appointments?weeks=8").json["appointments"]
    assert {(one["coach"]["slug"], one["status"]) for one in mine} == {("conrad", "booked"), ("carla", "cancelled")}


def test_all_three_are_told(practice: Practice, admin: Browser, sql: Any) -> None:
    hand_over(admin, plan(admin)["plan"])
    mails = mailbox.deliver(sql)
    to = {name: [one for one in mails if one.to == f"{name}@example.org"] for name in ("ada", "carla", "conrad")}
    assert sorted(one.subject.partition(":")[0] for one in to["ada"]) == [
        "Cancelled",
        "Now with Conrad",
        "Now with Conrad",
    ]
    [cancelled] = [one for one in to["ada"] if one.subject.startswith("Cancelled")]
    assert "Conrad is free at these times" in cancelled.text and cancelled.text.count("\n- ") == 3
    assert [one.subject.partition(":")[0] for one in to["conrad"]] == ["Now with Ada"] * 2
    gone = [one for one in to["carla"] if one.subject.startswith("No longer yours")]
    assert len(gone) == 2 and "your call with them is with Conrad" in gone[0].text
    entry, mine = event_of(gone[0]), event_of(next(one for one in to["ada"] if one.subject.startswith("Now")))
    assert gone[0].method == "CANCEL" and entry["STATUS"] == "CANCELLED" and entry["SEQUENCE"] == mine["SEQUENCE"] == 1
    assert len(to["carla"]) == 3


def test_what_has_changed_since_it_was_seen_is_not_done(practice: Practice, admin: Browser) -> None:
    seen = plan(admin)["plan"]
    assert book(practice.browsers["bob"], "conrad", THIRD).status == 201
    refused = hand_over(admin, seen)
    assert refused.status == 409 and "look at it again" in refused.text
    assert hand_over(admin, None).status == 422 and "plan" in hand_over(admin, None).text
    assert practice.browsers["ada"].get("/api/me").json["coach"]["slug"] == "carla"
    assert [one["goes"] for one in plan(admin)["calls"]] == [True, False, False]
    assert hand_over(admin, plan(admin)["plan"]).status == 200


def test_a_coach_who_is_away_or_has_no_hours_then_takes_no_call(practice: Practice, admin: Browser) -> None:
    practice.browsers["conrad"].post("/api/days-away", {"day": "2026-11-25"})
    practice.coach("dora", hours=None)
    assert [one["reason"] for one in plan(admin)["calls"]] == [
        "is in a time in which the coach is away",
        "is taken",
        "",
    ]
    assert {one["reason"] for one in plan(admin, "dora")["calls"]} == {"is not within one of the coach's office hours"}
    assert hand_over(admin, plan(admin, "dora")["plan"], "dora").status == 200
    assert [call.client_id for call in practice.calls()] == [practice.ids["bob"]]


@pytest.mark.parametrize(("coach", "status"), [("carla", 422), ("ada", 422), ("nobody", 422), ("bob", 422)])
def test_there_has_to_be_another_coach(practice: Practice, admin: Browser, coach: str, status: int) -> None:
    assert admin.get(f"{PATH}/hand-over?coach={coach}").status == status
    assert hand_over(admin, "x", coach).status == status
    assert admin.get("/api/admin/relationships/carla/hand-over?coach=conrad").status == 404


def test_it_is_done_on_its_page_and_asked_again_where_something_changed(practice: Practice, admin: Browser) -> None:
    start = admin.get("/admin/relationships/ada")
    assert 'href="/admin/relationships/ada/hand-over?coach=conrad"' in start.text
    path = "/admin/relationships/ada/hand-over"
    page = admin.get(f"{path}?coach=conrad")
    said = Document(page.text).main
    assert said.count("stays at that time, with Conrad") == 2 and "cancelled for it is taken. Ada is offered" in said
    assert book(practice.browsers["bob"], "conrad", THIRD).status == 201
    refused = admin.post(path, form_to(page, path) | {"why": "moved"}, kind="form")
    assert refused.status == 422 and "look at it again" in refused.text
    assert Document(refused.text).main.count("stays at that time") == 1
    done = admin.post(path, form_to(refused, path) | {"why": "moved"}, kind="form")
    assert done.status == 303, done.text
    told = Document(admin.get(done.header("location")).text).main
    assert "Gave the coach Conrad instead, with 1 of 3 booked calls, to Ada." in told
    assert admin.get(f"{path}?coach=nobody").status == 404


def test_a_series_goes_on_with_the_other_coach(practice: Practice, admin: Browser) -> None:
    cem = practice.client("cem", "carla")
    series = cem.post("/api/series", {"coach": "carla", "start": "2026-11-26T10:00:00+01:00", "months": 3}).json
    seen = admin.get("/api/admin/relationships/cem/hand-over?coach=conrad").json
    assert [one["goes"] for one in seen["calls"]] == [True] * 3, "also what lies beyond the horizon"
    answer = admin.ask(
        "PATCH", "/api/admin/relationships/cem", {"coach": "conrad", "calls": "move", "plan": seen["plan"]}
    )
    assert answer.status == 200
    change = {"from": series["appointments"][1]["id"], "start": "2026-12-16T11:00:00+01:00"}
    moved = cem.ask("PATCH", f"/api/series/{series['id']}", change)
    assert moved.status == 200 and {one["coach"]["slug"] for one in moved.json["appointments"]} == {"conrad"}


@pytest.mark.parametrize(("buffer", "go"), [(0, [10, 11, 12]), (30, [10, 12]), (90, [10])])
def test_between_the_calls_that_go_along_the_other_coach_has_their_buffer(
    practice: Practice, admin: Browser, buffer: int, go: list[int]
) -> None:
    practice.rule("calls_per_month", 9)
    conrad = str(practice.ids["conrad"])
    practice.sql("INSERT INTO rule VALUES ('coaching.buffer_minutes', %s, to_jsonb(%s::int))", conrad, buffer)
    cem = practice.client("cem", "carla")
    for hour in (10, 11, 12):
        assert book(cem, "carla", f"2026-12-10T{hour}:00:00+01:00").status == 201
    seen = admin.get("/api/admin/relationships/cem/hand-over?coach=conrad").json
    assert [at(one["start"]).hour for one in seen["calls"] if one["goes"]] == go
    kept = [(at(one["start"], -buffer / 60), at(one["end"], buffer / 60)) for one in seen["calls"] if one["goes"]]
    for one in seen["calls"]:
        assert one["goes"] or (one["reason"].startswith("is too close") and len(one["offers"]) == 3)
        for offer in one["offers"]:
            assert not any(at(offer["start"]) < end and start < at(offer["end"]) for start, end in kept), offer
    wanted = {"coach": "conrad", "calls": "move", "plan": seen["plan"]}
    assert admin.ask("PATCH", "/api/admin/relationships/cem", wanted).status == 200
    assert [
        at(call.starts.isoformat(), 1).hour for call in practice.calls() if call.client_id == practice.ids["cem"]
    ] == go


def test_only_admins_hand_calls_over(practice: Practice, admin: Browser, database: str) -> None:
    from tests.test_database_rules import acting

    call = next(call for call in practice.calls() if call.coach_id == practice.ids["carla"])
    with acting(database, practice.ids["carla"], "coach") as ask:
        [row] = ask("SELECT hand_over_call(%s, 1, %s, '{}') AS said", call.id, practice.ids["conrad"])
        assert row.said == "not_there"
