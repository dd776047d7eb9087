"""Who had a lunch that an admin called off reads so in a mail, and not why."""

from typing import Any

import pytest

from tests.lunches import lunch


def test_its_people_are_written_to_and_who_had_left_is_not(
    community: Any, sql: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.messaging import mail
    from chalicelib.messaging.records import Message
    from chalicelib.notifications import mailers

    clock.set("2026-11-19T16:00Z")
    ada, bob, eve = (community.person(name) for name in ("ada", "bob", "eve"))
    event = lunch(sql, community.locations["Harbour"], "2026-11-24T11:30+00:00", approved=[ada], invited=[bob])
    sql("INSERT INTO attendance (event_id, person_id, response) VALUES (%s, %s, 'rejected')", event, eve)
    admin = community.admin()
    assert admin.ask("PUT", f"/api/admin/events/{event}/cancellation", {"why": "the kitchen burnt"}).status == 200
    sent: dict[str, str] = {}
    monkeypatch.setattr(mail, "send", lambda to, subject, text, *more: sent.update({to: f"{subject}\n{text}"}))
    [row] = sql("SELECT topic, event FROM outbox WHERE event ->> 'type' = 'event.canceled'")
    told = row.event
    mailers.deliver(Message(row.topic, told["id"], told["type"], told["time"], told["data"]))
    assert set(sent) == {"ada@example.org", "bob@example.org"}
    for text in sent.values():
        assert text.startswith("Called off: Soup on Tuesday, 24 November") and "kitchen" not in text
