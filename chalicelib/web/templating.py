"""Pages from templates: each slice has a folder ``templates``; ``lunch/event.html`` is lunch's ``event.html``.

Jinja2 is imported when the first page is asked for: the API does without it.
"""

import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalice.app import Response

from chalicelib import rules
from chalicelib.config import config
from chalicelib.web import assets, csrf, formats
from chalicelib.web.request import Request
from chalicelib.web.responses import Form, Page
from chalicelib.web.urls import url

if TYPE_CHECKING:
    from jinja2 import Environment

SLICES = Path(__file__).parent.parent

FILTERS: dict[str, Callable[..., Any]] = {
    "local": formats.local,
    "day": formats.day,
    "listed": formats.listed,
    "days_of_week": formats.days_of_week,
    "weekdays": formats.weekdays,
    "month_name": lambda at: f"{at:%B}",
    "short_day": lambda at: f"{at.day} {at:%b}",
    "week": lambda day: f"{day:%G-W%V}",
    "clock": formats.clock_time,
    "end_clock": formats.end_clock,
    "span": formats.span,
    "days_or_span": formats.days_or_span,
    "able_to_show": formats.able_to_show,
    "before_dot": lambda name: name.partition(".")[0],
    "moment": formats.moment,
    "place_of_call": formats.place_of_call,
}
"""What templates write times, names and lists with."""


@cache
def environment() -> "Environment":
    """The templates, compiled once a process. An unknown name in a template is an error, not an empty space."""
    from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined, select_autoescape

    folders = {folder.parent.name: FileSystemLoader(folder) for folder in SLICES.glob("*/templates")}
    found = Environment(
        loader=PrefixLoader(folders),
        # Text is text: a mail says O'Neil, not O&#39;Neil.
        autoescape=select_autoescape(disabled_extensions=("txt",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found.globals |= {
        "timedelta": timedelta,
        "dated": lambda days: [(one.isoformat(), formats.day(one)) for one in days],
    }
    found.filters |= FILTERS
    return found


def render(template: str, values: dict[str, Any]) -> str:
    """The page as HTML."""
    return environment().get_template(template).render({"labelled": {}, "me": values.get("caller")} | values)


def show(request: Request, page: Page) -> Response:
    """The page as a response, with what every page knows: who is there, where one is, its CSRF token, links."""
    values = {
        "caller": request.caller,
        "path": request.path,
        "now": request.now,
        "once": secrets.token_urlsafe(9),
        "csrf": csrf.token(request) if request.caller else "",
        "url": url,
        "static": lambda name: url(assets.path(name)),
        "form": Form(),
        "rules": rules,
        "stage": config().stage,
        "live": bool(config().sockets_url),
    }
    return Response(
        render(page.template, values | page.values),
        status_code=page.status,
        headers={"Content-Type": "text/html; charset=utf-8", **page.headers},
    )
