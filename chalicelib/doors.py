"""What the routes leave open is closed here: other methods on known paths, and every unknown path."""

from collections.abc import Callable

from chalice.app import Blueprint, Chalice, Response

from chalicelib import answers, callers
from chalicelib.answers import Page
from chalicelib.callers import Request
from chalicelib.database import transaction
from chalicelib.endpoints import ANYBODY, Endpoint
from chalicelib.errors import NotFound, Told
from chalicelib.web import Routes, show, view_of

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def close(app: Chalice) -> None:
    """Answer, on every known path, the methods it does not know (405 and Allow), and every unknown path (404).

    Deployed, API Gateway would answer a bare 403 itself.
    """
    routes = Routes(__name__)
    for path, known in list(app.routes.items()):
        allowed = ", ".join(sorted(known))
        missing = [method for method in METHODS if method not in known]
        routes.route(path, methods=missing, content_types=[], name=f"closed{path}")(_closed(routes, path, allowed))
    routes.route("/{proxy+}", methods=list(METHODS), content_types=[], name="nothing_here")(_nothing_here(routes))
    app.register_blueprint(routes)


def _closed(routes: Blueprint, path: str, allowed: str) -> Callable[..., Response]:
    def refuse() -> Response:
        told = Told(f"This address answers {allowed}")
        told.status, told.title = 405, "Method not allowed"
        response = answers.as_problem(told)
        response.headers["Allow"] = allowed
        return response

    endpoint = Endpoint("", path, refuse, ANYBODY, {})
    return view_of(routes, endpoint, path)


def _nothing_here(routes: Blueprint) -> Callable[..., Response]:
    def refuse(request: Request) -> Response:
        told = NotFound()
        if "text/html" in request.headers.get("accept", ""):
            transaction(lambda db: callers.enter(db, request))
            return show(request, Page("error.html", {"told": told}, told.status))
        return answers.as_problem(told)

    return view_of(routes, Endpoint("", "/{proxy+}", refuse, ANYBODY, {"request": Request}), "/{proxy+}")
