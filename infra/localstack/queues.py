"""The queues of the emulated account, as infra/terraform/modules/queues has them; Terraform takes them over.

Its provider would wait half a minute for each that it makes itself.
"""

import json
from typing import Any

DAY = 24 * 60 * 60
Urls = dict[str, Any]


def make(sqs: Any, application: dict[str, Any]) -> Urls:
    """Makes what is missing, and changes nothing of what is there; the URLs, as Terraform's variable has them."""
    urls: Urls = {"this": {}, "dead": {}, "failed": _make(sqs, f"{application['name']}-failed", _dead())}
    for function in application["functions"].values():
        if name := function["queue"]:
            key = name.removeprefix(f"{application['name']}-")
            urls["dead"][key] = _make(sqs, f"{name}-dead", _dead())
            redrive = {"deadLetterTargetArn": _arn(sqs, urls["dead"][key]), "maxReceiveCount": 5}
            hidden = {"VisibilityTimeout": str(function["timeout"] + 60), "RedrivePolicy": _text(redrive)}
            urls["this"][key] = _make(sqs, name, _kept(4) | hidden)
            allowed = {"redrivePermission": "byQueue", "sourceQueueArns": [_arn(sqs, urls["this"][key])]}
            sqs.set_queue_attributes(QueueUrl=urls["dead"][key], Attributes={"RedriveAllowPolicy": _text(allowed)})
    return urls


def _make(sqs: Any, name: str, attributes: dict[str, str]) -> str:
    try:
        return str(sqs.get_queue_url(QueueName=name)["QueueUrl"])
    except sqs.exceptions.QueueDoesNotExist:
        return str(sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])


def _text(policy: dict[str, Any]) -> str:
    """As Terraform writes it: LocalStack keeps the very text, and another one would be a change."""
    return json.dumps(policy, separators=(",", ":"))


def _arn(sqs: Any, url: str) -> str:
    return str(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])


def _kept(days: int) -> dict[str, str]:
    return {
        "MaximumMessageSize": str(256 * 1024),
        "MessageRetentionPeriod": str(days * DAY),
        "SqsManagedSseEnabled": "true",
    }


def _dead() -> dict[str, str]:
    return _kept(14)
