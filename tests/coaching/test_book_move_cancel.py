"""A client books a call, moves it, cancels it; everybody sees what he may."""

from typing import Any

from tests.coaching.practice import Practice, at, book, move

WEDNESDAY = "2026-11-25T10:00:00+01:00"


def test_a_client_books_what_he_was_shown(practice: Practice) -> None:
    carla, ada = practice.coach("carla"), practice.client("ada", "carla")
    slots = ada.get("/api/coaches/carla/slots?weeks=1").json["slots"]
    assert slots[0] == {"start": "2026-11-24T09:00:00+01:00", "end": "2026-11-24T10:00:00+01:00"}
    assert len(slots) == 4 * 8
    answer = book(ada, "carla", WEDNESDAY)
    assert answer.status == 201, answer.text
    call = answer.json
    assert answer.header("location") == f"/api/appointments/{call['id']}"
    assert (call["start"], call["end"], call["status"], call["version"]) == (
        WEDNESDAY, "2026-11-25T11:00:00+01:00", "booked", 1,
    )  # fmt: skip
    assert call["coach"] == {"slug": "carla", "name": "Carla"} and call["client"] == {"slug": "ada", "name": "Ada"}
    for browser in (ada, carla):
        listed = browser.get("/api/appointments").json
        assert [one["id"] for one in listed["appointments"]] == [call["id"]]
        assert listed["next"] == {"from": "2026-W50", "weeks": 3}
    [message] = practice.messages()
    assert (message.key, message.type) == (call["id"], "appointment.booked")
    assert message.data["week"] == "2026-W48"


def test_what_is_booked_is_shown_to_nobody_else(practice: Practice) -> None:
    practice.coach("carla")
    ada, bob = practice.client("ada", "carla"), practice.client("bob", "carla")
    assert book(ada, "carla", WEDNESDAY).status == 201
    starts = [slot["start"] for slot in bob.get("/api/coaches/carla/slots?weeks=1").json["slots"]]
    assert WEDNESDAY not in starts and "2026-11-25T11:00:00+01:00" in starts
    refused = book(bob, "carla", WEDNESDAY)
    assert (refused.status, refused.json["detail"]) == (409, "This time is taken")
    assert len(practice.calls()) == 1
    nearest = bob.get("/api/coaches/carla/nearest?start=2026-11-25T09:00:00Z").json["slots"]
    assert [slot["start"][11:16] for slot in nearest] == ["09:00", "11:00", "12:00"]


def test_a_call_is_moved_and_keeps_its_name_and_its_history(practice: Practice, sql: Any) -> None:
    practice.coach("carla")
    ada = practice.client("ada", "carla")
    call = book(ada, "carla", WEDNESDAY).json
    answer = move(ada, call, "2026-11-26T15:00:00+01:00")
    assert answer.status == 200, answer.text
    moved = answer.json
    assert (moved["id"], moved["version"], moved["start"]) == (call["id"], 2, "2026-11-26T15:00:00+01:00")
    assert moved["moves_left"] == 2
    [change] = sql("SELECT * FROM appointment_change")
    assert change.before.lower == at(WEDNESDAY) and change.version == 2
    commitments = sql("SELECT person_id, lower(during) AS starts FROM commitment")
    assert {row.person_id for row in commitments} == {practice.ids["carla"], practice.ids["ada"]}
    assert {row.starts for row in commitments} == {at("2026-11-26T15:00+01:00")}
    assert [message.type for message in practice.messages()] == ["appointment.booked", "appointment.moved"]
    assert move(ada, call, "2026-11-26T16:00:00+01:00").json["detail"].startswith("This call was changed meanwhile")


def test_a_call_can_be_moved_half_over_itself(practice: Practice) -> None:
    practice.coach("carla")
    practice.rule("slot_interval_minutes", 30)
    ada = practice.client("ada", "carla")
    call = book(ada, "carla", WEDNESDAY).json
    assert move(ada, call, "2026-11-25T10:30:00+01:00").status == 200


def test_a_cancelled_call_frees_its_time(practice: Practice, sql: Any) -> None:
    carla, ada = practice.coach("carla"), practice.client("ada", "carla")
    call = book(ada, "carla", WEDNESDAY).json
    assert ada.ask("DELETE", f"/api/appointments/{call['id']}?reason=ill").status == 204
    assert sql("SELECT * FROM commitment") == []
    assert carla.get(f"/api/appointments/{call['id']}").json["status"] == "cancelled"
    assert ada.ask("DELETE", f"/api/appointments/{call['id']}").status == 409
    again = book(ada, "carla", WEDNESDAY)
    assert again.status == 201, again.text
    assert [m.type for m in practice.messages()] == [
        "appointment.booked",
        "appointment.cancelled",
        "appointment.booked",
    ]


def test_a_series_is_booked_all_or_none(practice: Practice) -> None:
    practice.coach("carla")
    ada, bob = practice.client("ada", "carla"), practice.client("bob", "carla")
    wanted = {"coach": "carla", "start": "2026-11-30T10:00:00+01:00", "months": 4}
    answer = ada.post("/api/series", wanted)
    assert answer.status == 201, answer.text
    # The fifth Monday, the last where there is no fifth.
    days = [call["start"][:10] for call in answer.json["appointments"]]
    assert days == ["2026-11-30", "2026-12-28", "2027-01-25", "2027-02-22"]
    refused = bob.post("/api/series", wanted | {"start": "2026-12-28T10:00:00+01:00", "months": 2})
    assert refused.status == 409
    assert [(e["field"], e["message"]) for e in refused.json["errors"]] == [
        ("2026-12-28T10:00:00+01:00", "is taken"), ("2027-01-25T10:00:00+01:00", "is taken"),
    ]  # fmt: skip
    assert len(practice.calls()) == 4


def test_what_is_offered_for_a_call_of_the_coach_is_what_it_can_be_moved_to(practice: Practice) -> None:
    """The coach's call uses up no month, and the client's own of that month is in nobody's way."""
    carla, ada = practice.coach("carla"), practice.client("ada", "carla")
    own = book(ada, "carla", "2026-12-03T10:00:00+01:00").json
    call = book(carla, "carla", "2026-12-10T10:00:00+01:00", client="ada").json

    def offered(moving: str) -> int:
        return len(ada.get(f"/api/coaches/carla/slots?from=2026-W51&weeks=1&moving={moving}").json["slots"])

    assert offered(call["id"]) == offered(own["id"]) == 40, "her own is moved within its month"
    assert "16 December" in ada.get(f"/appointments/{call['id']}/move?day=2026-12-16").text
    assert ada.get("/api/coaches/carla/slots?from=2026-W51&weeks=1").json["slots"] == []
    assert move(ada, call, "2026-12-16T10:00:00+01:00").status == 200
