"""The page on which one erases oneself."""

from datetime import datetime

from chalicelib.accounts import people
from chalicelib.database import Database, Transact
from chalicelib.home import erasure
from chalicelib.web import Form, Routes, credentials
from chalicelib.web.field_types import AnyPassword, Body
from chalicelib.web.request import Caller, Request
from chalicelib.web.responses import Page, Redirect, page

routes = Routes(__name__)


class Erase(Body):
    password: AnyPassword


@routes.page("/account/erase", banned=None)
def ask_to_erase(db: Database, caller: Caller, form: Form) -> Page:
    """What will be gone, before it is."""
    return page("home/account_erase.html", username=people.account(db, caller)["username"])


@routes.form("/account/erase", shows=ask_to_erase, banned=None)
def erase(transact: Transact, caller: Caller, body: Erase, request: Request, now: datetime) -> Redirect:
    erasure.erase(transact, caller, body.password, request.address, now)
    return Redirect("/?done=erased", credentials.logged_out())
