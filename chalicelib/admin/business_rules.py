"""The business rules as admins set them, for everybody or for one coach: effective at once, with a history of who set
what, when and why."""

import json
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
from chalicelib.messaging import locks, outbox
from chalicelib.rules import RULES, Rule, Value
from chalicelib.web.field_types import Instant
from chalicelib.web.request import Caller


class Change(msgspec.Struct):
    """One change of a rule."""

    at: Instant
    by_id: UUID
    by: str
    before: Value
    after: Value


class RuleInForce(msgspec.Struct):
    """A rule: its value and default, its bounds (numbers), choices (texts), and its last change. The default of a coach's
    is what holds for everybody."""

    name: str
    help: str
    value: Value
    default: Value
    low: float | None
    high: float | None
    choices: list[str]
    last_change: Change | None


EVERYBODY = ""
"""The scope of what holds for everybody; a coach's scope is their id."""

_CHANGE = """
SELECT c.changed AS at, c.changed_by AS by_id, coalesce(nullif(p.name, ''), %(former)s) AS by, c.before, c.after, c.name
FROM rule_change c JOIN person p ON p.id = c.changed_by WHERE c.scope = %(scope)s
"""


def scope_of(db: Database, coach: str | None) -> str:
    """The scope of the rules of the coach of that slug; of everybody's without one. Raises NotFound."""
    if coach is None:
        return EVERYBODY
    found = db.value(
        "SELECT p.id FROM person p JOIN person_role r ON r.person_id = p.id AND r.role = 'coach' AND r.active"
        " WHERE p.slug = %(coach)s",
        coach=coach,
    )
    if found is None:
        raise NotFound("There is no such coach")
    return str(found)


def find(db: Database, scope: str = EVERYBODY) -> list[RuleInForce]:
    """All rules of that scope, in the order of the slices."""
    values, defaults = rules.read(db, scope), _defaults(db, scope)
    rows = db.rows(
        f"SELECT DISTINCT ON (name) * FROM ({_CHANGE}) c ORDER BY name, at DESC",
        scope=scope,
        former=FORMER_MEMBER,
    )
    last = {row.name: shaped([row], Change)[0] for row in rows}
    return [
        _in_force(rule, values.named(rule.name), defaults.named(rule.name), last.get(rule.name))
        for rule in RULES.values()
        if _is_of(rule.name, scope)
    ]


def read(db: Database, name: str, scope: str = EVERYBODY) -> RuleInForce:
    """One rule. Raises NotFound."""
    rule = _rule(name, scope)
    changes = history(db, name, scope)
    return _in_force(
        rule,
        rules.read(db, scope).named(name),
        _defaults(db, scope).named(name),
        changes[0] if changes else None,
    )


def history(db: Database, name: str, scope: str = EVERYBODY) -> list[Change]:
    """The last 200 changes of a rule, newest first."""
    rows = db.rows(
        f"{_CHANGE} AND c.name = %(name)s ORDER BY c.changed DESC, c.id DESC LIMIT 200",
        name=name,
        scope=scope,
        former=FORMER_MEMBER,
    )
    return shaped(rows, Change)


def undoable(db: Database, caller: Caller, act: int | None, scope: str = EVERYBODY) -> Any | None:
    """The change of the caller's act of that number, while no other came after it: the rule's name and value before."""
    return db.row(
        "SELECT c.name, c.before FROM audit u JOIN rule_change c"
        " ON c.name = u.whom AND c.changed = u.at AND c.changed_by = u.admin_id"
        " WHERE u.id = %(act)s AND u.admin_id = %(me)s AND c.scope = %(scope)s"
        " AND NOT EXISTS (SELECT FROM rule_change l WHERE l.name = c.name AND l.scope = c.scope AND l.id > c.id)",
        act=act,
        me=caller.id,
        scope=scope,
    )


def set_value(
    db: Database, caller: Caller, name: str, value: Value, why: str, now: datetime, scope: str = EVERYBODY
) -> RuleInForce:
    """Give a rule a value, effective at once; a coach is told of one of theirs. Raises NotFound; Invalid beyond its
    bounds or against another rule."""
    rule = _rule(name, scope)
    wanted = rule.parse(value)
    # One admin at a time: two values that are good each must not be stored to contradict each other.
    locks.hold(db, "rules")
    if scope:
        db.run("SELECT lock_coach(%(coach)s)", coach=scope)  # who books just now does so by the rules of before
    values, default = rules.read(db, scope), _defaults(db, scope).named(name)
    before = values.named(name)
    if wanted != before:
        rules.check_together(values.with_values({name: wanted}))
        _note(db, caller, name, scope, before, wanted, why, now)
    _store(db, name, scope, wanted, default)
    return read(db, name, scope)


def _note(
    db: Database, caller: Caller, name: str, scope: str, before: Value, after: Value, why: str, now: datetime
) -> None:
    """Keep the change in the history and the audit, and tell the coach whose rule it is."""
    db.run(
        "INSERT INTO rule_change (name, scope, before, after, changed_by, changed)"
        " VALUES (%(name)s, %(scope)s, %(before)s, %(after)s, %(me)s, %(now)s)",
        name=name,
        scope=scope,
        before=json.dumps(before),
        after=json.dumps(after),
        me=caller.id,
        now=now,
    )
    whose = f" of the coach {scope}" if scope else ""
    audit.note(
        db, caller, f"changed the rule{whose} from {rules.shown(before)} to {rules.shown(after)}", name, why, now
    )
    if scope:
        outbox.put(db, *outbox.mail_due("coach_rule", scope, rule=name), now)


def reset(db: Database, caller: Caller, name: str, why: str, now: datetime, scope: str = EVERYBODY) -> RuleInForce:
    """Give a rule its default again. Raises NotFound, Invalid."""
    _rule(name, scope)
    return set_value(db, caller, name, _defaults(db, scope).named(name), why, now, scope)


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


def _defaults(db: Database, scope: str) -> rules.Rules:
    """What holds where that scope has no value of its own: of a coach, what holds for everybody."""
    return rules.read(db) if scope else rules.DEFAULTS


def _is_of(name: str, scope: str) -> bool:
    return not scope or name.startswith("coaching.")


def _rule(name: str, scope: str = EVERYBODY) -> Rule:
    if name not in RULES:
        raise NotFound
    if not _is_of(name, scope):
        raise Invalid.field("coach", "has rules of their own about coaching alone")
    return RULES[name]


def _in_force(rule: Rule, value: Value, default: Value, last: Change | None) -> RuleInForce:
    bounded = not isinstance(rule.default, bool | str)
    low, high = (rule.low, rule.high) if bounded else (None, None)
    return RuleInForce(rule.name, rule.help, value, default, low, high, list(rule.choices), last)


def _store(db: Database, name: str, scope: str, value: Value, default: Value) -> None:
    """Only what differs from the default is kept."""
    if value == default:
        db.run("DELETE FROM rule WHERE name = %(name)s AND scope = %(scope)s", name=name, scope=scope)
        return
    db.run(
        "INSERT INTO rule (name, scope, value) VALUES (%(name)s, %(scope)s, %(value)s)"
        " ON CONFLICT (name, scope) DO UPDATE SET value = excluded.value",
        name=name,
        scope=scope,
        value=json.dumps(value),
    )
