"""A crash between any two steps of a sweep, a review or a consumer: run again, all is as if there had been none.

Steps are the statements that reach PostgreSQL, and what comes before and after each commit. At the one that is meant the
connection goes, as with a process that is killed.
"""

import base64
import json
import os
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg2.extensions
import pytest

from chalicelib import database
from chalicelib.database import JOB, transaction
from chalicelib.lunch import blocked_pairs, jobs
from chalicelib.messaging import sockets
from chalicelib.notifications import live_updates, mailers
from tests.lunches import lunch

STRIDE = 1 if os.environ.get("LONG") else 4
"""In CI every fourth step; 1 with LONG=1."""
NOW = datetime.fromisoformat("2026-11-25T13:00:00+00:00")
pytestmark = pytest.mark.timeout(900)


class Killed(BaseException):
    """The process ended here."""


class Steps:
    """Counts the steps, and ends the process at one of them."""

    def __init__(self) -> None:
        self.passed, self.last = 0, 0

    def take(self, connection: Any) -> None:
        self.passed += 1
        if self.passed == self.last:
            connection.close()
            raise Killed

    def until(self, last: int) -> None:
        """Live until that step; 0: for ever."""
        self.passed, self.last = 0, last
        database.disconnect()


@pytest.fixture
def steps(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Steps]:
    from chalicelib import database as module

    found = Steps()
    connect, commit = module.connect, module._commit

    class Dying(psycopg2.extensions.cursor):
        def execute(self, *given: Any) -> None:
            found.take(self.connection)
            super().execute(*given)

    def connected(role: str = module.APP) -> Any:
        connection = connect(role)
        connection.cursor_factory = Dying
        return connection

    def committed(connection: Any, result: Any) -> Any:
        found.take(connection)
        commit(connection, result)
        found.take(connection)
        return result

    monkeypatch.setattr(module, "connect", connected)
    monkeypatch.setattr(module, "_commit", committed)
    yield found
    found.until(0)


def at_every_step(
    steps: Steps, begin: Callable[[], Any], work: Callable[[Any], Any], seen: Callable[[Any], Any]
) -> int:
    """Begin anew, work until a step, work again: what is seen is what an undisturbed run leaves. How many steps there are."""
    given = begin()
    steps.until(0)
    work(given)
    wanted = seen(given)
    for step in range(1, 1000, STRIDE):
        given = begin()
        steps.until(step)
        try:
            work(given)
        except Killed:
            pass
        else:
            return steps.passed
        steps.until(0)
        work(given)
        assert seen(given) == wanted, f"killed at step {step}"
    raise AssertionError("it never ended")


class World:
    """A lunch in each state that a sweep ends: too few in time, over, over without reviews, reviewed long enough, near."""

    def __init__(self, community: Any) -> None:
        self.sql, self.harbour = community.sql, community.locations["Harbour"]
        self.people = [community.person(f"guest{n}") for n in range(12)]

    def begin(self) -> None:
        for table in ("event", "outbox", "silence", "filter_chunk", "event_reminder", "mail", "delivered"):
            self.sql(f"DELETE FROM {table}")
        over, ada, eve = NOW - timedelta(hours=2), self.people[:3], self.people[3:6]
        made = {
            "late": lunch(self.sql, self.harbour, self.after(hours=3), invited=self.people[6:8], approved=ada[:1]),
            "over": lunch(self.sql, self.harbour, over.isoformat(), approved=ada, confirmed=True),
            "unreviewed": lunch(self.sql, self.harbour, over.isoformat(), approved=eve, confirmed=True),
            "old": lunch(self.sql, self.harbour, self.after(days=-9), approved=ada, confirmed=True),
            "near": lunch(self.sql, self.harbour, self.after(hours=23), approved=eve, confirmed=True),
        }
        for title, event in made.items():
            self.sql("UPDATE event SET title = %s WHERE id = %s", title, event)
        self.sql("UPDATE event SET allow_evaluation = false WHERE title = 'unreviewed'")
        self.sql("UPDATE event SET status = 'Awaiting Evaluation' WHERE title = 'old'")

    def after(self, **time: int) -> str:
        return (NOW + timedelta(**time)).isoformat()

    def seen(self) -> Any:
        return {
            "events": self.sql("SELECT title, status FROM event ORDER BY title"),
            "told": self.sql(
                "SELECT o.topic, o.event->>'type' AS type, o.event->'data'->>'kind' AS kind, o.event->'data'->>'person' AS whom,"
                " (SELECT title FROM event e WHERE e.id::text = o.event->'data'->>'event') AS lunch FROM outbox o ORDER BY 1, 2, 3, 4, 5"
            ),
            "silent": self.sql("SELECT person_id FROM silence ORDER BY 1"),
            "reminded": self.sql("SELECT count(*) FROM event_reminder"),
            "chunks": self.sql("SELECT layer, chunk FROM filter_chunk ORDER BY 1, 2"),
        }


def test_a_sweep_that_is_killed_at_any_step_is_made_up_by_the_next(community: Any, clock: Any, steps: Steps) -> None:
    clock.set(NOW.isoformat())
    community.rule("lunch.ignored_invitations", 1)
    world = World(community)
    many = at_every_step(steps, world.begin, lambda _: jobs.sweep(NOW), lambda _: world.seen())
    assert many > 30
    seen = world.seen()
    assert dict(seen["events"]) == {
        "late": "Rejected", "over": "Awaiting Evaluation", "unreviewed": "Done", "old": "Done", "near": "Confirmed"
    }  # fmt: skip
    assert len(seen["silent"]) == 2 and seen["chunks"]


def test_a_review_that_is_killed_at_any_step_is_given_again(community: Any, clock: Any, steps: Steps) -> None:
    """The last of a lunch, so that it ends as well; the answer counts once, and is in the filter."""
    clock.set(NOW.isoformat())
    world = World(community)
    ada, bob = world.people[:2]
    of_ada = community.browser_of(ada)

    def begin() -> uuid.UUID:
        for table in ("event", "outbox", "filter_chunk"):
            world.sql(f"DELETE FROM {table}")
        event = lunch(world.sql, world.harbour, world.after(hours=-2), approved=[ada, bob], confirmed=True)
        world.sql("UPDATE event SET status = 'Awaiting Evaluation'")
        world.sql("UPDATE attendance SET reviewed = true WHERE person_id = %s", bob)
        return event

    def review(event: uuid.UUID) -> None:
        body = {"enjoyed": {"guest1": False}, "description": "Good soup"}
        assert of_ada.ask("PUT", f"/api/events/{event}/review", body).status == 204

    def seen(event: uuid.UUID) -> Any:
        apart = transaction(lambda db: blocked_pairs.kept_apart(db, ada, [bob]), JOB)
        return (
            apart == {bob},
            world.sql("SELECT status FROM event"),
            world.sql("SELECT description FROM review"),
            world.sql("SELECT topic, event->>'type' AS type FROM outbox ORDER BY id"),
        )

    assert at_every_step(steps, begin, review, seen) > 10


def test_consumers_that_are_killed_at_any_step_take_the_batch_again(
    community: Any, clock: Any, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every mail once; and every token is sent to the open page, a second time only where it had just been sent."""
    clock.set(NOW.isoformat())
    world = World(community)
    session = community.browser_of(world.people[0])
    assert session.get("/api/me").status == 200
    sent: list[str] = []
    monkeypatch.setattr(live_updates, "APART", timedelta())
    monkeypatch.setattr(sockets, "send", lambda connections, text: sent.append(text) or [])

    def begin() -> dict[str, Any]:
        sent.clear()
        world.begin()
        world.sql("DELETE FROM socket")
        world.sql("DELETE FROM live_update")
        world.sql("DELETE FROM live_frame")
        world.sql("INSERT INTO socket (connection, session_id, opened) SELECT 'c', id, %s FROM session LIMIT 1", NOW)
        world.sql("INSERT INTO socket_location VALUES ('c', %s)", world.harbour)
        events = world.sql("SELECT id FROM event WHERE title IN ('over', 'near') ORDER BY title")
        return batch([("event.approved", event.id) for event in events])

    def work(event: dict[str, Any]) -> None:
        mailers.handle(event)
        live_updates.handle(event)

    def seen(_: Any) -> Any:
        tokens = {one["token"] for text in sent for one in json.loads(text)["events"]}
        return (
            world.sql("SELECT recipient, kind FROM mail ORDER BY 1, 2"),
            len(tokens),
            world.sql("SELECT consumer, count(*) FROM delivered GROUP BY 1 ORDER BY 1"),
            world.sql("SELECT count(*) FROM live_update"),
            world.sql("SELECT count(*) FROM outbox"),
        )

    assert at_every_step(steps, begin, work, seen) > 10
    mails, tokens, delivered, waiting, buried = seen(None)
    assert (len(mails), tokens) == (6, 6) and [row.count for row in waiting + buried] == [0, 0]
    assert [tuple(row) for row in delivered] == [("live_updates", 2), ("mailer", 2)]


def batch(told: list[tuple[str, uuid.UUID]]) -> dict[str, Any]:
    messages = [
        {"id": str(uuid.uuid4()), "type": kind, "time": NOW.isoformat(), "data": {"event": str(event)}}
        for kind, event in told
    ]
    values = [base64.b64encode(json.dumps(message).encode()).decode() for message in messages]
    place = {"topic": "Events_All", "partition": 0}
    return {"records": {"Events_All-0": [place | {"offset": n, "value": value} for n, value in enumerate(values)]}}
