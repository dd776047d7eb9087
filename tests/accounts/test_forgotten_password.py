"""Somebody forgot the password: a link is mailed to the address's owner, works once, for an hour, and ends every session."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.mailbox import deliver
from tests.people import ADDRESS, PASSWORD, Browser, Community
from tests.threads import at_once

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NEW = "another horse entirely"


def forgot(email: str, now: datetime = NOW, network: str = ADDRESS) -> None:
    from chalicelib.accounts import new_passwords
    from chalicelib.database import transaction

    transaction(lambda db: new_passwords.forgot(db, email, network, now))


def links_mailed(community: Community) -> list[str]:
    """The links that the mails which were asked for would carry."""
    from chalicelib.accounts import links

    rows = community.sql(
        "SELECT event->'data'->>'password_reset' AS id FROM outbox WHERE event->'data'->>'kind' = 'reset' ORDER BY id"
    )
    return [links.link("reset", UUID(row.id)) for row in rows]


def reset(link: str, password: str = NEW, now: datetime = NOW) -> None:
    from chalicelib.accounts import new_passwords

    new_passwords.reset(link, password, now)


def can_log_in(password: str) -> bool:
    return Browser().post("/Login/", {"username": "ada", "password": password}).status == 200


def test_the_link_sets_a_new_password_and_ends_every_session(community: Community) -> None:
    ada = community.member("ada")
    bob = community.member("bob")
    forgot("ADA@example.org")
    [link] = links_mailed(community)
    reset(link)
    assert (can_log_in(NEW), can_log_in(PASSWORD)) == (True, False)
    assert (ada.get("/MyEvents/").status, bob.get("/MyEvents/").status) == (401, 200)


def test_the_link_works_once_and_so_do_its_sisters(community: Community) -> None:
    from chalicelib.errors import NotFound

    community.person("ada")
    forgot("ada@example.org")
    forgot("ada@example.org")
    first, second = links_mailed(community)
    reset(first)
    for link in (first, second):
        with pytest.raises(NotFound):
            reset(link, "stolen password")
    assert can_log_in(NEW)


def test_the_link_works_for_an_hour(community: Community) -> None:
    from chalicelib.errors import NotFound

    community.person("ada")
    forgot("ada@example.org")
    [link] = links_mailed(community)
    with pytest.raises(NotFound):
        reset(link, now=NOW + timedelta(minutes=60, seconds=1))
    reset(link, now=NOW + timedelta(minutes=59))
    assert can_log_in(NEW)


def test_the_database_takes_a_link_for_an_hour_whoever_asks(community: Community) -> None:
    ada, hour = community.person("ada"), timedelta(minutes=60)
    for asked, taken in ((NOW - hour, False), (NOW - hour + timedelta(microseconds=1), True)):
        [row] = community.sql("INSERT INTO password_reset VALUES (gen_random_uuid(), %s, %s) RETURNING id", ada, asked)
        [answer] = community.sql("SELECT reset_password(%s, 'hash', %s, 60) AS whose", row.id, NOW)
        assert answer.whose == (ada if taken else None)


def test_a_link_that_was_not_mailed_does_nothing(community: Community) -> None:
    from chalicelib.accounts import links
    from chalicelib.errors import NotFound

    person = community.person("ada")
    forgot("ada@example.org")
    [link] = links_mailed(community)
    [kept] = community.sql("SELECT id FROM password_reset")
    forged = [
        "",
        ".",
        "x" * 10_000,
        link[:-1],
        link[:-1] + ("a" if link[-1] != "a" else "b"),
        link.upper() + "é",
        f"{kept.id.hex}.",
        links.link("confirm", kept.id),
        links.link("invitation", kept.id),
        links.link("reset", person),
        "\x00" + link,
    ]
    for one in forged:
        with pytest.raises(NotFound):
            reset(one)
    assert can_log_in(PASSWORD)


def test_a_link_is_used_once_however_many_try_at_once(community: Community) -> None:
    from chalicelib.errors import NotFound

    community.person("ada")
    forgot("ada@example.org")
    [link] = links_mailed(community)

    def attempt(number: int) -> bool:
        try:
            reset(link, f"password number {number}")
        except NotFound:
            return False
        return True

    won = at_once(8, attempt)
    assert won.count(True) == 1
    assert can_log_in(f"password number {won.index(True)}")


def test_a_mailbox_is_not_filled_by_whoever_knows_its_address(community: Community) -> None:
    community.person("ada")
    for _ in range(7):
        forgot("Ada@example.org")
    assert len(links_mailed(community)) == 5
    forgot("ada@example.org", NOW + timedelta(minutes=16))
    assert len(links_mailed(community)) == 6


def test_a_mailbox_gets_ten_links_a_day_however_patient_who_asks_is(community: Community) -> None:
    community.person("ada")
    for quarter in range(24):
        forgot("ada@example.org", NOW + timedelta(minutes=16 * quarter), f"203.0.113.{quarter}")
    assert len(links_mailed(community)) == 10
    forgot("ada@example.org", NOW + timedelta(hours=24, minutes=1))
    assert len(links_mailed(community)) == 11


def test_one_network_address_asks_for_twenty_links_in_a_quarter_of_an_hour(community: Community, clock: Any) -> None:
    """Whether the addresses exist or not: the refusal tells nothing of them."""
    clock.set("2026-11-23T09:00Z")
    for number in range(4):
        community.person(f"ada{number}")
    asked = [
        Browser().post("/forgotten", {"email": f"ada{number}@example.org"}, kind="form").status for number in range(22)
    ]
    assert asked == [303] * 20 + [429] * 2
    assert len(links_mailed(community)) == 4
    elsewhere = Browser(address="198.51.100.4").post("/forgotten", {"email": "ada0@example.org"}, kind="form")
    assert elsewhere.status == 303
    clock.set("2026-11-23T09:16Z")
    assert Browser().post("/forgotten", {"email": "ada1@example.org"}, kind="form").status == 303


def test_nobody_learns_whether_there_is_such_an_address(community: Community) -> None:
    community.person("ada")
    forgot("nobody@example.org")
    assert links_mailed(community) == []
    assert community.sql("SELECT count(*) AS n FROM outbox")[0].n == 0


def test_no_table_holds_a_link(community: Community) -> None:
    community.person("ada")
    forgot("ada@example.org")
    [link] = links_mailed(community)
    code = link.partition(".")[2]
    kept = str(community.sql("SELECT * FROM password_reset")) + str(community.sql("SELECT * FROM outbox"))
    assert code not in kept


def test_what_failed_before_does_not_stand_in_the_way(community: Community, clock: Any) -> None:
    """The limit on guesses holds for the new password as for the old: the link lifts nothing."""
    community.rule("login.failures_per_15_minutes", 1)
    community.person("ada")
    clock.set("2026-11-23T09:00Z")
    for _ in range(2):
        can_log_in("wrong password")
    forgot("ada@example.org")
    reset(links_mailed(community)[0])
    assert not can_log_in(NEW)
    clock.set("2026-11-23T09:16Z")
    assert can_log_in(NEW)


def test_an_address_that_was_never_confirmed_gets_no_link(community: Community, clock: Any) -> None:
    clock.set("2026-11-23T09:00Z")
    community.person("ada")
    community.sql("UPDATE account SET email_confirmed = false")
    forgot("ada@example.org")
    assert deliver(community.sql) == []
    community.sql("UPDATE account SET email_confirmed = true")
    forgot("ada@example.org")
    [mail] = deliver(community.sql)
    assert mail.to == "ada@example.org" and any(link in mail.text for link in links_mailed(community))


def test_a_link_that_works_no_more_is_not_mailed(community: Community, clock: Any) -> None:
    clock.set("2026-11-23T09:00Z")
    community.person("ada")
    forgot("ada@example.org")
    clock.set("2026-11-23T10:01Z")
    assert deliver(community.sql) == []
