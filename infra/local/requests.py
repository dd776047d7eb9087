"""Reads one HTTP request's body off a socket, whatever the peer sends."""

import re
from email.message import Message
from io import BufferedIOBase

LARGEST = 10 * 1024 * 1024
"""Bytes of a body, as API Gateway limits it."""
LONGEST_LINE = 8192


class Unreadable(Exception):
    """The request is refused before the application sees it: an HTTP status and a short reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def check_headers(headers: Message, version: str) -> None:
    """Raises Unreadable if the headers are broken or could be read in two ways."""
    if headers.defects or headers.get_payload():
        raise Unreadable(400, "The headers cannot be read")
    if version == "HTTP/1.1" and len(headers.get_all("Host", [])) != 1:
        raise Unreadable(400, "Exactly one Host header is needed")
    if headers.get_all("Transfer-Encoding") and headers.get_all("Content-Length"):
        raise Unreadable(400, "Content-Length and Transfer-Encoding exclude each other")


def declared_length(headers: Message) -> int:
    """Content-Length in bytes, 0 if there is none. Raises Unreadable."""
    lengths = {length.strip() for length in headers.get_all("Content-Length", [])}
    if not lengths:
        return 0
    text = lengths.pop()
    if lengths or not re.fullmatch(r"[0-9]{1,18}", text):
        raise Unreadable(400, "Content-Length is no number")
    if int(text) > LARGEST:
        raise Unreadable(413, "Request Too Long")
    return int(text)


def read_body(stream: BufferedIOBase, headers: Message) -> bytes:
    """The whole body, of declared length or in chunks. Raises Unreadable, or TimeoutError of a silent peer."""
    codings = [coding.strip().lower() for coding in headers.get_all("Transfer-Encoding", [])]
    if codings:
        if codings != ["chunked"]:
            raise Unreadable(501, "Only chunked transfer encoding is understood")
        return _read_chunks(stream)
    length = declared_length(headers)
    body = stream.read(length)
    if len(body) < length:
        raise Unreadable(400, "The body ended early")
    return body


def _read_chunks(stream: BufferedIOBase) -> bytes:
    parts: list[bytes] = []
    total = 0
    while size := _chunk_size(stream):
        total += size
        if total > LARGEST:
            raise Unreadable(413, "Request Too Long")
        part = stream.read(size)
        if len(part) < size or stream.readline(3).strip(b"\r\n"):
            raise Unreadable(400, "A chunk is broken")
        parts.append(part)
    for _ in range(100):  # trailers are read and dropped
        if stream.readline(LONGEST_LINE) in (b"\r\n", b"\n", b""):
            return b"".join(parts)
    raise Unreadable(400, "Too many trailers")


def _chunk_size(stream: BufferedIOBase) -> int:
    line = stream.readline(LONGEST_LINE)
    digits = line.split(b";")[0].strip()
    if not line.endswith(b"\n") or not re.fullmatch(rb"[0-9A-Fa-f]{1,15}", digits):
        raise Unreadable(400, "A chunk's size is no number")
    return int(digits, 16)
