"""``make replay``: rebuilds events and attendances from Events_All in an empty schema, and says where they differ.

Shows that the topic is complete: whoever has it alone has every lunch. Titles that members wrote stand in no message,
and lunches that are older than what the topic still holds are counted, not compared; so are records that are no message
of ours, which every consumer passes over. Nobody is mailed: it reads as a consumer of its own, which tells nobody anything.
"""

import json
import sys
from collections.abc import Generator, Iterable
from typing import Any

import psycopg2
import psycopg2.extras

from chalicelib.config import config

TOPIC = "Events_All"
UNREADABLE = "unreadable"
STATUS = {
    "event.approved": "Confirmed",
    "event.unconfirmed": "Proposed",
    "event.rejected": "Rejected",
    "event.canceled": "Canceled",
    "event.evaluate": "Awaiting Evaluation",
    "event.done": "Done",
}
"""The state that a lunch is in after a message."""

_SCHEMA = """
DROP SCHEMA IF EXISTS replay CASCADE;
CREATE SCHEMA replay;
CREATE TABLE replay.event (
    id uuid PRIMARY KEY, location_id integer, during tstzrange, min_attendees smallint, max_attendees smallint,
    public boolean, allow_evaluation boolean, creator uuid, title text, foods smallint[], status text);
CREATE TABLE replay.attendance (
    event_id uuid REFERENCES replay.event, person_id uuid, response text, reviewed boolean DEFAULT false,
    PRIMARY KEY (event_id, person_id));
"""

# What the database has, as the messages can know it.
_EVENTS = """
SELECT e.id, e.location_id, e.during, e.min_attendees, e.max_attendees, e.public, e.allow_evaluation, e.creator,
       CASE WHEN e.creator IS NULL THEN e.title END AS title,
       ARRAY(SELECT f.food_type_id FROM event_food f WHERE f.event_id = e.id ORDER BY 1)::smallint[] AS foods, e.status
FROM event e
"""
_ATTENDANCES = "SELECT event_id, person_id, response, reviewed FROM attendance"


class Comparison:
    """What came of it: how many there are, how many the topic no longer holds, and the ids of those that differ; and how
    many records were passed over."""

    def __init__(self, events: int, attendances: int, older: int, different: list[str]) -> None:
        self.events, self.attendances, self.older, self.different = events, attendances, older, different
        self.passed_over = 0

    def __str__(self) -> str:
        lines = [f"{self.events} lunches and {self.attendances} attendances were made of {TOPIC}."]
        if self.older:
            lines.append(f"{self.older} lunches are older than what the topic holds.")
        if self.passed_over:
            lines.append(f"{self.passed_over} records are no messages of ours, and were passed over.")
        lines.append(
            f"{len(self.different)} differ from the database: {', '.join(self.different[:10])}"
            if self.different
            else "They equal what the database has."
        )
        return "\n".join(lines)


def rebuild(connection: Any, messages: Iterable[tuple[str, dict[str, Any]]]) -> int:
    """Make the tables of schema ``replay`` of messages (type, data), in order per lunch; one twice changes nothing. How
    many were passed over, for nothing could be made of them."""
    passed_over = 0
    with connection.cursor() as cursor:
        cursor.execute(_SCHEMA)
        for kind, data in messages:
            cursor.execute("SAVEPOINT before_message")
            try:
                _apply(cursor, kind, data)
            except (KeyError, TypeError, ValueError, psycopg2.DataError, psycopg2.ProgrammingError):
                cursor.execute("ROLLBACK TO before_message")
                passed_over += 1
    return passed_over


def read(value: bytes) -> tuple[str, dict[str, Any]]:
    """The type and the data of a record; of what is no message of ours, a type that is none."""
    try:
        event = json.loads(value)
        kind, data = event["type"], event["data"]
    except (KeyError, TypeError, ValueError):
        return UNREADABLE, {}
    return (kind, data) if isinstance(kind, str) and isinstance(data, dict) else (UNREADABLE, {})


def _apply(cursor: Any, kind: str, data: dict[str, Any]) -> None:
    if kind == UNREADABLE:
        raise ValueError
    if kind == "event.proposed":
        cursor.execute(
            "INSERT INTO replay.event VALUES (%(event)s, %(location)s, %(during)s, %(min_attendees)s, %(max_attendees)s,"
            " %(public)s, %(allow_evaluation)s, %(creator)s, %(title)s, %(foods)s::smallint[], 'Proposed')"
            " ON CONFLICT DO NOTHING",
            {"title": None} | data,
        )
        for person in data["people"]:
            _respond(cursor, data["event"], person, data["response"])
    elif kind == "attendance.reviewed":
        cursor.execute(
            "UPDATE replay.attendance SET reviewed = true WHERE event_id = %(event)s AND person_id = %(person)s", data
        )
    elif kind.startswith("attendance."):
        _respond(cursor, data["event"], data["person"], kind.partition(".")[2])
    elif kind in STATUS:
        cursor.execute("UPDATE replay.event SET status = %s WHERE id = %s", (STATUS[kind], data["event"]))


def _respond(cursor: Any, event: str, person: str, response: str) -> None:
    """Where the topic has lost the lunch itself, nothing."""
    cursor.execute(
        "INSERT INTO replay.attendance (event_id, person_id, response)"
        " SELECT id, %(person)s, %(response)s FROM replay.event WHERE id = %(event)s"
        " ON CONFLICT (event_id, person_id) DO UPDATE SET response = excluded.response",
        {"event": event, "person": person, "response": response},
    )


def compare(connection: Any) -> Comparison:
    """The rebuilt tables with the database's own."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({_EVENTS}) e WHERE e.id NOT IN (SELECT id FROM replay.event)")
        [older] = cursor.fetchone()
        cursor.execute(f"""
            WITH held AS (SELECT id FROM replay.event),
            events AS ({_EVENTS} WHERE e.id IN (SELECT id FROM held)),
            attendances AS ({_ATTENDANCES} WHERE event_id IN (SELECT id FROM held))
            SELECT id FROM ((TABLE events EXCEPT TABLE replay.event) UNION (TABLE replay.event EXCEPT TABLE events)) x
            UNION
            SELECT event_id FROM ((TABLE attendances EXCEPT TABLE replay.attendance)
                UNION (TABLE replay.attendance EXCEPT TABLE attendances)) x
            ORDER BY 1""")
        different = [str(id) for (id,) in cursor.fetchall()]
        cursor.execute("SELECT (SELECT count(*) FROM replay.event), (SELECT count(*) FROM replay.attendance)")
        events, attendances = cursor.fetchone()
    return Comparison(events, attendances, older, different)


def read_topic(bootstrap: str) -> Generator[tuple[str, dict[str, Any]], None, None]:
    """Everything that the topic holds now, in order per partition and so per lunch."""
    from kafka import KafkaConsumer, TopicPartition

    consumer = KafkaConsumer(bootstrap_servers=bootstrap.split(","), enable_auto_commit=False)
    try:
        partitions = [TopicPartition(TOPIC, number) for number in consumer.partitions_for_topic(TOPIC) or ()]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        ends = consumer.end_offsets(partitions)
        while any(consumer.position(partition) < ends[partition] for partition in partitions):
            for records in consumer.poll(timeout_ms=1000).values():
                for record in records:
                    yield read(record.value)
    finally:
        consumer.close()


def main() -> int:
    """Rebuild, compare, and say so; 1 where something differs."""
    connection = psycopg2.connect(config().database_owner_url)  # nobody else may make a schema, or sees every row
    psycopg2.extras.register_uuid(conn_or_curs=connection)  # type: ignore[no-untyped-call]
    messages = read_topic(config().kafka)
    try:
        passed_over = rebuild(connection, messages)
        found = compare(connection)
        found.passed_over = passed_over
    finally:
        messages.close()  # else what fails in between waits for the consumer for ever
        connection.close()  # without a commit, so the schema goes with it
    print(found)
    return 1 if found.different else 0


if __name__ == "__main__":
    sys.exit(main())
