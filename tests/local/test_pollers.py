"""Queue messages and Kafka records reach the handlers that are declared for them, again if these fail."""

import base64
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from infra.local import pollers
from infra.local.broker import Tansu, make_topics
from tests.local.conftest import System, eventually


@pytest.fixture(scope="module")
def bootstrap() -> Iterator[str]:
    with Tansu() as broker:
        yield broker.bootstrap


@pytest.fixture
def sqs(system: System) -> Iterator[Any]:
    """A client of the running system's SQS."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    keys = {name.lower(): system.environment[name] for name in names}
    client = boto3.client(
        "sqs", endpoint_url=system.environment["AWS_ENDPOINT_URL"], region_name=system.environment["AWS_REGION"], **keys
    )
    yield client
    client.close()


def is_empty(sqs: Any, url: str) -> bool:
    """Whether the queue holds no message, read or unread."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return all(int(found[name]) == 0 for name in names)


def test_a_message_reaches_its_handler_once(system: System, sqs: Any) -> None:
    url = sqs.get_queue_url(QueueName="rendezvous-rounds")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="one lunch")
    (event,) = eventually(lambda: system.seen("rounds"))
    (record,) = event["Records"]
    assert record["body"] == "one lunch"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["eventSourceARN"].endswith(":rendezvous-rounds")
    assert eventually(lambda: is_empty(sqs, url))


def test_a_message_that_fails_five_times_is_laid_aside(sqs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pollers, "back_off", lambda attempt: 0)
    url = pollers.make_queue(sqs, "failing")
    dead = sqs.get_queue_url(QueueName="failing-dead")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="one lunch")
    attempts = []

    def handler(event: dict[str, Any]) -> None:
        attempts.append(event["Records"][0]["attributes"]["ApproximateReceiveCount"])
        raise RuntimeError("as asked")

    while not is_empty(sqs, url):
        pollers.poll_queue(sqs, "failing", url, 1, handler)
    assert attempts == ["1", "2", "3", "4", "5"]
    assert sqs.receive_message(QueueUrl=dead)["Messages"][0]["Body"] == "one lunch"


def test_a_message_comes_again_later_and_later(sqs: Any) -> None:
    assert [pollers.back_off(attempt) for attempt in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]
    url = pollers.make_queue(sqs, "patient")
    sqs.send_message(QueueUrl=url, MessageBody="one lunch")

    def handler(event: dict[str, Any]) -> None:
        raise RuntimeError("as asked")

    assert pollers.poll_queue(sqs, "patient", url, 1, handler)
    assert not pollers.poll_queue(sqs, "patient", url, 1, handler)
    handled: list[Any] = []
    eventually(lambda: pollers.poll_queue(sqs, "patient", url, 1, handled.append))
    assert len(handled) == 1
    assert is_empty(sqs, url)


def test_a_record_reaches_every_function_that_reads_its_topic(system: System) -> None:
    producer = KafkaProducer(bootstrap_servers=system.environment["KAFKA_BOOTSTRAP"])
    producer.send("Events_All", key=b"k", value=b"v", headers=[("h", b"x")]).get(10)
    producer.close()
    for function in ("mailer", "live_updates"):
        (event,) = eventually(lambda function=function: system.seen(function))
        assert event["eventSource"] == "aws:kafka"
        assert event["bootstrapServers"] == system.environment["KAFKA_BOOTSTRAP"]
        ((partition, records),) = event["records"].items()
        assert partition.startswith("Events_All-")
        assert base64.b64decode(records[0]["key"]) == b"k"
        assert base64.b64decode(records[0]["value"]) == b"v"
        assert records[0]["headers"] == [{"h": [120]}]


class Reader:
    """A handler that notes what it was given, and fails when told to."""

    def __init__(self) -> None:
        self.values: list[tuple[str, str]] = []
        self.calls: list[dict[str, Any]] = []
        self.failing: set[str] = set()

    def __call__(self, event: dict[str, Any]) -> None:
        self.calls.append(event)
        for records in event["records"].values():
            for record in records:
                if record["topic"] in self.failing:
                    raise RuntimeError("as asked")
                self.values.append((record["topic"], base64.b64decode(record["value"]).decode()))


@pytest.fixture
def topics(bootstrap: str, request: pytest.FixtureRequest) -> tuple[str, str]:
    names = (f"{request.node.name}-a", f"{request.node.name}-b")
    make_topics(bootstrap, dict.fromkeys(names, 2))
    return names


def send(bootstrap: str, topic: str, *values: str) -> None:
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    for value in values:
        producer.send(topic, key=b"k", value=value.encode()).get(10)
    producer.close()


def poll_until(mapping: pollers.Mapping, consumer: KafkaConsumer, done: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not done():
        assert time.monotonic() < until
        mapping.poll(consumer, 50)


def test_a_failing_topic_comes_again_and_holds_up_no_other(bootstrap: str, topics: tuple[str, str]) -> None:
    a, b = topics
    reader = Reader()
    reader.failing.add(a)
    mapping = pollers.Mapping("f1", topics, bootstrap, reader)
    consumer = mapping.connect()
    send(bootstrap, a, "1", "2")
    send(bootstrap, b, "3")
    poll_until(mapping, consumer, lambda: (b, "3") in reader.values and a in mapping.failures)
    assert (a, "1") not in reader.values
    reader.failing.clear()
    send(bootstrap, a, "4")
    poll_until(mapping, consumer, lambda: (a, "4") in reader.values)
    assert [value for topic, value in reader.values if topic == a] == ["1", "2", "4"]
    assert all(len({key.rpartition("-")[0] for key in call["records"]}) == 1 for call in reader.calls)
    consumer.close()


def test_a_crash_before_the_commit_delivers_again_and_after_it_does_not(
    bootstrap: str, topics: tuple[str, str]
) -> None:
    send(bootstrap, topics[0], "1")
    failing = Reader()
    failing.failing.add(topics[0])
    mapping = pollers.Mapping("f2", topics, bootstrap, failing)
    consumer = mapping.connect()
    poll_until(mapping, consumer, lambda: bool(failing.calls))
    consumer.close(autocommit=False)

    reader = Reader()
    second = pollers.Mapping("f2", topics, bootstrap, reader)
    consumer = second.connect()
    poll_until(second, consumer, lambda: bool(reader.values))
    consumer.close(autocommit=False)

    third = Reader()
    last = pollers.Mapping("f2", topics, bootstrap, third)
    consumer = last.connect()
    send(bootstrap, topics[0], "2")
    poll_until(last, consumer, lambda: bool(third.values))
    assert third.values == [(topics[0], "2")]
    assert {consumer.committed(TopicPartition(topics[0], part)) for part in (0, 1)} & {2}
    consumer.close(autocommit=False)
