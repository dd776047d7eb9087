"""Events and attendances as Events_All tells them: what the topic leaves out, the database must not have."""

from collections.abc import Callable
from typing import Any

STATUS = {
    "event.approved": "Confirmed",
    "event.unconfirmed": "Proposed",
    "event.rejected": "Rejected",
    "event.canceled": "Canceled",
    "event.evaluate": "Awaiting Evaluation",
    "event.done": "Done",
}
FIXED = ("location", "min_attendees", "max_attendees", "public", "allow_evaluation", "creator")

Ask = Callable[..., list[Any]]


def retold(sql: Ask) -> tuple[dict[str, dict[str, Any]], dict[tuple[str, str], str]]:
    """Events by id and responses by event and person, made of the messages. Every message changes something."""
    events: dict[str, dict[str, Any]] = {}
    responses: dict[tuple[str, str], str] = {}
    for row in sql("SELECT key, event FROM outbox WHERE topic = 'Events_All' ORDER BY id"):
        kind, data = row.event["type"], row.event["data"]
        assert row.key == data["event"]
        id = data["event"]
        if kind == "event.proposed":
            assert id not in events
            events[id] = {name: data[name] for name in FIXED} | {"status": "Proposed", "during": data["during"]}
            events[id] |= {"title": data.get("title"), "foods": data["foods"]}
            responses |= {(id, person): data["response"] for person in data["people"]}
        elif kind.startswith("attendance."):
            response = kind.partition(".")[2]
            assert responses.get((id, data["person"])) != response, f"{kind} changes nothing"
            responses[id, data["person"]] = response
        elif kind in STATUS:
            assert events[id]["status"] != STATUS[kind], f"{kind} changes nothing"
            events[id]["status"] = STATUS[kind]
        else:
            assert kind == "event.moved", kind
    return events, responses


def stored(sql: Ask) -> tuple[dict[str, dict[str, Any]], dict[tuple[str, str], str]]:
    """The same, as the database has it; of a title that a member wrote nothing."""
    rows = sql(
        "SELECT e.*, ARRAY(SELECT food_type_id FROM event_food f WHERE f.event_id = e.id ORDER BY 1) AS foods FROM event e"
    )
    events = {
        str(row.id): {
            "location": row.location_id,
            "min_attendees": row.min_attendees,
            "max_attendees": row.max_attendees,
            "public": row.public,
            "allow_evaluation": row.allow_evaluation,
            "creator": str(row.creator) if row.creator else None,
            "status": row.status,
            "during": row.during,
            "title": None if row.creator else row.title,
            "foods": row.foods,
        }
        for row in rows
    }
    responses = {
        (str(row.event_id), str(row.person_id)): row.response
        for row in sql("SELECT event_id, person_id, response FROM attendance")
    }
    return events, responses


def holds(sql: Ask) -> None:
    """What Events_All tells is what there is: no change without a message, no message without a change."""
    events, responses = retold(sql)
    for event in events.values():
        [row] = sql("SELECT %s::tstzrange AS during", event["during"])
        event["during"] = row.during
    assert (events, responses) == stored(sql)
