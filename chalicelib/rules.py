"""The business rules: name, type, default, bounds, meaning. Only values that differ from the default are stored.

``read(db)`` gives all of them at once, each by its name: ``rules.read(db).lunch.minutes``. A new rule is a line here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from typing import Any

from chalicelib.database import Database
from chalicelib.errors import Invalid

Value = int | float | bool | str
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
KINDS = {int: "whole number", float: "number", bool: "yes or no", str: "text"}
_TIME = r"([01]\d|2[0-3]):(00|15|30|45)"
_DAYS = "|".join(WEEKDAYS)


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


def _rule(default: Any, help: str, low: float = 0, high: float = 0, **more: Any) -> Any:
    return field(default=default, metadata={"help": help, "low": low, "high": high, **more})


@dataclass(frozen=True)
class Lunch:
    min_attendees: int = _rule(2, "Fewest people at a lunch", 2, 8)
    max_attendees: int = _rule(3, "Most people at a lunch", 2, 8)
    minutes: int = _rule(60, "Length of a lunch in minutes", 15, 180)
    first_start: str = _rule("11:00", "Earliest start of a lunch, local time", pattern=_TIME)
    last_start: str = _rule("13:45", "Latest start of a lunch, local time", pattern=_TIME)
    weekdays: str = _rule("Mon-Fri", "Days with lunches, as a span", pattern=f"({_DAYS})-({_DAYS})")
    repeat_days: int = _rule(30, "Days before two people may meet again", 0, 365)
    auto_approve: bool = _rule(True, "Whoever is matched has approved")
    approve_hours_before: int = _rule(24, "Hours before the start by which enough must have approved", 0, 168)
    per_week: int = _rule(1, "Lunches that rounds give a person in a week at most", 1, 5)
    review_days: int = _rule(7, "Days in which a lunch can be reviewed", 1, 60)
    members_may_propose: bool = _rule(False, "Members may propose lunches of their own")
    open_seats: bool = _rule(False, "A matched lunch with a free seat is public")
    ignored_invitations: int = _rule(3, "Invitations left unanswered before a member is asked to pause", 1, 52)
    match_day: str = _rule("Thursday", "Day on which the following week is matched", choices=DAYS)
    match_hour: int = _rule(15, "Hour of that day, in the location's zone", 0, 23)

    @property
    def days(self) -> range:
        """Weekdays with lunches, Monday is 0."""
        first, last = self.weekdays.split("-")
        return range(WEEKDAYS.index(first), WEEKDAYS.index(last) + 1)

    @property
    def notice(self) -> timedelta:
        """How long before its start a round makes a lunch at the latest: whoever must approve it needs the time."""
        return timedelta(hours=0 if self.auto_approve else self.approve_hours_before)

    @property
    def starts(self) -> range:
        """Starts of a lunch in minutes after local midnight, a quarter of an hour apart."""
        return range(_minutes(self.first_start), _minutes(self.last_start) + 1, 15)


@dataclass(frozen=True)
class Bloom:
    false_positive_rate: float = _rule(0.01, "Pairs kept apart by mistake, as a share", 0.0001, 0.2)


@dataclass(frozen=True)
class Coaching:
    call_minutes: int = _rule(60, "Length of a call in minutes", 15, 240)
    slot_interval_minutes: int = _rule(60, "Minutes between the starts that are offered", 5, 240)
    notice_hours: int = _rule(24, "Hours before a call by which it must be booked", 0, 336)
    horizon_weeks: int = _rule(12, "Weeks ahead that can be booked", 1, 104)
    past_weeks: int = _rule(0, "Weeks back that can be looked at", 0, 104)
    calls_per_month: int = _rule(1, "Calls of a client in a calendar month of the coach's zone", 1, 31)
    series_months: int = _rule(12, "Months a series may span", 1, 36)
    cancel_hours_before: int = _rule(24, "Hours before a call until which a client may cancel", 0, 336)
    moves_per_appointment: int = _rule(3, "How often a client may move a call", 0, 20)
    buffer_minutes: int = _rule(0, "Minutes kept free around a call", 0, 120)
    no_show_counts: bool = _rule(True, "A call to which its client did not come counts as one of its month")
    reminder_hours: int = _rule(24, "Hours before a call at which both are reminded", 1, 168)


@dataclass(frozen=True)
class Invitation:
    days_valid: int = _rule(14, "Days an invitation is valid", 1, 365)
    per_day: int = _rule(5, "Invitation codes a person may make in 24 hours", 0, 1000)


@dataclass(frozen=True)
class Login:
    failures_per_15_minutes: int = _rule(10, "Failed logins of one account from one address", 1, 1000)


@dataclass(frozen=True)
class Enrollment:
    failures_per_15_minutes: int = _rule(20, "Failed enrolments from one address", 1, 1000)


@dataclass(frozen=True)
class Requests:
    per_minute: int = _rule(120, "Requests for lists a person may make in a minute", 1, 100000)


@dataclass(frozen=True)
class Session:
    days: int = _rule(30, "Days a login lasts", 1, 365)


@dataclass(frozen=True)
class Outbox:
    days_kept: int = _rule(30, "Days a published message is kept", 1, 365)


@dataclass(frozen=True)
class Admin:
    second_factor: bool = _rule(False, "Admins log in with a second factor")


@dataclass(frozen=True)
class Rules:
    """The rules in force."""

    lunch: Lunch = Lunch()
    bloom: Bloom = Bloom()
    coaching: Coaching = Coaching()
    invitation: Invitation = Invitation()
    login: Login = Login()
    enrollment: Enrollment = Enrollment()
    requests: Requests = Requests()
    session: Session = Session()
    outbox: Outbox = Outbox()
    admin: Admin = Admin()

    def named(self, name: str) -> Value:
        """The value of the rule of that name (``lunch.minutes``). Raises AttributeError for a rule there is not."""
        slice, _, rule = name.partition(".")
        value: Value = getattr(getattr(self, slice), rule)
        return value

    def with_values(self, values: Mapping[str, Value]) -> "Rules":
        """The rules as they are if those, by name, have these values. What is no rule any more is passed over."""
        changed: dict[str, dict[str, Value]] = {}
        for name, value in values.items():
            if name in RULES:
                slice, _, rule = name.partition(".")
                changed.setdefault(slice, {})[rule] = value
        return replace(self, **{slice: replace(getattr(self, slice), **some) for slice, some in changed.items()})


DEFAULTS = Rules()
RULES: dict[str, Rule] = {
    f"{slice.name}.{rule.name}": Rule(f"{slice.name}.{rule.name}", getattr(slice.type, rule.name), **rule.metadata)
    for slice in fields(Rules)
    for rule in fields(slice.type)  # type: ignore[arg-type]  # no annotation here is a text
}
"""Every rule by its name."""


def read(db: Database, scope: str = "") -> Rules:
    """The rules in force in that scope ('' the installation, else a coach's id), in one query."""
    rows = db.rows("SELECT name, value FROM rule WHERE scope IN ('', %(scope)s) ORDER BY scope", scope=scope)
    return DEFAULTS.with_values({row.name: row.value for row in rows})


def shown(value: Value) -> str:
    """A value as a person reads and types it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def check_together(values: Rules) -> None:
    """Refuse rules that contradict each other. Raises Invalid naming the rule."""
    lunch = values.lunch
    if not lunch.days:
        raise Invalid.field("lunch.weekdays", "must not end before the day on which they begin")
    if lunch.max_attendees < lunch.min_attendees:
        raise Invalid.field("lunch.max_attendees", "must not be less than lunch.min_attendees")
    if lunch.last_start < lunch.first_start:
        raise Invalid.field("lunch.last_start", "must not be before lunch.first_start")
    if len(lunch.days) * len(lunch.starts) > 60:
        raise Invalid.field("lunch.last_start", "days times starts, a quarter of an hour apart, must not exceed 60")


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


_NAMES = "|".join(map(re.escape, sorted(RULES, key=len, reverse=True)))
_NAMED = re.compile(rf"( \()?\b({_NAMES})\b(?(1)\))")


def in_words(text: str) -> str:
    """A sentence as people read it: a rule that is named in brackets is left out, any other is called by what it means."""
    return _NAMED.sub(lambda found: "" if found[1] else f"“{RULES[found[2]].help}”", text)
