"""What is told of a lunch: the one place where the messages about events and attendances are made.

On Events_All stands every change of every event, in order per event, so that events and attendances can be made of it
again: ``event.proposed`` holds the whole event and whom it was made for, each later message one change. Only what
members wrote is left out: titles of lunches that they proposed, and why one was called off.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from chalicelib.calendar import zones
from chalicelib.messaging import outbox, topics

Message = tuple[str, str, str, dict[str, Any]]
"""Topic, key, type, data: what ``outbox.put_all`` takes."""
EVENT = "e.id, e.status, e.public, e.starts, e.ends, e.during::text AS during, e.min_attendees, e.max_attendees, e.creator, e.location_id, l.timezone"
"""What these functions read of a row, as columns of ``event e JOIN location l``."""


def about(event: Any) -> dict[str, Any]:
    """Which lunch, of which week, where: stands in every message about one."""
    return {"event": str(event.id), "week": zones.week_name(_day(event)), "location": event.location_id}


def proposed(event: Any, title: str, foods: list[int], people: Iterable[UUID], response: str) -> list[Message]:
    """A lunch was made, and these people come or are asked (``response`` ``approved`` or ``invited``)."""
    data = about(event) | {
        "during": event.during,
        "min_attendees": event.min_attendees,
        "max_attendees": event.max_attendees,
        "public": event.public,
        "allow_evaluation": True,
        "creator": str(event.creator) if event.creator else None,
        "foods": foods,
        "people": _ids(people),
        "response": response,
    }
    if event.creator is None:
        data["title"] = title
    return [*_of_week(event, "event.proposed", data), ("Events_All", str(event.id), "event.proposed", data)]


def invited(event: Any, people: Iterable[UUID]) -> list[Message]:
    """A lunch waits for the approval of these people."""
    data = about(event) | {"during": event.during, "people": _ids(people)}
    return [("InvitedUser", str(event.id), "event.invited", data)]


def attendance_approved(event: Any, person: UUID) -> list[Message]:
    """Somebody comes."""
    data = about(event) | {"person": str(person)}
    return [
        *_of_week(event, "attendance.approved", data),
        ("Events_All", str(event.id), "attendance.approved", data),
    ]


def attendance_rejected(event: Any, person: UUID, instead: UUID | None = None) -> list[Message]:
    """Somebody does not come; ``instead``: the lunch at that time which was approved."""
    data = about(event) | {"person": str(person)}
    if instead is None:
        return [("Events_All", str(event.id), "attendance.rejected", data)]
    data["approved"] = str(instead)
    return _on(("Event_Rejected", "Events_All"), event, "attendance.rejected", data)


def attendance_reviewed(event: Any, person: UUID) -> list[Message]:
    """Somebody reviewed the lunch; never what."""
    return _on(("Events_All",), event, "attendance.reviewed", about(event) | {"person": str(person)})


def approved(event: Any, people: Iterable[UUID]) -> list[Message]:
    """The lunch reached its minimum: it takes place with these people."""
    data = about(event) | {"during": event.during, "people": _ids(people)}
    return _on(("Event_Approved", "Events_All"), event, "event.approved", data)


def joined(event: Any, person: UUID) -> list[Message]:
    """Somebody comes to a lunch that takes place already: they have not read of it yet, and a mail to them is due."""
    return [outbox.mail_due("event_approved", person, event=str(event.id))]


def unconfirmed(event: Any, people: Iterable[UUID]) -> list[Message]:
    """Somebody left; these people are too few for now."""
    return _on(("Events_All",), event, "event.unconfirmed", about(event) | {"people": _ids(people)})


def left(event: Any, people: Iterable[UUID]) -> list[Message]:
    """Somebody who would have come left a lunch that takes place all the same: a mail to each of these people is due."""
    return [outbox.mail_due("event_left", person, event=str(event.id)) for person in people]


def rejected(event: Any, people: Iterable[UUID]) -> list[Message]:
    """The lunch will not be; these people would have come."""
    return _on(("Event_Rejected", "Events_All"), event, "event.rejected", about(event) | {"people": _ids(people)})


def canceled(event: Any, people: Iterable[UUID]) -> list[Message]:
    """The lunch was called off; these people had approved it or were asked to."""
    return _on(("Events_All",), event, "event.canceled", about(event) | {"people": _ids(people)})


def moved(event: Any, people: Iterable[UUID]) -> list[Message]:
    """The lunch is at another address or meeting point; these people come."""
    return _on(("Events_All",), event, "event.moved", about(event) | {"people": _ids(people)})


def evaluate(event: Any) -> list[Message]:
    """The lunch is over and waits for reviews."""
    return _on(("Event_Evaluate", "Events_All"), event, "event.evaluate", about(event))


def done(event: Any) -> list[Message]:
    """The lunch is over, and so are its reviews."""
    return _on(("Events_All",), event, "event.done", about(event))


def _on(names: tuple[str, ...], event: Any, kind: str, data: dict[str, Any]) -> list[Message]:
    return [(topic, str(event.id), kind, data) for topic in names]


def _of_week(event: Any, kind: str, data: dict[str, Any]) -> list[Message]:
    day = _day(event)
    return [(topics.week_topic(day), topics.week_key(day), kind, data)]


def _day(event: Any) -> date:
    return zones.day_of(event.starts, event.timezone)


def _ids(people: Iterable[UUID]) -> list[str]:
    return [str(person) for person in people]
