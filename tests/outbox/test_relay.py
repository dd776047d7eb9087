"""What happened reaches Kafka, whatever breaks on the way: nothing is lost, and every key keeps its order."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
Messages = Sequence[tuple[str, str, str, bytes]]
Ask = Callable[..., list[Any]]


class Killed(BaseException):
    """The relay is gone between two of its steps."""


class Ledger:
    """Stands for the broker: remembers what it acknowledged, in order; ``dies_after`` that many messages."""

    def __init__(self) -> None:
        self.received: list[tuple[str, str]] = []
        self.dies_after: int | None = None
        self.refuses: set[str] = set()

    def __call__(self, messages: Messages) -> set[int]:
        done = set()
        for position, (_, key, id, _) in enumerate(messages):
            if self.dies_after is not None and len(done) == self.dies_after:
                raise Killed
            if key not in self.refuses:
                self.received.append((key, id))
                done.add(position)
        return done

    def first_seen(self, key: str) -> list[str]:
        """Messages of a key as a consumer that deduplicates meets them."""
        return list(dict.fromkeys(id for of, id in self.received if of == key))


def write(count: int, keys: Sequence[str] = ("a", "b", "c")) -> dict[str, list[str]]:
    """That many messages, the keys in turn; their ids by key, in order."""
    from chalicelib.database import transaction
    from chalicelib.messaging import outbox

    messages = [("Mails", keys[n % len(keys)], "event.tested", {"n": n}) for n in range(count)]
    ids = transaction(lambda db: outbox.put_all(db, messages, NOW))
    return {key: [id for n, id in enumerate(ids) if keys[n % len(keys)] == key] for key in keys}


def waiting(sql: Ask) -> int:
    count: int = sql("SELECT count(*) AS n FROM outbox WHERE published IS NULL")[0].n
    return count


def relay_all(send: Callable[[Messages], set[int]]) -> None:
    from chalicelib.messaging import relay

    while relay.publish_batch(send, NOW):
        pass


STEPS = (
    "before it reads",
    "after it has read",
    "while it sends",
    "after it has sent",
    "before it commits",
    "after it has marked",
)


@pytest.mark.parametrize("step", STEPS)
def test_a_relay_killed_between_any_two_of_its_steps_loses_nothing(
    sql: Ask, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    from chalicelib.messaging import relay

    written = write(30)
    ledger = Ledger()
    real = relay.transaction
    begun = 0

    def transaction(work: Callable[[Any], Any], role: str) -> Any:
        nonlocal begun
        begun += 1
        reading, marking = begun == 1, begun == 2

        def dying(db: Any) -> Any:
            result = work(db)
            if marking and step == "before it commits":
                raise Killed
            return result

        if (reading and step == "before it reads") or (marking and step == "after it has sent"):
            raise Killed
        result = real(dying, role)
        if (reading and step == "after it has read") or (marking and step == "after it has marked"):
            raise Killed
        return result

    ledger.dies_after = 11 if step == "while it sends" else None
    with monkeypatch.context() as patch:
        patch.setattr(relay, "transaction", transaction)
        with pytest.raises(Killed):
            relay.publish_batch(ledger, NOW)
    ledger.dies_after = None
    assert waiting(sql) == (0 if step == "after it has marked" else 30)
    relay_all(ledger)
    assert waiting(sql) == 0
    assert {key: ledger.first_seen(key) for key in written} == written


def test_a_failed_send_stops_its_key_alone(sql: Ask) -> None:
    written = write(30)
    ledger = Ledger()
    ledger.refuses = {"b"}
    relay_all(ledger)
    assert ledger.first_seen("a") == written["a"] and ledger.first_seen("c") == written["c"]
    assert (ledger.first_seen("b"), waiting(sql)) == ([], 10)
    ledger.refuses = set()
    relay_all(ledger)
    assert (ledger.first_seen("b"), waiting(sql)) == (written["b"], 0)


def test_a_stopped_key_does_not_crowd_out_the_others_however_much_it_holds(sql: Ask) -> None:
    from chalicelib.messaging import relay

    stuck = write(relay.BATCH + 100, ("stuck",))
    other = write(3, ("other",))
    ledger = Ledger()
    ledger.refuses = {"stuck"}
    for _ in range(3):
        relay.publish_batch(ledger, NOW)
    assert ledger.first_seen("other") == other["other"]
    ledger.refuses = set()
    relay_all(ledger)
    assert (ledger.first_seen("stuck"), waiting(sql)) == (stuck["stuck"], 0)


def test_what_was_not_taken_holds_up_the_later_of_its_key_in_later_batches_too(sql: Ask) -> None:
    """The broker refuses one message, and takes all others that it is offered."""
    from chalicelib.messaging import relay

    [first] = write(1, ("a",))["a"]
    write(relay.BATCH - 1, ("b",))
    later = write(5, ("a",))["a"]
    offered: list[str] = []

    def refuse_the_first(messages: Messages) -> set[int]:
        offered.extend(id for _, _, id, _ in messages)
        return {position for position, (_, _, id, _) in enumerate(messages) if id != first}

    relay.publish_batch(refuse_the_first, NOW)
    assert len(offered) == relay.BATCH and first in offered, "what is behind it in other batches is not offered"
    assert not set(later) & set(offered)
    ledger = Ledger()
    relay_all(ledger)
    assert ledger.first_seen("a") == [first, *later]


def test_what_is_rolled_back_is_never_told(sql: Ask) -> None:
    from chalicelib.database import transaction
    from chalicelib.messaging import outbox

    def work(db: Any) -> None:
        outbox.put(db, "Mails", "a", "event.tested", {}, NOW)
        raise Killed

    with pytest.raises(Killed):
        transaction(work)
    assert waiting(sql) == 0


def test_one_open_transaction_holds_up_nobody_else(sql: Ask, database: str) -> None:
    import psycopg2

    slow = psycopg2.connect(database)
    slow.cursor().execute("INSERT INTO outbox (topic, key, event) VALUES ('Mails', 'slow', '{\"id\": \"slow\"}')")
    try:
        written = write(3)
        ledger = Ledger()
        relay_all(ledger)
        assert {key: ledger.first_seen(key) for key in written} == written
        slow.commit()
        relay_all(ledger)
        assert ledger.first_seen("slow") == ["slow"], "an earlier id that was committed later is not passed over"
    finally:
        slow.close()


def test_two_relays_hand_over(sql: Ask) -> None:
    """The first works until the second waits for its place; what is written meanwhile is told once, in order."""
    from chalicelib.database import disconnect
    from chalicelib.messaging import relay

    ledger = Ledger()
    ended: list[str] = []

    def shift(name: str, seconds: float) -> None:
        relay.run(ledger, lambda: NOW, seconds)
        ended.append(name)
        disconnect()

    first = threading.Thread(target=shift, args=("first", 60))
    first.start()
    written = write(9)
    until_told(ledger, 9)
    second = threading.Thread(target=shift, args=("second", 3))
    second.start()
    first.join(30)
    assert ended[:1] == ["first"], "the first leaves as soon as it is awaited, long before its shift is over"
    more = write(9)
    second.join(30)
    assert ended == ["first", "second"]
    assert len(ledger.received) == 18, "nothing is told twice"
    assert {key: ledger.first_seen(key) for key in written} == {key: written[key] + more[key] for key in written}
    assert waiting(sql) == 0


def until_told(ledger: Ledger, count: int) -> None:
    end = time.monotonic() + 30
    while len(ledger.received) < count:
        assert time.monotonic() < end, "the relay told nothing"
        time.sleep(0.05)


def test_what_was_told_can_be_told_again_to_a_broker_that_forgot(sql: Ask) -> None:
    from chalicelib.database import JOB, transaction
    from chalicelib.messaging import outbox

    written = write(6)
    relay_all(Ledger())
    assert transaction(outbox.republish, JOB) == 6
    again = Ledger()
    relay_all(again)
    assert {key: again.first_seen(key) for key in written} == written


def test_a_message_is_dealt_with_once_by_each_consumer(sql: Ask) -> None:
    from chalicelib.database import JOB, transaction
    from chalicelib.messaging import records
    from tests.threads import at_once

    id = "00000000-0000-4000-8000-000000000000"

    def meet(consumer: str) -> bool:
        return transaction(lambda db: records.first_time(db, consumer, id, NOW), JOB)

    assert at_once(8, lambda n: meet("mailer")).count(True) == 1
    assert (meet("live_updates"), meet("live_updates")) == (True, False)


def test_a_message_is_a_cloud_event_without_anything_personal(sql: Ask) -> None:
    import json

    write(1)
    sent: list[bytes] = []

    def send(messages: Messages) -> set[int]:
        sent.extend(value for _, _, _, value in messages)
        return set(range(len(messages)))

    relay_all(send)
    event = json.loads(sent[0])
    assert set(event) == {"specversion", "id", "source", "type", "time", "datacontenttype", "data"}
    assert (event["specversion"], event["type"], event["time"]) == ("1.0", "event.tested", NOW.isoformat())


def test_many_messages_arrive_as_they_were_written(database: str, sql: Ask) -> None:
    from chalicelib.database import transaction
    from chalicelib.messaging import outbox

    texts = ["\\", "a\\nb", "a\nb", "a\tb", "a\rb", '"', "\\.", "\\N", "é😀", ""]
    given = [("Mails", f"k\\{n}\t", "event.tested", {"text": text}) for n, text in enumerate(texts)]
    transaction(lambda db: outbox.put_many(db, iter(given), NOW))
    rows = sql("SELECT topic, key, event->>'type' AS type, event->'data' AS data FROM outbox ORDER BY id")
    assert [tuple(row) for row in rows] == given
    assert sql("SELECT count(DISTINCT event->>'id') AS n FROM outbox")[0].n == len(texts)
