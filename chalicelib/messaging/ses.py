"""Hands mails to Amazon SES."""

from functools import cache
from typing import Any

from chalicelib.messaging.mail import Away, Later, Refused

REJECTED = frozenset({"MessageRejected", "InvalidParameterValue"})
"""What SES says of a mail that it will not take at any time. All else is about us, or passes."""


class Ses:
    """SES takes a mail with each call; nothing stays open."""

    def send(self, sender: str, to: str, content: bytes) -> None:
        """Hand one mail over. Raises Refused, Later or Away."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            _client().send_raw_email(Source=sender, Destinations=[to], RawMessage={"Data": content})
        except ClientError as error:
            code = "".join(filter(str.isalnum, error.response["Error"].get("Code", "")))[:60]
            raise (Refused if code in REJECTED else Later)(code) from error
        except BotoCoreError as error:
            raise Away(type(error).__name__) from error

    def close(self) -> None:
        """Nothing is open."""


@cache
def _client() -> Any:
    """One for all threads. It tries once: a mail that fails is tried again by its row, and keeps nobody waiting."""
    import boto3
    from botocore.config import Config

    return boto3.client("ses", config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30))
