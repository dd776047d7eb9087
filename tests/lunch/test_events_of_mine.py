"""Reading one's lunches by API, and saying whether one comes."""

import threading
from typing import Any

import pytest

from tests.lunches import lunch, told

STARTS = "2026-11-25T12:00+00:00"
LATER_THAT_HOUR = "2026-11-25T12:30+00:00"
NEXT_DAY = "2026-11-26T12:00+00:00"


@pytest.fixture(autouse=True)
def monday(clock: Any) -> None:
    clock.set("2026-11-23T09:00Z")


@pytest.fixture
def people(community: Any) -> Any:
    """Ids of ada, bob and eve, and a browser of each."""
    ids = [community.person(name) for name in ("ada", "bob", "eve")]
    return ids, [community.browser_of(id) for id in ids]


def answer(browser: Any, event: Any, response: str) -> Any:
    return browser.ask("PUT", f"/api/events/{event}/attendance", {"response": response})


def status(sql: Any, event: Any) -> str:
    return str(sql("SELECT status FROM event WHERE id = %s", event)[0].status)


def harbour(community: Any) -> int:
    return int(community.locations["Harbour"])


def test_a_lunch_is_confirmed_when_enough_approve(community: Any, sql: Any, people: Any) -> None:
    (ada, bob, _), (of_ada, of_bob, _) = people
    event = lunch(sql, harbour(community), STARTS, invited=[ada, bob])
    first = answer(of_ada, event, "approved")
    assert (first.status, first.json["status"], first.json["response"]) == (200, "Proposed", "approved")
    assert told(sql, "Event_Approved") == []
    assert answer(of_bob, event, "approved").json["status"] == "Confirmed"
    assert told(sql, "Event_Approved") == ["event.approved"]
    assert told(sql, "Event_48") == ["attendance.approved"] * 2
    assert told(sql, "Events_All") == ["attendance.approved"] * 2 + ["event.approved"]


def test_said_again_nothing_happens(community: Any, sql: Any, people: Any) -> None:
    (ada, bob, _), (of_ada, *_) = people
    event = lunch(sql, harbour(community), STARTS, invited=[ada, bob])
    assert [answer(of_ada, event, "approved").status for _ in range(3)] == [200] * 3
    assert told(sql, "Events_All") == ["attendance.approved"]


def test_approving_one_rejects_the_invitations_that_overlap_it(community: Any, sql: Any, people: Any) -> None:
    (ada, bob, eve), (of_ada, *_) = people
    wanted = lunch(sql, harbour(community), STARTS, invited=[ada, bob])
    overlapping = lunch(sql, harbour(community), LATER_THAT_HOUR, invited=[ada, eve])
    another_day = lunch(sql, harbour(community), NEXT_DAY, invited=[ada, eve])
    assert answer(of_ada, wanted, "approved").status == 200
    mine = {event["id"]: event["response"] for event in of_ada.get("/api/events").json["events"]}
    assert mine == {str(wanted): "approved", str(overlapping): "rejected", str(another_day): "invited"}
    [message] = sql("SELECT key, event->'data' AS data FROM outbox WHERE topic = 'Event_Rejected'")
    assert message.key == str(overlapping)
    assert message.data["approved"] == str(wanted)
    assert message.data["person"] == str(ada)


def test_nobody_is_at_two_lunches_at_once(community: Any, sql: Any, people: Any) -> None:
    (ada, bob, eve), (of_ada, *_) = people
    lunch(sql, harbour(community), STARTS, approved=[ada, bob], confirmed=True)
    other = lunch(sql, harbour(community), LATER_THAT_HOUR, invited=[ada, eve])
    refused = answer(of_ada, other, "approved")
    assert (refused.status, refused.json["detail"]) == (409, "You are already taken at that time")
    assert of_ada.get(f"/api/events/{other}").json["response"] == "invited"


def test_whoever_leaves_in_time_leaves_a_proposal(community: Any, sql: Any, people: Any) -> None:
    (ada, bob, _), (of_ada, *_) = people
    event = lunch(sql, harbour(community), STARTS, approved=[ada, bob], confirmed=True)
    assert answer(of_ada, event, "rejected").json["status"] == "Proposed"
    assert told(sql, "Events_All") == ["attendance.rejected", "event.unconfirmed"]
    assert answer(of_ada, event, "approved").json["status"] == "Confirmed"


def test_whoever_leaves_late_ends_a_lunch_of_two(community: Any, sql: Any, people: Any, clock: Any) -> None:
    (ada, bob, _), (of_ada, of_bob, _) = people
    event = lunch(sql, harbour(community), STARTS, approved=[ada, bob], confirmed=True)
    clock.set("2026-11-25T09:00Z")
    assert answer(of_ada, event, "rejected").json["status"] == "Rejected"
    assert sql("SELECT 1 FROM commitment") == []
    assert answer(of_bob, event, "rejected").status == 409
    assert answer(of_ada, event, "approved").status == 409


def test_a_proposal_that_too_few_approve_is_rejected_by_itself(community: Any, sql: Any, people: Any) -> None:
    from datetime import UTC, datetime

    from chalicelib.lunch import jobs

    (ada, bob, _), (of_ada, *_) = people
    event = lunch(sql, harbour(community), STARTS, invited=[ada, bob])
    answer(of_ada, event, "approved")
    jobs.sweep(datetime(2026, 11, 24, 11, 59, tzinfo=UTC))
    assert status(sql, event) == "Proposed"
    for _ in range(2):
        jobs.sweep(datetime(2026, 11, 24, 12, 0, tzinfo=UTC))
    assert status(sql, event) == "Rejected"
    assert sql("SELECT 1 FROM commitment") == []
    assert told(sql, "Event_Rejected") == ["event.rejected"]


def test_it_is_too_late_to_approve_within_the_last_day(community: Any, sql: Any, people: Any, clock: Any) -> None:
    (ada, bob, _), (of_ada, *_) = people
    event = lunch(sql, harbour(community), STARTS, invited=[ada, bob])
    clock.set("2026-11-24T12:00Z")
    assert answer(of_ada, event, "approved").status == 409


def test_nothing_is_said_to_a_lunch_that_has_begun(community: Any, sql: Any, people: Any, clock: Any) -> None:
    (ada, bob, _), (of_ada, *_) = people
    event = lunch(sql, harbour(community), STARTS, approved=[ada, bob], confirmed=True)
    clock.set("2026-11-25T12:00Z")
    assert answer(of_ada, event, "rejected").status == 409
    assert status(sql, event) == "Confirmed"


def test_a_lunch_of_others_is_not_there(community: Any, sql: Any, people: Any) -> None:
    (ada, bob, _), (*_, of_eve) = people
    event = lunch(sql, harbour(community), STARTS, invited=[ada, bob])
    assert of_eve.get(f"/api/events/{event}").status == 404
    assert answer(of_eve, event, "approved").status == 404
    assert answer(of_eve, event, "rejected").status == 404
    assert of_eve.get("/api/events").json == {"events": []}


def test_a_free_seat_at_a_public_lunch_can_be_taken(community: Any, sql: Any, people: Any) -> None:
    (ada, bob, _), (*_, of_eve) = people
    event = lunch(sql, harbour(community), STARTS, approved=[ada, bob], confirmed=True, public=True)
    assert of_eve.get(f"/api/events/{event}").json["response"] is None
    assert answer(of_eve, event, "rejected").status == 404
    assert answer(of_eve, event, "approved").json["people"] == ["Ada", "Bob", "Eve"]
    late = community.member("zoe")
    refused = answer(late, event, "approved")
    assert (refused.status, refused.json["detail"]) == (409, "All seats of this lunch are taken")


@pytest.mark.parametrize("body", [{"response": "invited"}, {"response": None}, {}, {"response": "approved", "x": 1}])
def test_any_other_answer_is_refused(community: Any, sql: Any, people: Any, body: Any) -> None:
    (ada, bob, _), (of_ada, *_) = people
    event = lunch(sql, harbour(community), STARTS, invited=[ada, bob])
    assert of_ada.ask("PUT", f"/api/events/{event}/attendance", body).status == 422


def test_past_lunches_are_listed_apart(community: Any, sql: Any, people: Any) -> None:
    (ada, bob, _), (of_ada, *_) = people
    past = lunch(sql, harbour(community), "2026-11-20T12:00+00:00", approved=[ada, bob], confirmed=True)
    coming = lunch(sql, harbour(community), STARTS, approved=[ada, bob], confirmed=True)
    assert [e["id"] for e in of_ada.get("/api/events").json["events"]] == [str(coming)]
    [shown] = of_ada.get("/api/events?past=true").json["events"]
    assert (shown["id"], shown["start"]) == (str(past), "2026-11-20T13:00:00+01:00")


def all_at_once(*work: Any) -> list[Any]:
    """What each returned; they start together."""
    results: list[Any] = [None] * len(work)
    gate = threading.Barrier(len(work))

    def run(number: int) -> None:
        gate.wait()
        results[number] = work[number]()
        from chalicelib.database import disconnect

        disconnect()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_sixteen_want_the_last_seat_and_one_gets_it(community: Any, sql: Any, people: Any) -> None:
    (ada, bob, _), _ = people
    event = lunch(sql, harbour(community), STARTS, approved=[ada, bob], confirmed=True, public=True)
    browsers = [community.member(f"guest{number}") for number in range(16)]
    answers = all_at_once(*[lambda b=browser: answer(b, event, "approved").status for browser in browsers])
    assert sorted(answers) == [200] + [409] * 15
    assert len(sql("SELECT 1 FROM commitment WHERE event_id = %s", event)) == 3


@pytest.mark.parametrize("attempt", range(5))
def test_approving_and_cancelling_at_once_leaves_nobody_taken(
    community: Any, sql: Any, people: Any, database: str, attempt: int
) -> None:
    import psycopg2

    (ada, bob, _), (of_ada, *_) = people
    event = lunch(sql, harbour(community), STARTS, invited=[ada, bob])

    def cancel() -> None:
        connection = psycopg2.connect(database)
        with connection, connection.cursor() as cursor:
            cursor.execute("UPDATE event SET status = 'Canceled' WHERE id = %s", (event,))
        connection.close()

    approved, _ = all_at_once(lambda: answer(of_ada, event, "approved").status, cancel)
    assert approved in (200, 409)
    assert status(sql, event) == "Canceled"
    assert sql("SELECT 1 FROM commitment") == []


@pytest.mark.parametrize("attempt", range(5))
def test_approving_two_that_overlap_at_once_takes_one(community: Any, sql: Any, people: Any, attempt: int) -> None:
    (ada, bob, eve), _ = people
    events = [
        lunch(sql, harbour(community), STARTS, invited=[ada, bob]),
        lunch(sql, harbour(community), LATER_THAT_HOUR, invited=[ada, eve]),
    ]
    tabs = [community.browser_of(ada) for _ in events]
    answers = all_at_once(
        *[lambda t=tab, e=event: answer(t, e, "approved").status for tab, event in zip(tabs, events, strict=True)]
    )
    assert sorted(answers) == [200, 409]
    approved = sql("SELECT 1 FROM attendance WHERE person_id = %s AND response = 'approved'", ada)
    assert len(approved) == len(sql("SELECT 1 FROM commitment WHERE person_id = %s", ada)) == 1


@pytest.mark.parametrize("attempt", range(5))
def test_two_tabs_that_approve_the_same_at_once_both_succeed(
    community: Any, sql: Any, people: Any, attempt: int
) -> None:
    (ada, bob, _), _ = people
    event = lunch(sql, harbour(community), STARTS, invited=[ada, bob])
    tabs = [community.browser_of(ada) for _ in range(2)]
    assert all_at_once(*[lambda t=tab: answer(t, event, "approved").status for tab in tabs]) == [200, 200]
    assert told(sql, "Events_All") == ["attendance.approved"]
