"""The events that AWS hands to a Lambda function, field by field as its documentation shows them.

Pure: values in, values out. The tests compare these with the samples that AWS publishes.
"""

import base64
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import parse_qsl
from uuid import uuid4

ACCOUNT = "123456789012"
REGION = "eu-central-1"
CLUSTER = f"arn:aws:kafka:{REGION}:{ACCOUNT}:cluster/rendezvous/00000000-0000-0000-0000-000000000000-1"
TIMESTAMP_TYPES = {0: "CREATE_TIME", 1: "LOG_APPEND_TIME"}

Event = dict[str, Any]


class KafkaRecord(Protocol):
    """What a Kafka client hands out (kafka.consumer.fetcher.ConsumerRecord)."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: Iterable[tuple[str, bytes]]


def http(
    method: str,
    target: str,
    resource: str,
    parameters: Mapping[str, str],
    headers: Iterable[tuple[str, str]],
    body: bytes,
    source_ip: str,
    now: datetime,
    stage: str = "local",
) -> Event:
    """A request as a REST API of API Gateway passes it on (Lambda proxy integration, format 1.0).

    Args:
        method: the HTTP method.
        target: path and query as they stood in the request line; the path stays percent-encoded, as in AWS.
        resource: the path of the route that matched, like /api/events/{id}.
        parameters: the values of its variables, percent-encoded, as in AWS.
        headers: (name, value) in their order, repeated ones repeated.
        body: as it came; what is no UTF-8 becomes U+FFFD before a function sees it.
        source_ip: the peer's address.
        now: when it came.
        stage: the name of the stage, which is no part of the path on this gateway.
    """
    path, _, query = target.partition("?")
    repeated = _by_name(headers)
    arguments = _by_name(parse_qsl(query, keep_blank_values=True, errors="replace"))
    last_headers = _last_headers(repeated)
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": last_headers,
        "multiValueHeaders": repeated,
        "queryStringParameters": {name: values[-1] for name, values in arguments.items()} or None,
        "multiValueQueryStringParameters": arguments or None,
        "pathParameters": dict(parameters) or None,
        "stageVariables": None,
        "requestContext": _request_context(method, path, resource, last_headers, source_ip, now, stage),
        "body": body.decode("utf-8", "replace") if body else None,
        "isBase64Encoded": False,
    }


def _last_headers(repeated: Mapping[str, list[str]]) -> dict[str, str]:
    """Each header's last value; cookies, which HTTP/2 may send apart, are joined."""
    cookies = next((values for name, values in repeated.items() if name.lower() == "cookie"), [])
    return {name: "; ".join(cookies) if name.lower() == "cookie" else values[-1] for name, values in repeated.items()}


def _request_context(
    method: str, path: str, resource: str, headers: Mapping[str, str], source_ip: str, now: datetime, stage: str
) -> Event:
    agent = next((value for name, value in headers.items() if name.lower() == "user-agent"), None)
    return {
        "accountId": ACCOUNT,
        "apiId": "local",
        "domainName": headers.get("Host", "localhost"),
        "domainPrefix": "local",
        "extendedRequestId": "local",
        "httpMethod": method,
        "identity": _identity(source_ip, agent),
        "path": path,
        "protocol": "HTTP/1.1",
        "requestId": str(uuid4()),
        "requestTime": f"{now.astimezone(UTC):%d/%b/%Y:%H:%M:%S +0000}",
        "requestTimeEpoch": int(now.timestamp() * 1000),
        "resourceId": "local",
        "resourcePath": resource,
        "stage": stage,
    }


def _identity(source_ip: str, agent: str | None) -> dict[str, str | None]:
    unknown = (
        "accessKey",
        "accountId",
        "caller",
        "cognitoAuthenticationProvider",
        "cognitoAuthenticationType",
        "cognitoIdentityId",
        "cognitoIdentityPoolId",
        "principalOrgId",
        "user",
        "userArn",
    )
    return dict.fromkeys(unknown) | {"sourceIp": source_ip, "userAgent": agent}


def _by_name(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped


def websocket(route: str, connection: str, query: Mapping[str, str], body: str | None) -> Event:
    """A WebSocket API's event: ``route`` $connect, $disconnect or $default."""
    kinds = {"$connect": "CONNECT", "$disconnect": "DISCONNECT"}
    return {
        "queryStringParameters": dict(query) or None,
        "requestContext": {
            "routeKey": route,
            "eventType": kinds.get(route, "MESSAGE"),
            "connectionId": connection,
            "domainName": "localhost",
            "apiId": "local",
            "stage": "local",
            "requestId": str(uuid4()),
        },
        "body": body,
        "isBase64Encoded": False,
    }


def schedule(rule: str, due: datetime) -> Event:
    """EventBridge's event of a schedule: ``rule`` is the function's name, ``due`` when it was to fire."""
    return {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": f"{due.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "region": REGION,
        "resources": [f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{rule}"],
        "detail": {},
    }


def sqs(queue: str, messages: Iterable[Mapping[str, Any]]) -> Event:
    """A batch of one queue: ``messages`` as boto3's receive_message answers them, with all attributes."""
    return {"Records": [_sqs_record(queue, message) for message in messages]}


def _sqs_record(queue: str, message: Mapping[str, Any]) -> Event:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {
            name: _message_attribute(value) for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}",
        "awsRegion": REGION,
    }


def _message_attribute(value: Mapping[str, Any]) -> Event:
    binary = value.get("BinaryValue")
    return {
        **({"stringValue": value["StringValue"]} if "StringValue" in value else {}),
        **({"binaryValue": base64.b64encode(binary).decode()} if binary is not None else {}),
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": value["DataType"],
    }


def kafka(bootstrap: str, records: Iterable[KafkaRecord]) -> Event:
    """A batch from Kafka as the event source mapping of an MSK cluster passes it on."""
    by_partition: dict[str, list[Event]] = {}
    for record in records:
        by_partition.setdefault(f"{record.topic}-{record.partition}", []).append(_kafka_record(record))
    return {
        "eventSource": "aws:kafka",
        "eventSourceArn": CLUSTER,
        "bootstrapServers": bootstrap,
        "records": by_partition,
    }


def _kafka_record(record: KafkaRecord) -> Event:
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp,
        "timestampType": TIMESTAMP_TYPES.get(record.timestamp_type, "CREATE_TIME"),
        "key": None if record.key is None else base64.b64encode(record.key).decode(),
        "value": None if record.value is None else base64.b64encode(record.value).decode(),
        "headers": [{name: _signed(value)} for name, value in record.headers],
    }


def _signed(value: bytes) -> list[int]:
    """Bytes as Java counts them, from -128 to 127: this is how Lambda writes header values."""
    return [byte - 256 if byte > 127 else byte for byte in value]
