"""The Kafka topics, and which Lambda reads which: read by the relay, by infra/ and by the reference."""

from datetime import date

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
}
"""Partitions of each topic. A week's topic has one, so that everything about a week stands in one order."""

KEPT_FOREVER = frozenset({"Events_All"})

CONSUMERS: dict[str, tuple[str, ...]] = {
    "mailer": ("InvitedUser", "Events_All", "Event_Evaluate", "Appointments_All", "Mails"),
    "live_updates": ("Events_All",),
}
"""Lambda function (as declared in app.py) -> the topics whose records it is given; its name is its consumer group."""


def week_topic(day: date) -> str:
    """The topic of the ISO week of ``day``."""
    return f"Event_{day.isocalendar().week}"


def week_key(day: date) -> str:
    """The key of every message about the ISO week of ``day`` on that week's topic."""
    return f"event_{day.isocalendar().week}"
