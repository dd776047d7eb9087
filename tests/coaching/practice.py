"""A coaching practice for the tests: coaches with office hours, clients who have a coach."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.people import Answer, Browser

NOW = "2026-11-23T07:30Z"
"""A Monday, 08:30 in Berlin."""
AT = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
ENDS_OF_TIME = (
    "9999-12-31T23:59:59.999999+00:00",
    "9999-12-31T23:59:59-12:00",
    "0001-01-01T00:00:00+00:00",
    "0001-01-01T00:00:00+14:00",
)
"""Reckoning with these leaves the calendar."""


class Practice:
    """``practice.coach("carla")``, ``practice.client("ada", "carla")``; both are logged-in browsers."""

    def __init__(self, community: Any, sql: Callable[..., list[Any]]) -> None:
        self.community, self.sql = community, sql
        self.ids: dict[str, uuid.UUID] = {}
        self.browsers: dict[str, Browser] = {}

    def coach(
        self,
        name: str,
        *,
        zone: str = "Europe/Berlin",
        hours: tuple[str, str] | None = ("09:00", "17:00"),
        days: tuple[int, ...] = (0, 1, 2, 3, 4),
    ) -> Browser:
        """A coach with the same office hours on those weekdays."""
        browser = self._person(name, ("member", "coach"), zone)
        for day in days if hours else ():
            self.hours(name, f"2026-11-{16 + day}T{hours[0]}", f"2026-11-{16 + day}T{hours[1]}", zone)
        return browser

    def hours(self, name: str, start: str, end: str, zone: str = "Europe/Berlin", *, weekly: bool = True) -> uuid.UUID:
        id = uuid.uuid4()
        self.sql(
            "INSERT INTO availability (id, person_id, purpose, starts, ends, timezone, weekly, until)"
            " VALUES (%s, %s, 'coaching', %s, %s, %s, %s, %s)",
            id, self.ids[name], start, end, zone, weekly, "infinity" if weekly else start[:10],
        )  # fmt: skip
        return id

    def client(self, name: str, coach: str | None, *, zone: str = "Europe/Berlin") -> Browser:
        browser = self._person(name, ("member", "client"), zone)
        if coach:
            self.relate(name, coach)
        return browser

    def relate(self, client: str, coach: str) -> None:
        self.sql(
            "INSERT INTO relationship (coach_id, client_id, begun) VALUES (%s, %s, %s)",
            self.ids[coach], self.ids[client], AT - timedelta(days=400),
        )  # fmt: skip

    def _person(self, name: str, roles: tuple[str, ...], zone: str) -> Browser:
        self.ids[name] = self.community.person(name, roles=roles, zone=zone)
        self.browsers[name] = self.community.browser_of(self.ids[name])
        return self.browsers[name]

    def rule(self, name: str, value: Any) -> None:
        self.community.rule(f"coaching.{name}", value)

    def calls(self) -> list[Any]:
        """The calls that take place, by start."""
        return self.sql(
            "SELECT a.* FROM appointment a WHERE NOT EXISTS"
            " (SELECT FROM cancellation x WHERE x.appointment_id = a.id) ORDER BY a.starts"
        )

    def messages(self, kind: str = "%") -> list[Any]:
        return self.sql(
            "SELECT key, event->>'type' AS type, event->'data' AS data FROM outbox"
            " WHERE topic = 'Appointments_All' AND event->>'type' LIKE %s ORDER BY id",
            kind,
        )


def at(text: str, hours: float = 0) -> datetime:
    """``at("2026-11-25T10:00+01:00")``."""
    return datetime.fromisoformat(text) + timedelta(hours=hours)


def book(browser: Browser, coach: str, start: str, end: str | None = None, **more: Any) -> Answer:
    """Ask for a call of an hour from ``start``, or until ``end``."""
    wanted = {"coach": coach, "start": start, "end": end or at(start, 1).isoformat()}
    return browser.post("/api/appointments", wanted | more)


def move(browser: Browser, call: dict[str, Any], start: str, **more: Any) -> Answer:
    wanted = {"start": start, "end": at(start, 1).isoformat(), "version": call["version"]}
    return browser.ask("PATCH", f"/api/appointments/{call['id']}", wanted | more)
