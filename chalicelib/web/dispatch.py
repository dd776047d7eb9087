"""A request's way: who is it, may they, what did they send, the handler in one transaction, the answer or a refusal."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from chalice.app import Response

from chalicelib import logs
from chalicelib.config import config
from chalicelib.database import Database, Transact, transaction
from chalicelib.errors import UserError
from chalicelib.web import auth, csrf, idempotency, rate_limits, refusals, responses, urls
from chalicelib.web.endpoints import ANY_PERSON, ANYBODY, Endpoint
from chalicelib.web.parameters import arguments
from chalicelib.web.request import Request
from chalicelib.web.responses import Answer, Page, Redirect
from chalicelib.web.templating import show

log = logging.getLogger(__name__)
OUR_FAULT = "Something went wrong on our side. Nothing was changed"


def serve(endpoint: Endpoint, request: Request, parts: Mapping[str, str]) -> Response:
    """Answer a request: what the handler says, or what went wrong, with the headers that stand on every answer."""
    started = time.perf_counter()
    urls.prefix.set(request.prefix)
    try:
        response = _carry_out(endpoint, request, parts)
    except UserError as error:
        _note_denial(endpoint, request, error)
        response = refusals.refuse(endpoint, request, parts, error)
    except Exception:
        log.exception("unexpected error", extra={"request_id": request.id, "route": endpoint.path})
        response = refusals.refuse(endpoint, request, parts, UserError(OUR_FAULT))
    if request.method == "HEAD":
        response.body = ""
    logs.request(
        request_id=request.id,
        method=request.method,
        route=endpoint.path,
        status=response.status_code,
        ms=round((time.perf_counter() - started) * 1000, 1),
    )
    return responses.secured(response, config().live, config().sockets_url)


def _note_denial(endpoint: Endpoint, request: Request, error: UserError) -> None:
    """Whoever asks for what is not for them stands in the security log."""
    unseen = error.status == 404 and endpoint.who not in (ANYBODY, ANY_PERSON)
    if request.caller and (error.status == 403 or unseen):
        logs.security("denied", request.caller.id, request_id=request.id, route=endpoint.path, status=error.status)


def _carry_out(endpoint: Endpoint, request: Request, parts: Mapping[str, str]) -> Any:
    auth.identify(request, page=endpoint.html)
    csrf.refuse_other_sites(request)
    if endpoint.counted:
        rate_limits.count(endpoint, request)
    transact = _entered(endpoint, request)
    if "db" in endpoint.takes:
        return transact(lambda db: _once(db, endpoint, request, lambda: _handle(endpoint, request, parts, db=db)))
    if "transact" in endpoint.takes:
        # Whether they may is asked before what they sent is read.
        transact(lambda db: None if request.is_safe else idempotency.forget_press(db, request))
        return _handle(endpoint, request, parts, transact=transact)
    return _handle(endpoint, request, parts)


def _entered(endpoint: Endpoint, request: Request) -> Transact:
    """Runs work in a transaction in which the caller is known, and may call this endpoint."""

    def transact(work: Callable[[Database], Any]) -> Any:
        def enter_and_work(db: Database) -> Any:
            auth.enter(db, request)
            auth.permit(db, endpoint, request)
            return work(db)

        return transaction(enter_and_work)

    return transact


def _once(db: Database, endpoint: Endpoint, request: Request, handle: Callable[[], Response]) -> Response:
    if endpoint.html and endpoint.method == "POST" and endpoint.remembered:
        return idempotency.once_of_form(db, request, handle)
    response = idempotency.once(db, request, handle) if endpoint.keeps_answer else handle()
    if not request.is_safe:
        idempotency.forget_press(db, request)
    return response


def _handle(endpoint: Endpoint, request: Request, parts: Mapping[str, str], **database: Any) -> Response:
    return _respond(endpoint, request, endpoint.handler(**database, **arguments(endpoint, request, parts)))


def _respond(endpoint: Endpoint, request: Request, result: Any) -> Response:
    match result:
        case Response():
            return result
        case Page():
            return show(request, result)
        case Redirect():
            return Response("", status_code=303, headers={"Location": urls.url(result.path), **result.headers})
        case Answer():
            return responses.as_json(result.body, result.status, result.headers)
    return Response("", status_code=204) if endpoint.status == 204 else responses.as_json(result, endpoint.status)
