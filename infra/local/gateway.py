"""The HTTP gateway: turns requests into the events of API Gateway, for the application in app.py.

``python -m infra.local.gateway SOCKET READY``: SOCKET is the inherited listening socket's number; the file
READY is made when requests are answered. Requests are run by a few threads that stay, as Lambda's execution
environments do: each runs one at a time, and keeps its own warm connection to the database.
"""

import base64
import json
import logging
import os
import socket
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

from chalice.app import Chalice
from chalice.local import LambdaContext, LocalChalice

from chalicelib.web import fallbacks, responses
from infra.local import events, mails, processes, requests
from infra.local.requests import Unreadable
from infra.local.routes import Routes

ENVIRONMENTS = 8
IDLE_SECONDS = 65.0
TIMEOUT_MS = 30_000
DRAIN_SECONDS = 5.0
SECURITY = [*responses.SECURITY_HEADERS.items(), ("Cache-Control", responses.PRIVATE)]
"""Headers of what no handler answered."""

log = logging.getLogger("gateway")


class Gateway(ThreadingHTTPServer):
    """Serves ``app``; a thread a connection, and ENVIRONMENTS threads that run the application."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, app: Chalice, listener: socket.socket, mail_folder: Path | None = None) -> None:
        super().__init__(listener.getsockname(), Connection, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.server_name, self.server_port = listener.getsockname()[:2]
        self.app = per_thread(app)
        self.routes = Routes(app.routes)
        self.mail_folder = mail_folder
        self.environments = ThreadPoolExecutor(ENVIRONMENTS, thread_name_prefix="environment")

    def invoke(self, event: events.Event) -> Mapping[str, Any]:
        """The application's answer to one event; waits for a free environment."""
        return self.environments.submit(self._run, event).result()

    def _run(self, event: events.Event) -> Mapping[str, Any]:
        context = LambdaContext("live", memory_size=512, max_runtime_ms=TIMEOUT_MS)
        answer: Mapping[str, Any] = self.app(event, context)
        return answer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A peer that went away is nobody's fault; everything else is logged."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            log.exception("a connection ended badly")


def per_thread(app: Chalice) -> Callable[[events.Event, LambdaContext], Any]:
    """``app``, whose ``current_request`` is now each thread's own (as ``chalice local`` does it)."""
    if not isinstance(app, LocalChalice):
        app.__class__ = type("ThreadedChalice", (LocalChalice, app.__class__), {})
    return app


class Connection(BaseHTTPRequestHandler):
    """One peer's connection, kept alive over many requests."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # with it, an answer to a kept connection takes 40 ms
    wbufsize = -1  # headers and body leave in one packet
    timeout = IDLE_SECONDS
    server: Gateway

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):  # every method goes to the application, which answers 405 where it must
            return self._handle
        raise AttributeError(name)

    def handle_expect_100(self) -> bool:
        """A body that is too long is refused before it is sent."""
        try:
            requests.check_headers(self.headers, self.request_version)
            requests.declared_length(self.headers)
        except Unreadable as refusal:
            self._refuse(refusal)
            return False
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def _handle(self) -> None:
        try:
            requests.check_headers(self.headers, self.request_version)
            target = self._target()
            body = requests.read_body(self.rfile, self.headers)
        except Unreadable as refusal:
            self._refuse(refusal)
            return
        except TimeoutError:
            self._refuse(Unreadable(408, "The body did not come"))
            return
        path = target.partition("?")[0]
        if self.server.mail_folder is not None and (path + "/").startswith(mails.PATH + "/"):
            self._answer(mails.answer(self.server.mail_folder, path))
            return
        match = self.server.routes.match(path)
        if match is None:
            self._refuse(Unreadable(403, "Missing Authentication Token"), keep=True)
            return
        event = events.http(
            self.command,
            target,
            match.resource,
            match.parameters,
            self._header_pairs(),
            body,
            self.client_address[0],
            datetime.now(UTC),
            os.environ.get("STAGE", "local"),
        )
        try:
            self._answer(self.server.invoke(event))
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        except Exception:
            log.exception("%s %s failed", self.command, match.resource)
            self._refuse(Unreadable(502, "Internal server error"), keep=True)

    def _target(self) -> str:
        """Path and query of the request line, in ASCII: what a peer left raw is percent-encoded."""
        target = self.path
        if target.lower().startswith(("http://", "https://")):  # as a proxy would be asked
            target = "/" + target.split("//", 1)[1].partition("/")[2]
        if not target.startswith("/"):
            raise Unreadable(400, "The path must begin with a slash")
        return quote(target.partition("#")[0].encode("latin-1"), safe="/?&=%+:@!$'()*,;~-._[]|\\^`{}<>\"")

    def _header_pairs(self) -> list[tuple[str, str]]:
        """Names and values; a value is UTF-8 on the wire, and latin-1 to Python's parser."""
        return [
            (name, " ".join(value.split("\r\n")).encode("latin-1", "replace").decode("utf-8", "replace").strip())
            for name, value in self.headers.items()
        ]

    def _answer(self, answer: Mapping[str, Any]) -> None:
        """Sends what the application answered. Raises before the first byte if it cannot be sent."""
        body = answer.get("body") or ""
        content = base64.b64decode(body) if answer.get("isBase64Encoded") else str(body).encode()
        status = int(answer["statusCode"])
        pairs = [(name, str(value)) for name, value in (answer.get("headers") or {}).items()]
        for name, values in (answer.get("multiValueHeaders") or {}).items():
            pairs += [(name, str(value)) for value in values]
        if self.command not in fallbacks.METHODS:  # Chalice refuses those itself
            pairs += SECURITY
        for name, value in pairs:
            if "\r" in value or "\n" in value:
                raise ValueError(f"the header {name} holds a line break")
            f"{name}: {value}".encode("latin-1")
        if not any(name.lower() == "content-type" for name, _ in pairs) and content:
            pairs.append(("Content-Type", "application/json"))
        self._send(status, pairs, content)

    def _refuse(self, refusal: Unreadable, keep: bool = False) -> None:
        """Answers in API Gateway's words; the connection ends unless the request was read whole."""
        if not keep:
            self.close_connection = True
        content = json.dumps({"message": str(refusal)}).encode()
        self._send(refusal.status, [("Content-Type", "application/json"), *SECURITY], content)
        if not keep:
            self._drain()

    def _send(self, status: int, pairs: list[tuple[str, str]], content: bytes) -> None:
        bodiless = status < 200 or status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
        self.send_response_only(status)
        self.send_header("Date", self.date_time_string())
        for name, value in pairs:
            if name.lower() not in ("content-length", "connection", "date", "server"):
                self.send_header(name, value)
        if not bodiless:
            self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        elif self.request_version == "HTTP/1.0":
            self.send_header("Connection", "keep-alive")
        self.end_headers()
        if not bodiless and self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()

    def _drain(self) -> None:
        """Reads on for a while after a refusal: closing while the peer sends would take the answer from him."""
        try:
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(1.0)
            until = time.monotonic() + DRAIN_SECONDS
            while time.monotonic() < until and self.rfile.read1(1 << 16):
                pass
        except OSError:
            pass

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What Python's own parser refuses: the same words as every refusal."""
        self.close_connection = True
        if not hasattr(self, "command") or self.command is None:
            self.command = "GET"
        if self.request_version == "HTTP/0.9":
            self.request_version = "HTTP/1.0"
        self._refuse(Unreadable(int(code), HTTPStatus(code).phrase))

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: paths may hold tokens, and the application logs requests by their routes."""


def main(descriptor: int, ready: Path) -> None:
    """Serves on an inherited socket until the parent is gone."""
    processes.end_with_parent()
    logging.basicConfig(level=os.environ.get("LOG_LEVEL", "INFO"), format="%(asctime)s %(name)s %(message)s")
    from app import app

    mail_folder = Path(os.environ["MAIL_FOLDER"]) if os.environ.get("STAGE") == "local" else None
    gateway = Gateway(app, socket.socket(fileno=descriptor), mail_folder)
    ready.touch()
    gateway.serve_forever(poll_interval=3600)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
