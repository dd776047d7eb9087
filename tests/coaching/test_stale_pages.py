"""A page that was opened before something changed does what it says, or says what changed, and its next press works."""

import pytest

from tests.coaching.practice import Practice, book, move
from tests.coaching.test_pages import follow, press, submit

SLOT = "2026-11-25T10:00:00+01:00"


@pytest.mark.parametrize("changed", ["moved", "another link"])
def test_a_call_that_changed_meanwhile_is_cancelled_by_the_second_press(practice: Practice, changed: str) -> None:
    carla, ada = practice.coach("carla"), practice.client("ada", "carla")
    call = book(ada, "carla", SLOT).json
    path = f"/appointments/{call['id']}/cancel"
    page = carla.get(path)
    if changed == "moved":
        assert move(ada, call, "2026-11-26T11:00:00+01:00").status == 200
    else:
        assert carla.ask("PUT", "/api/call-link", {"url": "https://call.example.org/carla"}).status == 200
    refused = submit(carla, page, path, reason="I am ill")
    assert refused.status == 422 and "changed meanwhile" in refused.text and 'value="I am ill"' in refused.text
    assert "cancelled" in follow(carla, submit(carla, refused, path, reason="I am ill")).text
    assert practice.calls() == []


def test_a_coach_books_by_the_length_that_holds_now(practice: Practice) -> None:
    carla, ada = practice.coach("carla"), practice.client("ada", "carla")
    page = carla.get("/coach/at?at=2026-11-25T10:00:00%2B01:00")
    practice.rule("call_minutes", 30)
    refused = submit(carla, page, "/coach/at", client="ada")
    assert refused.status == 422 and "length of a call" in refused.text
    follow(carla, submit(carla, refused, "/coach/at", client="ada"))
    assert len(practice.calls()) == 1 and ada.get("/appointments").status == 200


@pytest.mark.parametrize("path", ["/book?week=2026-W48", "/book/time"])
def test_nobody_books_another_coach_than_the_page_said(practice: Practice, path: str) -> None:
    practice.coach("carla")
    practice.coach("conrad")
    ada = practice.client("ada", "carla")
    page = ada.get(path)
    practice.sql("UPDATE relationship SET ended = now() WHERE client_id = %s", practice.ids["ada"])
    practice.relate("ada", "conrad")

    def pressed(seen):  # type: ignore[no-untyped-def]
        if path == "/book/time":
            return submit(ada, seen, path, day="2026-11-25", time="10:00", months="1")
        return press(ada, seen, "10:00", "/book")

    refused = pressed(page)
    assert refused.status == 422 and "Your coach is Conrad now" in refused.text and practice.calls() == []
    follow(ada, pressed(refused))
    [call] = practice.calls()
    assert call.coach_id == practice.ids["conrad"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("notice", "That time is too soon: calls are booked at least 48 hours ahead"),
        ("length", "That time is shown with another length than calls of Carla have by now"),
        ("own call", "That time is one at which you have something else yourself"),
        ("away", "That day is one on which Carla is away at that time"),
        ("month", "That day is in a month of which you have your calls already: 1"),
    ],
)
def test_what_cannot_be_booked_any_more_is_said_to_the_client(practice: Practice, change: str, said: str) -> None:
    practice.coach("carla")
    ada = practice.client("ada", "carla")
    page = ada.get("/book?week=2026-W48")
    if change == "notice":
        practice.rule("notice_hours", 48)
    elif change == "length":
        practice.rule("call_minutes", 30)
    elif change == "away":
        assert practice.browsers["carla"].post("/api/days-away", {"day": "2026-11-24"}).status == 201
    elif change == "month":
        assert book(ada, "carla", "2026-11-26T10:00:00+01:00").status == 201
    else:
        practice.sql(
            "INSERT INTO block (id, person_id, during) VALUES (gen_random_uuid(), %s, '[2026-11-24 08:00Z,2026-11-24 10:00Z)')",
            practice.ids["ada"],
        )
    refused = press(ada, page, "10:00", "/book") if change != "notice" else press(ada, page, "15:00", "/book")
    assert refused.status == 422 and said in refused.text
