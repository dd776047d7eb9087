"""A refusal as a response: problem+json, a route's own form, the page whose form was refused, or the login."""

from collections.abc import Mapping
from urllib.parse import quote

from chalice.app import Response

from chalicelib import rules
from chalicelib.database import Database, transaction
from chalicelib.errors import NotLoggedIn, ProofNeeded, SecondFactorNeeded, UserError
from chalicelib.web import auth, responses, saved_forms
from chalicelib.web.endpoints import ANYBODY, Endpoint, page_of
from chalicelib.web.parameters import arguments
from chalicelib.web.request import Request
from chalicelib.web.responses import Form, Page
from chalicelib.web.templating import show
from chalicelib.web.urls import url


def refuse(endpoint: Endpoint, request: Request, parts: Mapping[str, str], error: UserError) -> Response:
    """What a caller is answered whose request was refused."""
    if not endpoint.html:
        if endpoint.refusal and error.status in (401, 403, 404, 409, 429):
            return responses.as_json(endpoint.refusal(error.message), error.status, responses.retry_after(error))
        return responses.as_problem(error)
    _say_in_words(error)
    if isinstance(error, NotLoggedIn) and endpoint.who != ANYBODY:
        return _to_login(endpoint, request, parts)
    if isinstance(error, SecondFactorNeeded):
        return Response("", status_code=303, headers={"Location": url("/account/second-factor?done=needed")})
    if isinstance(error, ProofNeeded):
        return _to_proof(endpoint, request, parts)
    if endpoint.shows and request.typed and error.status in (401, 403, 409, 422, 429):
        try:
            return _show_again(endpoint, request, parts, error)
        except UserError as other:  # the form's page is not there for the caller
            error = other
            _say_in_words(error)
    return show(request, error_page(error))


def _say_in_words(error: UserError) -> None:
    """Programs are told the name of the rule that refused them, people what it means."""
    error.message = rules.in_words(error.message)
    error.fields = {name: rules.in_words(said) for name, said in error.fields.items()}


def error_page(error: UserError) -> Page:
    """The page that says what went wrong."""
    return Page("web/error.html", {"error": error}, error.status, {**responses.retry_after(error)})


def _to_login(endpoint: Endpoint, request: Request, parts: Mapping[str, str]) -> Response:
    """To the login, and from there to the page that was asked for; a form that was sent is kept until then."""
    place = page_of(endpoint.shows).path.format(**parts) if endpoint.shows else request.path
    if saved := saved_forms.pack(request.path, request.body) if endpoint.shows else "":
        return show(request, Page("home/login.html", {"next": place, "kept": saved, "done": None, "username": ""}, 401))
    return Response("", status_code=303, headers={"Location": url("/login?next=" + quote(place, safe="/"))})


def _to_proof(endpoint: Endpoint, request: Request, parts: Mapping[str, str]) -> Response:
    """To the second factor, and from there back to the form that was sent, which is kept until then."""
    place = page_of(endpoint.shows).path.format(**parts) if endpoint.shows else request.path
    values = {"next": place, "kept": saved_forms.pack(request.path, request.body), "done": None}
    return show(request, Page("home/second_factor_proof.html", values, 403))


def _show_again(endpoint: Endpoint, request: Request, parts: Mapping[str, str], error: UserError) -> Response:
    """The page whose form was refused, with what was typed and what is wrong: 422, or the refusal's own 401."""
    assert endpoint.shows is not None
    form = Form(request.typed, error.fields, error.message)
    shown = page_of(endpoint.shows)

    def work(db: Database) -> Response:
        auth.enter(db, request)
        given = arguments(shown, request, parts)
        if "form" in given:
            given["form"] = form
        page = shown.handler(db=db, **given) if "db" in shown.takes else shown.handler(**given)
        page.values["form"] = form
        page.status = error.status if error.status in (401, 403, 429) else 422
        return show(request, page)

    return transaction(work)
