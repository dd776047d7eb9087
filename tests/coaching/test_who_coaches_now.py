"""Handed over and back, ended and begun again: calls that were kept can be moved, and offers come from who coaches now."""

import pytest

from tests.coaching.practice import Practice, book, move
from tests.coaching.test_mails import deliver
from tests.people import Browser

WEDNESDAY, THURSDAY = "2026-11-25T10:00:00+01:00", "2026-11-26T10:00:00+01:00"


@pytest.fixture
def ada(practice: Practice) -> Browser:
    practice.coach("carla")
    practice.coach("conrad", hours=("12:00", "15:00"))
    return practice.client("ada", "carla")


@pytest.fixture
def admin(practice: Practice, ada: Browser) -> Browser:
    return practice.community.admin()


def hand_over(admin: Browser, coach: str, calls: str = "keep") -> None:
    answer = admin.ask("PATCH", "/api/admin/relationships/ada", {"coach": coach, "calls": calls})
    assert answer.status == 200, answer.text


def test_after_a_hand_over_and_back_a_kept_call_is_moved_by_either(
    practice: Practice, ada: Browser, admin: Browser
) -> None:
    call = book(ada, "carla", WEDNESDAY).json
    hand_over(admin, "conrad")
    assert (
        move(ada, call, THURSDAY).status == 409
        and "cannot be moved" in ada.get(f"/appointments/{call['id']}/move").text
    )
    hand_over(admin, "carla")
    [listed] = admin.get("/api/admin/relationships").json["relationships"]
    assert listed["calls"] == 1, "the kept call is one of theirs again"
    shown = ada.get(f"/api/coaches/carla/slots?weeks=1&moving={call['id']}").json["slots"]
    assert THURSDAY in [slot["start"] for slot in shown]
    moved = move(ada, call, THURSDAY)
    assert moved.status == 200, moved.text
    assert move(practice.browsers["carla"], moved.json, WEDNESDAY).status == 200


def test_ended_and_begun_again_it_is_asked_about_again(practice: Practice, ada: Browser, admin: Browser) -> None:
    call = book(ada, "carla", WEDNESDAY).json
    assert admin.ask("DELETE", "/api/admin/relationships/ada?calls=keep").status == 204
    assert move(ada, call, THURSDAY).status == 409
    assert admin.post("/api/admin/relationships", {"coach": "carla", "client": "ada"}).status == 201
    assert move(ada, call, THURSDAY).status == 200
    assert admin.ask("DELETE", "/api/admin/relationships/ada").status == 409
    assert "Booked calls" in admin.get("/admin/relationships/ada").text


def test_who_is_handed_over_is_offered_times_of_the_new_coach(practice: Practice, ada: Browser, admin: Browser) -> None:
    book(ada, "carla", WEDNESDAY)
    deliver(practice)
    hand_over(admin, "conrad", "cancel")
    text = deliver(practice)["ada@example.org"].text
    offers = [line[-5:] for line in text.splitlines() if line.startswith("- ")]
    assert "Conrad is free at these times" in text and "Carla is free" not in text
    assert len(offers) == 3 and set(offers) <= {"12:00", "13:00", "14:00"}


def test_whose_relationship_ends_is_offered_nothing(practice: Practice, ada: Browser, admin: Browser) -> None:
    book(ada, "carla", WEDNESDAY)
    deliver(practice)
    admin.ask("DELETE", "/api/admin/relationships/ada?calls=cancel")
    text = deliver(practice)["ada@example.org"].text
    assert "- " not in text and "is free" not in text


def test_a_banned_coach_s_clients_are_offered_nothing(practice: Practice, ada: Browser, admin: Browser) -> None:
    book(ada, "carla", WEDNESDAY)
    deliver(practice)
    answer = admin.ask("PUT", f"/api/admin/people/{practice.ids['carla']}/ban", {"why": "x"})
    assert answer.status < 300, answer.text
    assert "is free" not in deliver(practice)["ada@example.org"].text


def test_an_hour_that_was_just_cancelled_is_not_offered_back(practice: Practice, ada: Browser, admin: Browser) -> None:
    """Nor another that the coach, who is ill, cancelled before it."""
    carla, bob = practice.browsers["carla"], practice.client("bob", "carla")
    mine = book(ada, "carla", WEDNESDAY).json
    deliver(practice)
    other = book(bob, "carla", "2026-11-25T11:00:00+01:00").json
    deliver(practice)
    for call in (other, mine):
        deliver(practice)
        assert carla.ask("DELETE", f"/api/appointments/{call['id']}?reason=ill").status == 204
    text = deliver(practice)["ada@example.org"].text
    offers = [line for line in text.splitlines() if line.startswith("- ")]
    assert len(offers) == 3
    assert not any("25 November 2026, 10:00" in one or "25 November 2026, 11:00" in one for one in offers)


def test_whoever_cancels_their_own_call_is_offered_nothing(practice: Practice, ada: Browser, admin: Browser) -> None:
    call = book(ada, "carla", WEDNESDAY).json
    deliver(practice)
    ada.ask("DELETE", f"/api/appointments/{call['id']}")
    assert "is free" not in deliver(practice)["ada@example.org"].text
