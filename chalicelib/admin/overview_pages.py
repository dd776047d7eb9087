"""The first of the admin's pages, and those about the system itself: rules, messages, audit."""

from datetime import datetime

from chalicelib import rules
from chalicelib.admin import audit_log, business_rules, charts, mails, messages, overview, round_results, rule_headings
from chalicelib.admin.lists import Done, Which
from chalicelib.database import Database
from chalicelib.errors import Invalid
from chalicelib.lunch import blocked_pairs
from chalicelib.notifications import undelivered
from chalicelib.rules import RULES
from chalicelib.web import Form, Routes
from chalicelib.web.field_types import Body, Line
from chalicelib.web.request import Caller
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)


PATTERNS = {rule.name: rule.pattern for rule in RULES.values()}


class TypedRule(Body):
    value: Line
    why: Line = ""


class MaybeWhy(Body):
    why: Line = ""


@routes.page("/admin", who="admin")
def start(db: Database, now: datetime) -> Page:
    weeks = overview.matching(db, now)
    return page(
        "admin/start.html",
        weeks=weeks,
        bars=overview.chart(weeks),
        reasons=overview.REASONS,
        waits=overview.waits(db),
        places=overview.places(db, now),
        coaches=overview.coaches(db, now),
        invitations=overview.invitations(db, now),
        lost=overview.mails(db),
        share=charts.share,
        waiting=messages.waiting(db),
        rounds=round_results.find(db, Which()).found[:5],
        late=round_results.late,
        acts=audit_log.acts(db, Which()).found[:5],
    )


@routes.page("/admin/rules", who="admin")
def find_rules(db: Database, caller: Caller, query: Done) -> Page:
    done = audit_log.told(db, caller, query.done)
    undo = business_rules.undoable(db, caller, audit_log.number(query.done))
    return page(
        "admin/rules.html",
        done=done,
        undo=undo,
        by_heading=rule_headings.grouped(db),
        shown=rules.shown,
        patterns=PATTERNS,
    )


@routes.page("/admin/rules/{rule}", who="admin")
def read_rule(db: Database, rule: str, form: Form) -> Page:
    return page(
        "admin/rule.html",
        rule=business_rules.read(db, rule),
        pattern=RULES[rule].pattern,
        history=business_rules.history(db, rule),
        shown=rules.shown,
    )


@routes.form("/admin/rules/{rule}", shows=read_rule, who="admin")
def set_rule(db: Database, caller: Caller, rule: str, body: TypedRule, now: datetime) -> Redirect:
    try:
        business_rules.set_value(db, caller, rule, business_rules.typed(rule, body.value), body.why, now)
    except Invalid as refused:
        raise about_value(rule, refused) from None
    return audit_log.lead_to(db, caller, "/admin/rules", now)


@routes.page("/admin/rules/{rule}/reset", who="admin")
def ask_reset(db: Database, rule: str, form: Form) -> Page:
    return page("admin/reset.html", rule=business_rules.read(db, rule), shown=rules.shown)


@routes.form("/admin/rules/{rule}/reset", shows=ask_reset, who="admin")
def reset_rule(db: Database, caller: Caller, rule: str, body: MaybeWhy, now: datetime) -> Redirect:
    try:
        business_rules.reset(db, caller, rule, body.why, now)
    except Invalid as refused:
        raise about_value(rule, refused) from None
    return audit_log.lead_to(db, caller, "/admin/rules", now)


@routes.page("/admin/blocked-pairs", who="admin")
def read_blocked_pairs(db: Database) -> Page:
    return page(
        "admin/blocked_pairs.html",
        filter=blocked_pairs.size(db),
        rate=rules.read(db).bloom.false_positive_rate,
    )


@routes.page("/admin/outbox", who="admin")
def read_outbox(db: Database) -> Page:
    return page("admin/outbox.html", waiting=messages.waiting(db), dead=messages.dead_letters(db))


@routes.page("/admin/mails", who="admin")
def read_mails(db: Database, query: Which) -> Page:
    return page(
        "admin/mails.html",
        query=query,
        listing=mails.find(db, query),
        title=undelivered.title,
        why=undelivered.why,
    )


@routes.page("/admin/audit", who="admin")
def read_audit(db: Database, query: Which) -> Page:
    return page("admin/audit.html", query=query, listing=audit_log.acts(db, query))


def about_value(rule: str, refused: Invalid) -> Invalid:
    """The refusal as one of the form's field, which is called value whatever the rule is."""
    told = [
        rules.in_words(message if name in (rule, "value") else f"does not go with {name}, which {message}")
        for name, message in refused.fields.items()
    ]
    return Invalid.field("value", "; ".join(told))
