"""People: who one is here."""

from typing import Any

from chalicelib.accounts import names
from chalicelib.database import Database
from chalicelib.web.request import Caller

FORMER_MEMBER = "a former member"


def account(db: Database, caller: Caller) -> dict[str, Any]:
    """What the caller logs in with and is written to: username, email, email_confirmed, slug."""
    row = db.row(
        "SELECT a.username, a.email, a.email_confirmed, p.slug FROM account a JOIN person p ON p.id = a.person_id"
        " WHERE a.person_id = %(me)s",
        me=caller.id,
    )
    assert row is not None
    found: dict[str, Any] = row._asdict()
    return found


def rename(db: Database, caller: Caller, name: str | None, timezone: str | None) -> None:
    """Change the display name, the zone, or both. Raises Invalid naming the name."""
    names.refuse_look_alikes(name or "")
    db.run(
        "UPDATE person SET name = coalesce(%(name)s, name), timezone = coalesce(%(zone)s, timezone) WHERE id = %(me)s",
        name=name,
        zone=timezone,
        me=caller.id,
    )
