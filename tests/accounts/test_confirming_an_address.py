"""Somebody confirms an address by the link that was mailed to it; the old one is told."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.people import Community

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def ask(person: UUID, email: str, now: datetime = NOW) -> None:
    from chalicelib.accounts import addresses
    from chalicelib.database import transaction

    def work(db: Any) -> None:
        db.run("SELECT set_config('rendezvous.person', %(id)s, true)", id=str(person))
        addresses.ask_to_confirm(db, person, email, now)

    transaction(work)


def confirm(link: str, now: datetime = NOW) -> None:
    from chalicelib.accounts import addresses
    from chalicelib.database import transaction

    transaction(lambda db: addresses.confirm(db, link, now))


def links_mailed(community: Community) -> list[str]:
    from chalicelib.accounts import links

    rows = community.sql(
        "SELECT event->'data'->>'address_change' AS id FROM outbox WHERE event->'data'->>'kind' = 'confirm' ORDER BY id"
    )
    return [links.link("confirm", UUID(row.id)) for row in rows]


def account(community: Community) -> Any:
    [row] = community.sql("SELECT email, email_confirmed FROM account WHERE username = 'ada'")
    return tuple(row)


def told(community: Community, kind: str) -> list[Any]:
    return [
        row.data
        for row in community.sql("SELECT event->'data' AS data FROM outbox WHERE event->'data'->>'kind' = %s", kind)
    ]


def mails(kind: str, data: Any) -> list[str]:
    """Whom the sender would write to."""
    from chalicelib.database import JOB, transaction
    from chalicelib.notifications import kinds

    def work(db: Any) -> list[str]:
        db.run("SELECT set_config('rendezvous.now', %(now)s, true)", now=NOW.isoformat())
        one = kinds.ALL[kind]
        letters = [one.write(db, person, data) for person in one.recipients(db, [data])[0]]
        return [letter.to for letter in letters if letter]

    return transaction(work, JOB)


def test_an_address_is_the_person_s_once_its_link_is_opened(community: Community) -> None:
    ada = community.person("ada")
    ask(ada, "New@Example.org")
    assert account(community) == ("ada@example.org", True)
    [link] = links_mailed(community)
    [data] = told(community, "confirm")
    assert mails("confirm", data) == ["new@example.org"]
    confirm(link)
    assert account(community) == ("new@example.org", True)


def test_the_old_address_is_told(community: Community) -> None:
    ask(community.person("ada"), "new@example.org")
    confirm(links_mailed(community)[0])
    [data] = told(community, "address_changed")
    assert "example.org" not in str(data)
    assert mails("address_changed", data) == ["ada@example.org"]


def test_an_address_that_was_never_confirmed_is_told_nothing(community: Community) -> None:
    ada = community.person("ada")
    community.sql("UPDATE account SET email_confirmed = false")
    ask(ada, "new@example.org")
    confirm(links_mailed(community)[0])
    assert account(community) == ("new@example.org", True)
    assert told(community, "address_changed") == []
    assert community.sql("SELECT count(*) AS n FROM former_address")[0].n == 0


def test_confirming_the_address_one_has_tells_nobody(community: Community) -> None:
    ada = community.person("ada")
    community.sql("UPDATE account SET email_confirmed = false")
    ask(ada, "ada@example.org")
    confirm(links_mailed(community)[0])
    assert account(community) == ("ada@example.org", True)
    assert told(community, "address_changed") == []


def test_the_link_works_once_and_for_a_week(community: Community) -> None:
    from chalicelib.errors import NotFound

    ask(community.person("ada"), "new@example.org")
    [link] = links_mailed(community)
    with pytest.raises(NotFound):
        confirm(link, NOW + timedelta(days=7, seconds=1))
    confirm(link, NOW + timedelta(days=6))
    with pytest.raises(NotFound):
        confirm(link)


def test_a_link_that_was_not_mailed_confirms_nothing(community: Community) -> None:
    from chalicelib.accounts import links
    from chalicelib.errors import NotFound

    ada = community.person("ada")
    ask(ada, "new@example.org")
    [kept] = community.sql("SELECT id FROM address_change")
    for forged in ("", "x.y", f"{kept.id}.", links.link("reset", kept.id), links.link("confirm", ada)):
        with pytest.raises(NotFound):
            confirm(forged)
    assert account(community) == ("ada@example.org", True)


def test_an_address_that_became_somebody_else_s_meanwhile_is_refused(community: Community) -> None:
    from chalicelib.errors import Conflict

    ask(community.person("ada"), "bob@example.org")
    community.person("bob")
    with pytest.raises(Conflict):
        confirm(links_mailed(community)[0])
    assert account(community) == ("ada@example.org", True)
