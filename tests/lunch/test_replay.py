"""Events_All is complete: whoever has it alone has every lunch and every answer."""

from datetime import date, datetime
from typing import Any

import psycopg2
import psycopg2.extras
import pytest

from chalicelib.lunch import jobs, rounds
from infra.local import replay
from tests.lunch.test_suggestions import member

MONDAY = date(2026, 11, 30)


@pytest.fixture
def lived(community: Any, clock: Any) -> Any:
    """A week that was matched: one came, one left, a lunch was called off, one is over."""
    clock.set("2026-11-26T14:00:00Z")
    names = ("ada", "bob", "eve", "joe", "sue", "tom", "uma")
    people = {name: member(community, name, f"2026-12-0{1 + n // 3}T12:00") for n, name in enumerate(names)}
    browsers = {name: community.browser_of(person) for name, person in people.items()}
    rounds.run(MONDAY, community.locations["Harbour"], datetime.fromisoformat("2026-11-26T14:00:00+00:00"))
    [mine] = browsers["ada"].get("/api/events").json["events"]
    answer = browsers["ada"].ask("PUT", f"/api/events/{mine['id']}/attendance", {"response": "rejected"})
    assert answer.status == 200, answer.text
    jobs.sweep(datetime.fromisoformat("2026-12-02T12:30:00+00:00"))
    return community


def told(community: Any) -> list[tuple[str, dict[str, Any]]]:
    rows = community.sql("SELECT event FROM outbox WHERE topic = 'Events_All' ORDER BY id")
    return [(row.event["type"], row.event["data"]) for row in rows]


def compared(database: str, messages: list[tuple[str, dict[str, Any]]]) -> replay.Comparison:
    connection = psycopg2.connect(database)
    psycopg2.extras.register_uuid(conn_or_curs=connection)
    try:
        replay.rebuild(connection, messages)
        return replay.compare(connection)
    finally:
        connection.close()


def test_what_was_rebuilt_equals_what_there_is(lived: Any, database: str) -> None:
    found = compared(database, told(lived))
    assert (found.events, found.older, found.different) == (2, 0, [])
    assert found.attendances == 6
    assert "They equal what the database has." in str(found)


def test_messages_that_come_twice_change_nothing(lived: Any, database: str) -> None:
    messages = told(lived)
    twice = [message for message in messages for _ in range(2)]
    assert compared(database, twice).different == []


@pytest.mark.parametrize("kind", ["attendance.rejected", "event.evaluate"])
def test_a_message_that_is_missing_is_noticed(lived: Any, database: str, kind: str) -> None:
    messages = told(lived)
    lost = next(message for message in messages if message[0] == kind)
    found = compared(database, [message for message in messages if message is not lost])
    assert found.different == [lost[1]["event"]]


def test_a_change_that_no_message_tells_is_noticed(lived: Any, database: str) -> None:
    messages = told(lived)
    [row] = lived.sql("UPDATE event SET public = true WHERE id = (SELECT id FROM event LIMIT 1) RETURNING id")
    assert compared(database, messages).different == [str(row.id)]


def test_lunches_that_the_topic_has_no_more_are_counted(lived: Any, database: str) -> None:
    first = told(lived)[0][1]["event"]
    found = compared(database, [message for message in told(lived) if message[1]["event"] != first])
    assert (found.events, found.older, found.different) == (1, 1, [])


LUNCH = "00000000-0000-4000-8000-000000000001"
POISON = [
    b"no JSON",
    b"\xff\xfe",
    b"[]",
    b"null",
    b"{}",
    b'{"type": "event.approved"}',
    b'{"type": "event.approved", "data": null}',
    b'{"type": "event.approved", "data": {}}',
    b'{"type": "event.approved", "data": {"event": "no uuid"}}',
    b'{"type": "event.approved", "data": {"event": "\\u0000"}}',
    b'{"type": "event.proposed", "data": {"event": "%s", "people": []}}' % LUNCH.encode(),
    b'{"type": "attendance.approved", "data": {"event": "%s", "person": 7}}' % LUNCH.encode(),
    b'{"type": null, "data": {}}',
]


def test_what_is_no_message_is_passed_over_and_counted(lived: Any, database: str) -> None:
    """Consumers bury it and go on, so the topic may hold some; it must not hide whether all lunches are there."""
    messages = told(lived)
    mixed = (
        [replay.read(value) for value in POISON]
        + messages[:3]
        + [replay.read(value) for value in POISON]
        + messages[3:]
    )
    connection = psycopg2.connect(database)
    psycopg2.extras.register_uuid(conn_or_curs=connection)
    try:
        found_over = replay.rebuild(connection, mixed)
        assert (found_over, replay.compare(connection).different) == (2 * len(POISON), [])
    finally:
        connection.close()
