"""What happens to a lunch when somebody says that he comes, or that he does not, or is not here any more."""

from datetime import UTC, datetime
from typing import Any

import psycopg2.errors
import pytest

from tests.lunches import lunch, told

STARTS = "2026-11-25T12:00+00:00"
LATER_THAT_HOUR = "2026-11-25T12:30+00:00"


@pytest.fixture(autouse=True)
def monday(clock: Any) -> None:
    clock.set("2026-11-23T09:00Z")


def status(sql: Any, event: Any) -> str:
    return str(sql("SELECT status FROM event WHERE id = %s", event)[0].status)


def responses(sql: Any, event: Any) -> dict[Any, str]:
    return {
        r.person_id: r.response for r in sql("SELECT person_id, response FROM attendance WHERE event_id = %s", event)
    }


def withdraw(admin: Any, person: Any, roles: str = "admin") -> int:
    """As an admin's request that bans the person."""
    from chalicelib.database import transaction
    from chalicelib.lunch import attendances

    now = datetime(2026, 11, 23, 9, tzinfo=UTC)

    def work(db: Any) -> int:
        db.run(
            "SELECT set_config('rendezvous.person', %(me)s, true), set_config('rendezvous.roles', %(roles)s, true),"
            " set_config('rendezvous.now', %(now)s, true)",
            me=str(admin),
            roles=roles,
            now=now.isoformat(),
        )
        return attendances.withdraw_person(db, person, now)

    return transaction(work)


def test_somebody_who_is_banned_leaves_his_coming_lunches_and_the_others_are_told(community: Any, sql: Any) -> None:
    admin, ada, bob = (community.person(name) for name in ("root", "ada", "bob"))
    place = community.locations["Harbour"]
    coming = lunch(sql, place, STARTS, approved=[ada, bob], confirmed=True)
    past = lunch(sql, place, "2026-11-20T12:00+00:00", approved=[ada, bob], confirmed=True)
    assert withdraw(admin, ada) == 1
    assert (status(sql, coming), responses(sql, coming)) == ("Proposed", {ada: "rejected", bob: "approved"})
    assert (status(sql, past), responses(sql, past)) == ("Confirmed", {ada: "approved", bob: "approved"})
    assert [r.event_id for r in sql("SELECT event_id FROM commitment WHERE person_id = %s", ada)] == [past]
    assert told(sql, "Events_All") == ["attendance.rejected", "event.unconfirmed"]


def test_somebody_who_is_banned_is_asked_to_no_lunch_any_more(community: Any, sql: Any) -> None:
    admin, ada, bob = (community.person(name) for name in ("root", "ada", "bob"))
    place = community.locations["Harbour"]
    asked = lunch(sql, place, STARTS, approved=[bob], invited=[ada])
    long_ago = lunch(sql, place, "2026-11-20T12:00+00:00", approved=[bob], invited=[ada])
    assert withdraw(admin, ada) == 1
    assert (responses(sql, asked)[ada], responses(sql, long_ago)[ada]) == ("rejected", "invited")
    assert told(sql, "Events_All") == ["attendance.rejected"]


def test_a_lunch_left_too_late_is_rejected(community: Any, sql: Any) -> None:
    admin, ada, bob = (community.person(name) for name in ("root", "ada", "bob"))
    event = lunch(sql, community.locations["Harbour"], "2026-11-23T12:00+00:00", approved=[ada, bob], confirmed=True)
    withdraw(admin, ada)
    assert status(sql, event) == "Rejected"
    assert told(sql, "Event_Rejected") == ["event.rejected"]
    assert sql("SELECT 1 FROM commitment WHERE event_id = %s", event) == []


def test_a_lunch_of_three_goes_on_with_two(community: Any, sql: Any) -> None:
    admin, ada, bob, eve = (community.person(name) for name in ("root", "ada", "bob", "eve"))
    event = lunch(sql, community.locations["Harbour"], STARTS, approved=[ada, bob, eve], confirmed=True)
    withdraw(admin, ada)
    assert status(sql, event) == "Confirmed"
    assert told(sql, "Events_All") == ["attendance.rejected"]


def test_nobody_but_an_admin_withdraws_somebody_else(community: Any, sql: Any) -> None:
    ada, bob = community.person("ada"), community.person("bob")
    event = lunch(sql, community.locations["Harbour"], STARTS, approved=[ada, bob], confirmed=True)
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        withdraw(bob, ada, roles="member")
    assert responses(sql, event)[ada] == "approved"
    assert told(sql, "Events_All") == []
