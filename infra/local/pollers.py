"""Lambda's event source mappings: reads queues and topics, and calls the handlers app.py declares for them."""

import json
import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

import boto3
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from infra.local import events

log = logging.getLogger("pollers")

Handler = Callable[[events.Event], Any]
INVISIBLE_SECONDS = 900
ATTEMPTS = 5
LONG_POLL_SECONDS = 20
LONGEST_PAUSE = 60.0


def sqs_client() -> Any:
    """A client of the SQS that the environment names."""
    return boto3.client("sqs")


def make_queue(sqs: Any, name: str) -> str:
    """Makes the queue and, beside it, NAME-dead for what failed five times; returns its URL."""
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": ATTEMPTS})
    attributes = {"RedrivePolicy": redrive, "VisibilityTimeout": str(INVISIBLE_SECONDS)}
    url: str = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url


def keep_polling_queue(name: str, url: str, batch_size: int, handler: Handler, sleep: Callable[[float], None]) -> None:
    """A queue's thread: hands its messages to ``handler`` for ever."""
    sqs = sqs_client()
    while True:
        try:
            poll_queue(sqs, name, url, batch_size, handler, LONG_POLL_SECONDS)
        except Exception:
            log.exception("the queue %s does not answer", name)
            sleep(1.0)


def poll_queue(sqs: Any, name: str, url: str, batch_size: int, handler: Handler, wait_seconds: int = 0) -> bool:
    """Takes one batch, or waits for it. It is deleted when ``handler`` returns, and comes again, later and later, when
    it raises."""
    messages = sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=min(batch_size, 10),
        AttributeNames=["All"],
        MessageAttributeNames=["All"],
        WaitTimeSeconds=wait_seconds,
    ).get("Messages", [])
    if not messages:
        return False
    try:
        handler(events.sqs(name, messages))
    except Exception:
        log.exception("a message of %s failed", name)
        for message in messages:
            attempt = int(message["Attributes"]["ApproximateReceiveCount"])
            pause = round(back_off(attempt)) if attempt < ATTEMPTS else 0  # the next look lays it aside
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=pause)
    else:
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return True


def back_off(attempt: int) -> float:
    """Seconds until the next attempt after the ``attempt``-th failed: 1, 2, 4, ... at most a minute."""
    return min(2.0 ** (attempt - 1), LONGEST_PAUSE)


class Mapping:
    """Reads a function's topics under its name as consumer group, from the beginning of what it has not seen.

    Each call of ``handler`` gets records of one topic, as from an event source mapping in AWS. Offsets are
    committed when it has returned; when it raises, that topic alone rests and then comes again.
    """

    def __init__(
        self, function: str, topics: Iterable[str], bootstrap: str, handler: Handler, batch_size: int = 100
    ) -> None:
        self.function = function
        self.topics = tuple(topics)
        self.bootstrap = bootstrap
        self.handler = handler
        self.batch_size = batch_size
        self.failures: dict[str, int] = {}
        self.rests: dict[str, float] = {}

    def keep_polling(self, sleep: Callable[[float], None]) -> None:
        """The function's thread; survives a broker that is gone."""
        while True:
            try:
                consumer = self.connect()
                try:
                    while True:
                        self.poll(consumer)
                finally:
                    consumer.close(autocommit=False)
            except KafkaError:
                log.exception("%s cannot read its topics", self.function)
                sleep(1.0)

    def connect(self) -> KafkaConsumer:
        """A consumer of all partitions of the topics: this worker is the group's only member."""
        consumer = KafkaConsumer(
            bootstrap_servers=self.bootstrap,
            group_id=self.function,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=self.batch_size,
            reconnect_backoff_max_ms=1000,
        )
        consumer.assign(
            [
                TopicPartition(topic, partition)
                for topic in self.topics
                for partition in sorted(consumer.partitions_for_topic(topic) or ())
            ]
        )
        self.rests.clear()
        return consumer

    def poll(self, consumer: KafkaConsumer, wait_ms: int = 1000) -> int:
        """Hands on what came within ``wait_ms``; returns the number of records that were handled."""
        self._wake(consumer)
        by_topic: dict[str, dict[TopicPartition, list[Any]]] = {}
        for partition, records in consumer.poll(timeout_ms=wait_ms).items():
            by_topic.setdefault(partition.topic, {})[partition] = records
        handled = 0
        for topic, batch in by_topic.items():
            records = [record for part in batch.values() for record in part]
            try:
                self.handler(events.kafka(self.bootstrap, records))
            except Exception:
                log.exception("%s failed on %s", self.function, topic)
                self._rest(consumer, topic, batch)
            else:
                self.failures.pop(topic, None)
                consumer.commit(
                    {part: OffsetAndMetadata(records[-1].offset + 1, "", -1) for part, records in batch.items()}
                )
                handled += len(records)
        return handled

    def _rest(self, consumer: KafkaConsumer, topic: str, batch: dict[TopicPartition, list[Any]]) -> None:
        """Goes back to the batch's beginning and leaves the topic alone for a while."""
        for partition, records in batch.items():
            consumer.seek(partition, records[0].offset)
        consumer.pause(*(partition for partition in consumer.assignment() if partition.topic == topic))
        self.failures[topic] = self.failures.get(topic, 0) + 1
        self.rests[topic] = time.monotonic() + back_off(self.failures[topic])

    def _wake(self, consumer: KafkaConsumer) -> None:
        for topic, until in list(self.rests.items()):
            if time.monotonic() >= until:
                consumer.resume(*(partition for partition in consumer.assignment() if partition.topic == topic))
                del self.rests[topic]
