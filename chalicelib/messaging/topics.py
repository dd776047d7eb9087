"""The Kafka topics, what is told on them, and which Lambda reads which: read by infra/ and by the reference."""

from datetime import date
from typing import NamedTuple

TOPICS: dict[str, int] = {
    "NewUser": 6,
    "InvitedUser": 6,
    **{f"Event_{week}": 1 for week in range(1, 54)},
    "Event_Approved": 6,
    "Event_Rejected": 6,
    "Event_Evaluate": 6,
    "Events_All": 6,
    "Appointments_All": 6,
    "Mails": 6,
    "Dead_Letters": 1,
}
"""Partitions of each topic. A week's topic has one, so that everything about a week stands in one order."""

KEPT_FOREVER = frozenset({"Events_All"})

CONSUMERS: dict[str, tuple[str, ...]] = {
    "mailer": ("InvitedUser", "Events_All", "Event_Evaluate", "Appointments_All", "Mails"),
    "live_updates": ("Events_All",),
}
"""Lambda function (as declared in app.py) -> the topics whose records it is given; its name is its consumer group."""

EVERY_WEEK = "Event_1 ... Event_53"
"""Stands for the topic of the week that a message is about."""


class Message(NamedTuple):
    """A type of message: the topics it goes to, when, its key, and the names of its data (``data_names`` says what
    they hold; those that end in ``?`` may be absent)."""

    type: str
    topics: tuple[str, ...]
    key: str
    when: str
    data: tuple[str, ...]


MESSAGES: tuple[Message, ...] = (
    Message("person.enrolled", ("NewUser",), "person", "Somebody enrolled", ("person", "invitation")),
    Message(
        "invitation.created",
        ("InvitedUser",),
        "invitation",
        "Somebody was invited to join; neither the code nor the address is told",
        ("invitation", "by", "to"),
    ),
    Message(
        "event.invited",
        ("InvitedUser",),
        "event",
        "A lunch waits for the approval of its people",
        ("event", "week", "location", "during", "people"),
    ),
    Message(
        "availability.given",
        (EVERY_WEEK,),
        "week",
        "Somebody is free in the current week, counted where they live",
        ("person", "availability", "purpose", "week"),
    ),
    Message(
        "event.proposed",
        (EVERY_WEEK, "Events_All"),
        "week, or event",
        "A lunch was made for that week: all of it, and whom it was made for",
        (
            "event",
            "week",
            "location",
            "during",
            "title?",
            "min_attendees",
            "max_attendees",
            "public",
            "allow_evaluation",
            "creator",
            "foods",
            "people",
            "response",
        ),
    ),
    Message(
        "attendance.approved",
        (EVERY_WEEK, "Events_All"),
        "week, or event",
        "Somebody approved a lunch of that week, asked to it or not",
        ("event", "week", "location", "person"),
    ),
    Message(
        "attendance.rejected",
        ("Events_All", "Event_Rejected"),
        "event",
        "Somebody will not come; on Event_Rejected where they approved another lunch at that time",
        ("event", "week", "location", "person", "approved?"),
    ),
    Message(
        "attendance.reviewed",
        ("Events_All",),
        "event",
        "Somebody who was there has reviewed a lunch; what they answered is not told",
        ("event", "week", "location", "person"),
    ),
    Message(
        "event.approved",
        ("Event_Approved", "Events_All"),
        "event",
        "A lunch reached its minimum of approvals",
        ("event", "week", "location", "during", "people"),
    ),
    Message(
        "event.unconfirmed",
        ("Events_All",),
        "event",
        "Somebody left a lunch, and it is below its minimum: it is proposed again",
        ("event", "week", "location", "people"),
    ),
    Message(
        "event.rejected",
        ("Event_Rejected", "Events_All"),
        "event",
        "Too few approved a lunch in time, or nobody is left who could: it will not be",
        ("event", "week", "location", "people"),
    ),
    Message(
        "event.canceled",
        ("Events_All",),
        "event",
        "A lunch was called off by an admin, or by who proposed it",
        ("event", "week", "location", "people"),
    ),
    Message(
        "event.moved",
        ("Events_All",),
        "event",
        "The place of a lunch to come has another name, address or meeting point",
        ("event", "week", "location", "people"),
    ),
    Message(
        "event.evaluate",
        ("Event_Evaluate", "Events_All"),
        "event",
        "A lunch is over and waits for reviews",
        ("event", "week", "location"),
    ),
    Message(
        "event.done", ("Events_All",), "event", "A lunch is over, and so are its reviews", ("event", "week", "location")
    ),
    Message(
        "appointment.booked",
        ("Appointments_All",),
        "appointment",
        "A call was booked",
        ("appointment", "coach", "client", "during", "week", "by"),
    ),
    Message(
        "appointment.moved",
        ("Appointments_All",),
        "appointment",
        "A call was moved",
        ("appointment", "coach", "client", "during", "week", "by"),
    ),
    Message(
        "appointment.cancelled",
        ("Appointments_All",),
        "appointment",
        "A call was cancelled",
        ("appointment", "coach", "client", "during", "week", "by", "offers?"),
    ),
    Message(
        "appointment.linked",
        ("Appointments_All",),
        "appointment",
        "The coach of a call to come gave another link or phone number",
        ("appointment", "coach", "client", "during", "week", "by"),
    ),
    Message(
        "appointment.handed_over",
        ("Appointments_All",),
        "appointment",
        "The client got another coach, and the call went with them, at its time",
        ("appointment", "coach", "client", "during", "week", "by", "former_coach"),
    ),
    Message(
        "appointment.missed",
        ("Appointments_All",),
        "appointment",
        "The coach noted that the client did not come to a call that is over",
        ("appointment", "coach", "client", "during", "week", "by"),
    ),
    Message(
        "appointment.attended",
        ("Appointments_All",),
        "appointment",
        "The coach took back that the client did not come",
        ("appointment", "coach", "client", "during", "week", "by"),
    ),
    Message(
        "appointment.reminder",
        ("Appointments_All",),
        "appointment",
        "A call is near",
        ("appointment", "coach", "client", "during", "week", "by"),
    ),
    Message(
        "record.buried",
        ("Dead_Letters",),
        "consumer",
        "A consumer could not read a record, or not carry it out; the record itself stays in its topic",
        ("consumer", "topic", "partition", "offset", "error", "type?", "message?"),
    ),
    Message(
        "mail.due",
        ("Mails",),
        "person",
        "A mail to one person is due that no other topic calls for",
        (
            "kind",
            "person",
            "address_change?",
            "former_address?",
            "password_reset?",
            "event?",
            "week?",
            "token?",
            "tokens_kept?",
            "rule?",
            "waiting?",
            "start?",
            "others?",
            "calendar?",
        ),
    ),
)
"""Every type of message there is. A test holds every message that any test writes against it."""


def week_topic(day: date) -> str:
    """The topic of the ISO week of ``day``."""
    return f"Event_{day.isocalendar().week}"


def week_key(day: date) -> str:
    """The key of every message about the ISO week of ``day`` on that week's topic."""
    return f"event_{day.isocalendar().week}"
