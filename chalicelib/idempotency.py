"""Idempotency-Key: the same POST sent twice is carried out once and answered twice.

The key is tried with an advisory lock (not got: the first is still under way) and stored with the answer and a
digest of the request in the same transaction, so a refusal or a crash leaves nothing behind.
"""

import hashlib
import json
from collections.abc import Callable

from chalice.app import Response

from chalicelib.callers import Request
from chalicelib.database import Database
from chalicelib.errors import Invalid, Refused

HEADER = "idempotency-key"


def once(db: Database, request: Request, carry_out: Callable[[], Response]) -> Response:
    """Carry out the request, or answer it as it was answered before. Raises Refused, Invalid."""
    key = request.headers.get(HEADER)
    if key is None or request.caller is None:
        return carry_out()
    if not 1 <= len(key) <= 255 or not key.isprintable():
        raise Invalid.field("Idempotency-Key", "must have 1 to 255 printable characters")
    person = request.caller.id
    lock = f"{person} {key}"
    if not db.value("SELECT pg_try_advisory_xact_lock(hashtextextended(%(lock)s, 0))", lock=lock):
        raise Refused("A request with this Idempotency-Key is still under way")
    digest = hashlib.sha256("\0".join((request.method, request.path, request.body)).encode("utf-8", "replace")).digest()
    known = db.row(
        "SELECT request, status, headers, body FROM idempotency WHERE person_id = %(person)s AND key = %(key)s",
        person=person,
        key=key,
    )
    if known:
        if bytes(known.request) != digest:
            raise Invalid.field("Idempotency-Key", "was used for another request")
        return Response(known.body, status_code=known.status, headers=dict(known.headers))
    response = carry_out()
    db.many(
        "INSERT INTO idempotency (person_id, key, request, status, headers, body, at) VALUES %s",
        [(person, key, digest, response.status_code, json.dumps(response.headers), response.body, request.now)],
    )
    return response
