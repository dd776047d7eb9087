"""Sends messages to SQS. Imported only by the jobs that fan out."""

import json
from collections.abc import Iterable
from itertools import islice
from typing import Any

import boto3


def send(queue: str, messages: Iterable[dict[str, Any]]) -> int:
    """Put messages into the queue of that name, ten at a time; how many. Raises RuntimeError if one is refused."""
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    sent = 0
    rest = iter(messages)
    while batch := list(islice(rest, 10)):
        entries = [{"Id": str(n), "MessageBody": json.dumps(message)} for n, message in enumerate(batch)]
        answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)
        if answer.get("Failed"):
            raise RuntimeError(f"{queue} refused {len(answer['Failed'])} messages")
        sent += len(entries)
    return sent
