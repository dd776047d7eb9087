"""The relay and a broker: order per key, one failed key, a message that is too large."""

from collections.abc import Iterator
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaTimeoutError

from infra.local.broker import Tansu, make_topics
from tests.outbox.test_relay import Ask, relay_all, waiting, write


@pytest.fixture(scope="module")
def broker(server: Any) -> Iterator[Tansu]:
    with Tansu() as running:
        make_topics(running.bootstrap, {"Mails": 6})
        yield running


@pytest.fixture
def send(broker: Tansu, sql: Ask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    from chalicelib.config import config
    from chalicelib.messaging import kafka

    monkeypatch.setenv("KAFKA_BOOTSTRAP", broker.bootstrap)
    config.cache_clear()
    kafka.close()
    yield kafka.send
    kafka.close()


def on_the_topic(broker: Tansu) -> list[tuple[str, str]]:
    """(key, id) of every record, in order per key."""
    import json

    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap, consumer_timeout_ms=2000)
    partitions = [TopicPartition("Mails", number) for number in range(6)]
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    found = [(record.key.decode(), json.loads(record.value)["id"]) for record in consumer]
    consumer.close()
    return found


def test_messages_arrive_in_order_and_one_too_large_stops_its_key_alone(broker: Tansu, send: Any, sql: Ask) -> None:
    from chalicelib.messaging import kafka

    written = write(60)
    sql(
        "INSERT INTO outbox (topic, key, event) VALUES ('Mails', 'a', jsonb_build_object('id', 'large', 'data', repeat('x', %s)))",
        kafka.MAX_BYTES,
    )
    after = write(6)
    relay_all(send)
    found = on_the_topic(broker)
    assert [id for key, id in found if key == "b"] == written["b"] + after["b"]
    assert [id for key, id in found if key == "c"] == written["c"] + after["c"]
    assert [id for key, id in found if key == "a"] == written["a"], "what follows the large one waits"
    assert waiting(sql) == 3
    sql("DELETE FROM outbox WHERE event->>'id' = 'large'")
    relay_all(send)
    assert [id for key, id in on_the_topic(broker) if key == "a"] == written["a"] + after["a"]


def test_a_message_too_large_never_reaches_the_producer(
    broker: Tansu, send: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker would refuse it, and an idempotent producer does not survive that."""
    from chalicelib.messaging import kafka

    class Producer:
        def send(self, *given: Any, **more: Any) -> Any:
            pytest.fail("it was given to the producer")

    monkeypatch.setattr(kafka, "_open", Producer)
    assert send([("Mails", "a", "large", b"x" * (kafka.MAX_BYTES + 1)), ("Mails", "a", "next", b"x")]) == set()


def test_while_no_broker_answers_everything_waits(send: Any, sql: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A producer that finds no broker takes half a minute to say so: it is asked once, not once for each key."""
    from chalicelib.messaging import kafka
    from tests.outbox.test_relay import NOW

    asked: list[int] = []

    def nobody_there(**settings: Any) -> Any:
        asked.append(1)
        raise KafkaTimeoutError

    from chalicelib.messaging import relay

    kafka.close()
    monkeypatch.setattr(kafka, "KafkaProducer", nobody_there)
    write(30, [f"key {n}" for n in range(30)])
    assert relay.publish_batch(send, NOW) == 0
    assert (waiting(sql), len(asked)) == (30, 1)
