"""The events are those that AWS documents: its published samples, rebuilt from what they were made of."""

from datetime import UTC, datetime
from types import SimpleNamespace

from infra.local import events


def test_a_request_is_passed_on_as_a_rest_api_does() -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html"""
    event = events.http(
        "GET",
        "/my/path?parameter1=value1&parameter1=value2&parameter2=value",
        "/my/{name}",
        {"name": "path"},
        [("header1", "value1"), ("header2", "value1"), ("header2", "value2"), ("User-Agent", "user-agent")],
        b"Hello from Lambda!",
        "192.0.2.1",
        datetime(2020, 3, 4, 19, 15, 17, 135000, tzinfo=UTC),
        "live",
    )
    request_id = event["requestContext"].pop("requestId")
    assert len(request_id) == 36
    assert event == {
        "resource": "/my/{name}",
        "path": "/my/path",
        "httpMethod": "GET",
        "headers": {"header1": "value1", "header2": "value2", "User-Agent": "user-agent"},
        "multiValueHeaders": {"header1": ["value1"], "header2": ["value1", "value2"], "User-Agent": ["user-agent"]},
        "queryStringParameters": {"parameter1": "value2", "parameter2": "value"},
        "multiValueQueryStringParameters": {"parameter1": ["value1", "value2"], "parameter2": ["value"]},
        "pathParameters": {"name": "path"},
        "stageVariables": None,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "local",
            "domainName": "localhost",
            "domainPrefix": "local",
            "extendedRequestId": "local",
            "httpMethod": "GET",
            "identity": {
                "accessKey": None,
                "accountId": None,
                "caller": None,
                "cognitoAuthenticationProvider": None,
                "cognitoAuthenticationType": None,
                "cognitoIdentityId": None,
                "cognitoIdentityPoolId": None,
                "principalOrgId": None,
                "sourceIp": "192.0.2.1",
                "user": None,
                "userAgent": "user-agent",
                "userArn": None,
            },
            "path": "/my/path",
            "protocol": "HTTP/1.1",
            "requestTime": "04/Mar/2020:19:15:17 +0000",
            "requestTimeEpoch": 1583349317135,
            "resourceId": "local",
            "resourcePath": "/my/{name}",
            "stage": "live",
        },
        "body": "Hello from Lambda!",
        "isBase64Encoded": False,
    }


def test_what_is_absent_from_a_request_is_null() -> None:
    event = events.http("GET", "/", "/", {}, [], b"", "192.0.2.1", datetime(2020, 3, 4, tzinfo=UTC))
    absent = ("queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "body", "stageVariables")
    assert [event[name] for name in absent] == [None] * 5


def test_a_body_that_is_no_utf8_keeps_its_readable_part() -> None:
    event = events.http("POST", "/", "/", {}, [], b"a\xff\xfeb", "192.0.2.1", datetime(2020, 3, 4, tzinfo=UTC))
    assert event["body"] == "a��b"


def test_a_schedule_fires_eventbridge_s_event() -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html"""
    event = events.schedule("my-scheduled-rule", datetime(2015, 10, 8, 16, 53, 6, tzinfo=UTC))
    assert len(event.pop("id")) == 36
    assert event == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": "2015-10-08T16:53:06Z",
        "region": "eu-central-1",
        "resources": ["arn:aws:events:eu-central-1:123456789012:rule/my-scheduled-rule"],
        "detail": {},
    }


def test_a_queue_s_message_is_passed_on_as_lambda_s_poller_does() -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
    message = {
        "MessageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "ReceiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...",
        "MD5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "Body": "Test message.",
        "Attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1545082649183",
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": "1545082649185",
        },
        "MessageAttributes": {
            "text": {"StringValue": "100", "DataType": "Number"},
            "raw": {"BinaryValue": b"\x01\x02", "DataType": "Binary"},
        },
    }
    assert events.sqs("my-queue", [message]) == {
        "Records": [
            {
                "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
                "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...",
                "body": "Test message.",
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": "1545082649183",
                    "SenderId": "AIDAIENQZJOLO23YVJ4VO",
                    "ApproximateFirstReceiveTimestamp": "1545082649185",
                },
                "messageAttributes": {
                    "text": {
                        "stringValue": "100",
                        "stringListValues": [],
                        "binaryListValues": [],
                        "dataType": "Number",
                    },
                    "raw": {
                        "binaryValue": "AQI=",
                        "stringListValues": [],
                        "binaryListValues": [],
                        "dataType": "Binary",
                    },
                },
                "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:my-queue",
                "awsRegion": "eu-central-1",
            }
        ]
    }


def record(partition: int = 0, **changed: object) -> SimpleNamespace:
    sample = {
        "topic": "mytopic",
        "partition": partition,
        "offset": 15,
        "timestamp": 1545084650987,
        "timestamp_type": 0,
        "key": b"recordKey",
        "value": b'{"key":"value"}',
        "headers": [("headerKey", b"headerValue")],
    }
    return SimpleNamespace(**(sample | changed))


def test_kafka_records_are_passed_on_as_an_msk_mapping_does() -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html"""
    assert events.kafka("b-2.demo:9092,b-1.demo:9092", [record(), record(1, timestamp_type=1)]) == {
        "eventSource": "aws:kafka",
        "eventSourceArn": events.CLUSTER,
        "bootstrapServers": "b-2.demo:9092,b-1.demo:9092",
        "records": {
            "mytopic-0": [
                {
                    "topic": "mytopic",
                    "partition": 0,
                    "offset": 15,
                    "timestamp": 1545084650987,
                    "timestampType": "CREATE_TIME",
                    "key": "cmVjb3JkS2V5",
                    "value": "eyJrZXkiOiJ2YWx1ZSJ9",
                    "headers": [{"headerKey": [104, 101, 97, 100, 101, 114, 86, 97, 108, 117, 101]}],
                }
            ],
            "mytopic-1": [
                {
                    "topic": "mytopic",
                    "partition": 1,
                    "offset": 15,
                    "timestamp": 1545084650987,
                    "timestampType": "LOG_APPEND_TIME",
                    "key": "cmVjb3JkS2V5",
                    "value": "eyJrZXkiOiJ2YWx1ZSJ9",
                    "headers": [{"headerKey": [104, 101, 97, 100, 101, 114, 86, 97, 108, 117, 101]}],
                }
            ],
        },
    }


def test_a_header_s_bytes_are_signed_and_a_missing_key_is_null() -> None:
    (passed,) = events.kafka("b:9092", [record(key=None, headers=[("h", "é".encode())])])["records"]["mytopic-0"]
    assert passed["headers"] == [{"h": [-61, -87]}]
    assert passed["key"] is None
