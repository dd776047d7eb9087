"""Brokers of AWS: asked by a token over TLS, and topics whose replicas they count themselves."""

import json
from collections.abc import Iterator

import pytest
from kafka.net.sasl.msk import SaslMechanismAwsMskIam

from chalicelib.config import config
from chalicelib.messaging import kafka


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("KAFKA_BOOTSTRAP", "b-1.example:9098,b-2.example:9098")
    monkeypatch.setenv("KAFKA_SECURITY", "AWS_MSK_IAM")
    config.cache_clear()
    yield
    config.cache_clear()


def test_brokers_of_aws_are_given_a_token_over_tls(aws: None) -> None:
    settings = kafka.connection()
    assert settings["bootstrap_servers"] == ["b-1.example:9098", "b-2.example:9098"]
    assert settings["security_protocol"] == "SASL_SSL", "the token is refused without TLS, and must be"
    mechanism = SaslMechanismAwsMskIam(security_protocol="SASL_SSL", host="b-1.example")
    token = json.loads(mechanism.auth_bytes())
    assert token["action"] == "kafka-cluster:Connect"
    assert token["host"] == "b-1.example"


def test_other_brokers_are_spoken_to_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP", "127.0.0.1:9092")
    config.cache_clear()
    assert kafka.connection() == {"bootstrap_servers": ["127.0.0.1:9092"]}
    config.cache_clear()


def test_topics_of_aws_have_as_many_replicas_as_its_brokers_say(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    class Admin:
        def __init__(self, **settings: object) -> None:
            assert settings["sasl_mechanism"] == "AWS_MSK_IAM"

        def list_topics(self) -> list[str]:
            return ["There"]

        def create_topics(self, topics: list[object]) -> None:
            made.extend(topics)

        def close(self) -> None:
            pass

    monkeypatch.setattr(kafka, "KafkaAdminClient", Admin)
    assert kafka.make_topics("b-1.example:9098", {"There": 6, "New": 6}) == ["New"]
    assert [(topic.name, topic.num_partitions, topic.replication_factor) for topic in made] == [("New", 6, -1)]
