"""Mails about what opens an account: its owner is told of everything that somebody else might have done."""

from uuid import UUID

from chalicelib.database import Database
from chalicelib.notifications.kinds import About, Letter, kind
from chalicelib.notifications.recipients import confirmed


def _told(db: Database, recipient: UUID, about: About) -> Letter | None:
    person = confirmed(db, recipient)
    return Letter(person.email, {"name": person.name}) if person else None


kind("password_reset", "Your password was reset", urgent=True)(_told)
kind("feed_made", "An address of your calendar was made")(_told)
kind("second_factor_on", "Your second factor is on")(_told)
kind("second_factor_off", "Your second factor is off")(_told)


@kind("password_changed", "Your password was changed", urgent=True)
def password_changed(db: Database, recipient: UUID, about: About) -> Letter | None:
    person = confirmed(db, recipient)
    return Letter(person.email, {"name": person.name, "tokens_kept": about["tokens_kept"]}) if person else None


@kind("token_made", "A token for your account was made")
def token_made(db: Database, recipient: UUID, about: About) -> Letter | None:
    """Of a token that has ended already there is nothing to tell."""
    person = confirmed(db, recipient)
    token = db.row("SELECT name, scope, expires FROM api_token WHERE id = %(id)s", id=about["token"])
    if person is None or token is None:
        return None
    values = {"name": person.name, "token": token.name, "scope": token.scope, "expires": token.expires}
    return Letter(person.email, values)
