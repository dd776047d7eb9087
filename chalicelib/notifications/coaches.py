"""Mails to coaches about what admins changed for them."""

from uuid import UUID

from chalicelib import rules
from chalicelib.database import Database
from chalicelib.notifications.kinds import About, Letter, kind
from chalicelib.notifications.recipients import confirmed


@kind("coach_rule", "A rule for your calls was changed")
def coach_rule(db: Database, person: UUID, about: About) -> Letter | None:
    """What holds for the calls of a coach was changed for them alone."""
    known, rule = confirmed(db, person), rules.RULES.get(about["rule"])
    if known is None or rule is None:
        return None
    own, everybody = rules.read(db, str(person)).named(rule.name), rules.read(db).named(rule.name)
    return Letter(
        known.email,
        {
            "name": known.name,
            "help": rule.help,
            "own": rules.shown(own),
            "everybody": rules.shown(everybody),
        },
    )
