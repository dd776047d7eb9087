"""Routes by which admins read and change the business rules."""

from datetime import datetime

import msgspec

from chalicelib.admin import business_rules
from chalicelib.coaching.api import Slug
from chalicelib.database import Database
from chalicelib.web import Routes
from chalicelib.web.field_types import Body, Line
from chalicelib.web.request import Caller

routes = Routes(__name__)


class OfWhom(Body):
    """The coach whose rules are meant, by slug; without one, everybody's."""

    coach: Slug | None = None


class SetRule(Body):
    value: int | float | bool | Line
    why: Line = ""


class ResetRule(OfWhom):
    why: Line = ""


class ListOfRules(msgspec.Struct):
    found: list[business_rules.RuleInForce]


class RuleWithHistory(msgspec.Struct):
    rule: business_rules.RuleInForce
    history: list[business_rules.Change]


@routes.api("GET", "/api/admin/rules", who="admin")
def find_rules(db: Database, query: OfWhom) -> ListOfRules:
    """The business rules; of one coach, those about coaching."""
    return ListOfRules(business_rules.find(db, business_rules.scope_of(db, query.coach)))


@routes.api("GET", "/api/admin/rules/{rule}", who="admin")
def read_rule(db: Database, rule: str, query: OfWhom) -> RuleWithHistory:
    """One rule and its changes; of one coach, with what holds for everybody as its default."""
    scope = business_rules.scope_of(db, query.coach)
    return RuleWithHistory(business_rules.read(db, rule, scope), business_rules.history(db, rule, scope))


@routes.api("PUT", "/api/admin/rules/{rule}", who="admin")
def set_rule(
    db: Database, caller: Caller, rule: str, query: OfWhom, body: SetRule, now: datetime
) -> business_rules.RuleInForce:
    """Give a rule a value, effective at once; for one coach, who is told by mail."""
    scope = business_rules.scope_of(db, query.coach)
    return business_rules.set_value(db, caller, rule, body.value, body.why, now, scope)


@routes.api("DELETE", "/api/admin/rules/{rule}", who="admin", status=204)
def reset_rule(db: Database, caller: Caller, rule: str, query: ResetRule, now: datetime) -> None:
    """Give a rule its default again; of one coach, what holds for everybody."""
    business_rules.reset(db, caller, rule, query.why, now, business_rules.scope_of(db, query.coach))
