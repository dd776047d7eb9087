"""Codes that are derived, not stored: invitations, and the links in mails.

A code is an HMAC of the id of a row; whoever knows the id and the secret can derive it again, and no table, topic or
log line holds one. A link carries the id and the code; an invitation carries the code alone, and its row keeps the
code's digest to be found by. When the secret is rotated, what a former key made stays good for as long as that key
is kept.
"""

import base64
import hashlib
import hmac
from uuid import UUID

from chalicelib.config import config, secret_keys


def code(purpose: str, id: UUID) -> str:
    """80 bits of HMAC-SHA-256 over the purpose and the id, as 16 lower-case base32 characters; by the newest key."""
    return codes(purpose, id)[0]


def codes(purpose: str, id: UUID) -> list[str]:
    """The code as each key makes it, the newest first."""
    text = purpose.encode() + b" " + id.bytes
    macs = [hmac.new(key, text, hashlib.sha256).digest() for key in secret_keys("links")]
    return [base64.b32encode(mac[:10]).decode().lower() for mac in macs]


def code_found_by(purpose: str, id: UUID, known: bytes) -> str | None:
    """The code that has this digest, whichever key made it; None where that key is kept no more."""
    return next((code for code in codes(purpose, id) if digest(code) == known), None)


def digest(given: str) -> bytes:
    """What a code is found by; spaces, hyphens and capitals make no difference."""
    return hashlib.sha256("".join(given.split()).replace("-", "").lower().encode("utf-8", "replace")).digest()


def link(purpose: str, id: UUID) -> str:
    """The part of a mailed link that proves it was mailed: ``id.code``."""
    return f"{id.hex}.{code(purpose, id)}"


def opened(purpose: str, given: str) -> UUID | None:
    """The id in a mailed link, None if its code is none that we derive."""
    hex, _, claimed = given.partition(".")
    try:
        id = UUID(hex=hex)
    except ValueError:
        return None
    given_code = claimed.encode("utf-8", "replace")
    return id if any(hmac.compare_digest(code.encode(), given_code) for code in codes(purpose, id)) else None


def absolute(path: str) -> str:
    """A path of this site as it stands in a mail."""
    return config().site + path
