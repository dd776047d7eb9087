"""What the rules stand under where admins read all of them."""

from chalicelib.admin import business_rules
from chalicelib.database import Database

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


def group_of(name: str) -> str:
    """The heading that a rule stands under."""
    slice, _, rule = name.partition(".")
    if slice == "lunch":
        return next((group for group, rules in GROUPS.items() if rule in rules), "What members do")
    return _SLICES.get(slice, "The system")


def grouped(db: Database) -> dict[str, list[business_rules.RuleInForce]]:
    """All rules under their headings."""
    found = business_rules.find(db)
    order = {f"lunch.{name}": number for number, name in enumerate(name for names in GROUPS.values() for name in names)}
    found.sort(key=lambda rule: order.get(rule.name, len(order)))
    return {group: [rule for rule in found if group_of(rule.name) == group] for group in GROUPS}
