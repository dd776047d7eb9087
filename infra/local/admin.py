"""``make admin EMAIL=ada@example.org``: invites the first admin of a new installation."""

import sys

from chalicelib import clock
from chalicelib.accounts import invitations, links
from chalicelib.database import JOB, transaction
from chalicelib.errors import UserError
from chalicelib.web import parsing
from chalicelib.web.field_types import Body, Email


class FirstAdmin(Body):
    email: Email


def main(email: str) -> None:
    """Invite by mail, and print the link for whoever has no mail yet."""
    given = parsing.checked({"email": email}, FirstAdmin)
    code = transaction(lambda db: invitations.create_admin(db, given.email, clock.now()), JOB)
    print(f"Invited {email}. The mail is on its way; the link in it is")
    print(links.absolute(f"/Register?invitation_code={code}"))


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except UserError as told:
        sys.exit(told.message)
