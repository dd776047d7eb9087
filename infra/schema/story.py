"""The order in which the tables are told: chapters as a newcomer would ask for them, and what each is about."""

from collections.abc import Iterable
from typing import NamedTuple


class Chapter(NamedTuple):
    title: str
    about: str
    tables: tuple[str, ...]


CHAPTERS = (
    Chapter(
        "People",
        "Who there is: what the world sees of a person, what they log in with, what they are, and what opens their pages.",
        (
            "person",
            "account",
            "person_role",
            "ban",
            "session",
            "second_factor",
            "recovery_code",
            "api_token",
            "feed",
            "mail_refusal",
            "address_change",
            "former_address",
            "password_reset",
        ),
    ),
    Chapter(
        "Invitations",
        "How people come in: one by one, or a list of addresses that an admin pasted.",
        (
            "invitation",
            "invitation_address",
            "invitation_mail",
            "invitation_use",
            "invitation_revocation",
            "invitation_batch",
            "batch_invitation",
            "batch_report",
        ),
    ),
    Chapter(
        "When people are free",
        "Hours for lunches and for calls, in local wall time; occurrences are computed in Python.",
        ("availability", "availability_exception", "outside_calendar", "outside_busy"),
    ),
    Chapter(
        "Lunch",
        "Where lunches are, what is eaten there, the weekly round, and the events that come of it.",
        (
            "location",
            "food_type",
            "location_food",
            "location_near",
            "person_location",
            "refusal",
            "pause",
            "asked_round",
            "round",
            "round_hour",
            "left_over",
            "suggested_hour",
            "suggested_food",
            "suggested_return",
            "suggested_place",
            "last_match",
            "event",
            "event_food",
            "event_cancellation",
            "event_reminder",
            "attendance",
            "silence",
            "review",
            "filter_chunk",
        ),
    ),
    Chapter(
        "Coaching",
        "Who coaches whom, and their calls; a call that is moved stays the same row.",
        (
            "relationship",
            "call_link",
            "day_away",
            "block",
            "appointment",
            "appointment_change",
            "cancellation",
            "no_show",
            "series_call",
            "waiting",
            "reminder",
        ),
    ),
    Chapter(
        "Nobody is in two places at once",
        "A row per person and lunch or call; its exclusion constraint is what the product is built on.",
        ("commitment",),
    ),
    Chapter(
        "Rules and admins",
        "Business rules that admins change, and what admins did.",
        ("rule", "rule_change", "audit"),
    ),
    Chapter(
        "Live updates",
        "What open pages are told without a reload: tickets that open sockets, who listens where, and what waits.",
        ("ticket", "socket", "socket_location", "live_update", "live_frame"),
    ),
    Chapter(
        "Messages and limits",
        "What leaves for Kafka, what was worked off, the mails that have not left, what was answered, and what is counted.",
        ("outbox", "delivered", "mail", "idempotency", "pressed_form", "rate"),
    ),
)
UNTOLD = "Not told yet"
"""The chapter of tables that no chapter names; a test asks for their place."""


def chapters(tables: Iterable[str]) -> list[Chapter]:
    """The chapters with those of ``tables`` that exist, in order; new ones in a chapter at the end."""
    there = set(tables)
    told = [Chapter(one.title, one.about, tuple(t for t in one.tables if t in there)) for one in CHAPTERS]
    untold = sorted(there - {table for one in CHAPTERS for table in one.tables})
    if untold:
        told.append(Chapter(UNTOLD, "Name them in infra/schema/story.py.", tuple(untold)))
    return [one for one in told if one.tables]
