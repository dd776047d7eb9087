"""A server on loopback that speaks TLS and behaves as badly as it is told to."""

import datetime
import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "calendar.example.org"
Answer = Callable[[BaseHTTPRequestHandler], None]


def certificate(folder: Path) -> Path:
    """A certificate of HOST that signs itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    begins = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + datetime.timedelta(days=3650))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(HOST), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "calendar.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


class Hostile(ThreadingHTTPServer):
    """``answers`` has what to do for each path; ``asked`` what was asked for, with its headers."""

    daemon_threads = True
    answers: dict[str, Answer]
    asked: list[tuple[str, dict[str, str]]]
    patience: threading.Event

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever hangs up on it is no news."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server: Any = self.server
        server.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        server.answers[self.path](self)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serving(pem: Path) -> Iterator[Hostile]:
    server = Hostile(("127.0.0.1", 0), Handler)
    server.answers, server.asked, server.patience = {}, [], threading.Event()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.patience.set()
        server.shutdown()
        server.server_close()


def content(text: bytes, status: int = 200, **headers: str) -> Answer:
    """Answers with that."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    return answer


def redirect(to: str, status: int = 302) -> Answer:
    return content(b"", status, Location=to)


def endless(handler: BaseHTTPRequestHandler) -> None:
    """Never ends: as fast as it can."""
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"X" * 65536)


def dripping(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then, for ever."""
    server: Any = handler.server
    handler.send_response(200)
    handler.end_headers()
    while not server.patience.wait(0.1):
        handler.wfile.write(b"X")


def dripping_headers(handler: BaseHTTPRequestHandler) -> None:
    server: Any = handler.server
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not server.patience.wait(0.1):
        handler.wfile.write(b"X")


def silent(handler: BaseHTTPRequestHandler) -> None:
    server: Any = handler.server
    server.patience.wait(60)


def cut(handler: BaseHTTPRequestHandler) -> None:
    """Promises more than it gives."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"BEGIN:VCALENDAR")
    handler.close_connection = True


def chunks_for_ever(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    while True:
        handler.wfile.write(b"10000\r\n" + b"X" * 65536 + b"\r\n")


def noise(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"\x00\x01\x02 this is no HTTP\r\n\r\n")
    handler.close_connection = True
