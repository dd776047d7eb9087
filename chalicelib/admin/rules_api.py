"""Routes by which admins read and change the business rules."""

from datetime import datetime

import msgspec

from chalicelib.admin import business_rules
from chalicelib.database import Database
from chalicelib.web import Routes
from chalicelib.web.field_types import Body, Line
from chalicelib.web.request import Caller

routes = Routes(__name__)


class SetRule(Body):
    value: int | float | bool | Line
    why: Line = ""


class ResetRule(Body):
    why: Line = ""


class ListOfRules(msgspec.Struct):
    found: list[business_rules.RuleInForce]


class RuleWithHistory(msgspec.Struct):
    rule: business_rules.RuleInForce
    history: list[business_rules.Change]


@routes.api("GET", "/api/admin/rules", who="admin")
def find_rules(db: Database) -> ListOfRules:
    """The business rules."""
    return ListOfRules(business_rules.find(db))


@routes.api("GET", "/api/admin/rules/{rule}", who="admin")
def read_rule(db: Database, rule: str) -> RuleWithHistory:
    """One rule and its changes."""
    return RuleWithHistory(business_rules.read(db, rule), business_rules.history(db, rule))


@routes.api("PUT", "/api/admin/rules/{rule}", who="admin")
def set_rule(db: Database, caller: Caller, rule: str, body: SetRule, now: datetime) -> business_rules.RuleInForce:
    """Give a rule a value, effective at once."""
    return business_rules.set_value(db, caller, rule, body.value, body.why, now)


@routes.api("DELETE", "/api/admin/rules/{rule}", who="admin", status=204)
def reset_rule(db: Database, caller: Caller, rule: str, query: ResetRule, now: datetime) -> None:
    """Give a rule its default again."""
    business_rules.reset(db, caller, rule, query.why, now)
