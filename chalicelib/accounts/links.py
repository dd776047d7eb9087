"""Codes that are derived, not stored: invitations, and the links in mails.

A code is an HMAC of the id of a row; whoever knows the id and the secret can derive it again, and no table, topic or
log line holds one. A link carries the id and the code; an invitation carries the code alone, and its row keeps the
code's digest to be found by.
"""

import base64
import hashlib
import hmac
from uuid import UUID

from chalicelib.config import config, secret


def code(purpose: str, id: UUID) -> str:
    """80 bits of HMAC-SHA-256 over the purpose and the id, as 16 lower-case base32 characters."""
    mac = hmac.new(secret("links"), purpose.encode() + b" " + id.bytes, hashlib.sha256).digest()
    return base64.b32encode(mac[:10]).decode().lower()


def digest(given: str) -> bytes:
    """What a code is found by; spaces, hyphens and capitals make no difference."""
    return hashlib.sha256("".join(given.split()).replace("-", "").lower().encode("utf-8", "replace")).digest()


def link(purpose: str, id: UUID) -> str:
    """The part of a mailed link that proves it was mailed: ``id.code``."""
    return f"{id.hex}.{code(purpose, id)}"


def opened(purpose: str, given: str) -> UUID | None:
    """The id in a mailed link, None if its code is not the one we derive."""
    hex, _, claimed = given.partition(".")
    try:
        id = UUID(hex=hex)
    except ValueError:
        return None
    return id if hmac.compare_digest(code(purpose, id).encode(), claimed.encode("utf-8", "replace")) else None


def absolute(path: str) -> str:
    """A path of this site as it stands in a mail."""
    return config().site + path
