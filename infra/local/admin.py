"""``make admin EMAIL=ada@example.org``: invites the first admin of a new installation."""

import sys

from chalicelib import clock
from chalicelib.accounts import first_admin, links
from chalicelib.errors import UserError


def main(email: str) -> None:
    """Invite by mail, and print the link for whoever has no mail yet."""
    address, code = first_admin.invite({"email": email}, clock.now())
    print(f"Invited {address}. The mail is on its way; the link in it is")
    print(links.absolute(f"/Register?invitation_code={code}"))


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except UserError as told:
        sys.exit(told.message)
