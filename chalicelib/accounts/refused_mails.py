"""Kinds of mail that people do not want. What a kind is called, and which there are, notifications know."""

from collections.abc import Mapping
from uuid import UUID

from chalicelib.accounts import links
from chalicelib.database import Database
from chalicelib.web.request import Caller


def refused_by(db: Database, person: UUID) -> frozenset[str]:
    """The kinds a person refuses."""
    rows = db.rows("SELECT kind FROM mail_refusal WHERE person_id = %(person)s", person=person)
    return frozenset(row.kind for row in rows)


def choose(db: Database, caller: Caller, wanted: Mapping[str, bool]) -> None:
    """Take (True) or refuse (False) these kinds; what is not named stays."""
    taken = [kind for kind, takes in wanted.items() if takes]
    db.run("DELETE FROM mail_refusal WHERE person_id = %(me)s AND kind = ANY(%(taken)s)", me=caller.id, taken=taken)
    db.many(
        "INSERT INTO mail_refusal (person_id, kind) VALUES %s ON CONFLICT DO NOTHING",
        [(caller.id, kind) for kind, takes in wanted.items() if not takes],
    )


def token(kind: str, person: UUID) -> str:
    """What stands in a mail's link and lets whoever has the mail refuse that kind; derived, so no table holds it."""
    return f"{kind}.{links.link(_purpose(kind), person)}"


def opened(given: str) -> tuple[str, UUID] | None:
    """The kind and the person of such a token, None if it is not one that we derive."""
    kind, _, link = given.partition(".")
    person = links.opened(_purpose(kind), link)
    return (kind, person) if person else None


def refuse(db: Database, kind: str, person: UUID) -> bool:
    """Refuse that kind for the person of a token; False if they are not here any more."""
    return bool(db.value("SELECT refuse_mail(%(person)s, %(kind)s)", person=person, kind=kind))


def _purpose(kind: str) -> str:
    return f"unsubscribe {kind}"
