"""Routes: who may call, one transaction, CSRF, JSON or HTML, errors to responses.

A handler is a plain function that names what it needs; web.py passes it by name:

    @routes.api("POST", "/api/availability", status=201)
    def give(db: Database, caller: Caller, body: GiveAvailability) -> dict[str, Any]: ...

``db`` the request's transaction (without it the handler opens its own), ``caller`` who is logged in, ``body`` and
``query`` converted to the type they are annotated with, ``now`` the present, ``request`` the rest, ``form`` what was
typed into a page's form that is shown again, ``transact`` (in place of ``db``) runs work in a transaction of its own
that the caller may enter, for what is slow between two of them, and any other name a part of the path.
"""

import inspect
import logging
import secrets
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from chalice.app import Blueprint, Response

from chalicelib import answers, assets, callers, clock, idempotency, kept_forms, logs, rules
from chalicelib.answers import Answer, Page, Redirect
from chalicelib.callers import Request
from chalicelib.config import config
from chalicelib.database import Database, Transact, transaction
from chalicelib.endpoints import ANY_PERSON, ANYBODY, ENDPOINTS, Endpoint, Form, arguments, permit, read_query, takes
from chalicelib.errors import Abuse, NotLoggedIn, Told

__all__ = ["ANYBODY", "ANY_PERSON", "ENDPOINTS", "Endpoint", "Form", "Routes", "url"]

log = logging.getLogger(__name__)
_prefix: ContextVar[str] = ContextVar("prefix", default="")


class Routes(Blueprint):
    """A slice's routes."""

    def api(self, method: str, path: str, *, who: str = ANY_PERSON, **more: Any) -> Callable[..., Any]:
        """A JSON endpoint.

        status    of a success (200)
        forms     also reads form-encoded bodies
        counted   counts towards requests.per_minute
        banned    what a banned person is told; None: he may call it
        by_token  whether a personal API token will do (True), or only a session
        refusal   message -> body of 401, 403, 404, 409 and 429, where it is not problem+json
        refuses   statuses of the handler's own refusals that do not follow from the above, for the API's description
        """
        return self._add(method, path, who, more)

    def page(self, path: str, *, who: str = ANY_PERSON, **more: Any) -> Callable[..., Any]:
        """A page: the handler returns a Page or a Redirect."""
        return self._add("GET", path, who, more | {"html": True})

    def form(self, path: str, *, shows: Callable[..., Page], who: str = ANY_PERSON, **more: Any) -> Callable[..., Any]:
        """Where a page's form posts to: answered by a Redirect; refused, ``shows`` shows it again, nothing lost."""
        return self._add("POST", path, who, more | {"html": True, "forms": True, "shows": shows})

    def _add(self, method: str, path: str, who: str, more: dict[str, Any]) -> Callable[..., Any]:
        def register(handler: Callable[..., Any]) -> Callable[..., Any]:
            endpoint = Endpoint(method, path, handler, who, takes(handler), **more)
            ENDPOINTS.append(endpoint)
            view = view_of(self, endpoint, path)
            name = f"{handler.__module__}.{handler.__name__}"
            for one in ("GET", "HEAD") if method == "GET" else (method,):
                self.route(path, methods=[one], content_types=[], name=f"{name}.{one}")(view)
            return handler

        return register


def view_of(routes: Blueprint, endpoint: Endpoint, path: str) -> Callable[..., Response]:
    def view(**parts: str) -> Response:
        return serve(endpoint, read_request(routes.current_request), parts)

    # Chalice reads a view's parameters from its signature and passes the parts of the path by them.
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    view.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(name.rstrip("+"), inspect.Parameter.KEYWORD_ONLY) for name in names]
    )
    return view


def read_request(given: Any) -> Request:
    """Chalice's request as ours."""
    event = given.to_original_event()
    context = event["requestContext"]
    path = event.get("path") or context["resourcePath"]
    whole = context.get("path") or path
    return Request(
        method=given.method,
        path=path,
        resource=context["resourcePath"],
        headers=given.headers,
        query=[
            (name, value)
            for name, values in (event.get("multiValueQueryStringParameters") or {}).items()
            for value in values
        ],
        body=given.raw_body.decode("utf-8", "replace"),
        address=context["identity"]["sourceIp"],
        now=clock.now(),
        prefix=whole[: -len(path)] if whole.endswith(path) else "",
        id=context.get("requestId") or str(uuid4()),
    )


def url(path: str) -> str:
    """A path of this site as a link: with the stage's prefix where API Gateway has put one in front."""
    return _prefix.get() + path


def serve(endpoint: Endpoint, request: Request, parts: dict[str, str]) -> Response:
    """Answer a request: what the handler says, or what went wrong, with the headers that stand on every answer."""
    started = time.perf_counter()
    _prefix.set(request.prefix)
    callers.identify(request, page=endpoint.html)
    try:
        callers.refuse_other_sites(request)
        if endpoint.counted:
            _count(endpoint, request)
        response = _carry_out(endpoint, request, parts)
    except Told as told:
        response = _refusal(endpoint, request, parts, told)
    except Exception:
        log.exception("unexpected error", extra={"request_id": request.id, "route": endpoint.path})
        response = _refusal(endpoint, request, parts, Told("Something went wrong on our side. Nothing was changed"))
    if request.method == "HEAD":
        response.body = ""
    logs.request(
        request_id=request.id,
        method=request.method,
        route=endpoint.path,
        status=response.status_code,
        ms=round((time.perf_counter() - started) * 1000, 1),
    )
    return answers.secured(response, config().live)


def _count(endpoint: Endpoint, request: Request) -> None:
    """Count towards requests.per_minute, in a transaction of its own that no refusal undoes. Raises Abuse."""

    def tally(db: Database) -> Any:
        callers.enter(db, request)
        if request.caller is None:
            return None, 0
        read_query(endpoint, request)  # what cannot be read is refused and counts towards nothing
        # A limit lost with a crashed server is a second of grace, and not worth waiting for the disk.
        db.run("SET LOCAL synchronous_commit = off")
        who = callers.hashed(request.caller.id.bytes)
        return db.row("SELECT * FROM tally('requests', %(who)s, 60, %(now)s)", who=who, now=request.now), rules.read(
            db
        )["requests.per_minute"]

    counted, limit = transaction(tally)
    if counted and counted.count > limit:
        wait = (counted.until - request.now).total_seconds()
        raise Abuse("You are abusing the system", retry_after=max(1, int(wait) + 1))


def _carry_out(endpoint: Endpoint, request: Request, parts: dict[str, str]) -> Response:
    if "transact" in endpoint.takes:
        transact = _entering(endpoint, request)
        transact(lambda db: None)  # who is there is asked before what was sent
        return _respond(endpoint, request, endpoint.handler(transact=transact, **arguments(endpoint, request, parts)))
    if "db" not in endpoint.takes:
        return _respond(endpoint, request, endpoint.handler(**arguments(endpoint, request, parts)))

    def work(db: Database) -> Response:
        callers.enter(db, request)
        permit(endpoint, request)

        def handle() -> Response:
            given = arguments(endpoint, request, parts)
            return _respond(endpoint, request, endpoint.handler(db=db, **given))

        if endpoint.method == "POST" and endpoint.path.startswith("/api/"):
            return idempotency.once(db, request, handle)
        if endpoint.method == "POST" and endpoint.html:
            return idempotency.once_of_form(db, request, handle)
        return handle()

    return transaction(work)


def _entering(endpoint: Endpoint, request: Request) -> Transact:
    def transact(work: Callable[[Database], Any]) -> Any:
        def entered(db: Database) -> Any:
            callers.enter(db, request)
            permit(endpoint, request)
            return work(db)

        return transaction(entered)

    return transact


def _respond(endpoint: Endpoint, request: Request, result: Any) -> Response:
    if isinstance(result, Response):
        return result
    if isinstance(result, Page):
        return show(request, result)
    if isinstance(result, Redirect):
        return Response("", status_code=303, headers={"Location": url(result.path), **result.headers})
    if isinstance(result, Answer):
        return answers.as_json(result.body, result.status, result.headers)
    if endpoint.status == 204:
        return Response("", status_code=204)
    return answers.as_json(result, endpoint.status)


def show(request: Request, page: Page) -> Response:
    """The page as a response, with what every page knows: who is there, where one is, its CSRF token, links."""
    from chalicelib.rendering import render

    values = {
        "caller": request.caller,
        "path": request.path,
        "now": request.now,
        "once": secrets.token_urlsafe(9),
        "csrf": callers.csrf_token(request) if request.caller else "",
        "url": url,
        "static": lambda name: url(assets.path(name)),
        "form": Form(),
        "rules": rules,
        "stage": config().stage,
    }
    return Response(
        render(page.template, values | page.values),
        status_code=page.status,
        headers={"Content-Type": "text/html; charset=utf-8", **page.headers},
    )


def _refusal(endpoint: Endpoint, request: Request, parts: dict[str, str], told: Told) -> Response:
    if not endpoint.html:
        if endpoint.refusal and told.status in (401, 403, 404, 409, 429):
            return answers.as_json(endpoint.refusal(told.message), told.status, answers.retry_after(told))
        return answers.as_problem(told)
    if isinstance(told, NotLoggedIn) and endpoint.who != ANYBODY:
        return _to_login(endpoint, request, parts)
    if endpoint.shows and request.typed and told.status in (401, 403, 409, 422, 429):
        try:
            return _show_again(endpoint, request, parts, told)
        except Told as other:  # the form's page is not there for the caller
            told = other
    return show(request, Page("error.html", {"told": told}, told.status, {**answers.retry_after(told)}))


def _to_login(endpoint: Endpoint, request: Request, parts: dict[str, str]) -> Response:
    """To the login, and from there to the page that was asked for; a form that was sent is kept until then."""
    shown = next((e.path for e in ENDPOINTS if endpoint.shows and e.handler is endpoint.shows), None)
    place = request.path if shown is None else shown.format(**parts)
    if kept := kept_forms.pack(request.path, request.body) if endpoint.shows else "":
        return show(request, Page("login.html", {"next": place, "kept": kept, "done": None}, 401))
    return Response("", status_code=303, headers={"Location": url("/login?next=" + quote(place, safe="/"))})


def _show_again(endpoint: Endpoint, request: Request, parts: dict[str, str], told: Told) -> Response:
    """The page whose form was refused, with what was typed and what is wrong: 422, or the refusal's own 401."""
    assert endpoint.shows is not None
    handler = endpoint.shows
    form = Form(request.typed, told.fields, told.message)
    page_of_it = next(e for e in ENDPOINTS if e.handler is handler)

    def work(db: Database) -> Response:
        callers.enter(db, request)
        given = arguments(page_of_it, request, parts)
        if "form" in given:
            given["form"] = form
        page = handler(db=db, **given) if "db" in page_of_it.takes else handler(**given)
        page.values["form"] = form
        page.status = told.status if told.status in (401, 403, 429) else 422
        return show(request, page)

    return transaction(work)
