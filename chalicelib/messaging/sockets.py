"""Sends text to open sockets, through the @connections API of the WebSocket API. Imported only by live updates."""

import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from chalicelib.config import config

SENDERS = 16
log = logging.getLogger(__name__)


def send(connections: Iterable[str], text: str) -> list[str]:
    """Send the text to these connections; those that are gone. One that cannot be reached just now misses it."""
    gone = []

    def post(connection: str) -> None:
        try:
            _client().post_to_connection(ConnectionId=connection, Data=text.encode())
        except _client().exceptions.GoneException:
            gone.append(connection)
        except Exception:  # botocore's errors have no common base with those of the network
            log.warning("a socket could not be told", exc_info=True)

    with ThreadPoolExecutor(SENDERS) as senders:
        list(senders.map(post, connections))
    return gone


@cache
def _client() -> Any:
    import boto3
    from botocore.config import Config

    settings = Config(
        connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1}, max_pool_connections=SENDERS
    )
    return boto3.client("apigatewaymanagementapi", endpoint_url=config().sockets_api, config=settings)
