"""The same POST sent twice is carried out once and answered twice: by its Idempotency-Key, or by a form's own key.

The key is tried with an advisory lock (not got: the first is still under way) and stored with the answer and a
digest of the request in the same transaction, so a refusal or a crash leaves nothing behind.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from chalice.app import Response

from chalicelib.database import Database
from chalicelib.errors import BadRequest, Conflict, Invalid
from chalicelib.web import csrf, parsing
from chalicelib.web.request import Request

HEADER = "idempotency-key"
PRESSED_FOR = timedelta(seconds=10)
"""How long after a button was pressed it can have been meant as the same press."""


def once_of_form(db: Database, request: Request, carry_out: Callable[[], Response]) -> Response:
    """Carry out a page's form, or lead where it led if its button was pressed twice: the second waits for the first.

    What was changed in the form meanwhile makes it another one. Where it led is kept for seconds, and until the person
    does anything else: what undid the first press makes the second a new one.
    """
    keys = _keys_of_form(request.body)
    if len(keys) != 1 or request.caller is None:
        return carry_out()
    press = _digest(request)
    db.run("SELECT pg_advisory_xact_lock(hashtextextended(%(lock)s, 0))", lock=f"{request.caller.id} {press.hex()}")
    led_to = db.value(
        "SELECT location FROM pressed_form WHERE person_id = me() AND press = %(press)s AND at > %(since)s",
        press=press,
        since=request.now - PRESSED_FOR,
    )
    if led_to:
        return Response("", status_code=303, headers={"Location": led_to})
    response = carry_out()
    _remember_press(db, request, press, response)
    return response


def forget_press(db: Database, request: Request) -> None:
    """The person did something else: pressing the last form's button again is a new press."""
    if request.pressed:
        db.run("DELETE FROM pressed_form WHERE person_id = me()")


def _remember_press(db: Database, request: Request, press: bytes, response: Response) -> None:
    """Only where a form led, never what else it was answered: a cookie may be a secret."""
    if response.status_code != 303 or response.headers.keys() != {"Location"}:
        forget_press(db, request)
        return
    db.run(
        "INSERT INTO pressed_form (person_id, press, location, at) VALUES (me(), %(press)s, %(location)s, %(now)s)"
        " ON CONFLICT (person_id) DO UPDATE SET press = excluded.press, location = excluded.location, at = excluded.at",
        press=press,
        location=response.headers["Location"],
        now=request.now,
    )


def _keys_of_form(body: str) -> list[str]:
    try:
        return [value for name, value in parsing.read_pairs(body) if name == csrf.ONCE_FIELD]
    except BadRequest:  # it is refused where it is read
        return []


def once(db: Database, request: Request, carry_out: Callable[[], Response]) -> Response:
    """Carry out the request, or answer it as it was answered before. Raises Conflict, Invalid."""
    key = request.headers.get(HEADER)
    if key is None or request.caller is None:
        return carry_out()
    if not 1 <= len(key) <= 255 or not key.isprintable():
        raise Invalid.field("Idempotency-Key", "must have 1 to 255 printable characters")
    person = request.caller.id
    lock = f"{person} {key}"
    if not db.value("SELECT pg_try_advisory_xact_lock(hashtextextended(%(lock)s, 0))", lock=lock):
        raise Conflict("A request with this Idempotency-Key is still under way")
    digest = _digest(request)
    known = _known(db, person, key)
    if known is None:
        return _carried_out(db, request, key, digest, carry_out)
    if bytes(known.request) != digest:
        raise Invalid.field("Idempotency-Key", "was used for another request")
    return _answered(known)


def _digest(request: Request) -> bytes:
    return hashlib.sha256("\0".join((request.method, request.path, request.body)).encode("utf-8", "replace")).digest()


def _known(db: Database, person: UUID, key: str) -> Any | None:
    return db.row(
        "SELECT request, status, headers, body FROM idempotency WHERE person_id = %(person)s AND key = %(key)s",
        person=person,
        key=key,
    )


def _answered(known: Any) -> Response:
    return Response(known.body, status_code=known.status, headers=dict(known.headers))


def _carried_out(
    db: Database, request: Request, key: str, digest: bytes, carry_out: Callable[[], Response]
) -> Response:
    assert request.caller is not None
    response = carry_out()
    if "Set-Cookie" in response.headers:  # a secret is answered once
        return response
    db.many(
        "INSERT INTO idempotency (person_id, key, request, status, headers, body, at) VALUES %s",
        [
            (
                request.caller.id,
                key,
                digest,
                response.status_code,
                json.dumps(response.headers),
                response.body,
                request.now,
            )
        ],
    )
    return response
