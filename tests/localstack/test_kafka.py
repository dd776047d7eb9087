"""Consumers of a Kafka broker: batches come once, twice, with poison and again from the beginning, and each mail once."""

import json
import time
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from infra.local import events
from infra.localstack import deploy
from infra.localstack.system import ApacheKafka
from tests.localstack.community import Community
from tests.localstack.deployed import Deployed, eventually

POISON: tuple[bytes | None, ...] = (b"\xff\xfe no JSON", None, b"[]", b"{}", b'{"id": 1}', b'"a text"')


def records(deployed: Deployed, topic: str) -> list[Any]:
    """All that a topic holds."""
    consumer = KafkaConsumer(
        bootstrap_servers=deployed.account.kafka, auto_offset_reset="earliest", consumer_timeout_ms=1500
    )
    parts = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
    consumer.assign(parts)
    consumer.seek_to_beginning(*parts)
    found = list(consumer)
    consumer.close()
    return found


def lag(deployed: Deployed, group: str, topic: str) -> int:
    """How many records of a topic a consumer has yet to take."""
    consumer = KafkaConsumer(bootstrap_servers=deployed.account.kafka, group_id=group, enable_auto_commit=False)
    parts = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
    ends = consumer.end_offsets(parts)
    left = sum(ends[part] - (consumer.committed(part) or 0) for part in parts)
    consumer.close(autocommit=False)
    return left


def produce(deployed: Deployed, topic: str, *values: bytes | None) -> None:
    """Puts records into every partition of a topic."""
    producer = KafkaProducer(bootstrap_servers=deployed.account.kafka)
    for part in sorted(producer.partitions_for(topic)):
        for value in values:
            producer.send(topic, value=value, key=b"poison", partition=part).get(timeout=10)
    producer.close()


def test_the_broker_is_a_real_apache_kafka_where_java_is(deployed: Deployed) -> None:
    import shutil

    assert isinstance(deployed.system.kafka, ApacheKafka) == bool(shutil.which("java") and shutil.which("mvn"))


def buried(deployed: Deployed) -> list[tuple[str, int, int]]:
    """Topic, partition and offset of what the mailer has told Dead_Letters of."""
    told = [json.loads(one.value)["data"] for one in records(deployed, "Dead_Letters")]
    return sorted((one["topic"], one["partition"], one["offset"]) for one in told if one["consumer"] == "mailer")


def poison(deployed: Deployed) -> list[Any]:
    """The poison that two topics hold."""
    return [one for topic in ("InvitedUser", "Mails") for one in records(deployed, topic) if one.value in POISON]


def test_poison_in_a_topic_stops_nobody_and_is_told_once(deployed: Deployed, community: Community) -> None:
    produce(deployed, "InvitedUser", *POISON)
    produce(deployed, "Mails", *POISON)
    community.invite("hana")
    deployed.mail("hana@example.org", "Grace invites you")
    for topic in ("InvitedUser", "Mails"):
        eventually(lambda topic=topic: lag(deployed, "mailer", topic) == 0)
    places = sorted((one.topic, one.partition, one.offset) for one in poison(deployed))
    assert len(places) == 2 * 6 * len(POISON)
    eventually(lambda: buried(deployed) == places)


def test_a_batch_that_comes_twice_and_with_poison_is_mailed_and_buried_once(
    deployed: Deployed, community: Community
) -> None:
    community.invite("ivo")
    deployed.mail("ivo@example.org", "Grace invites you")
    before = buried(deployed)
    [mine] = [
        one for one in records(deployed, "InvitedUser") if newest_invitation(deployed).encode() in (one.value or b"")
    ]
    broken = poison(deployed)[:3]
    batch = events.kafka(deployed.account.kafka, [*broken, mine, *broken, mine])
    for _ in range(2):
        deployed.invoke("mailer", batch)
    eventually(lambda: deployed.sql("SELECT FROM outbox WHERE published IS NULL") == [])
    time.sleep(1)
    assert len(deployed.mail("ivo@example.org", "")) == 1
    assert buried(deployed) == before and len(before) == len(set(before))


def newest_invitation(deployed: Deployed) -> str:
    """The id of the invitation that was made last."""
    [newest] = deployed.sql(
        "SELECT event -> 'data' ->> 'invitation' AS id FROM outbox WHERE event ->> 'type' = 'invitation.created'"
        " ORDER BY id DESC LIMIT 1"
    )
    return str(newest.id)


def test_a_group_that_begins_again_mails_nothing_twice(deployed: Deployed, community: Community) -> None:
    """A replay: another group of the same function reads everything from the beginning."""
    before = len(deployed.mails())
    client = deployed.client("lambda")
    mapping = client.create_event_source_mapping(
        FunctionName=f"{deploy.NAME}-mailer",
        SelfManagedEventSource={"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": [deployed.account.kafka]}},
        SourceAccessConfigurations=deploy.NETWORK,
        SelfManagedKafkaEventSourceConfig={"ConsumerGroupId": "replay"},
        Topics=["InvitedUser"],
        StartingPosition="TRIM_HORIZON",
        BatchSize=5,
    )
    try:
        eventually(lambda: lag(deployed, "replay", "InvitedUser") == 0)
        assert len(deployed.mails()) == before
    finally:
        client.delete_event_source_mapping(UUID=mapping["UUID"])


def test_a_mapping_without_a_source_or_of_an_unknown_function_is_refused_and_leaves_nothing(deployed: Deployed) -> None:
    import pytest
    from botocore.exceptions import ClientError

    client = deployed.client("lambda")
    count = len(client.list_event_source_mappings()["EventSourceMappings"])
    with pytest.raises(ClientError):
        client.create_event_source_mapping(FunctionName=f"{deploy.NAME}-mailer", Topics=["Mails"])
    assert len(client.list_event_source_mappings()["EventSourceMappings"]) == count


def test_a_broker_that_is_killed_delays_messages_and_loses_none(deployed: Deployed, community: Community) -> None:
    kafka = deployed.system.kafka
    if not isinstance(kafka, ApacheKafka):
        return  # the other one keeps nothing: what it is told is gone with it
    kafka.kill()
    community.invite("jan")
    time.sleep(1)
    assert deployed.mails("jan@example.org") == []
    kafka.start()
    deployed.mail("jan@example.org", "Grace invites you")
    eventually(lambda: deployed.sql("SELECT FROM outbox WHERE published IS NULL") == [])
