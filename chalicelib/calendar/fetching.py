"""Fetches what strangers give us the address of, and nothing that is not on the public internet.

The name is resolved once, every address that it has is looked at, and the connection is made to that very address: a name
that answers otherwise the second time is not asked a second time. So it is with each redirect.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from chalicelib.errors import Invalid

MOST_BYTES = 5 * 1024 * 1024
MOST_REDIRECTS = 5
SECONDS = 15.0
LONGEST_URL = 2000
PROBLEMS = {
    "address": "its address cannot be used",
    "private": "its address is not on the public internet",
    "no_answer": "its server does not answer",
    "too_slow": f"its server takes more than {SECONDS:.0f} seconds",
    "certificate": "its server does not show a certificate that holds",
    "redirects": f"it leads elsewhere more than {MOST_REDIRECTS} times",
    "refused": "its server refuses to give it",
    "gone": "it is not there any more",
    "too_large": f"it is larger than {MOST_BYTES // 1024 // 1024} MB",
}
"""Why nothing was fetched -> how a sentence about the calendar goes on."""


class Unfetched(Exception):
    """Why there is nothing: one of PROBLEMS."""


class Fetched(NamedTuple):
    """What the server gave; no content where it said that nothing has changed."""

    content: bytes | None
    etag: str
    modified: str


Resolve = Callable[[str, int], list[str]]


def checked_url(url: str) -> str:
    """An address as it is fetched: https, a host, the port that goes with it. Raises Invalid naming ``url``."""
    url = "https" + url[len("webcal") :] if url.lower().startswith("webcal:") else url
    try:
        _parts(url)
    except Unfetched:
        raise Invalid.field(
            "url", "must be the address of a calendar, such as https://calendar.example.org/ada.ics"
        ) from None
    return url


def host_of(url: str) -> str:
    """The host of an address, which is all that is ever shown of it."""
    return (urlsplit(url).hostname or "").lower()


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host. Raises Unfetched."""
    try:
        return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise Unfetched("no_answer") from None


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet, also where it stands for another (mapped, 6to4, Teredo, NAT64)."""
    found = ipaddress.ip_address(address.partition("%")[0])
    inner = [found]
    if isinstance(found, ipaddress.IPv6Address):
        within = (found.ipv4_mapped, found.sixtofour, *(found.teredo or ()))
        inner += [one for one in within if one is not None]
        if found in _NAT64:
            inner.append(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF))
    return all(one.is_global and not one.is_multicast and not one.is_reserved for one in inner)


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def fetch(
    url: str,
    etag: str = "",
    modified: str = "",
    *,
    resolve: Resolve = resolve,
    is_allowed: Callable[[str], bool] = is_public,
    ports: frozenset[int] = frozenset({443}),
    trusted: ssl.SSLContext | None = None,
    seconds: float = SECONDS,
) -> Fetched:
    """What stands at an https address; nothing new where its ETag or its date is still that one. Raises Unfetched."""
    trusted = trusted or ssl.create_default_context()
    with _deadline(seconds) as deadline:
        for _ in range(MOST_REDIRECTS + 1):
            host, port, path = _parts(url, ports)
            addresses = resolve(host, port)
            if not addresses or not all(map(is_allowed, addresses)):
                raise Unfetched("private" if addresses else "no_answer")
            answer = _ask(addresses[0], host, port, path, _headers(etag, modified), trusted, deadline)
            if isinstance(answer, Fetched):
                return answer
            url = _joined(url, answer)
    raise Unfetched("redirects")


def _parts(url: str, ports: frozenset[int] = frozenset({443})) -> tuple[str, int, str]:
    """Host, port and path of an https address. Raises Unfetched."""
    try:
        parts = urlsplit(url)
        port = parts.port or 443
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except ValueError:
        raise Unfetched("address") from None
    good = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST_URL
    if not (good and parts.scheme == "https" and host and port in ports) or parts.username or parts.password:
        raise Unfetched("address")
    return host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _joined(url: str, to: str) -> str:
    try:
        return urljoin(url, to)
    except ValueError:
        raise Unfetched("address") from None


def _headers(etag: str, modified: str) -> dict[str, str]:
    conditions = {"If-None-Match": etag, "If-Modified-Since": modified}
    return {
        "Accept": "text/calendar, */*;q=0.1",
        "Accept-Encoding": "identity",
        "User-Agent": "Rendezvous",
        "Connection": "close",
    } | {name: value for name, value in conditions.items() if value}


class _Deadline:
    """Ends the connection that is open when the time is over: a server that drips is as one that is silent."""

    def __init__(self) -> None:
        self.over = False
        self.open: socket.socket | None = None

    def end(self) -> None:
        self.over = True
        if self.open is not None:
            with suppress(OSError):
                self.open.shutdown(socket.SHUT_RDWR)


@contextmanager
def _deadline(seconds: float) -> Iterator[_Deadline]:
    deadline = _Deadline()
    timer = threading.Timer(seconds, deadline.end)
    timer.daemon = True
    timer.start()
    try:
        yield deadline
    finally:
        timer.cancel()


def _ask(
    address: str, host: str, port: int, path: str, headers: dict[str, str], trusted: ssl.SSLContext, deadline: _Deadline
) -> Fetched | str:
    """What a server says: the content, or where else it is. Raises Unfetched."""
    connection = http.client.HTTPConnection(host, port)
    try:
        raw = socket.create_connection((address, port), timeout=SECONDS)
        held = trusted.wrap_socket(raw, server_hostname=host, do_handshake_on_connect=False)
        connection.sock = deadline.open = held
        if deadline.over:
            raise TimeoutError
        held.do_handshake()
        connection.request("GET", path, headers=headers)
        return _read(connection.getresponse(), deadline)
    except ssl.SSLCertVerificationError:
        raise Unfetched("certificate") from None
    except TimeoutError:
        raise Unfetched("too_slow") from None
    except (OSError, http.client.HTTPException, ValueError):
        raise Unfetched("too_slow" if deadline.over else "no_answer") from None
    finally:
        connection.close()


def _read(answer: http.client.HTTPResponse, deadline: _Deadline) -> Fetched | str:
    if answer.status in (301, 302, 303, 307, 308):
        if to := answer.getheader("Location"):
            return to
        raise Unfetched("refused")
    etag, modified = answer.getheader("ETag", "")[:200], answer.getheader("Last-Modified", "")[:100]
    if answer.status == 304:
        return Fetched(None, etag, modified)
    if answer.status in (404, 410):
        raise Unfetched("gone")
    if answer.status != 200 or answer.getheader("Content-Encoding", "identity") != "identity":
        raise Unfetched("refused")
    content = answer.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Unfetched("too_large")
    if deadline.over or answer.length:
        raise Unfetched("too_slow" if deadline.over else "no_answer")
    return Fetched(content, etag, modified)
