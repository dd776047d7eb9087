"""Apache Kafka itself: what was acknowledged is there after kill -9, and a consumer goes on where it was."""

import base64
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer

from infra.local import pollers
from infra.local.apache_kafka import ApacheKafka
from infra.local.broker import make_topics
from tests.local.conftest import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]
JARS = Path(tempfile.gettempdir()) / "rendezvous-apache-kafka"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    with ApacheKafka(tmp_path_factory.mktemp("kafka"), jars=JARS) as running:
        yield running


def values(event: dict[str, Any]) -> list[str]:
    return [base64.b64decode(record["value"]).decode() for part in event["records"].values() for record in part]


def test_what_was_acknowledged_survives_kill_9_and_stays_in_order(broker: ApacheKafka) -> None:
    make_topics(broker.bootstrap, {"Kept": 3}, frozenset({"Kept"}))
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap, acks="all", enable_idempotence=True)
    sent = [str(number) for number in range(50)]
    for value in sent:
        producer.send("Kept", key=b"k", value=value.encode()).get(10)
    producer.close()
    broker.kill()
    broker.start()
    consumer = KafkaConsumer("Kept", bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest")
    found: list[str] = []
    eventually(lambda: found.extend(r.value.decode() for p in consumer.poll(500).values() for r in p) or found == sent)
    consumer.close()


def test_a_consumer_goes_on_after_its_broker_was_killed(broker: ApacheKafka) -> None:
    make_topics(broker.bootstrap, {"Read": 2})
    seen: list[str] = []
    mapping = pollers.Mapping("reader", ["Read"], broker.bootstrap, lambda event: seen.extend(values(event)))
    consumer = mapping.connect()

    def send(value: str) -> None:
        producer = KafkaProducer(bootstrap_servers=broker.bootstrap, acks="all")
        producer.send("Read", key=b"k", value=value.encode()).get(20)
        producer.close()

    send("before")
    eventually(lambda: mapping.poll(consumer) and seen == ["before"])
    broker.kill()
    broker.start()
    send("after")
    eventually(lambda: mapping.poll(consumer) is not None and "after" in seen, 60)
    assert seen == ["before", "after"]
    consumer.close(autocommit=False)


def test_a_topic_that_does_not_exist_is_not_made_by_asking(broker: ApacheKafka) -> None:
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap, max_block_ms=1000)
    with pytest.raises(Exception, match=r"(?i)metadata|topic"):
        producer.send("Nonsense", b"x").get(5)
    producer.close()
