"""Sends messages to Kafka, acknowledged by all replicas and idempotent, and makes the topics. Imported only by the
relay, and where topics are made."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import KafkaError

from chalicelib.config import config

MAX_BYTES = 900_000
"""A message the broker refuses as too large leaves an idempotent producer dead for good: refuse it first."""
_TIMEOUT_SECONDS = 30

log = logging.getLogger(__name__)
_producer: Any = None


def connection() -> dict[str, Any]:
    """Where the brokers are, and how they are spoken to: kafka-python makes the token of AWS by itself."""
    settings: dict[str, Any] = {"bootstrap_servers": config().kafka.split(",")}
    if config().kafka_security:
        settings |= {"security_protocol": "SASL_SSL", "sasl_mechanism": config().kafka_security}
    return settings


def send(messages: Sequence[tuple[str, str, str, bytes]]) -> set[int]:
    """Publish (topic, key, id, value) in order per key; the positions that were acknowledged.

    A message that fails stops what follows under its own key; it is tried again with the next batch.
    """
    try:
        _open()
    except KafkaError:
        log.warning("no broker answers", exc_info=True)
        return set()  # not once for each key: that would take half a minute each
    futures: dict[int, Any] = {}
    stopped: set[str] = set()
    for position, (topic, key, id, value) in enumerate(messages):
        if key in stopped:
            continue
        if len(value) > MAX_BYTES:
            log.error("message too large for the broker", extra={"message_id": id, "topic": topic, "bytes": len(value)})
            stopped.add(key)
            continue
        try:
            futures[position] = _open().send(topic, key=key.encode(), value=value)
        except KafkaError:
            log.warning("message not accepted", extra={"message_id": id, "topic": topic}, exc_info=True)
            stopped.add(key)
    return _acknowledged(messages, futures)


def _acknowledged(messages: Sequence[tuple[str, str, str, bytes]], futures: dict[int, Any]) -> set[int]:
    # flush() does not raise for failed records: every future is asked.
    done: set[int] = set()
    failed: set[str] = set()
    for position, future in futures.items():
        key = messages[position][1]
        try:
            future.get(timeout=_TIMEOUT_SECONDS)
        except KafkaError:
            log.warning("message not acknowledged", extra={"message_id": messages[position][2]}, exc_info=True)
            failed.add(key)
        else:
            if key not in failed:
                done.add(position)
    if failed:
        close()
    return done


def _open() -> Any:
    global _producer
    if _producer is None:
        _producer = KafkaProducer(
            **connection(),
            acks="all",
            enable_idempotence=True,
            linger_ms=5,
            batch_size=131_072,
            max_block_ms=5_000,
            delivery_timeout_ms=20_000,
            request_timeout_ms=10_000,
            reconnect_backoff_max_ms=1_000,
            max_request_size=1_048_576,
        )
    return _producer


def close() -> None:
    """Give the producer up; the next send opens another."""
    global _producer
    if _producer is not None:
        _producer.close(timeout=5)
        _producer = None


def make_topics(bootstrap: str, topics: Mapping[str, int], kept_forever: frozenset[str] = frozenset()) -> list[str]:
    """Make the topics that are not there yet, with that many partitions each; their names.

    ``kept_forever`` names those that no retention touches. Where brokers ask for a token of AWS there are several, and
    they say how many replicas a topic has; elsewhere there is one.
    """
    replicas = -1 if config().kafka_security else 1
    for_ever = {"retention.ms": "-1", "retention.bytes": "-1"}
    admin = KafkaAdminClient(**connection() | {"bootstrap_servers": bootstrap}, bootstrap_timeout_ms=5000)
    try:
        there = set(admin.list_topics())
        missing = [name for name in topics if name not in there]
        if missing:
            admin.create_topics(
                [
                    NewTopic(
                        name=name,
                        num_partitions=topics[name],
                        replication_factor=replicas,
                        topic_configs=for_ever if name in kept_forever else {},
                    )
                    for name in missing
                ]
            )
        return missing
    finally:
        admin.close()
