"""Endpoints: one method of one path each, who may call it, what its handler takes, how it answers."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_type_hints

from chalicelib.web.responses import Page

ANYBODY = "anybody"
ANY_PERSON = "any person"


@dataclass(frozen=True)
class Endpoint:
    """One method of one path. ``takes`` are the handler's parameters, by name, with their types."""

    method: str
    path: str
    handler: Callable[..., Any]
    who: str
    status: int = 200
    html: bool = False
    forms: bool = False
    counted: bool = False
    banned: str | None = "You are banned"
    by_token: bool = True
    refusal: Callable[[str], Any] | None = None
    refuses: tuple[int, ...] = ()
    shows: Callable[..., Page] | None = None
    remembered: bool = True

    @cached_property
    def takes(self) -> dict[str, Any]:
        hints = get_type_hints(self.handler, include_extras=True)
        return {name: hints.get(name, str) for name in inspect.signature(self.handler).parameters}

    @property
    def below_api(self) -> bool:
        return self.path.startswith("/api/")

    @property
    def keeps_answer(self) -> bool:
        """Whether a request that is sent again under its Idempotency-Key is answered from what was kept. What answers with
        a secret keeps nothing: it takes no ``db``, or is not ``remembered``."""
        return self.method == "POST" and self.below_api and self.remembered and "db" in self.takes


ENDPOINTS: list[Endpoint] = []
"""Every endpoint there is, for the API's description and for the table of who may open what."""


def page_of(handler: Callable[..., Any]) -> Endpoint:
    """The endpoint that this handler answers."""
    return next(endpoint for endpoint in ENDPOINTS if endpoint.handler is handler)
