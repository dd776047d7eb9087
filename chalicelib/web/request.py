"""A request as handlers know it: what was sent, from where, when, and by whom."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from chalicelib import clock
from chalicelib.web import credentials

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Caller(NamedTuple):
    """The person whose live session, or personal API token, the request carries.

    ``session`` is None where a token called; ``scope`` is then the token's: ``read`` or ``write``. ``second_factor``:
    whether one is on; ``proved``: when it was last shown in this session.
    """

    id: UUID
    session: UUID | None
    name: str
    timezone: str
    roles: tuple[str, ...]
    banned: bool
    scope: str = "write"
    second_factor: bool = False
    proved: datetime | None = None

    def is_a(self, role: str) -> bool:
        return role in self.roles


@dataclass
class Request:
    """What was sent. ``address`` is the network address that API Gateway saw, never a header's claim; of an IPv6 address
    the first half, which is what one household or machine is given. ``claims`` are the tokens by which somebody may be
    there, ``token`` the one that counts; ``pressed``: whether where a form of theirs led is remembered."""

    method: str
    path: str
    resource: str
    headers: Any
    query: list[tuple[str, str]]
    body: str
    address: str
    now: datetime
    prefix: str = ""
    id: str = ""
    claims: tuple[bytes, ...] = ()
    token: bytes = b""
    bearer: bool = False
    pressed: bool = False
    caller: Caller | None = None
    typed: dict[str, Any] = field(default_factory=dict)

    @property
    def claim_hashes(self) -> list[bytes]:
        """What stands for the session cookies, or the bearer's token, in the database."""
        return [credentials.hashed(claim) for claim in self.claims]

    @property
    def is_safe(self) -> bool:
        """Whether its method changes nothing (RFC 9110, 9.2.1)."""
        return self.method in SAFE_METHODS


def network(address: str) -> str:
    """What is counted as one network address: an IPv4 address, or the /64 of an IPv6 one."""
    if ":" not in address:
        return address
    import ipaddress  # for who comes by IPv6 alone

    try:
        known = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    return str(known.ipv4_mapped or ipaddress.IPv6Network((known, 64), strict=False))


def read(given: Any) -> Request:
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
        address=network(context["identity"]["sourceIp"]),
        now=clock.now(),
        prefix=whole[: -len(path)] if whole.endswith(path) else "",
        id=context.get("requestId") or str(uuid4()),
    )
