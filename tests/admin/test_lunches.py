"""An admin looks at lunches and rounds, calls a lunch off, and runs a round."""

import uuid
from datetime import date
from typing import Any

import boto3
import moto
import pytest

HOURS = {
    "purpose": "lunch",
    "start": "2026-11-17T12:00",
    "end": "2026-11-17T14:00",
    "timezone": "Europe/Berlin",
    "weekly": True,
}


@pytest.fixture
def matched(community: Any, clock: Any) -> dict[str, Any]:
    """Ada and Bob are matched on 24 November at the Harbour; Eve, who gave no hours, is left over."""
    from chalicelib.clock import now
    from chalicelib.lunch import rounds

    clock.set("2026-11-19T16:00Z")
    browsers = {name: community.member(name) for name in ("ada", "bob", "eve")}
    for name in ("ada", "bob"):
        assert browsers[name].post("/api/availability", HOURS).status == 201
    admin = community.browser_of(community.person("admin", roles=("admin",), location=None))
    outcome = rounds.run(date(2026, 11, 23), community.locations["Harbour"], now())
    assert len(outcome.lunches) == 1
    return browsers | {"admin": admin, "event": outcome.lunches[0].id}


def test_who_was_brought_together_is_found_by_name_place_week_and_status(matched: dict[str, Any]) -> None:
    admin = matched["admin"]
    [lunch] = admin.get("/api/admin/events").json["found"]
    assert [(one["name"], one["response"]) for one in lunch["attendees"]] == [("Ada", "approved"), ("Bob", "approved")]
    assert (lunch["location"], lunch["status"], lunch["by_system"]) == ("Harbour", "Confirmed", True)
    for query, count in (
        ("q=BOB", 1),
        ("q=harbour", 1),
        ("q=eve", 0),
        ("week=2026-W48", 1),
        ("week=2026-W47", 0),
        ("status=Confirmed", 1),
        ("status=Done", 0),
    ):
        assert len(admin.get(f"/api/admin/events?{query}").json["found"]) == count, query
    assert admin.get("/api/admin/events?week=2026-W99").status == 422
    assert admin.get(f"/api/admin/events/{lunch['id']}").json == {"event": lunch, "reviews": []}


def test_a_lunch_that_is_called_off_frees_its_people_and_tells_them(matched: dict[str, Any], sql: Any) -> None:
    admin, path = matched["admin"], f"/api/admin/events/{matched['event']}/cancellation"
    answer = admin.ask("PUT", path, {"why": "the kitchen burnt"})
    assert (answer.status, answer.json["status"]) == (200, "Canceled"), answer.text
    assert matched["ada"].get("/MyEvents").json["appointments"] == []
    assert sql("SELECT 1 FROM commitment") == []
    [told] = sql("SELECT event FROM outbox WHERE event ->> 'type' = 'event.canceled'")
    assert told.event["data"]["event"] == str(matched["event"]) and told.event["data"]["week"] == "2026-W48"
    assert len(told.event["data"]["people"]) == 2
    assert "kitchen" not in str(told.event)


def test_a_lunch_is_called_off_once_and_not_when_it_is_over(matched: dict[str, Any], clock: Any, sql: Any) -> None:
    admin, path = matched["admin"], f"/api/admin/events/{matched['event']}/cancellation"
    clock.set("2026-11-24T20:00Z")
    assert admin.ask("PUT", path, {"why": "too late"}).status == 409
    clock.set("2026-11-23T20:00Z")
    assert admin.ask("PUT", path, {"why": "first"}).status == 200
    assert admin.ask("PUT", path, {"why": "second"}).status == 409
    assert [row.why for row in sql("SELECT why FROM audit")] == ["first"]


def test_a_banned_person_leaves_the_lunch_and_the_other_is_told(matched: dict[str, Any], sql: Any) -> None:
    admin = matched["admin"]
    [ada] = admin.get("/api/admin/people?q=ada").json["found"]
    assert admin.ask("PUT", f"/api/admin/people/{ada['id']}/ban", {"why": "sells things"}).status == 200
    [lunch] = admin.get("/api/admin/events").json["found"]
    assert {one["name"]: one["response"] for one in lunch["attendees"]} == {"Ada": "rejected", "Bob": "approved"}
    assert sql("SELECT 1 FROM commitment WHERE person_id = %s", uuid.UUID(ada["id"])) == []
    assert sql("SELECT 1 FROM outbox WHERE topic = 'Events_All' AND event -> 'data' ->> 'person' = %s", ada["id"])


def test_what_was_written_about_a_lunch_is_read_without_a_name(matched: dict[str, Any], sql: Any) -> None:
    sql("INSERT INTO review VALUES (%s, %s, 'The soup was cold')", uuid.uuid4(), matched["event"])
    path = f"/api/admin/events/{matched['event']}"
    assert matched["admin"].get(path).json["reviews"] == [], "earlier, who has reviewed would tell who wrote"
    for status in ("Awaiting Evaluation", "Done"):
        sql("UPDATE event SET status = %s WHERE id = %s", status, matched["event"])
    assert matched["admin"].get(path).json["reviews"] == ["The soup was cold"]


def test_a_round_says_who_was_left_over_and_why(matched: dict[str, Any]) -> None:
    admin = matched["admin"]
    [round] = admin.get("/api/admin/rounds?q=2026-W48").json["found"]
    assert (round["people"], round["lunches"], round["left_over"], round["location"]) == (3, 1, 1, "Harbour")
    assert admin.get("/api/admin/rounds?q=nowhere").json["found"] == []
    whole = admin.get(f"/api/admin/rounds/{round['id']}").json
    assert whole["round"] == round
    assert [(one["name"], one["reason"]) for one in whole["left_over"]] == [("Eve", "no_hours")]


def test_the_proof_claims_no_more_than_was_checked() -> None:
    from chalicelib.admin.round_results import proof

    assert proof(0, 0, True) == "Nobody is left over."
    assert proof(1, 1, True) == "1 is left over; no method could leave fewer (checked)."
    assert proof(3, 3, True) == "3 are left over; no method could leave fewer (checked)."
    assert proof(3, 1, False) == "3 are left over; not proven to be the fewest: no method could leave fewer than 1."


def test_a_round_is_run_now(matched: dict[str, Any], community: Any, sql: Any) -> None:
    import json

    from chalicelib import clock
    from chalicelib.config import config
    from chalicelib.lunch import jobs

    asked = {"location": community.locations["Harbour"], "week": "2026-W48"}
    answer = matched["admin"].post("/api/admin/rounds", asked | {"why": "Eve gave hours"})
    assert (answer.status, answer.json) == (202, asked), answer.text
    with moto.mock_aws():
        sqs = boto3.client("sqs")
        url = sqs.create_queue(QueueName=config().rounds_queue)["QueueUrl"]
        assert jobs.match_due(clock.now()) == 1
        assert jobs.match_due(clock.now()) == 0, "it is on its way"
        [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"]) == asked
    assert [row.what for row in sql("SELECT what FROM audit")] == ["asked for a round of 2026-W48 at"]


@pytest.mark.parametrize("week", ["2026-W46", "2026-W52", "2026-W60", "next week"])
def test_a_round_of_a_week_that_is_over_or_far_is_refused(
    matched: dict[str, Any], community: Any, sql: Any, week: str
) -> None:
    answer = matched["admin"].post("/api/admin/rounds", {"location": community.locations["Harbour"], "week": week})
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "week")
    assert sql("SELECT 1 FROM audit") == []


def test_a_round_at_a_closed_location_is_refused(matched: dict[str, Any], community: Any) -> None:
    harbour = community.locations["Harbour"]
    matched["admin"].ask("PATCH", f"/api/admin/locations/{harbour}", {"open": False})
    answer = matched["admin"].post("/api/admin/rounds", {"location": harbour, "week": "2026-W48"})
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "location")
