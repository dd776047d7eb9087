"""Who the tests are about: browsers, and the people who use them."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode

from chalicelib import clock

ADDRESS = "203.0.113.7"
HOST = "rendezvous.test"
PASSWORD = "correct horse battery"


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), "")


@cache
def _gateway() -> Any:
    from app import app
    from infra.local.gateway import per_thread
    from infra.local.routes import Routes

    return per_thread(app), Routes(app.routes)


def invoke(method: str, target: str, headers: dict[str, str], body: bytes, address: str = ADDRESS) -> Answer:
    """One request through the handlers, as API Gateway would make it."""
    from chalice.local import LambdaContext

    from infra.local import events

    app, routes = _gateway()
    match = routes.match(target.partition("?")[0])
    assert match is not None, f"no route for {target}"
    event = events.http(
        method, target, match.resource, match.parameters, list(headers.items()), body, address, clock.now()
    )
    answer = app(event, LambdaContext("test", memory_size=512, max_runtime_ms=30_000))
    found = {name: str(value) for name, value in (answer.get("headers") or {}).items()}
    found |= {name: str(values[-1]) for name, values in (answer.get("multiValueHeaders") or {}).items()}
    return Answer(answer["statusCode"], found, answer.get("body") or "")


@dataclass
class Browser:
    """Keeps a cookie and sends its own site's Origin, as a browser does."""

    cookie: str = ""
    address: str = ADDRESS
    headers: dict[str, str] = field(default_factory=dict)

    def ask(
        self, method: str, target: str, body: Any = None, *, kind: str = "json", headers: dict[str, str] | None = None
    ) -> Answer:
        """A request; ``kind`` json, form or raw (bytes as they are)."""
        sent = {"Host": HOST, "Accept": "*/*"} | self.headers
        if method not in ("GET", "HEAD"):
            sent["Origin"] = f"https://{HOST}"
        content = b""
        if body is not None:
            if kind == "json":
                content, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
            elif kind == "form":
                content, sent["Content-Type"] = (
                    urlencode(body, doseq=True).encode(),
                    "application/x-www-form-urlencoded",
                )
            else:
                content = body
        if self.cookie:
            sent["Cookie"] = f"session={self.cookie}"
        sent |= headers or {}
        answer = invoke(method, target, {name: value for name, value in sent.items() if value}, content, self.address)
        given = answer.header("set-cookie")
        if given.startswith("session="):
            self.cookie = given.partition("=")[2].partition(";")[0]
        return answer

    def get(self, target: str, **more: Any) -> Answer:
        return self.ask("GET", target, **more)

    def post(self, target: str, body: Any = None, **more: Any) -> Answer:
        return self.ask("POST", target, body, **more)


class Community:
    """A small installation: locations, food types, and people made without the slow ceremony of enrolment."""

    def __init__(self, sql: Callable[..., list[Any]]) -> None:
        self.sql = sql
        self.locations = {
            name: sql("INSERT INTO location (name, timezone) VALUES (%s, %s) RETURNING id", name, zone)[0].id
            for name, zone in (("Harbour", "Europe/Berlin"), ("Ferry Building", "America/Los_Angeles"))
        }
        self.foods = ("Thai", "Soup", "Pizza")
        for id, name in enumerate(self.foods):
            sql("INSERT INTO food_type (id, name) VALUES (%s, %s)", id, name)
            for location in self.locations.values():
                sql("INSERT INTO location_food VALUES (%s, %s)", location, id)

    def person(
        self,
        username: str,
        *,
        location: str | None = "Harbour",
        roles: tuple[str, ...] = ("member",),
        zone: str = "Europe/Berlin",
    ) -> uuid.UUID:
        """A person with a confirmed address, who logs in with PASSWORD."""
        id = uuid.uuid4()
        name = username.capitalize()
        self.sql("INSERT INTO person VALUES (%s, %s, %s, %s, %s)", id, username, name, zone, clock.now())
        self.sql(
            "INSERT INTO account VALUES (%s, %s, %s, true, %s)",
            id,
            username,
            f"{username}@example.org",
            password_hash(),
        )
        for role in roles:
            self.sql("INSERT INTO person_role (person_id, role) VALUES (%s, %s)", id, role)
        if location:
            self.sql("INSERT INTO person_location VALUES (%s, %s)", id, self.locations[location])
        return id

    def browser_of(self, person: uuid.UUID) -> Browser:
        """A browser in which that person is logged in."""
        from chalicelib.web.credentials import hashed, new_token

        token = new_token()
        self.sql(
            "INSERT INTO session (token_hash, person_id, opened, expires) VALUES (%s, %s, %s, %s)",
            hashed(token.encode()),
            person,
            datetime(2020, 1, 1, tzinfo=UTC),
            datetime(2100, 1, 1, tzinfo=UTC),
        )
        return Browser(token)

    def member(self, username: str, **more: Any) -> Browser:
        """A member, logged in."""
        return self.browser_of(self.person(username, **more))

    def admin(self, username: str = "admin") -> Browser:
        """An admin, logged in."""
        return self.browser_of(self.person(username, roles=("member", "admin")))

    def ban(self, username: str) -> None:
        self.sql(
            "INSERT INTO ban SELECT person_id, %s, 'no reason' FROM account WHERE username = %s",
            clock.now(),
            username,
        )

    def rule(self, name: str, value: Any) -> None:
        """Set a business rule."""
        self.sql(
            "INSERT INTO rule VALUES (%s, '', %s::jsonb)"
            " ON CONFLICT (name, scope) DO UPDATE SET value = excluded.value",
            name,
            json.dumps(value),
        )


@cache
def password_hash() -> str:
    """PASSWORD, hashed once a run."""
    from chalicelib.accounts import passwords

    return passwords.hash(PASSWORD)
