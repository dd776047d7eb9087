"""What runs by itself: the match at its hour, and lunches that move on when their time has come. To the minute."""

import json
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import boto3
import moto
import pytest

from chalicelib.config import config
from chalicelib.database import JOB, transaction
from chalicelib.lunch import jobs
from tests.lunches import lunch, told

HOUR = datetime.fromisoformat("2026-11-26T14:00:00+00:00")
"""Thursday, 15:00 in Berlin. In Los Angeles, where it is Thursday too, 6:00."""
MINUTE = timedelta(minutes=1)


def due(now: datetime) -> list[tuple[int, str]]:
    found = transaction(lambda db: jobs.claim(db, now), JOB)
    return [(location, str(monday)) for location, monday in found]


@pytest.fixture
def harbour(community: Any) -> int:
    """The only place that is open."""
    community.sql("UPDATE location SET open = false WHERE name <> 'Harbour'")
    id: int = community.locations["Harbour"]
    return id


# --- the match hour ---


@pytest.mark.parametrize(
    ("now", "asked"),
    [
        (HOUR - MINUTE, False),
        (HOUR, True),
        (HOUR + timedelta(minutes=59), True),
        (HOUR + timedelta(days=3, hours=8), True),  # Sunday, 23:00: later in that week is made up
        (HOUR + timedelta(days=3, hours=9), False),  # Monday, 0:00: another week's hour is to come
        (HOUR - timedelta(days=1), False),
    ],
)
def test_the_round_of_the_week_after_is_asked_for_from_its_hour_on(harbour: int, now: datetime, asked: bool) -> None:
    assert due(now) == ([(harbour, "2026-11-30")] if asked else [])


@pytest.mark.parametrize(
    ("day", "hour", "at", "before", "after"),
    [
        ("Sunday", 23, "2026-11-29T22:00:00+00:00", [], ["2026-11-30"]),
        ("Monday", 0, "2026-11-29T23:00:00+00:00", ["2026-11-30"], ["2026-11-30", "2026-12-07"]),
        ("Friday", 9, "2026-11-27T08:00:00+00:00", [], ["2026-11-30"]),
    ],
)
def test_the_day_and_hour_are_the_rules_at_the_place(
    harbour: int, community: Any, day: str, hour: int, at: str, before: list[str], after: list[str]
) -> None:
    community.rule("lunch.match_day", day)
    community.rule("lunch.match_hour", hour)
    begins = datetime.fromisoformat(at)
    assert [week for _, week in due(begins - MINUTE)] == before
    assert [str(row.week) for row in community.sql("SELECT week FROM asked_round ORDER BY week")] == before
    due(begins)
    assert [str(row.week) for row in community.sql("SELECT week FROM asked_round ORDER BY week")] == after


def round_of(community: Any, location: int) -> None:
    """A round of 2026-W49 there."""
    community.sql("DELETE FROM asked_round")
    community.sql(
        "INSERT INTO round (id, week, location_id, ran, people, lunches, left_over, bound, proven, seed, digest)"
        " VALUES (gen_random_uuid(), '2026-11-30', %s, %s, 0, 0, 0, 0, true, 0, '')",
        location,
        HOUR - timedelta(days=2),
    )


def test_each_place_has_its_own_hour(community: Any) -> None:
    harbour, ferry = community.locations["Harbour"], community.locations["Ferry Building"]
    assert due(HOUR) == [(harbour, "2026-11-30")]
    round_of(community, harbour)
    assert due(HOUR + timedelta(hours=9) - MINUTE) == []
    assert due(HOUR + timedelta(hours=9)) == [(ferry, "2026-11-30")]


@pytest.mark.parametrize("now", ["2026-03-26T14:00", "2026-10-29T14:00"])
def test_the_hour_is_the_clocks_hour_on_both_sides_of_a_change(harbour: int, now: str) -> None:
    at = datetime.fromisoformat(f"{now}:00+00:00")
    assert due(at - MINUTE) == [] and len(due(at)) == 1


def test_a_closed_place_is_not_matched(harbour: int, community: Any) -> None:
    community.sql("UPDATE location SET open = false")
    assert due(HOUR) == []


def test_a_week_that_had_its_round_has_no_second_by_itself(harbour: int, community: Any) -> None:
    round_of(community, harbour)
    assert due(HOUR) == []
    assert due(HOUR + timedelta(days=7)) == [(harbour, "2026-12-07")]


def test_what_is_on_its_way_is_sent_again_only_when_it_seems_lost(harbour: int) -> None:
    assert len(due(HOUR)) == 1
    assert due(HOUR + timedelta(minutes=20)) == []
    assert len(due(HOUR + timedelta(minutes=20, seconds=1))) == 1


@pytest.fixture
def queue() -> Iterator[Any]:
    with moto.mock_aws():
        sqs = boto3.client("sqs")
        url = sqs.create_queue(QueueName=config().rounds_queue)["QueueUrl"]
        yield lambda: [
            json.loads(message["Body"])
            for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        ]


def test_one_message_a_place_goes_to_the_queue(community: Any, queue: Any) -> None:
    evening = HOUR + timedelta(hours=9)
    assert jobs.match_due(evening) == 2
    found = sorted(queue(), key=lambda message: message["location"])
    assert found == [{"week": "2026-W49", "location": id} for id in sorted(community.locations.values())]


def test_where_nothing_is_due_the_queue_is_not_even_asked_for(database: str) -> None:
    assert jobs.match_due(HOUR) == 0  # AWS is not there at all


def test_a_queue_that_is_away_loses_no_round(community: Any, queue: Any, monkeypatch: Any) -> None:
    from chalicelib.messaging import sqs

    def away(queue: str, messages: Any) -> int:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(sqs, "send", away)
        with pytest.raises(ConnectionError):
            jobs.match_due(HOUR)
    assert jobs.match_due(HOUR + jobs.SENT_AGAIN + MINUTE) == 1


# --- sweeps ---

STARTS = "2026-12-01T20:00:00+00:00"
START = datetime.fromisoformat(STARTS)
END = START + timedelta(hours=1)


def made(community: Any, **more: Any) -> uuid.UUID:
    people = [community.person(name) for name in ("ada", "bob")]
    who = {"invited": people} if not more.get("confirmed") else {"approved": people}
    return lunch(community.sql, community.locations["Ferry Building"], STARTS, **who, **more)  # type: ignore[arg-type]


def status(community: Any) -> str:
    found: str = community.sql("SELECT status FROM event")[0].status
    return found


def all_told(community: Any) -> dict[str, list[str]]:
    topics = [row.topic for row in community.sql("SELECT DISTINCT topic FROM outbox WHERE topic <> 'Mails'")]
    return {topic: told(community.sql, topic) for topic in topics}


@pytest.mark.parametrize("hours", [0, 24, 168])
def test_a_proposal_with_too_few_is_rejected_at_its_deadline(community: Any, hours: int) -> None:
    community.rule("lunch.approve_hours_before", hours)
    made(community)
    deadline = START - timedelta(hours=hours)
    jobs.sweep(deadline - MINUTE)
    assert status(community) == "Proposed" and all_told(community) == {}
    jobs.sweep(deadline)
    assert status(community) == "Rejected"
    assert community.sql("SELECT changed FROM event")[0].changed == deadline, "what calendars read of it"
    assert all_told(community) == {"Event_Rejected": ["event.rejected"], "Events_All": ["event.rejected"]}


def test_a_lunch_that_is_over_waits_for_its_reviews(community: Any) -> None:
    made(community, confirmed=True)
    jobs.sweep(END - MINUTE)
    assert status(community) == "Confirmed" and all_told(community) == {}
    jobs.sweep(END)
    assert status(community) == "Awaiting Evaluation"
    assert all_told(community) == {"Event_Evaluate": ["event.evaluate"], "Events_All": ["event.evaluate"]}
    [data] = {json.dumps(row.data) for row in community.sql("SELECT event->'data' AS data FROM outbox")}
    assert json.loads(data)["week"] == "2026-W49"


def test_a_lunch_that_asks_for_no_reviews_is_done_when_it_is_over(community: Any) -> None:
    made(community, confirmed=True)
    community.sql("UPDATE event SET allow_evaluation = false")
    jobs.sweep(END)
    assert status(community) == "Done"
    assert all_told(community) == {"Events_All": ["event.done"]}


@pytest.mark.parametrize("days", [1, 7, 60])
def test_reviews_close_after_the_rules_days(community: Any, days: int) -> None:
    community.rule("lunch.review_days", days)
    made(community, confirmed=True)
    jobs.sweep(END)
    jobs.sweep(END + timedelta(days=days) - MINUTE)
    assert status(community) == "Awaiting Evaluation"
    jobs.sweep(END + timedelta(days=days))
    assert status(community) == "Done"
    assert told(community.sql, "Events_All") == ["event.evaluate", "event.done"]


@pytest.mark.parametrize("final", ["Rejected", "Canceled", "Done"])
def test_what_is_ended_stays_as_it_is(community: Any, final: str) -> None:
    made(community, confirmed=final == "Done")
    if final == "Done":
        community.sql("UPDATE event SET status = 'Awaiting Evaluation'")
    community.sql("UPDATE event SET status = %s", final)
    jobs.sweep(END + timedelta(days=90))
    assert status(community) == final and all_told(community) == {}


def test_more_than_a_batch_is_moved_on_by_one_sweep(community: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(jobs, "BATCH", 200)
    community.sql(
        "INSERT INTO event (id, title, location_id, during)"
        " SELECT gen_random_uuid(), 'Soup', %s, '[2026-12-01T20:00Z,2026-12-01T21:00Z)' FROM generate_series(1, 450)",
        community.locations["Harbour"],
    )
    jobs.sweep(START)
    assert [row.n for row in community.sql("SELECT count(*) AS n FROM event WHERE status = 'Rejected'")] == [450]
    assert len(told(community.sql, "Events_All")) == 450


@pytest.mark.parametrize("evaluated", [200, 250, 0])
def test_a_batch_of_those_asked_for_reviews_leaves_the_others_to_the_next(
    community: Any, monkeypatch: Any, evaluated: int
) -> None:
    """As many as a batch holds are over and reviewed, more than it holds, none; and others that are not reviewed."""
    monkeypatch.setattr(jobs, "BATCH", 200)
    community.sql("ALTER TABLE event DISABLE TRIGGER USER")
    for many, asked in ((evaluated, True), (30, False)):
        community.sql(
            "INSERT INTO event (id, title, location_id, during, allow_evaluation, status)"
            " SELECT gen_random_uuid(), 'Soup', %s, '[2026-11-24T20:00Z,2026-11-24T21:00Z)', %s, 'Confirmed'"
            " FROM generate_series(1, %s)",
            community.locations["Harbour"],
            asked,
            many,
        )
    community.sql("ALTER TABLE event ENABLE TRIGGER USER")
    jobs.sweep(START)
    found = {row.status: row.n for row in community.sql("SELECT status, count(*) AS n FROM event GROUP BY 1")}
    # Nobody comes to these, so nobody's review is waited for.
    assert found == {"Done": evaluated + 30}
    types = Counter(told(community.sql, "Events_All"))
    assert types == Counter({"event.evaluate": evaluated, "event.done": evaluated + 30})
