"""The WebSocket API of the emulated account, which LocalStack's core has not: ours, before the functions deployed there.

``python -m infra.localstack.sockets PORT PREFIX``: PREFIX stands before the functions' names in app.py, and the account
is found by AWS_ENDPOINT_URL.
"""

import json
import logging
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from infra.local import events, processes
from infra.local.sockets import Invoke, Sockets

FUNCTIONS = {
    "$connect": "websocket_connect",
    "$disconnect": "websocket_disconnect",
    "$default": "websocket_message",
}
log = logging.getLogger("sockets")


def invoker(client: Any, prefix: str) -> Invoke:
    """Runs a route's function where it is deployed; the status that it answers, 500 if it fails."""

    def invoke(route: str, id: str, query: Mapping[str, str], body: str | None) -> int:
        event = json.dumps(events.websocket(route, id, query, body))
        try:
            answer = client.invoke(FunctionName=f"{prefix}-{FUNCTIONS[route]}", Payload=event)
            said = json.loads(answer["Payload"].read() or "null")
        except Exception:
            log.exception("a function did not answer", extra={"route": route})
            return 500
        if "FunctionError" in answer:
            log.error("a function failed: %s", said)
            return 500
        return int((said or {}).get("statusCode", 200))

    return invoke


class SocketServer:
    """The process that serves sockets; ``port`` is where, on 127.0.0.1.

    Args:
        data: folder of its log.
        prefix: what stands before the functions' names.
    """

    def __init__(self, data: Path, prefix: str) -> None:
        self.port = processes.free_port()
        self.log = data / "log" / "sockets.log"
        self.prefix = prefix
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, environment: Mapping[str, str]) -> None:
        """Starts it and returns when it answers. Raises LocalError. The calling thread must live as long as it."""
        command = [sys.executable, "-m", "infra.localstack.sockets", str(self.port), self.prefix]
        self.process = processes.spawn(command, log=self.log, environment=environment)
        processes.wait_until(lambda: processes.answers(self.port), self.process, "The socket server", self.log)

    def stop(self) -> None:
        """Ends it."""
        if self.process is not None:
            processes.stop(self.process)
            self.process = None


def main(port: int, prefix: str) -> None:
    """Serves until the parent is gone."""
    import boto3

    processes.exit_with_parent()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    sockets = Sockets(invoker(boto3.client("lambda"), prefix))
    web.run_app(sockets.application(), host=processes.LOOPBACK, port=port, print=None, access_log=None)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
