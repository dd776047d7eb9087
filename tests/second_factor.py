"""An authenticator app, made after RFC 6238 and not with what the product uses."""

import base64
import hashlib
import hmac
import struct

from tests.people import PASSWORD, Browser


def code_of(key: str, at: float | None = None) -> str:
    """The six digits that an app with that key shows at that second (default: by the application's clock)."""
    from chalicelib import clock

    step = int(clock.now().timestamp() if at is None else at) // 30
    digest = hmac.new(base64.b32decode(key), struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def switch_on(browser: Browser, password: str = PASSWORD) -> tuple[str, list[str]]:
    """Switch the second factor on: its key, and the recovery codes."""
    offer = browser.post("/api/me/second-factor", {"password": password})
    assert offer.status == 201, offer.text
    key = offer.json["key"]
    answer = browser.ask("PUT", "/api/me/second-factor", {"code": code_of(key)})
    assert answer.status == 200, answer.text
    return key, answer.json["recovery_codes"]
