"""Who was not asked to a lunch is not at it, whatever the application's role tries."""

from typing import Any
from uuid import UUID

import psycopg2
import pytest

from tests.lunches import lunch
from tests.people import Community


def join(event: Any, person: UUID) -> None:
    """As the handlers might, with a forgotten condition."""
    from chalicelib.database import transaction

    def work(db: Any) -> None:
        db.run(
            "SELECT set_config('rendezvous.person', %(me)s, true), set_config('rendezvous.now', '2026-11-23T09:00Z', true)",
            me=str(person),
        )
        db.run(
            "INSERT INTO attendance (event_id, person_id, response) VALUES (%(e)s, %(p)s, 'invited')", e=event, p=person
        )

    transaction(work)


@pytest.mark.parametrize(("public", "own", "may"), [(False, False, False), (True, False, True), (False, True, True)])
def test_the_application_adds_somebody_to_public_lunches_and_their_own_alone(
    community: Community, sql: Any, clock: Any, public: bool, own: bool, may: bool
) -> None:
    clock.set("2026-11-23T09:00Z")
    bob, eve = community.person("bob"), community.person("eve")
    event = lunch(sql, community.locations["Harbour"], "2026-11-25T12:00+00:00", approved=[bob])
    sql("UPDATE event SET public = %s, creator = %s WHERE id = %s", public, eve if own else None, event)
    if may:
        join(event, eve)
    else:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            join(event, eve)
    assert len(sql("SELECT 1 FROM attendance WHERE person_id = %s", eve)) == int(may)


STATES = {
    "Proposed": [],
    "Confirmed": ["Confirmed"],
    "Rejected": ["Rejected"],
    "Canceled": ["Canceled"],
    "Awaiting Evaluation": ["Confirmed", "Awaiting Evaluation"],
    "Done": ["Confirmed", "Awaiting Evaluation", "Done"],
}
"""Each state of a lunch, and the way there."""


@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize("state", STATES)
def test_nobody_comes_to_what_is_off_or_over_whatever_a_handler_forgets(
    community: Community, sql: Any, state: str, asked: bool
) -> None:
    """Held by the database: for who was asked to the lunch, and for who joins it."""
    ada, bob, eve = (community.person(name) for name in ("ada", "bob", "eve"))
    invited = [eve] if asked else []
    event = lunch(
        sql, community.locations["Harbour"], "2026-11-25T12:00+00:00", approved=[ada, bob], invited=invited, public=True
    )
    for status in STATES[state]:
        sql("UPDATE event SET status = %s WHERE id = %s", status, event)
    approve = (
        "WITH comes AS (INSERT INTO attendance VALUES (%s, %s, 'approved') ON CONFLICT (event_id, person_id) DO UPDATE"
        " SET response = 'approved' RETURNING event_id, person_id) INSERT INTO commitment (event_id, person_id, during)"
        " SELECT event_id, person_id, e.during FROM comes JOIN event e ON e.id = event_id"
    )
    if state in ("Proposed", "Confirmed"):
        sql(approve, event, eve)
        return
    with pytest.raises(psycopg2.errors.CheckViolation) as refusal:
        sql(approve, event, eve)
    assert refusal.value.diag.constraint_name == "event_state_allows_it"


def test_nobody_is_added_by_another(community: Community, sql: Any, clock: Any) -> None:
    clock.set("2026-11-23T09:00Z")
    bob, eve = community.person("bob"), community.person("eve")
    event = lunch(sql, community.locations["Harbour"], "2026-11-25T12:00+00:00", approved=[bob])
    sql("UPDATE event SET public = true WHERE id = %s", event)
    from chalicelib.database import transaction

    def work(db: Any) -> None:
        db.run("SELECT set_config('rendezvous.person', %(me)s, true)", me=str(bob))
        db.run(
            "INSERT INTO attendance (event_id, person_id, response) VALUES (%(e)s, %(p)s, 'invited')", e=event, p=eve
        )

    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        transaction(work)


def approve(browser: Any, event: Any, response: str = "approved") -> int:
    status: int = browser.ask("PUT", f"/api/events/{event}/attendance", {"response": response}).status
    return status


@pytest.mark.parametrize("by_a_member", [False, True])
def test_whom_a_round_asked_keep_their_seats_until_they_say_no(
    community: Community, sql: Any, clock: Any, by_a_member: bool
) -> None:
    """Two are asked to three seats: one stranger may join, a second only when one of the two says no. Who proposes a
    lunch to everybody gives its seats to whoever comes first."""
    clock.set("2026-11-23T09:00Z")
    names = ("ada", "bob", "dan", "eve", "flo")
    ids = {name: community.person(name) for name in names}
    ada, bob, dan, eve, flo = (community.browser_of(ids[name]) for name in names)
    starts = "2026-11-25T12:00+00:00"
    event = lunch(sql, community.locations["Harbour"], starts, invited=[ids["ada"], ids["bob"]], public=True)
    if by_a_member:
        sql("UPDATE event SET creator = %s", ids["flo"])
    seats = {"3 seats free": by_a_member, "1 seat free": not by_a_member}
    for page in (f"/events/{event}", "/public", "/Validate"):
        assert {words: words in dan.get(page).text for words in seats} == seats, page
    assert approve(dan, event) == 200
    assert approve(eve, event) == (200 if by_a_member else 409)
    if by_a_member:
        assert approve(flo, event) == 200 and approve(ada, event) == 409
        return
    assert "Join" not in eve.get(f"/events/{event}").text and "no seat free" in eve.get("/public").text
    assert approve(ada, event) == 200
    assert "1 seat free" in bob.get(f"/events/{event}").text and "no seat free" in ada.get(f"/events/{event}").text
    assert approve(bob, event, "rejected") == 200
    assert "1 seat free" in eve.get(f"/events/{event}").text
    assert approve(eve, event) == 200
    assert approve(bob, event) == 409


def test_who_left_a_lunch_comes_after_all_only_to_a_seat_that_is_not_kept(
    community: Community, sql: Any, clock: Any
) -> None:
    clock.set("2026-11-23T09:00Z")
    names = ("ada", "bob", "cem", "dan")
    ids = {name: community.person(name) for name in names}
    ada, bob, cem, dan = (community.browser_of(ids[name]) for name in names)
    event = lunch(
        sql,
        community.locations["Harbour"],
        "2026-11-25T12:00+00:00",
        invited=[ids["ada"], ids["bob"], ids["cem"]],
        public=True,
    )
    assert approve(ada, event, "rejected") == 200 and approve(dan, event) == 200
    assert approve(ada, event) == 409
    assert "come after all" not in ada.get(f"/events/{event}").text
    assert approve(cem, event, "rejected") == 200
    assert approve(ada, event) == 200 and approve(bob, event) == 200
