"""Everything that can be wrong with a request about a call: refused in words, and nothing is changed."""

import itertools
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.coaching.practice import ENDS_OF_TIME, Practice, at, book, move
from tests.people import Browser

NOBODYS = uuid.UUID(int=7)
WEDNESDAY = "2026-11-25T10:00:00+01:00"
THURSDAY = "2026-11-26T10:00:00+01:00"


@pytest.fixture
def booked(practice: Practice) -> tuple[Practice, Browser, dict[str, Any]]:
    practice.coach("carla")
    ada = practice.client("ada", "carla")
    return practice, ada, book(ada, "carla", WEDNESDAY).json


def refused(answer: Any, status: int, field: str = "", words: str = "") -> None:
    assert answer.status == status, answer.text
    assert answer.header("content-type") == "application/problem+json"
    assert words in answer.json["detail"], answer.json["detail"]
    if field:
        assert field in [error["field"] for error in answer.json["errors"]]


# --- logged in, all four ---


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/appointments"),
        ("PATCH", f"/api/appointments/{NOBODYS}"),
        ("DELETE", f"/api/appointments/{NOBODYS}"),
        ("GET", "/api/appointments"),
        ("GET", f"/api/appointments/{NOBODYS}"),
        ("GET", "/api/coaches/carla/slots"),
        ("POST", "/api/series"),
        ("GET", "/api/office-hours"),
        ("GET", "/api/admin/relationships"),
    ],
)
def test_a_visitor_is_told_to_log_in(practice: Practice, visitor: Browser, method: str, path: str) -> None:
    assert visitor.ask(method, path, {} if method in ("POST", "PATCH") else None).status == 401


# --- user and staff present and active, relationship present ---


def test_a_person_without_a_coach_cannot_book(practice: Practice) -> None:
    practice.coach("carla")
    eve = practice.client("eve", None)
    refused(book(eve, "carla", WEDNESDAY), 422, "coach", "is not your coach")
    refused(eve.get("/api/coaches/carla/slots"), 404)


def test_another_coach_looks_like_one_there_is_not(practice: Practice) -> None:
    practice.coach("carla")
    practice.coach("conrad")
    ada = practice.client("ada", "carla")
    unknown, other = book(ada, "nobody", WEDNESDAY), book(ada, "conrad", WEDNESDAY)
    assert (unknown.status, unknown.text) == (other.status, other.text) == (422, unknown.text)
    assert ada.get("/api/coaches/conrad/slots").text == ada.get("/api/coaches/nobody/slots").text


def test_a_banned_coach_is_not_booked(booked: Any) -> None:
    practice, ada, _ = booked
    practice.community.ban("carla")
    refused(book(ada, "carla", "2026-12-02T10:00:00+01:00"), 409)
    assert ada.get("/api/coaches/carla/slots").json["slots"] == []


def test_a_banned_client_does_not_book(booked: Any) -> None:
    practice, ada, call = booked
    practice.community.ban("ada")
    refused(book(ada, "carla", "2026-12-02T10:00:00+01:00"), 403)
    refused(book(practice.browsers["carla"], "carla", "2026-12-02T10:00:00+01:00", client="ada"), 409)


def test_an_ended_relationship_books_and_moves_nothing(booked: Any) -> None:
    practice, ada, call = booked
    admin = practice.community.admin()
    assert admin.ask("DELETE", "/api/admin/relationships/ada?calls=keep").status == 204
    refused(book(ada, "carla", "2026-12-02T10:00:00+01:00"), 422, "coach")
    refused(move(ada, call, THURSDAY), 409)
    assert ada.ask("DELETE", f"/api/appointments/{call['id']}").status == 204


def test_roles_and_relationships_cannot_contradict_each_other(practice: Practice, sql: Any) -> None:
    import psycopg2.errors

    practice.coach("carla")
    practice.client("ada", "carla")
    practice.coach("conrad", hours=None)
    with pytest.raises(psycopg2.errors.ForeignKeyViolation, match="relationship_coach_is_active"):
        sql("UPDATE person_role SET active = false WHERE role = 'coach' AND person_id = %s", practice.ids["carla"])
    with pytest.raises(psycopg2.errors.ForeignKeyViolation, match="relationship_client_is_active"):
        sql("DELETE FROM person_role WHERE role = 'client' AND person_id = %s", practice.ids["ada"])
    with pytest.raises(psycopg2.errors.ForeignKeyViolation):
        practice.relate("carla", "conrad")  # Carla is no client
    with pytest.raises(psycopg2.errors.UniqueViolation, match="client_has_one_coach"):
        practice.relate("ada", "conrad")


# --- the range ---

BAD_RANGES = {
    "empty": (WEDNESDAY, WEDNESDAY, 422, "end", "must be after start"),
    "backwards": (WEDNESDAY, "2026-11-25T09:00:00+01:00", 422, "end", "must be after start"),
    "past": ("2026-11-20T10:00:00+01:00", None, 422, "start", "must not be past"),
    "begun already": ("2026-11-23T08:00:00+01:00", None, 422, "start", "must not be past"),
    "within the notice": ("2026-11-23T15:00:00+01:00", None, 422, "start", "coaching.notice_hours"),
    "beyond the horizon": ("2027-02-17T10:00:00+01:00", None, 422, "start", "coaching.horizon_weeks"),
    "in another century": ("2126-11-25T10:00:00+01:00", None, 422, "start", "ten years"),
    "at the end of time": ("9999-12-31T22:59:00+00:00", "9999-12-31T23:59:59+00:00", 422, "start", "ten years"),
    "at the end of time, west": ("9999-12-31T23:00:00-12:00", "9999-12-31T23:59:59-12:00", 422, "start", "ten years"),
    "before time": ("0001-01-01T00:00:00+14:00", "0001-01-01T01:00:00+14:00", 422, "start", "ten years"),
    "too short": (WEDNESDAY, "2026-11-25T10:30:00+01:00", 422, "end", "coaching.call_minutes"),
    "too long": (WEDNESDAY, "2026-11-25T12:00:00+01:00", 422, "end", "coaching.call_minutes"),
    "off the grid": ("2026-11-25T10:30:00+01:00", None, 422, "start", "coaching.slot_interval_minutes"),
    "off the grid by a second": ("2026-11-25T10:00:01+01:00", None, 422, "start", "coaching.slot_interval_minutes"),
    "off the grid by a microsecond": ("2026-11-25T10:00:00.000001+01:00", None, 422, "start", "slot_interval"),
    "before the office hours": ("2026-11-25T08:00:00+01:00", None, 422, "start", "office hours"),
    "half outside the office hours": ("2026-11-25T16:30:00+01:00", None, 422, "start", "office hours"),
    "on a day without office hours": ("2026-11-28T10:00:00+01:00", None, 422, "start", "office hours"),
    "of another zone's hours": ("2026-11-25T10:00:00-08:00", None, 422, "start", "office hours"),
}


@pytest.mark.parametrize("fault", BAD_RANGES)
def test_a_time_is_refused_that_is(fault: str, practice: Practice) -> None:
    start, end, status, field, words = BAD_RANGES[fault]
    practice.coach("carla")
    ada = practice.client("ada", "carla")
    end = end or at(start, 1).isoformat()
    refused(ada.post("/api/appointments", {"coach": "carla", "start": start, "end": end}), status, field, words)
    assert practice.calls() == [] and practice.messages() == []


@pytest.mark.parametrize("fault", BAD_RANGES)
def test_a_call_is_not_moved_to_a_time_that_is(fault: str, booked: Any) -> None:
    start, end, status, field, words = BAD_RANGES[fault]
    practice, ada, call = booked
    body = {"start": start, "end": end or at(start, 1).isoformat(), "version": 1}
    refused(ada.ask("PATCH", f"/api/appointments/{call['id']}", body), status, field, words)
    [kept] = practice.calls()
    assert (kept.version, kept.starts) == (1, at(WEDNESDAY))


@pytest.mark.parametrize("start", ENDS_OF_TIME)
def test_the_ends_of_time_are_refused_wherever_a_time_is_asked_for(start: str, booked: Any) -> None:
    practice, ada, _ = booked
    carla = practice.browsers["carla"]
    span = {"start": start, "end": start}
    refused(ada.get(f"/api/coaches/carla/nearest?{urlencode({'start': start})}"), 422, "start", "ten years")
    refused(carla.get(f"/api/coaches/carla/why?{urlencode({'start': start})}"), 422, "start", "ten years")
    refused(ada.post("/api/series", {"coach": "carla", "start": start, "months": 2}), 422, "start", "ten years")
    refused(carla.post("/api/blocks", span), 422)
    refused(carla.post("/api/blocks", span | {"start": WEDNESDAY}), 422)
    refused(carla.post("/api/days-away", {"day": start[:10]}), 422, "day")
    refused(carla.post("/api/office-hours", {"start": start[:16], "end": start[:16], "timezone": "UTC"}), 422)


# --- the shape ---

BAD_BODIES: dict[str, tuple[Any, str]] = {
    "no coach": ({"start": WEDNESDAY, "end": THURSDAY}, "coach"),
    "no start": ({"coach": "carla", "end": THURSDAY}, "start"),
    "no offset": ({"coach": "carla", "start": "2026-11-25T10:00", "end": "2026-11-25T11:00"}, "start"),
    "a number for a time": ({"coach": "carla", "start": 1795000000, "end": THURSDAY}, "start"),
    "words for a time": ({"coach": "carla", "start": "tomorrow", "end": THURSDAY}, "start"),
    "a day there is not": ({"coach": "carla", "start": "2026-02-30T10:00Z", "end": THURSDAY}, "start"),
    "an id for a coach": ({"coach": 7, "start": WEDNESDAY, "end": THURSDAY}, "coach"),
    "a coach with a NUL": ({"coach": "car\0la", "start": WEDNESDAY, "end": THURSDAY}, "coach"),
    "an unknown field": ({"coach": "carla", "start": WEDNESDAY, "end": THURSDAY, "notes": "x"}, "notes"),
    "a list": ([], "body"),
    "null": (None, "coach"),
}


@pytest.mark.parametrize("fault", BAD_BODIES)
def test_a_body_is_refused_that_has(fault: str, practice: Practice) -> None:
    body, field = BAD_BODIES[fault]
    practice.coach("carla")
    ada = practice.client("ada", "carla")
    refused(ada.post("/api/appointments", body), 422, field)
    assert practice.calls() == []


def test_what_is_no_json_is_refused(practice: Practice) -> None:
    practice.coach("carla")
    ada = practice.client("ada", "carla")
    json = {"Content-Type": "application/json"}
    refused(ada.post("/api/appointments", b'{"coach": "carla"', kind="raw", headers=json), 400)
    refused(ada.post("/api/appointments", b'{"coach": "a", "coach": "b"}', kind="raw", headers=json), 422, "coach")
    refused(ada.post("/api/appointments", b"\xff\xfe", kind="raw", headers=json), 400)
    refused(ada.post("/api/appointments", b"coach=carla", kind="raw", headers={"Content-Type": "text/plain"}), 415)
    refused(ada.post("/api/appointments", {"coach": "c" * 70_000}), 413)


# --- update and delete: yours, still there, version ---


def test_a_call_of_somebody_else_is_not_there(booked: Any) -> None:
    practice, _, call = booked
    bob, stranger = practice.client("bob", "carla"), practice.community.member("eve")
    for browser in (bob, stranger, practice.community.admin()):
        refused(move(browser, call, THURSDAY), 404)
        refused(browser.ask("DELETE", f"/api/appointments/{call['id']}"), 404)
        refused(browser.get(f"/api/appointments/{call['id']}"), 404)
    nothing = bob.get(f"/api/appointments/{uuid.uuid4()}")
    assert nothing.json == bob.get(f"/api/appointments/{call['id']}").json


@pytest.mark.parametrize("id", ["1", "x", "%00", "00000000-0000-0000-0000-00000000000", "' OR 1=1 --"])
def test_what_is_no_id_is_not_there(practice: Practice, id: str) -> None:
    ada = practice.client("ada", None)
    from urllib.parse import quote

    path = f"/api/appointments/{quote(id, safe='%')}"
    assert ada.get(path).status == 404 and ada.ask("DELETE", path).status == 404


def test_a_stale_version_moves_and_cancels_nothing(booked: Any) -> None:
    practice, ada, call = booked
    assert move(ada, call, THURSDAY).status == 200
    refused(move(ada, call, THURSDAY), 409, words="changed meanwhile")
    refused(move(ada, call, "2026-11-27T10:00:00+01:00"), 409, words="changed meanwhile")
    refused(ada.ask("DELETE", f"/api/appointments/{call['id']}?version=1"), 409, words="changed meanwhile")
    assert ada.ask("DELETE", f"/api/appointments/{call['id']}?version=2").status == 204
    refused(move(ada, call | {"version": 2}, "2026-11-27T10:00:00+01:00"), 409, words="cancelled")


@pytest.mark.parametrize("version", [0, -1, 2**31, 1.5, "1", None, True])
def test_what_is_no_version_is_refused(booked: Any, version: Any) -> None:
    _, ada, call = booked
    refused(move(ada, call | {"version": version}, THURSDAY), 422, "version")


def test_a_call_is_not_moved_to_where_it_is(booked: Any) -> None:
    _, ada, call = booked
    refused(move(ada, call, WEDNESDAY), 422, "start", "already")


def test_a_call_that_has_begun_is_neither_moved_nor_cancelled(booked: Any, clock: Any) -> None:
    practice, ada, call = booked
    clock.set("2026-11-25T09:00:01Z")
    for browser in (ada, practice.browsers["carla"]):
        refused(move(browser, call, "2026-11-30T10:00:00+01:00"), 409, words="begun")
        refused(browser.ask("DELETE", f"/api/appointments/{call['id']}"), 409, words="begun")


# --- retrieve: the start of a week only, within limits ---


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2026-W47", "from"),
        ("from=2026-W99", "from"),
        ("from=2026-11-23", "from"),
        ("from=0000-W01", "from"),
        ("from=2036-W01", "from"),
        ("weeks=0", "weeks"),
        ("weeks=-1", "weeks"),
        ("weeks=1000", "weeks"),
        ("weeks=many", "weeks"),
        ("weeks=2&weeks=3", "weeks"),
        ("person=ada", "person"),
    ],
)
@pytest.mark.parametrize("path", ["/api/appointments", "/api/coaches/carla/slots"])
def test_a_window_is_refused(practice: Practice, path: str, query: str, field: str) -> None:
    practice.coach("carla")
    ada = practice.client("ada", "carla")
    refused(ada.get(f"{path}?{query}"), 422, field)


def windows(browser: Browser) -> Iterator[tuple[str, int]]:
    following = browser.get("/api/appointments").json
    while following:
        yield following["from"], following["weeks"]
        following = (
            following["next"]
            and browser.get("/api/appointments?from={from}&weeks={weeks}".format(**following["next"])).json
        )


def test_windows_grow_and_follow_each_other_without_a_gap(practice: Practice) -> None:
    from datetime import timedelta

    from chalicelib.calendar.zones import week_of

    found = list(windows(practice.client("ada", None)))
    assert [weeks for _, weeks in found][:5] == [2, 3, 5, 8, 13]
    for (first, weeks), (then, _) in itertools.pairwise(found):
        assert week_of(first) + timedelta(weeks=weeks) == week_of(then)


def test_the_past_is_shown_as_far_as_the_rule_says(booked: Any, clock: Any) -> None:
    practice, ada, call = booked
    clock.set("2026-12-01T12:00Z")
    refused(ada.get("/api/appointments?from=2026-W48"), 422, "from", "coaching.past_weeks")
    practice.rule("past_weeks", 1)
    [shown] = ada.get("/api/appointments?from=2026-W48").json["appointments"]
    assert shown["id"] == call["id"]
