"""Whom a mail goes to, and what it is made of."""

from typing import Any, NamedTuple

from chalicelib.database import Database


class Mail(NamedTuple):
    """A mail to write: the template under templates/mails, the address, what stands in it; for a kind that may be
    refused, the id of the person it is for; and a calendar file with its method (REQUEST, CANCEL), if it has one."""

    template: str
    to: str
    values: dict[str, Any]
    person: str = ""
    calendar: str = ""
    method: str = ""


def confirmed(db: Database, people: list[str]) -> list[Any]:
    """Those of the people who confirmed their address (person_id, email, name, timezone): until then it gets the
    confirmation and nothing else."""
    return db.rows(
        "SELECT a.person_id, a.email, p.name, p.timezone FROM account a JOIN person p ON p.id = a.person_id"
        " WHERE a.person_id = ANY(%(people)s::uuid[]) AND a.email_confirmed"
        " AND NOT EXISTS (SELECT FROM ban b WHERE b.person_id = a.person_id) ORDER BY a.person_id",
        people=people,
    )
