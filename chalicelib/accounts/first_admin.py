"""The first admin of a new installation: invited by whoever operates it, for there is nobody yet who could."""

from datetime import datetime
from typing import Any

from chalicelib.accounts import invitations
from chalicelib.database import JOB, transaction
from chalicelib.web import parsing
from chalicelib.web.field_types import Body, Email


class FirstAdmin(Body):
    """Where the invitation goes to."""

    email: Email


def invite(given: Any, now: datetime) -> tuple[str, str]:
    """Invite by mail the one of ``{"email": ...}``; the address, and the code.

    Raises Invalid, naming the field, for what is no address.
    """
    wanted = parsing.checked(given, FirstAdmin)
    return wanted.email, transaction(lambda db: invitations.create_admin(db, wanted.email, now), JOB)
