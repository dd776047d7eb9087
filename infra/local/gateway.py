"""The HTTP gateway: turns requests into the events of API Gateway, for the application in app.py.

``python -m infra.local.gateway SOCKET READY``: SOCKET is the inherited listening socket's number; the file
READY is made when requests are answered. Requests are run by a few threads that stay, as Lambda's execution
environments do: each runs one at a time, and keeps its own warm connection to the database.
"""

import base64
import logging
import os
import socket
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Any

from chalice.app import Chalice
from chalice.local import LambdaContext, LocalChalice

from chalicelib.web import fallbacks, responses
from infra.local import events, installation, mails, processes
from infra.local.connections import Connection, Headers, Response
from infra.local.errors import disk_is_full, has_no_room
from infra.local.requests import BadRequest, HttpRequest
from infra.local.routes import Routes

ENVIRONMENTS = 8
TIMEOUT_MS = 30_000
SECURITY = [*responses.SECURITY_HEADERS.items(), ("Cache-Control", responses.PRIVATE)]
"""Headers of what no handler answered."""

log = logging.getLogger("gateway")


class Gateway(ThreadingTCPServer):
    """Serves ``app``; a thread a connection, and ENVIRONMENTS threads that run the application.

    ``data`` is the folder of a local system: its mails are shown, and a full disk is told.
    """

    daemon_threads = True

    def __init__(self, app: Chalice, listener: socket.socket, data: Path | None = None) -> None:
        super().__init__(listener.getsockname(), BaseRequestHandler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.app = per_thread(app)
        self.routes = Routes(app.routes)
        self.data = data
        self.environments = ThreadPoolExecutor(ENVIRONMENTS, thread_name_prefix="environment")

    def finish_request(self, request: Any, client_address: Any) -> None:
        """One connection, in a thread of its own."""
        Connection(request, lambda asked: self.answer(asked, client_address[0]), SECURITY).serve()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A peer that went away is no error; everything else is logged."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            log.exception("a connection ended badly")

    def answer(self, request: HttpRequest, address: str) -> Response:
        """What one request is answered. Raises BadRequest where no route of the application has its path."""
        if self.data is not None and mails.is_asked_for(request.path):
            page = mails.answer(self.data / installation.MAIL, request.path, request.header("host"))
            return sendable(page, request.method)
        match = self.routes.match(request.path)
        if match is None:
            raise BadRequest(403, "Missing Authentication Token")
        event = events.http(
            request.method,
            request.target,
            match.resource,
            match.parameters,
            request.headers,
            request.body,
            address,
            datetime.now(UTC),
            os.environ.get("STAGE", "local"),
        )
        try:
            response = sendable(self.invoke(event), request.method)
        except Exception:
            self._refuse_without_room()
            log.exception("%s %s failed", request.method, match.resource)
            raise BadRequest(502, "Internal server error") from None
        if response[0] >= 500:
            self._refuse_without_room()
        return response

    def _refuse_without_room(self) -> None:
        """Raises BadRequest if what went wrong is a full disk, on which nothing else can say so."""
        if self.data is not None and has_no_room(self.data):
            raise BadRequest(507, str(disk_is_full(self.data)))

    def invoke(self, event: events.Event) -> Mapping[str, Any]:
        """The application's answer to one event; waits for a free environment."""
        return self.environments.submit(self._run, event).result()

    def _run(self, event: events.Event) -> Mapping[str, Any]:
        context = LambdaContext("live", memory_size=512, max_runtime_ms=TIMEOUT_MS)
        answer: Mapping[str, Any] = self.app(event, context)
        return answer


def per_thread(app: Chalice) -> Callable[[events.Event, LambdaContext], Any]:
    """``app``, whose ``current_request`` is now each thread's own (as ``chalice local`` does it)."""
    if not isinstance(app, LocalChalice):
        app.__class__ = type("ThreadedChalice", (LocalChalice, app.__class__), {})
    return app


def sendable(answer: Mapping[str, Any], method: str) -> Response:
    """Status, headers and body of what a Lambda function answered."""
    body = answer.get("body") or ""
    content = base64.b64decode(body) if answer.get("isBase64Encoded") else str(body).encode()
    headers: Headers = [(name, str(value)) for name, value in (answer.get("headers") or {}).items()]
    for name, values in (answer.get("multiValueHeaders") or {}).items():
        headers += [(name, str(value)) for value in values]
    if method not in fallbacks.METHODS:  # Chalice refuses those itself
        headers += SECURITY
    if content and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))
    return int(answer["statusCode"]), headers, content


def main(descriptor: int, ready: Path) -> None:
    """Serves on an inherited socket until the parent is gone."""
    processes.exit_with_parent()
    logging.basicConfig(level=os.environ.get("LOG_LEVEL", "INFO"), format="%(asctime)s %(name)s %(message)s")
    from app import app

    data = Path(os.environ["DATA"]) if os.environ.get("STAGE") == "local" else None
    gateway = Gateway(app, socket.socket(fileno=descriptor), data)
    ready.touch()
    gateway.serve_forever(poll_interval=3600)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
