"""What only a real Apache Kafka can show: a broker that is killed loses nothing that was acknowledged."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition

from infra.local.apache_kafka import ApacheKafka
from infra.local.broker import make_topics
from tests.e2e.conftest import Running, eventually

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]
JARS = Path(__file__).resolve().parents[2] / "build" / "kafka"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    from chalicelib.messaging.topics import KEPT_FOREVER, TOPICS

    with ApacheKafka(tmp_path_factory.mktemp("kafka"), jars=JARS) as running:
        make_topics(running.bootstrap, TOPICS, KEPT_FOREVER)
        yield running


@pytest.fixture
def sender(broker: ApacheKafka, database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., set[int]]]:
    from chalicelib.config import config
    from chalicelib.messaging import kafka

    monkeypatch.setenv("KAFKA_BOOTSTRAP", broker.bootstrap)
    config.cache_clear()
    yield kafka.send
    kafka.close()


def records(broker: ApacheKafka, topic: str) -> list[Any]:
    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest", consumer_timeout_ms=3000)
    parts = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
    consumer.assign(parts)
    consumer.seek_to_beginning(*parts)
    found = list(consumer)
    consumer.close()
    return found


def write(messages: list[tuple[str, str, str, dict[str, Any]]]) -> list[str]:
    from chalicelib import clock
    from chalicelib.database import transaction
    from chalicelib.messaging import outbox

    return transaction(lambda db: outbox.put_all(db, messages, clock.now()))


def test_a_broker_killed_under_load_loses_no_message_and_keeps_the_order_of_every_key(
    broker: ApacheKafka, sender: Callable[..., set[int]], sql: Callable[..., list[Any]]
) -> None:
    from chalicelib import clock
    from chalicelib.messaging import relay
    from chalicelib.messaging.locks import advisory_lock

    relaying = threading.Thread(target=lambda: relay.run(sender, clock.now, seconds=90))
    relaying.start()
    for part in range(3):
        for batch in range(10):
            write(
                [
                    ("Events_All", f"event {n % 40}", "event.tested", {"n": (part * 10 + batch) * 100 + n})
                    for n in range(100)
                ]
            )
            time.sleep(0.1)
        if part < 2:
            broker.kill()
            write([("Events_All", "event 0", "event.tested", {"n": (part * 10 + 9) * 100 + 99.5})])
            broker.start()
    eventually(lambda: not sql("SELECT 1 FROM outbox WHERE published IS NULL LIMIT 1"), 80)
    written = {row.id: (row.key, row.n) for row in sql("SELECT event->>'id' AS id, key, id AS n FROM outbox")}
    seen: dict[str, None] = {}
    for record in records(broker, "Events_All"):
        seen.setdefault(json.loads(record.value)["id"])
    assert set(seen) >= set(written)
    order: dict[str, list[int]] = {}
    for id in seen:
        if id in written:
            order.setdefault(written[id][0], []).append(written[id][1])
    assert all(numbers == sorted(numbers) for numbers in order.values())
    with advisory_lock("relay"):  # it sees that it is awaited, and ends
        relaying.join(10)
    assert not relaying.is_alive()


def test_a_message_too_large_for_the_broker_is_refused_before_it_is_sent_and_stops_its_key_alone(
    sender: Callable[..., set[int]], broker: ApacheKafka
) -> None:
    large = b'{"id": "large"}' + b" " * 1_000_000
    done = sender(
        [
            ("NewUser", "one", "1", large),
            ("NewUser", "one", "2", b'{"id": "2"}'),
            ("NewUser", "two", "3", b'{"id": "3"}'),
        ]
    )
    assert done == {2}
    assert sender([("NewUser", "two", "4", b'{"id": "4"}')]) == {0}
    assert [json.loads(record.value)["id"] for record in records(broker, "NewUser")] == ["3", "4"]


def test_an_unknown_topic_stops_its_key_and_nothing_else(sender: Callable[..., set[int]]) -> None:
    done = sender([("Nonsense", "one", "1", b"{}"), ("NewUser", "three", "5", b'{"id": "5"}')])
    assert done == {1}


def test_an_invitation_made_while_the_broker_is_dead_is_mailed_once_when_it_is_back(
    broker: ApacheKafka, tmp_path: Path
) -> None:
    running = Running(tmp_path / "data")
    running.environment |= {"KAFKA_BOOTSTRAP": broker.bootstrap}
    with running:
        _, _, admin = running.curl("POST", "/Login/", {"username": "grace.admin", "password": "table-for-three"})
        broker.kill()
        started = time.monotonic()
        status, _, _ = running.curl("POST", "/InvitationCode/Create/", {"to": "late@example.net"}, cookie=admin)
        assert status == 200 and time.monotonic() - started < 5
        broker.start()
        eventually(lambda: running.mails_to("late@example.net"), 90)
        time.sleep(3)
        assert len(running.mails_to("late@example.net")) == 1
