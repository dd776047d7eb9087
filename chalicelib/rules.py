"""The business rules: name, type, default, bounds, help. Only values that differ from the default are stored.

``read(db)`` gives all of them at once: ``rules.read(db)["lunch.minutes"]``.
"""

import re
from dataclasses import dataclass
from typing import Any

from chalicelib.database import Database
from chalicelib.errors import Invalid

Value = int | float | bool | str
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Rule:
    """A business rule: its default (which gives its type), its bounds, and what it means."""

    name: str
    default: Value
    help: str
    low: float = 0
    high: float = 0
    choices: tuple[str, ...] = ()
    pattern: str = ""

    def parse(self, value: Any) -> Value:
        """The value if this rule can have it. Raises Invalid with the rule's name and its bounds."""
        if type(self.default) is float and type(value) is int:
            value = float(value)
        if type(value) is not type(self.default):
            raise Invalid.field(self.name, f"must be a {KINDS[type(self.default)]}")
        if isinstance(value, str):
            if self.choices and value not in self.choices:
                raise Invalid.field(self.name, "must be one of " + ", ".join(self.choices))
            if self.pattern and not re.fullmatch(self.pattern, value):
                raise Invalid.field(self.name, f"must look like {self.default}")
        elif not isinstance(value, bool) and not self.low <= value <= self.high:
            raise Invalid.field(self.name, f"must be from {self.low:g} to {self.high:g}")
        return value


KINDS = {int: "whole number", float: "number", bool: "yes or no", str: "text"}
_TIME = r"([01]\d|2[0-3]):(00|15|30|45)"
_DAYS = "|".join(WEEKDAYS)

RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule("lunch.min_attendees", 2, "Fewest people at a lunch", 2, 8),
        Rule("lunch.max_attendees", 3, "Most people at a lunch", 2, 8),
        Rule("lunch.minutes", 60, "Length of a lunch in minutes", 15, 180),
        Rule("lunch.first_start", "11:00", "Earliest start of a lunch, local time", pattern=_TIME),
        Rule("lunch.last_start", "13:45", "Latest start of a lunch, local time", pattern=_TIME),
        Rule("lunch.weekdays", "Mon-Fri", "Days with lunches, as a span", pattern=f"({_DAYS})-({_DAYS})"),
        Rule("lunch.repeat_days", 30, "Days before two people may meet again", 0, 365),
        Rule("lunch.auto_approve", True, "Whoever is matched has approved"),
        Rule("lunch.approve_hours_before", 24, "Hours before the start by which enough must have approved", 0, 168),
        Rule("lunch.per_week", 1, "Lunches a person has in a week at most", 1, 5),
        Rule("lunch.review_days", 7, "Days in which a lunch can be reviewed", 1, 60),
        Rule("lunch.members_may_propose", False, "Members may propose lunches of their own"),
        Rule("lunch.open_seats", False, "A matched lunch with a free seat is public"),
        Rule("lunch.ignored_invitations", 3, "Invitations left unanswered before a member is asked to pause", 1, 52),
        Rule("lunch.match_day", "Thursday", "Day on which the following week is matched", choices=DAYS),
        Rule("lunch.match_hour", 15, "Hour of that day, in the location's zone", 0, 23),
        Rule("bloom.false_positive_rate", 0.01, "Pairs kept apart by mistake, as a share", 0.0001, 0.2),
        Rule("coaching.call_minutes", 60, "Length of a call in minutes", 15, 240),
        Rule("coaching.slot_interval_minutes", 60, "Minutes between the starts that are offered", 5, 240),
        Rule("coaching.notice_hours", 24, "Hours before a call by which it must be booked", 0, 336),
        Rule("coaching.horizon_weeks", 12, "Weeks ahead that can be booked", 1, 104),
        Rule("coaching.past_weeks", 0, "Weeks back that can be looked at", 0, 104),
        Rule("coaching.calls_per_month", 1, "Calls of a client in a calendar month of the coach's zone", 1, 31),
        Rule("coaching.series_months", 12, "Months a series may span", 1, 36),
        Rule("coaching.cancel_hours_before", 24, "Hours before a call until which a client may cancel", 0, 336),
        Rule("coaching.moves_per_appointment", 3, "How often a client may move a call", 0, 20),
        Rule("coaching.buffer_minutes", 0, "Minutes kept free around a call", 0, 120),
        Rule("coaching.reminder_hours", 24, "Hours before a call at which both are reminded", 1, 168),
        Rule("invitation.days_valid", 14, "Days an invitation is valid", 1, 365),
        Rule("invitation.per_day", 5, "Invitation codes a person may make in 24 hours", 0, 1000),
        Rule("login.failures_per_15_minutes", 10, "Failed logins of one account from one address", 1, 1000),
        Rule("enrollment.failures_per_15_minutes", 20, "Failed enrolments from one address", 1, 1000),
        Rule("requests.per_minute", 120, "Requests for lists a person may make in a minute", 1, 100000),
        Rule("session.days", 30, "Days a login lasts", 1, 365),
        Rule("outbox.days_kept", 30, "Days a published message is kept", 1, 365),
    )
}


class Rules:
    """The rules in force: ``rules["lunch.minutes"]``."""

    def __init__(self, stored: dict[str, Value]):
        self._stored = stored

    def __getitem__(self, name: str) -> Any:
        """The value in force: what is stored, else the default. Raises KeyError for a rule there is not."""
        return self._stored[name] if name in self._stored else RULES[name].default

    def with_value(self, name: str, value: Value) -> "Rules":
        """The rules as they would be if that one had this value."""
        return Rules(self._stored | {name: value})


def read(db: Database, scope: str = "") -> Rules:
    """The rules in force in that scope ('' the installation, else a coach's id), in one query."""
    rows = db.rows("SELECT name, value FROM rule WHERE scope IN ('', %(scope)s) ORDER BY scope", scope=scope)
    return Rules({row.name: row.value for row in rows})


def check_together(values: Rules) -> None:
    """Refuse rules that contradict each other. Raises Invalid naming the rule."""
    if values["lunch.max_attendees"] < values["lunch.min_attendees"]:
        raise Invalid.field("lunch.max_attendees", "must not be less than lunch.min_attendees")
    if values["lunch.last_start"] < values["lunch.first_start"]:
        raise Invalid.field("lunch.last_start", "must not be before lunch.first_start")
    if len(lunch_days(values)) * len(lunch_starts(values)) > 60:
        raise Invalid.field("lunch.last_start", "days times starts, a quarter of an hour apart, must not exceed 60")


def lunch_days(values: Rules) -> range:
    """Weekdays with lunches, Monday is 0."""
    first, last = values["lunch.weekdays"].split("-")
    return range(WEEKDAYS.index(first), WEEKDAYS.index(last) + 1)


def lunch_starts(values: Rules) -> range:
    """Starts of a lunch in minutes after local midnight, a quarter of an hour apart."""
    return range(_minutes(values["lunch.first_start"]), _minutes(values["lunch.last_start"]) + 1, 15)


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
