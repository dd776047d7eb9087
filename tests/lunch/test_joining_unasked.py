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
