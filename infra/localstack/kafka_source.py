"""Event source mappings of Kafka topics for LocalStack, which has none of its own."""

import logging
from typing import Any

from kafka.errors import KafkaError
from localstack.services.lambda_.event_source_mapping.event_processor import BatchFailureError
from localstack.services.lambda_.event_source_mapping.pollers.poller import EmptyPollResultsException, Poller
from localstack.services.lambda_.hooks import create_event_source_poller, set_event_source_config_defaults

from infra.local import events, pollers

LOG = logging.getLogger(__name__)
logging.getLogger("kafka").setLevel(logging.ERROR)  # it tells of every connection
DEFAULTS = {"BatchSize": 100, "MaximumBatchingWindowInSeconds": 0, "StartingPosition": "TRIM_HORIZON"}
WAIT_MS = 200


@set_event_source_config_defaults()  # type: ignore[untyped-decorator]
def set_defaults(parameters: dict[str, Any], request: dict[str, Any], service: str) -> None:
    """What a mapping has where its request says nothing."""
    if request.get("SelfManagedEventSource"):
        parameters.update(DEFAULTS)


@create_event_source_poller()  # type: ignore[untyped-decorator]
def create_poller(holder: Any, service: str, esm_config: dict[str, Any]) -> None:
    """Tells LocalStack how to make the poller of a mapping of a Kafka cluster."""
    if esm_config.get("SelfManagedEventSource"):
        holder.create_poller_fn = lambda arn, client, processor: KafkaPoller(esm_config, processor)


class KafkaPoller(Poller):  # type: ignore[misc]
    """Hands a topic's records to its function, and goes on only when the function has returned."""

    def __init__(self, mapping: dict[str, Any], processor: Any) -> None:
        super().__init__(processor=processor)
        processor.sender.payload_dict = False  # the event is no list of records
        group = mapping.get("SelfManagedKafkaEventSourceConfig", {}).get("ConsumerGroupId") or mapping["UUID"]
        bootstrap = ",".join(mapping["SelfManagedEventSource"]["Endpoints"]["KAFKA_BOOTSTRAP_SERVERS"])
        self._mapping = pollers.Mapping(group, mapping["Topics"], bootstrap, self._hand_on, mapping["BatchSize"])
        self._consumer: Any = None

    def event_source(self) -> str:
        """As it stands in the event."""
        return "SelfManagedKafka"

    def _hand_on(self, event: events.Event) -> None:
        del event["eventSourceArn"]
        self.processor.process_events_batch(event | {"eventSource": self.event_source()})

    def poll_events(self) -> None:
        """Hands on what is there. Whatever fails comes again: LocalStack's own loop ends at an exception that is not
        about a source with an ARN."""
        try:
            if self._consumer is None:
                self._consumer = self._mapping.connect()
            handled = self._mapping.poll(self._consumer, WAIT_MS)
        except Exception as error:
            level = logging.WARNING if isinstance(error, KafkaError | BatchFailureError) else logging.ERROR
            LOG.log(level, "cannot read %s: %s", self._mapping.topics, error)
            self.close()
            handled = 0
        if not handled:
            raise EmptyPollResultsException(service="kafka", source_arn=str(self._mapping.topics))

    def close(self) -> None:
        """Lets the consumer go."""
        if self._consumer is not None:
            try:
                self._consumer.close(autocommit=False)
            finally:
                self._consumer = None
