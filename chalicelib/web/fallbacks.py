"""What no route answers: other methods of known paths (405 and Allow), and every unknown path (404).

Deployed, API Gateway would answer a bare 403 itself.
"""

from collections.abc import Callable

from chalice.app import Blueprint, Chalice, Response

from chalicelib.database import transaction
from chalicelib.errors import MethodNotAllowed, NotFound
from chalicelib.web import auth, responses
from chalicelib.web.endpoints import ANYBODY, Endpoint
from chalicelib.web.refusals import error_page
from chalicelib.web.request import Request
from chalicelib.web.routing import Routes, view_of
from chalicelib.web.templating import show

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def register(app: Chalice) -> None:
    """Answer whatever the app's routes leave open; called once all of them are registered."""
    routes = Routes(__name__)
    for path, known in list(app.routes.items()):
        missing = [method for method in METHODS if method not in known]
        view = _method_not_allowed(routes, path, ", ".join(sorted(known)))
        routes.route(path, methods=missing, content_types=[], name=f"not_allowed{path}")(view)
    routes.route("/{proxy+}", methods=list(METHODS), content_types=[], name="not_found")(_not_found(routes))
    app.register_blueprint(routes)


def _method_not_allowed(routes: Blueprint, path: str, allowed: str) -> Callable[..., Response]:
    def refuse() -> Response:
        response = responses.as_problem(MethodNotAllowed(f"This address answers {allowed}"))
        response.headers["Allow"] = allowed
        return response

    return view_of(routes, Endpoint("", path, refuse, ANYBODY))


def _not_found(routes: Blueprint) -> Callable[..., Response]:
    def refuse(request: Request) -> Response:
        error = NotFound()
        if "text/html" in request.headers.get("accept", ""):
            transaction(lambda db: auth.enter(db, request))
            return show(request, error_page(error))
        return responses.as_problem(error)

    return view_of(routes, Endpoint("", "/{proxy+}", refuse, ANYBODY))
