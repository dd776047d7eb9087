"""Roles: what somebody may do here. The database keeps an admin whatever happens (an_admin_remains)."""

from datetime import datetime
from uuid import UUID

from chalicelib import logs
from chalicelib.accounts import audit
from chalicelib.admin import directory
from chalicelib.admin.directory import Role
from chalicelib.database import Database
from chalicelib.web.request import Caller


def grant(db: Database, caller: Caller, person: UUID, role: Role, why: str, now: datetime) -> None:
    """Give somebody a role; granted twice it is granted once. Raises NotFound."""
    directory.read(db, person)
    granted = db.run(
        "INSERT INTO person_role (person_id, role) VALUES (%(person)s, %(role)s)"
        " ON CONFLICT (person_id, role) DO UPDATE SET active = true WHERE NOT person_role.active",
        person=person,
        role=role,
    )
    if granted:
        audit.note(db, caller, f"granted the role {role} to", person, why, now)
        logs.security("role granted", person, by=caller.id, role=role)


def take(db: Database, caller: Caller, person: UUID, role: Role, why: str, now: datetime) -> None:
    """Take a role from somebody. Raises NotFound, and Refused for the last admin."""
    directory.read(db, person)
    taken = db.run(
        "UPDATE person_role SET active = false WHERE person_id = %(person)s AND role = %(role)s AND active",
        person=person,
        role=role,
    )
    if taken:
        audit.note(db, caller, f"took the role {role} from", person, why, now)
        logs.security("role taken", person, by=caller.id, role=role)
