"""One peer's connection to the gateway: reads requests off it by h11, and sends what is answered."""

import json
import logging
import socket
import time
from collections.abc import Callable
from email.utils import formatdate
from functools import cache, lru_cache
from http import HTTPStatus

import h11

from infra.local import requests
from infra.local.requests import BadRequest, HttpRequest

IDLE_SECONDS = 65.0
DRAIN_SECONDS = 5.0
AT_ONCE = 1 << 16
SET_HERE = frozenset(("content-length", "connection", "date", "server", "transfer-encoding"))
"""Headers that belong to the connection, whatever an answer says."""

log = logging.getLogger("gateway")

Headers = list[tuple[str, str]]
Response = tuple[int, Headers, bytes]
Answer = Callable[[HttpRequest], Response]


class Connection:
    """Answers one peer's requests, one after the other, until either side ends it.

    Args:
        peer: the accepted socket.
        answer: gives status, headers and body for a request, or raises BadRequest.
        refusal_headers: what stands on every refusal.
    """

    def __init__(self, peer: socket.socket, answer: Answer, refusal_headers: Headers) -> None:
        self.peer = peer
        self.answer = answer
        self.refusal_headers = refusal_headers
        self.http = h11.Connection(h11.SERVER)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)  # without it an answer may take 40 ms
        peer.settimeout(IDLE_SECONDS)

    def serve(self) -> None:
        """Returns when the connection is to be closed."""
        while True:
            try:
                request = self._read()
            except BadRequest as refusal:
                self._refuse(refusal)
                return
            except h11.RemoteProtocolError as error:
                self._refuse(self._explain(error))
                return
            if request is None:
                return
            self._respond(request)
            if self.http.our_state is h11.MUST_CLOSE or self.http.their_state is not h11.DONE:
                return
            self.http.start_next_cycle()

    def _read(self) -> HttpRequest | None:
        """The next request; None if the peer sends no more. Raises BadRequest or h11.RemoteProtocolError."""
        head = self._next()
        if not isinstance(head, h11.Request):
            return None
        requests.check(head)
        if self.http.they_are_waiting_for_100_continue:  # a body that is too long was refused before it is sent
            self._send(h11.InformationalResponse(status_code=100, headers=[], reason="Continue"))
        parts: list[bytes] = []
        length = 0
        while isinstance(part := self._next(waiting=False), h11.Data):
            parts.append(bytes(part.data))
            length += len(part.data)
            if length > requests.LARGEST_BODY:
                raise BadRequest(413, "Request Too Long")
        return requests.assembled(head, b"".join(parts))

    def _next(self, waiting: bool = True) -> object:
        """The next event. ``waiting``: between two requests, where silence is the end and no fault."""
        while (event := self.http.next_event()) is h11.NEED_DATA:
            try:
                self.http.receive_data(self.peer.recv(AT_ONCE))
            except TimeoutError:
                if waiting:
                    return h11.ConnectionClosed()
                raise BadRequest(408, "The body did not come") from None
        return event

    def _respond(self, request: HttpRequest) -> None:
        try:
            self._send_whole(request.method, *self.answer(request))
        except BadRequest as refusal:
            self._send_whole(request.method, *self._refusal(refusal))
        except (h11.LocalProtocolError, UnicodeEncodeError):
            log.exception("an answer cannot be sent")
            self._send_whole(request.method, *self._refusal(BadRequest(502, "Internal server error")))

    def _send_whole(self, method: str, status: int, headers: Headers, body: bytes) -> None:
        """Sends a response in one packet. Raises h11.LocalProtocolError before the first byte if it cannot be sent."""
        pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers if name.lower() not in SET_HERE]
        pairs.append((b"Date", _date(int(time.time()))))
        empty = status in (204, 304)
        if not empty:
            pairs.append((b"Content-Length", str(len(body)).encode()))
        response = h11.Response(status_code=status, headers=pairs, reason=_reason(status))
        content = [] if empty or method == "HEAD" else [h11.Data(data=body)]
        self._send(response, *content, h11.EndOfMessage())

    def _send(self, *events: h11.Event) -> None:
        self.peer.sendall(b"".join(self.http.send(event) or b"" for event in events))

    def _refusal(self, refusal: BadRequest) -> Response:
        """A refusal in API Gateway's words."""
        headers = [("Content-Type", "application/json"), *self.refusal_headers]
        return refusal.status, headers, json.dumps({"message": str(refusal)}).encode()

    def _refuse(self, refusal: BadRequest) -> None:
        """Answers what was not read whole, so that the connection ends after it."""
        if self.http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        status, headers, body = self._refusal(refusal)
        self._send_whole("GET", status, [*headers, ("Connection", "close")], body)
        self._drain()

    def _explain(self, error: h11.RemoteProtocolError) -> BadRequest:
        """What h11 found, with the status that fits: a first line without an end is too long an address."""
        if error.error_status_hint == 431 and b"\n" not in self.http.trailing_data[0]:
            return BadRequest(414, "URI Too Long")
        return BadRequest(error.error_status_hint, "The request cannot be read")

    def _drain(self) -> None:
        """Reads on for a while after a refusal: closing while a peer sends would take the answer from them."""
        try:
            self.peer.shutdown(socket.SHUT_WR)
            self.peer.settimeout(1.0)
            until = time.monotonic() + DRAIN_SECONDS
            while time.monotonic() < until and self.peer.recv(AT_ONCE):
                pass
        except OSError:
            pass


@lru_cache(maxsize=1)
def _date(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode()


@cache
def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
