"""One HTTP request as a peer sent it: what the gateway passes on, and what it refuses before the application sees it."""

from typing import NamedTuple

import h11

LARGEST_BODY = 10 * 1024 * 1024
"""Bytes, as API Gateway limits a body."""
MOST_HEADERS = 100
VERSIONS = (b"1.0", b"1.1")


class BadRequest(Exception):
    """The request is refused before the application sees it: an HTTP status and a short reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class HttpRequest(NamedTuple):
    """A whole request.

    method    as it was sent, in capitals or not
    target    path and query of the request line, in ASCII
    headers   (name, value) in their order, names as they were written
    body      without its transfer coding
    """

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def header(self, name: str) -> str:
        """The first value of that header; empty where there is none."""
        return next((value for given, value in self.headers if given.lower() == name), "")


def check(head: h11.Request) -> None:
    """Raises BadRequest for what could be read in two ways, is too long, or is of another HTTP."""
    if head.http_version not in VERSIONS:
        raise BadRequest(505, "HTTP Version Not Supported")
    if len(head.headers) > MOST_HEADERS:
        raise BadRequest(431, "Request Header Fields Too Large")
    names = [name for name, _ in head.headers]
    if b"transfer-encoding" in names and b"content-length" in names:
        raise BadRequest(400, "Content-Length and Transfer-Encoding exclude each other")
    lengths = [value for name, value in head.headers if name == b"content-length"]
    if lengths and int(lengths[0]) > LARGEST_BODY:
        raise BadRequest(413, "Request Too Long")
    if not origin_form(head.target).startswith(b"/"):
        raise BadRequest(400, "The path must begin with a slash")


def origin_form(target: bytes) -> bytes:
    """Path and query of a target that was sent as to a proxy, http://host/path; any other stays as it is."""
    if target.lower().startswith((b"http://", b"https://")):
        return b"/" + target.split(b"//", 1)[1].partition(b"/")[2]
    return target


def assembled(head: h11.Request, body: bytes) -> HttpRequest:
    """The request in text. A header's value is UTF-8 on the wire; what is none becomes U+FFFD."""
    target = origin_form(head.target).partition(b"#")[0].decode("ascii")  # h11 lets nothing else into it
    headers = [(name.decode(), value.decode("utf-8", "replace")) for name, value in head.headers.raw_items()]
    return HttpRequest(head.method.decode(), target, headers, body)
