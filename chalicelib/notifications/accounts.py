"""Mails about accounts: an invitation, links to confirm an address or to choose a password, what happened to them."""

from datetime import timedelta
from uuid import UUID

from chalicelib.accounts import addresses, invitations, links, new_passwords
from chalicelib.database import Database
from chalicelib.notifications.kinds import About, Letter, kind
from chalicelib.notifications.recipients import confirmed


def its_invitation(db: Database, abouts: list[About]) -> list[list[UUID]]:
    """An invitation that has an address."""
    return [[UUID(about["invitation"])] if about["to"] else [] for about in abouts]


@kind("invitation", "An invitation to join", on=("InvitedUser", "invitation.created"), to=its_invitation)
def invitation(db: Database, recipient: UUID, about: About) -> Letter | None:
    """To join: the code is derived from the id; it stands in this mail and nowhere else, not on the
    inviter's page.

    Not to an address that was sent another open one within a day: nobody's mailbox is filled by those who invite.
    """
    row = db.row(
        "SELECT a.email, coalesce(p.name, '') AS by, i.expires, m.digest FROM invitation i"
        " JOIN invitation_address a ON a.invitation_id = i.id JOIN invitation_mail m ON m.invitation_id = i.id"
        " LEFT JOIN person p ON p.id = i.by_person WHERE i.id = %(id)s AND i.expires > present()"
        " AND NOT EXISTS (SELECT FROM invitation_use u WHERE u.invitation_id = i.id)"
        " AND NOT EXISTS (SELECT FROM invitation_revocation r WHERE r.invitation_id = i.id)"
        " AND NOT EXISTS (SELECT FROM invitation_address b JOIN invitation j ON j.id = b.invitation_id"
        "     WHERE b.email = a.email AND (j.made, j.id) < (i.made, i.id) AND j.made > i.made - %(day)s AND j.expires > present()"
        "     AND NOT EXISTS (SELECT FROM invitation_use u WHERE u.invitation_id = j.id)"
        "     AND NOT EXISTS (SELECT FROM invitation_revocation r WHERE r.invitation_id = j.id))",
        id=recipient,
        day=timedelta(days=1),
    )
    if row is None:
        return None
    code = links.code_found_by(invitations.MAILED, recipient, bytes(row.digest))
    # None where its key was forgotten since: a code that opens nothing is not to be mailed.
    return Letter(row.email, {"by": row.by, "code": code, "expires": row.expires}) if code else None


@kind("confirm", "A link to confirm an address", urgent=True)
def confirm(db: Database, recipient: UUID, about: About) -> Letter | None:
    """To the address that waits to be confirmed, while its link works."""
    email = db.value(
        "SELECT email FROM address_change WHERE id = %(id)s AND asked > present() - %(lasts)s",
        id=about["address_change"],
        lasts=timedelta(days=addresses.CONFIRM_DAYS),
    )
    return Letter(email, {"link": links.link("confirm", UUID(about["address_change"]))}) if email else None


@kind("reset", "A link to choose a new password", urgent=True)
def reset(db: Database, recipient: UUID, about: About) -> Letter | None:
    """The one mail, beside the confirmation, that is asked for by whoever is not logged in; while its link works."""
    email = db.value(
        "SELECT a.email FROM password_reset r JOIN account a USING (person_id)"
        " WHERE r.id = %(id)s AND a.email_confirmed AND r.asked > present() - %(lasts)s",
        id=about["password_reset"],
        lasts=timedelta(minutes=new_passwords.RESET_MINUTES),
    )
    return Letter(email, {"link": links.link("reset", UUID(about["password_reset"]))}) if email else None


@kind("address_in_use", "Somebody tried to join with your address")
def address_in_use(db: Database, recipient: UUID, about: About) -> Letter | None:
    person = confirmed(db, recipient)
    return Letter(person.email, {}) if person else None


@kind("address_changed", "Your address was changed")
def address_changed(db: Database, recipient: UUID, about: About) -> Letter | None:
    email = db.value("SELECT email FROM former_address WHERE id = %(id)s", id=about["former_address"])
    return Letter(email, {}) if email else None
