"""Lambda's runtime API for one process of a function: awslambdaric asks it for work and brings the answers.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import queue
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

LARGEST_ANSWER = 6 * 1024 * 1024
"""Bytes of a synchronous answer that Lambda accepts."""
_ROOT = "/2018-06-01/runtime/"


class Answer(NamedTuple):
    """What a function answered: JSON, or a description of the error."""

    payload: bytes
    is_error: bool


@dataclass(frozen=True)
class Invocation:
    """One call: ``seconds`` is how long it may take."""

    id: str
    function: str
    payload: str
    trace: str
    seconds: float


class InitError(Exception):
    """The function's module could not be loaded; its message is the runtime's own report (JSON)."""


class RuntimeApi:
    """The server; ``address`` is the process's AWS_LAMBDA_RUNTIME_API. One invocation at a time, as in Lambda."""

    def __init__(self) -> None:
        self.ready: Future[None] = Future()
        """Done when the process asks for work; fails with InitError when its module cannot be loaded."""
        self._work: queue.SimpleQueue[Invocation | None] = queue.SimpleQueue()
        self._answer: Future[Answer] = Future()
        self._asked = ""
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    @property
    def address(self) -> str:
        """host:port."""
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    def ask(self, invocation: Invocation) -> Future[Answer]:
        """Hands the invocation to the process; its answer comes."""
        self._answer, self._asked = Future(), invocation.id
        self._work.put(invocation)
        return self._answer

    def close(self) -> None:
        """Ends the server."""
        self._work.put(None)
        self._server.shutdown()
        self._server.server_close()

    def next(self) -> Invocation | None:
        """Called by the process's request: waits for work; None where there will be none."""
        if not self.ready.done():
            self.ready.set_result(None)
        return self._work.get()

    def take(self, what: list[str], body: bytes) -> int:
        """Called by the process's request: what it brings; the HTTP status."""
        match what:
            case ["init", "error"]:
                if not self.ready.done():
                    self.ready.set_exception(InitError(body.decode("utf-8", "replace")))
            case ["invocation", id, ("response" | "error") as kind] if id == self._asked and not self._answer.done():
                self._answer.set_result(too_large(body) or Answer(body, kind == "error"))
            case ["invocation", _, "response" | "error"]:
                return 400
            case _:
                return 404
        return 202


def too_large(body: bytes) -> Answer | None:
    """What Lambda says instead of an answer that is too large. The process is told 202: a 413 would end it."""
    if len(body) <= LARGEST_ANSWER:
        return None
    message = f"Response payload size exceeded maximum allowed payload size ({LARGEST_ANSWER} bytes)."
    return error("Function.ResponseSizeTooLarge", message)


def error(kind: str, message: str) -> Answer:
    """An error that the function did not report itself."""
    return Answer(json.dumps({"errorType": kind, "errorMessage": message}).encode(), True)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, api: RuntimeApi) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.api = api

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: a process that is ended leaves its connection as it is."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        if self.path != _ROOT + "invocation/next":
            self._say(404)
            return
        work = self.server.api.next()
        if work is None:
            self.close_connection = True
            return
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": work.id,
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + work.seconds) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": work.function,
            "Lambda-Runtime-Trace-Id": work.trace,
        }
        self._say(200, work.payload.encode(), headers)

    def do_POST(self) -> None:
        what = self.path.removeprefix(_ROOT).split("/")
        self._say(self.server.api.take(what, self._body()), b'{"status":"OK"}')

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():  # trailers
            pass
        return b"".join(parts)

    def _say(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass
