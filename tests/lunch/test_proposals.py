"""Members propose lunches, where the rules let them: for everybody, or for people they have had lunch with."""

from typing import Any

import pytest

from tests.lunches import lunch, told
from tests.state import digest_of

GOOD = {"title": "Soup & talk", "location": "Harbour", "start": "2026-11-25T12:00", "public": True}


@pytest.fixture(autouse=True)
def monday(clock: Any, community: Any) -> None:
    clock.set("2026-11-23T08:00Z")
    community.rule("lunch.members_may_propose", True)


@pytest.fixture
def friends(community: Any, sql: Any) -> Any:
    """Ada and Bob have had lunch; Zoe has not been there."""
    ada, bob, zoe = (community.person(name) for name in ("ada", "bob", "zoe"))
    event = lunch(sql, community.locations["Harbour"], "2026-11-03T11:00+00:00", approved=[ada, bob], confirmed=True)
    for status in ("Awaiting Evaluation", "Done"):
        sql("UPDATE event SET status = %s WHERE id = %s", status, event)
    return (ada, bob, zoe), [community.browser_of(person) for person in (ada, bob, zoe)]


def test_only_where_the_rule_says_so(community: Any, friends: Any) -> None:
    community.rule("lunch.members_may_propose", False)
    _, (of_ada, *_) = friends
    answer = of_ada.post("/api/events", GOOD)
    assert answer.status == 403 and "lunch.members_may_propose" in answer.json["detail"]
    page = of_ada.get("/events/new")
    assert page.status == 403 and "lunch.members_may_propose" not in page.text
    assert "/events/new" not in of_ada.get("/public").text


def test_a_public_proposal_is_the_proposers_and_open_to_all(community: Any, sql: Any, friends: Any) -> None:
    (ada, *_), (of_ada, _, of_zoe) = friends
    answer = of_ada.post("/api/events", GOOD)
    assert answer.status == 201, answer.text
    event = answer.json
    assert answer.header("location") == f"/api/events/{event['id']}"
    assert (event["title"], event["status"], event["people"], event["response"], event["start"]) == (
        "Soup & talk", "Proposed", ["Ada"], "approved", "2026-11-25T12:00:00+01:00",
    )  # fmt: skip
    assert [row.creator for row in sql("SELECT creator FROM event WHERE creator IS NOT NULL")] == [ada]
    assert told(sql, "Events_All") == ["event.proposed", "attendance.approved"] and told(sql, "InvitedUser") == []
    assert told(sql, "Event_48") == ["event.proposed", "attendance.approved"]
    assert [one["title"] for one in of_zoe.get("/PublicEvents").json["appointments"]] == ["Soup & talk"]
    joined = of_zoe.ask("PUT", f"/api/events/{event['id']}/attendance", {"response": "approved"})
    assert joined.json["status"] == "Confirmed"


def test_a_proposal_for_people_is_theirs_alone(community: Any, sql: Any, friends: Any) -> None:
    _, (of_ada, of_bob, of_zoe) = friends
    event = of_ada.post("/api/events", GOOD | {"public": False, "people": ["bob"]}).json
    assert of_zoe.get(f"/api/events/{event['id']}").status == 404
    assert of_bob.get(f"/api/events/{event['id']}").json["response"] == "invited"
    assert told(sql, "InvitedUser") == ["event.invited"]
    assert "Soup &amp; talk" in of_bob.get("/Validate").text
    assert of_zoe.get("/PublicEvents").json["appointments"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": "x" * 101}, "title"),
        ({"title": ""}, "title"),
        ({"title": "..."}, "title"),
        ({"title": "a\nb"}, "title"),
        ({"location": "Nowhere"}, "location"),
        ({"start": "2026-11-25T12:07"}, "start"),
        ({"start": "2026-11-25T10:45"}, "start"),
        ({"start": "2026-11-25T14:00"}, "start"),
        ({"start": "2026-11-28T12:00"}, "start"),  # Saturday
        ({"start": "2026-11-24T08:59"}, "start"),
        ({"start": "2026-11-23T11:00"}, "start"),  # in an hour
        ({"start": "2026-11-20T12:00"}, "start"),
        ({"start": "2026-12-22T12:00"}, "start"),  # more than four weeks
        ({"start": "2026-02-30T12:00"}, "start"),
        ({"start": "9999-12-31T23:59"}, "start"),
        ({"start": "tomorrow"}, "start"),
        ({"people": ["zoe"]}, "people"),
        ({"people": ["nobody"]}, "people"),
        ({"people": ["ada"]}, "people"),
        ({"people": ["bob"] * 21}, "people"),
        ({"public": False}, "people"),
        ({"food": "Soup"}, "food"),
    ],
)
def test_what_is_wrong_is_named_and_changes_nothing(
    community: Any, sql: Any, friends: Any, change: dict[str, Any], field: str
) -> None:
    _, (of_ada, *_) = friends
    before = digest_of(sql)
    answer = of_ada.post("/api/events", GOOD | change)
    assert answer.status == 422, answer.text
    assert [error["field"].partition("[")[0] for error in answer.json["errors"]] == [field]
    assert digest_of(sql) == before


def test_the_start_may_carry_an_offset(community: Any, friends: Any) -> None:
    _, (of_ada, *_) = friends
    answer = of_ada.post("/api/events", GOOD | {"start": "2026-11-25T11:00:00+00:00"})
    assert answer.json["start"] == "2026-11-25T12:00:00+01:00"
    away = of_ada.post("/api/events", GOOD | {"location": "Ferry Building", "start": "2026-11-26T12:00"})
    assert away.json["start"] == "2026-11-26T12:00:00-08:00"


def test_nobody_proposes_a_lunch_while_they_are_taken(community: Any, sql: Any, friends: Any) -> None:
    _, (of_ada, *_) = friends
    assert of_ada.post("/api/events", GOOD).status == 201
    again = of_ada.post("/api/events", GOOD | {"start": "2026-11-25T12:30"})
    assert (again.status, again.json["detail"]) == (409, "You are already taken at that time")
    assert len(sql("SELECT 1 FROM event WHERE creator IS NOT NULL")) == 1


def test_a_member_has_five_proposals_to_come_at_most(community: Any, friends: Any) -> None:
    _, (of_ada, *_) = friends
    days = ("25", "26", "27", "30")
    for day in days:
        assert of_ada.post("/api/events", GOOD | {"start": f"2026-11-{day}T12:00"}).status == 201
    made = of_ada.post("/api/events", GOOD | {"start": "2026-12-01T12:00"}).json
    refused = of_ada.post("/api/events", GOOD | {"start": "2026-12-02T12:00"})
    assert refused.status == 409 and "5 lunches" in refused.json["detail"]
    assert of_ada.ask("DELETE", f"/api/events/{made['id']}", {"reason": "ill"}).status == 204
    assert of_ada.post("/api/events", GOOD | {"start": "2026-12-02T12:00"}).status == 201


def test_whoever_is_no_member_proposes_nothing(community: Any) -> None:
    coach = community.browser_of(community.person("carla", roles=("coach",)))
    assert coach.post("/api/events", GOOD).status == 403


def keep_apart(sql: Any, person: Any, other: Any) -> None:
    """As the person's review would: they did not enjoy the other's company."""
    from chalicelib.database import JOB, transaction
    from chalicelib.lunch import blocked_pairs

    transaction(lambda db: blocked_pairs.note(db, person, {other: False}), JOB)


def test_whoever_is_kept_apart_neither_sees_nor_joins_and_cannot_tell(community: Any, sql: Any, friends: Any) -> None:
    (ada, bob, zoe), (of_ada, of_bob, of_zoe) = friends
    keep_apart(sql, bob, ada)
    event = of_ada.post("/api/events", GOOD).json["id"]
    assert of_bob.get("/PublicEvents").json["appointments"] == []
    assert "talk" not in of_bob.get("/public").text and "talk" not in of_bob.get("/Validate").text
    full = lunch(sql, community.locations["Harbour"], "2026-11-26T11:00+00:00", approved=[zoe], seats=2, public=True)
    sql("UPDATE event SET min_attendees = 2 WHERE id = %s", full)
    cem = community.person("cem")
    community.browser_of(cem).ask("PUT", f"/api/events/{full}/attendance", {"response": "approved"})
    answers = [of_bob.ask("PUT", f"/api/events/{id}/attendance", {"response": "approved"}) for id in (event, full)]
    assert [(a.status, a.text) for a in answers] == [(answers[0].status, answers[0].text)] * 2
    assert answers[0].json["detail"] == "All seats of this lunch are taken"
    assert "no seat free" in of_bob.get(f"/events/{event}").text
    assert "Join" not in of_bob.get(f"/events/{event}").text
    assert of_bob.get(f"/api/events/{event}").json["seats"] == 1
    assert "talk" in of_zoe.get("/public").text


def test_asking_somebody_who_is_kept_apart_looks_like_silence(community: Any, sql: Any, friends: Any) -> None:
    (_, bob, _), (of_ada, of_bob, _) = friends
    keep_apart(sql, bob, friends[0][0])
    answer = of_ada.post("/api/events", GOOD | {"public": False, "people": ["bob"]})
    assert answer.status == 201
    assert of_bob.get(f"/api/events/{answer.json['id']}").status == 404
    assert "Bob" not in of_ada.get(f"/events/{answer.json['id']}").text


WAYS = {
    "joins where the other is asked": ("invited", None, True),
    "comes after all, where the other has joined": ("approved", "rejected", True),
    "was asked by the same member": ("approved", "invited", False),
    "was asked by the round": ("approved", "invited", True),
}
"""How somebody might come to a lunch with whom they are kept apart from: the other's answer, their own, public."""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("who_disliked", ["bob", "zoe"])
def test_whoever_is_kept_apart_comes_to_one_lunch_by_no_way(
    community: Any, sql: Any, friends: Any, way: str, who_disliked: str
) -> None:
    """And reads and is answered what a full lunch says, whoever of the two it was."""
    (ada, bob, zoe), (_, of_bob, of_zoe) = friends
    keep_apart(sql, *((bob, zoe) if who_disliked == "bob" else (zoe, bob)))
    other, own, public = WAYS[way]
    event = lunch(sql, community.locations["Harbour"], "2026-11-26T11:00+00:00", approved=[ada], public=public)
    full = lunch(sql, community.locations["Harbour"], "2026-11-27T11:00+00:00", approved=[ada], seats=2, public=public)
    sql("INSERT INTO attendance VALUES (%s, %s, 'invited')", event, bob)
    if other == "approved":
        assert of_bob.ask("PUT", f"/api/events/{event}/attendance", {"response": "approved"}).status == 200
    for id in (event, full):
        if own:
            sql("INSERT INTO attendance (event_id, person_id, response) VALUES (%s, %s, %s)", id, zoe, own)
    cem = community.person("cem")
    sql("INSERT INTO attendance VALUES (%s, %s, 'invited')", full, cem)
    assert (
        community.browser_of(cem).ask("PUT", f"/api/events/{full}/attendance", {"response": "approved"}).status == 200
    )
    before = digest_of(sql)
    answers = [of_zoe.ask("PUT", f"/api/events/{id}/attendance", {"response": "approved"}) for id in (event, full)]
    assert [answer.status for answer in answers] == [409, 409] and answers[0].text == answers[1].text
    assert digest_of(sql) == before
    for id in (event, full):
        page, read = of_zoe.get(f"/events/{id}").text, of_zoe.get(f"/api/events/{id}").json
        assert ("no seat free" in page) == public and 'value="approved"' not in page
        assert read["seats"] == len(read["people"])


def test_whoever_comes_reads_their_lunch_as_it_is_whoever_else_comes(community: Any, sql: Any, friends: Any) -> None:
    (ada, bob, _), (_, of_bob, _) = friends
    event = lunch(sql, community.locations["Harbour"], "2026-11-26T11:00+00:00", approved=[ada, bob], confirmed=True)
    keep_apart(sql, bob, ada)
    assert of_bob.get(f"/api/events/{event}").json["seats"] == 3
    assert [one["seats"] for one in of_bob.get("/api/events").json["events"]] == [3]
