"""The business rules as admins set them: effective at once, with a history of who set what, when and why."""

import json
import re
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from chalicelib import rules
from chalicelib.accounts import audit
from chalicelib.accounts.people import FORMER_MEMBER
from chalicelib.admin.lists import shaped
from chalicelib.database import Database
from chalicelib.errors import Invalid, NotFound
from chalicelib.rules import RULES, Rule, Value
from chalicelib.web.field_types import Instant
from chalicelib.web.request import Caller

GROUPS = {
    "When lunches are": ("minutes", "first_start", "last_start", "weekdays", "match_day", "match_hour"),
    "Who has lunch together": ("max_attendees", "min_attendees", "per_week", "repeat_days"),
    "What members do": (
        "auto_approve",
        "approve_hours_before",
        "open_seats",
        "members_may_propose",
        "review_days",
        "ignored_invitations",
    ),
    "Calls": (),
    "Joining and logging in": (),
    "The system": (),
}
"""What the rules are about, in the order of how often they are set; of lunches, by the name's second part."""
_SLICES = {
    "coaching": "Calls",
    "invitation": "Joining and logging in",
    "login": "Joining and logging in",
    "enrollment": "Joining and logging in",
    "session": "Joining and logging in",
    "admin": "Joining and logging in",
}
_NAMES = re.compile("|".join(map(re.escape, sorted(RULES, key=len, reverse=True))))


class Change(msgspec.Struct):
    """One change of a rule."""

    at: Instant
    by_id: UUID
    by: str
    before: Value
    after: Value


class RuleInForce(msgspec.Struct):
    """A rule: its value and default, its bounds (numbers), choices (texts), and its last change."""

    name: str
    help: str
    value: Value
    default: Value
    low: float | None
    high: float | None
    choices: list[str]
    last_change: Change | None

    @property
    def group(self) -> str:
        """The heading it stands under."""
        return group_of(self.name)


_CHANGE = """
SELECT c.changed AS at, c.changed_by AS by_id, coalesce(nullif(p.name, ''), %(former)s) AS by, c.before, c.after, c.name
FROM rule_change c JOIN person p ON p.id = c.changed_by WHERE c.scope = ''
"""


def group_of(name: str) -> str:
    """The heading that a rule stands under."""
    slice, _, rule = name.partition(".")
    if slice == "lunch":
        return next((group for group, rules in GROUPS.items() if rule in rules), "What members do")
    return _SLICES.get(slice, "The system")


def grouped(db: Database) -> dict[str, list[RuleInForce]]:
    """All rules under their headings."""
    found = find(db)
    order = {f"lunch.{name}": number for number, name in enumerate(name for names in GROUPS.values() for name in names)}
    found.sort(key=lambda rule: order.get(rule.name, len(order)))
    return {group: [rule for rule in found if rule.group == group] for group in GROUPS}


def in_words(text: str) -> str:
    """The text with what rules are about in place of their names."""
    return _NAMES.sub(lambda name: f"“{RULES[name[0]].help}”", text)


def find(db: Database) -> list[RuleInForce]:
    """All rules, in the order of the slices."""
    values = rules.read(db)
    rows = db.rows(
        f"SELECT DISTINCT ON (name) * FROM ({_CHANGE}) c ORDER BY name, at DESC",
        former=FORMER_MEMBER,
    )
    last = {row.name: shaped([row], Change)[0] for row in rows}
    return [_in_force(rule, values.named(rule.name), last.get(rule.name)) for rule in RULES.values()]


def read(db: Database, name: str) -> RuleInForce:
    """One rule. Raises NotFound."""
    rule = _rule(name)
    changes = history(db, name)
    return _in_force(rule, rules.read(db).named(name), changes[0] if changes else None)


def history(db: Database, name: str) -> list[Change]:
    """The last 200 changes of a rule, newest first."""
    rows = db.rows(
        f"{_CHANGE} AND c.name = %(name)s ORDER BY c.changed DESC, c.id DESC LIMIT 200",
        name=name,
        former=FORMER_MEMBER,
    )
    return shaped(rows, Change)


def undoable(db: Database, caller: Caller, act: int | None) -> Any | None:
    """The change of the caller's act of that number, while no other came after it: the rule's name and value before."""
    return db.row(
        "SELECT c.name, c.before FROM audit u JOIN rule_change c"
        " ON c.name = u.whom AND c.changed = u.at AND c.changed_by = u.admin_id"
        " WHERE u.id = %(act)s AND u.admin_id = %(me)s AND c.scope = ''"
        " AND NOT EXISTS (SELECT FROM rule_change l WHERE l.name = c.name AND l.scope = '' AND l.id > c.id)",
        act=act,
        me=caller.id,
    )


def set_value(db: Database, caller: Caller, name: str, value: Value, why: str, now: datetime) -> RuleInForce:
    """Give a rule a value, effective at once. Raises NotFound; Invalid beyond its bounds or against another rule."""
    rule = _rule(name)
    wanted = rule.parse(value)
    # One admin at a time: two values that are good each must not be stored to contradict each other.
    db.run("SELECT pg_advisory_xact_lock(hashtextextended('rules', 1))")
    values = rules.read(db)
    before = values.named(name)
    if wanted != before:
        rules.check_together(values.with_values({name: wanted}))
        _store(db, rule, wanted)
        db.run(
            "INSERT INTO rule_change (name, scope, before, after, changed_by, changed)"
            " VALUES (%(name)s, '', %(before)s, %(after)s, %(me)s, %(now)s)",
            name=name,
            before=json.dumps(before),
            after=json.dumps(wanted),
            me=caller.id,
            now=now,
        )
        audit.note(db, caller, f"changed the rule from {shown(before)} to {shown(wanted)}", name, why, now)
    return read(db, name)


def reset(db: Database, caller: Caller, name: str, why: str, now: datetime) -> RuleInForce:
    """Give a rule its default again. Raises NotFound, Invalid."""
    return set_value(db, caller, name, _rule(name).default, why, now)


def typed(name: str, text: str) -> Value:
    """What was typed into a form as a value of that rule's type. Raises NotFound, Invalid."""
    rule = _rule(name)
    text = text.strip()
    try:
        if isinstance(rule.default, bool):
            return {"yes": True, "no": False}[text.lower()]
        return type(rule.default)(text)
    except (KeyError, ValueError):
        raise Invalid.field("value", f"must be a {rules.KINDS[type(rule.default)]}") from None


def shown(value: Value) -> str:
    """A value as a person reads and types it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _rule(name: str) -> Rule:
    if name not in RULES:
        raise NotFound
    return RULES[name]


def _in_force(rule: Rule, value: Value, last: Change | None) -> RuleInForce:
    bounded = not isinstance(rule.default, bool | str)
    low, high = (rule.low, rule.high) if bounded else (None, None)
    return RuleInForce(rule.name, rule.help, value, rule.default, low, high, list(rule.choices), last)


def _store(db: Database, rule: Rule, value: Value) -> None:
    if value == rule.default:
        db.run("DELETE FROM rule WHERE name = %(name)s AND scope = ''", name=rule.name)
        return
    db.run(
        "INSERT INTO rule (name, scope, value) VALUES (%(name)s, '', %(value)s)"
        " ON CONFLICT (name, scope) DO UPDATE SET value = excluded.value",
        name=rule.name,
        value=json.dumps(value),
    )
