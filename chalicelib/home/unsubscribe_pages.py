"""Where the link in a mail leads: no more mails of that kind. It needs no login, and mail programs may use it alone
(RFC 8058): by a POST, because they read every link before a person does."""

from typing import Any

from chalicelib.accounts import refused_mails
from chalicelib.database import Database
from chalicelib.errors import NotFound
from chalicelib.notifications import kinds
from chalicelib.web import ANYBODY, Form, Routes
from chalicelib.web.field_types import Body, Line
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)


class Done(Body):
    done: Line = ""


class Unsubscribe(Body, rename={"one_click": "List-Unsubscribe"}):
    one_click: Line = ""


@routes.page("/unsubscribe/{token}", who=ANYBODY, banned=None)
def ask(db: Database, token: str, form: Form, query: Done) -> Page:
    kind = _opened(db, token).kind
    return page("home/unsubscribe.html", token=token, kind=kinds.KINDS[kind], done=bool(query.done))


@routes.form("/unsubscribe/{token}", who=ANYBODY, banned=None, shows=ask)
def unsubscribe(db: Database, token: str, body: Unsubscribe) -> Any:
    link = _opened(db, token)
    if not refused_mails.refuse(db, link):
        raise NotFound
    if body.one_click:
        # RFC 8058, 3.1: a program's request is not answered by a redirect.
        return page("home/unsubscribe.html", token=token, kind=kinds.KINDS[link.kind], done=True)
    return Redirect(f"/unsubscribe/{token}?done=1")


def _opened(db: Database, token: str) -> refused_mails.Link:
    link = refused_mails.opened(db, token)
    if link is None or link.kind not in kinds.KINDS:
        raise NotFound
    return link
