"""A member sits out some weeks."""

from datetime import date
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def sunday(clock: Any) -> None:
    clock.set("2026-11-22T12:00Z")  # the last day of 2026-W47


def test_a_pause_begins_and_ends_with_whole_weeks(community: Any) -> None:
    ada = community.member("ada")
    answer = ada.post("/api/pauses", {"first": "2026-W52", "last": "2027-W01"})
    assert (answer.status, answer.json["first"], answer.json["last"]) == (201, "2026-W52", "2027-W01")
    assert ada.get("/api/pauses").json["pauses"] == [answer.json]
    assert ada.ask("DELETE", f"/api/pauses/{answer.json['id']}").status == 204
    assert ada.get("/api/pauses").json == {"pauses": []}


def test_whoever_pauses_is_not_matched(community: Any) -> None:
    from chalicelib import clock
    from chalicelib.lunch import rounds

    browsers = [community.member(name) for name in ("ada", "bob")]
    for browser in browsers:
        hours = {
            "purpose": "lunch",
            "start": "2026-11-24T12:00",
            "end": "2026-11-24T14:00",
            "timezone": "Europe/Berlin",
        }
        assert browser.post("/api/availability", hours | {"weekly": True}).status == 201
    pause = browsers[0].post("/api/pauses", {"first": "2026-W48", "last": "2026-W48"})
    assert pause.status == 201
    assert rounds.run(date(2026, 11, 23), community.locations["Harbour"], clock.now()).lunches == []
    assert len(rounds.run(date(2026, 11, 30), community.locations["Harbour"], clock.now()).lunches) == 1


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        ("2026-W49", "2026-W48", "last"),
        ("2026-W45", "2026-W46", "last"),
        ("2026-W48", "2028-W01", "last"),
        ("2029-W10", "2029-W11", "first"),
        ("2027-W53", "2027-W53", "first"),
        ("2026-W54", "2027-W01", "first"),
        ("0000-W01", "2026-W50", "first"),
        ("9999-W52", "9999-W52", "first"),
        ("next week", "2026-W50", "first"),
        ("2026-W48", None, "last"),
    ],
)
def test_a_pause_that_cannot_be_names_its_field(community: Any, first: Any, last: Any, field: str) -> None:
    ada = community.member("ada")
    answer = ada.post("/api/pauses", {"first": first, "last": last})
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, field), answer.text
    assert ada.get("/api/pauses").json == {"pauses": []}


@pytest.mark.parametrize(
    ("first", "last", "status"),
    [
        ("2026-W47", "2026-W47", 201),  # this week, on its last day
        ("2026-W40", "2026-W47", 201),  # and one that began before
        ("2026-W46", "2026-W46", 422),
        ("2026-W48", "2027-W47", 201),  # 53 weeks, for 2026 has so many
        ("2026-W48", "2027-W48", 422),
        ("2028-W47", "2028-W47", 201),  # two years ahead
        ("2028-W48", "2028-W48", 422),
    ],
)
def test_a_pause_may_be_as_near_as_far_and_as_long_as_is_said(
    community: Any, first: str, last: str, status: int
) -> None:
    assert community.member("ada").post("/api/pauses", {"first": first, "last": last}).status == status


@pytest.mark.parametrize(("zone", "status"), [("Pacific/Auckland", 422), ("America/Los_Angeles", 201)])
def test_the_week_is_over_where_the_member_lives(community: Any, zone: str, status: int) -> None:
    eve = community.browser_of(community.person("eve", zone=zone))
    assert eve.post("/api/pauses", {"first": "2026-W47", "last": "2026-W47"}).status == status


def test_two_pauses_do_not_overlap(community: Any) -> None:
    ada = community.member("ada")
    assert ada.post("/api/pauses", {"first": "2026-W48", "last": "2026-W50"}).status == 201
    answer = ada.post("/api/pauses", {"first": "2026-W50", "last": "2026-W51"})
    assert (answer.status, answer.json["detail"]) == (409, "You have a pause in that time already")
    assert community.member("bob").post("/api/pauses", {"first": "2026-W50", "last": "2026-W51"}).status == 201


def test_nobody_ends_the_pause_of_another(community: Any) -> None:
    ada, bob = community.member("ada"), community.member("bob")
    pause = ada.post("/api/pauses", {"first": "2026-W48", "last": "2026-W50"}).json
    assert bob.ask("DELETE", f"/api/pauses/{pause['id']}").status == 404
    assert len(ada.get("/api/pauses").json["pauses"]) == 1
