"""Amazon SES as far as a sender knows it: SendRawEmail, and all the ways in which it says no."""

import base64
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

TAKEN = (
    '<SendRawEmailResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><SendRawEmailResult><MessageId>{0}</MessageId>'
    "</SendRawEmailResult><ResponseMetadata><RequestId>{0}</RequestId></ResponseMetadata></SendRawEmailResponse>"
)
REFUSED = (
    '<ErrorResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><Error><Type>Sender</Type><Code>{0}</Code>'
    "<Message>{1} is not liked</Message></Error><RequestId>x</RequestId></ErrorResponse>"
)


class Ses:
    """``behaves`` maps an address to the error that SES answers with, or to seconds that it takes; ``limit`` is how many
    mails are taken before all others are throttled."""

    def __init__(self) -> None:
        self.behaves: dict[str, str | float] = {}
        self.limit = 1_000_000
        self.taken: list[tuple[str, bytes]] = []
        self.asked: Counter[str] = Counter()
        self.lock = threading.Lock()

    def answer(self, form: dict[str, list[str]]) -> tuple[int, str]:
        [address] = form["Destinations.member.1"]
        content = base64.b64decode(form["RawMessage.Data"][0])
        how = self.behaves.get(address, "")
        if isinstance(how, float):
            time.sleep(how)
        with self.lock:
            self.asked[address] += 1
            if isinstance(how, str) and how:
                return 503 if how == "ServiceUnavailable" else 400, REFUSED.format(how, address)
            if len(self.taken) >= self.limit:
                return 400, REFUSED.format("Throttling", "so much")
            self.taken.append((address, content))
        return 200, TAKEN.format(len(self.taken))

    def count(self) -> Counter[str]:
        return Counter(address for address, _ in self.taken)


@contextmanager
def listening(ses: Ses) -> Iterator[str]:
    """Serves the stub; its address, for AWS_ENDPOINT_URL_SES."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, text = ses.answer(parse_qs(body))
            self.send_response(status)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *given: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
