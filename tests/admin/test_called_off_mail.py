"""Who had a lunch that an admin called off reads so in a mail, and not why."""

import json
from typing import Any

from tests.lunches import lunch
from tests.mailbox import deliver


def test_its_people_are_written_to_and_who_had_left_is_not(community: Any, sql: Any, clock: Any) -> None:
    clock.set("2026-11-19T16:00Z")
    ada, bob, eve = (community.person(name) for name in ("ada", "bob", "eve"))
    event = lunch(sql, community.locations["Harbour"], "2026-11-24T11:30+00:00", approved=[ada], invited=[bob])
    sql("INSERT INTO attendance (event_id, person_id, response) VALUES (%s, %s, 'rejected')", event, eve)
    admin = community.admin()
    assert admin.ask("PUT", f"/api/admin/events/{event}/cancellation", {"why": "the kitchen burnt"}).status == 200
    [canceled] = sql(
        "SELECT event -> 'data' ->> 'people' AS people FROM outbox WHERE event ->> 'type' = 'event.canceled'"
    )
    assert sorted(json.loads(canceled.people)) == sorted([str(ada), str(bob)])
    mails = deliver(sql)
    assert {mail.to for mail in mails} == {"ada@example.org", "bob@example.org"}
    for mail in mails:
        assert mail.subject == "Called off: Soup on Tuesday, 24 November" and "kitchen" not in mail.text
