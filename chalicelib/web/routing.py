"""Routes: which handler answers which method of which path, and who may call it.

A handler is a plain function that names what it needs, and gets it by name:

    @routes.api("POST", "/api/availability", status=201)
    def give(db: Database, caller: Caller, body: GiveAvailability) -> dict[str, Any]: ...

``db``        the request's transaction
``transact``  in place of ``db``: runs work in transactions of its own, for what is slow between two of them
``caller``    who is logged in (``None`` where nobody need be)
``body``      what was sent, and ``query`` what stands behind the ?, converted to the type they are annotated with
``form``      what was typed into a page's form that is shown again
``now``       the present
``request``   the rest

Any other name is a part of the path.
"""

import inspect
from collections.abc import Callable
from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.web import request
from chalicelib.web.dispatch import serve
from chalicelib.web.endpoints import ANY_PERSON, ANYBODY, ENDPOINTS, Endpoint
from chalicelib.web.parameters import OPENED
from chalicelib.web.responses import Page


class Routes(Blueprint):
    """A slice's routes."""

    def api(self, method: str, path: str, *, who: str = ANY_PERSON, **more: Any) -> Callable[..., Any]:
        """A JSON endpoint.

        status    of a success (200)
        forms     also reads form-encoded bodies
        counted   counts towards requests.per_minute
        banned    what a banned person is told; None: they may call it
        by_token  whether a personal API token will do (True), or only a session
        remembered  whether an Idempotency-Key keeps the answer (True), or it holds a secret that is told once
        refusal   message -> body of 401, 403, 404, 409 and 429, where it is not problem+json
        refuses   statuses of the handler's own refusals that do not follow from the above, for the API's description
        """
        return self._add(method, path, who, more)

    def page(self, path: str, *, who: str = ANY_PERSON, **more: Any) -> Callable[..., Any]:
        """A page: the handler returns a Page or a Redirect."""
        return self._add("GET", path, who, more | {"html": True})

    def form(self, path: str, *, shows: Callable[..., Page], who: str = ANY_PERSON, **more: Any) -> Callable[..., Any]:
        """Where a page's form posts to: answered by a Redirect; refused, ``shows`` shows it again, nothing lost.

        remembered  whether a second press of its button is answered from what was kept of the first; without, nothing
                    is kept of what was sent, not even a digest, and the handler sees to it that twice is once
        """
        return self._add("POST", path, who, more | {"html": True, "forms": True, "shows": shows})

    def _add(self, method: str, path: str, who: str, more: dict[str, Any]) -> Callable[..., Any]:
        def register(handler: Callable[..., Any]) -> Callable[..., Any]:
            endpoint = Endpoint(method, path, handler, who, **more)
            if who != ANYBODY and not any(name in endpoint.takes for name in OPENED):
                raise TypeError(f"{handler.__name__} takes no database, so nobody can be told from anybody: see `who`")
            ENDPOINTS.append(endpoint)
            view = view_of(self, endpoint)
            name = f"{handler.__module__}.{handler.__name__}"
            for one in ("GET", "HEAD") if method == "GET" else (method,):
                self.route(path, methods=[one], content_types=[], name=f"{name}.{one}")(view)
            return handler

        return register


def view_of(routes: Blueprint, endpoint: Endpoint) -> Callable[..., Response]:
    """The endpoint as Chalice calls it."""

    def view(**parts: str) -> Response:
        return serve(endpoint, request.read(routes.current_request), parts)

    # Chalice reads a view's parameters from its signature and passes the parts of the path by them.
    names = [part[1:-1] for part in endpoint.path.split("/") if part.startswith("{")]
    view.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(name.rstrip("+"), inspect.Parameter.KEYWORD_ONLY) for name in names]
    )
    return view
