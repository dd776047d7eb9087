"""The API, sent whatever its own description allows and forbids (schemathesis): no 5xx, and answers as described.

A few cases for each operation; 500 with LONG=1. Half of the cases name people, calls and times that there are, so that
they come further than the first check.
"""

import os
import random
import re
import uuid
from collections import Counter
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.coaching.practice import ENDS_OF_TIME, NOW, Practice, at, book
from tests.people import HOST, PASSWORD, Answer, Community, invoke
from tests.state import owner, serving

LONG = bool(os.environ.get("LONG"))
CASES = 500 if LONG else 15
SLICES = ("accounts", "admin", "api_docs", "calendar", "coaching", "home", "lunch", "notifications")
ACTORS = ("member", "client", "coach", "admin")
WAYS = ("session", "token")
pytestmark = [pytest.mark.long, pytest.mark.timeout(7200)]


class Town:
    """An installation in which there is one of everything, and which is as it was again when a case has harmed it."""

    def __init__(self, server: Any, name: str) -> None:
        from app import app  # noqa: F401  registers the endpoints

        self.server, self.name = server, name
        with owner(server.create(name, "template_of_tests")) as self.sql, serving(server.url_of(name)):
            self.known = self._settle()
            self.keys = {(who, way): self._key(who, way) for who in ACTORS for way in WAYS}
        self.opened = ExitStack()
        self.times = 0

    def _settle(self) -> dict[str, list[Any]]:
        """People with a booked call, hours, a lunch, a pause: what there is, by the names of fields and parameters."""
        community = Community(self.sql)
        self.practice = practice = Practice(community, self.sql)
        carla = practice.coach("coach")
        ada = practice.client("client", "coach")
        practice.client("another", None)
        practice.ids["member"] = community.person("member")
        practice.ids["admin"] = community.person("admin", roles=("member", "admin"))
        for rule in ("requests.per_minute", "login.failures_per_15_minutes", "enrollment.failures_per_15_minutes"):
            community.rule(rule, 1000)
        practice.rule("calls_per_month", 31)
        practice.rule("notice_hours", 0)
        calls = [book(ada, "coach", f"2026-11-{day}T10:00:00+01:00").json["id"] for day in (25, 26)]
        block = carla.post("/api/blocks", {"start": "2026-11-27T09:00:00+01:00", "end": "2026-11-27T10:00:00+01:00"})
        event = self._lunch(community.locations["Harbour"])
        pause = uuid.uuid4()
        self.sql(
            "INSERT INTO pause (id, person_id, weeks) VALUES (%s, %s, '[2026-12-07,2026-12-14)')",
            pause, practice.ids["member"],
        )  # fmt: skip
        hours = [str(row.id) for row in self.sql("SELECT id FROM availability")]
        slots = [at("2026-11-24T08:00:00+00:00", n) for n in range(24 * 14)]
        locals_ = [f"2026-11-{day}T{hour:02}:00" for day in range(24, 30) for hour in range(8, 18)]
        free = [slot.isoformat() for slot in slots if slot.weekday() < 5 and 8 <= slot.hour < 16]
        free += ENDS_OF_TIME
        times = [*(slot.isoformat() for slot in slots), *locals_, *ENDS_OF_TIME]
        ids = [*calls, block.json["id"], str(event), str(pause), *hours, *map(str, practice.ids.values())]
        return {
            "id": ids,
            "/api/appointments/{id}": calls,
            "/api/office-hours/{id}": hours,
            "/api/blocks/{id}": [block.json["id"]],
            "/api/pauses/{id}": [str(pause)],
            "/api/events/{id}": [str(event)],
            "/api/events/{id}/attendance": [str(event)],
            "event": [str(event)],
            "invitation": ids,
            "person": [*map(str, practice.ids.values()), *practice.ids],
            "slug": list(practice.ids),
            "coach": ["coach"],
            "client": ["client", "another"],
            **{f"/api/coaches/{{slug}}/{what} slug": ["coach"] for what in ("slots", "first", "nearest", "why")},
            "/api/admin/relationships/{slug} slug": ["client", "another"],
            "/api/admin/rounds location": [1, 2],
            "moving": calls,
            "start": times,
            "end": times,
            **{f"/api/{what} start": free for what in ("appointments", "appointments/{id}", "series", "blocks")},
            "/api/appointments client": ["client"],
            "value": [1, 2, 30, 45, "11:00", ["Mon", "Tue"], True],
            "/api/availability start": locals_,
            "/api/office-hours start": locals_,
            "from": ["2026-W48", "2026-W49", "2027-W01"],
            "weeks": [1, 2, 4, 12],
            "month": [1, 2, 3, 12],
            "months": [1, 2, 3, 12],
            "version": [1, 2],
            "day": ["2026-11-25", "2026-11-26"],
            "until": [None, "2026-12-24"],
            "timezone": ["Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"],
            "location": ["Harbour", 1, 2],
            "food_type": ["Thai", 0, 1],
            "name": ["Ada", "Zoë 🍜", "名"],
            "username": list(practice.ids),
            "password": [PASSWORD],
            "current": [PASSWORD],
            "why": ["no reason"],
            "rule": ["coaching.call_minutes", "coaching.cancel_hours_before", "lunch.weekdays", "lunch.first_start"],
            "role": ["coach", "client", "admin"],
            "url": ["https://call.example.org/x", "tel:+49301234567"],
            "purpose": ["lunch", "coaching"],
            "weekly": [True, False],
            "to": ["new@example.org"],
            "email": ["new@example.org"],
        }

    def _lunch(self, location: Any) -> uuid.UUID:
        event = uuid.uuid4()
        self.sql(
            "INSERT INTO event (id, title, location_id, during) VALUES (%s, 'Soup', %s, %s)",
            event, location, "[2026-11-25 11:00Z,2026-11-25 12:00Z)",
        )  # fmt: skip
        for person in ("member", "client"):
            self.sql(
                "INSERT INTO attendance (event_id, person_id, response) VALUES (%s, %s, 'invited')",
                event,
                self.practice.ids[person],
            )
        return event

    def _key(self, who: str, way: str) -> str:
        browser = self.practice.community.browser_of(self.practice.ids[who])
        if way == "session":
            return browser.cookie
        return str(
            browser.post("/api/me/tokens", {"name": "fuzz", "scope": "write", "password": PASSWORD}).json["token"]
        )

    def open(self) -> None:
        """The application serves this town, as it was in the beginning."""
        self.close()
        now = f"{self.name}_now"
        url = self.server.create(now, self.name)
        self.opened.callback(self.server.drop, now)
        self.sql = self.opened.enter_context(owner(url))
        self.opened.enter_context(serving(url))
        self.whole = self._who_is_there()
        self.times += 1

    def close(self) -> None:
        self.opened.close()

    def _who_is_there(self) -> Any:
        return self.sql(
            "SELECT (SELECT count(*) FROM session) AS sessions, (SELECT count(*) FROM api_token) AS tokens,"
            " (SELECT count(*) FROM ban) AS bans, (SELECT count(*) FROM person_role WHERE active) AS roles,"
            " (SELECT count(*) FROM relationship WHERE is_current) AS relationships"
        )

    def send(self, who: str, way: str, sent: Any) -> Answer:
        """A prepared request of ``requests``, through the handlers."""
        headers = {name: _text(value) for name, value in sent.headers.items()}
        headers |= {"Host": HOST, "Origin": f"https://{HOST}"}
        key = self.keys[who, way]
        headers |= {"Cookie": f"session={key}"} if way == "session" else {"Authorization": f"Bearer {key}"}
        body = sent.body.encode() if isinstance(sent.body, str) else sent.body or b""
        return invoke(sent.method, sent.path_url, headers, body)

    def is_whole(self) -> bool:
        """Whether everybody can still come in, with all his roles and his coach."""
        return bool(self._who_is_there() == self.whole)


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def informed(case: Any, known: dict[str, list[Any]], dice: random.Random) -> None:
    """Put what there is into some of a case's parameters and fields."""
    for part in (case.path_parameters, case.query, case.body):
        if not isinstance(part, dict):
            continue
        for name in part:
            there = known.get(case.path if name == "id" else f"{case.path} {name}", known.get(name))
            if there and dice.random() < 0.8:
                part[name] = dice.choice(there)
        start = part.get("start")
        if isinstance(start, str) and start in known["start"] and start not in ENDS_OF_TIME and "end" in part:
            end = at(part["start"], dice.choice((1, 1, 1, 0.5, 3))).isoformat()
            part["end"] = end if "+" in end else end[:16]


def answered(case: Any, sent: Any, answer: Answer) -> Any:
    """The answer as schemathesis reads it."""
    from schemathesis import Response

    headers = {name.lower(): [value] for name, value in answer.headers.items()}
    return Response(
        status_code=answer.status, headers=headers, content=answer.text.encode(), request=sent, elapsed=0.0, verify=True
    )


def whose(path: str) -> str:
    """Who comes further than the others there."""
    if path.startswith("/api/admin/"):
        return "admin"
    return "coach" if re.match("/api/(office-hours|days-away|blocks|call-link)", path) else "client"


def fuzz(town: Town, operation: Any, statuses: Counter[int]) -> None:
    """CASES cases of one operation; raises on the first answer that is a 5xx or not as described."""
    import requests
    from schemathesis import GenerationMode, checks

    allowed = operation.as_strategy(GenerationMode.POSITIVE)
    forbidden = operation.as_strategy(GenerationMode.NEGATIVE)
    wanted = [
        checks.not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    ]

    @settings(
        max_examples=CASES,
        deadline=None,
        derandomize=not LONG,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    @given(
        case=st.one_of(allowed, allowed, forbidden),
        who=st.sampled_from((*[whose(operation.path)] * 4, *ACTORS)),
        way=st.sampled_from(WAYS),
        seed=st.integers(0, 2**32),
    )
    def try_it(case: Any, who: str, way: str, seed: int) -> None:
        if seed % 4:
            informed(case, town.known, random.Random(seed))
        sent = requests.Request(**case.as_transport_kwargs(base_url=f"https://{HOST}")).prepare()
        if seed % 8:  # else with keys that schemathesis makes up
            for name in ("Cookie", "Authorization", "X-CSRF-Token"):
                sent.headers.pop(name, None)
        answer = town.send(who, way, sent)
        statuses[answer.status] += 1
        case.validate_response(answered(case, sent, answer), checks=wanted)
        if answer.status < 300 and case.method != "GET" and not town.is_whole():
            town.open()

    try_it()


@pytest.mark.parametrize("of", SLICES)
def test_whatever_is_sent_is_answered_as_described(of: str, server: Any, clock: Any) -> None:
    import schemathesis

    clock.set(NOW)
    town = Town(server, f"fuzz_{of}")
    statuses: Counter[int] = Counter()
    faults = []
    try:
        town.open()
        document = invoke("GET", "/api/openapi.json", {"Host": HOST}, b"").json
        operations = [found.ok() for found in schemathesis.openapi.from_dict(document).get_all_operations()]
        assert {tag for operation in operations for tag in operation.tags} == set(SLICES)
        for operation in operations:
            if of in operation.tags:
                try:
                    fuzz(town, operation, statuses)
                except (Exception, BaseExceptionGroup) as fault:
                    faults.append(f"{operation.label}: {fault}")
    finally:
        town.close()
        server.drop(town.name)
    print(f"{of}: {statuses.total()} requests, {dict(sorted(statuses.items()))}, {town.times} times made anew")
    assert not faults, "\n\n".join(faults)
    done = statuses[200] + statuses[201] + statuses[204]
    assert done > statuses.total() / 50, "nearly everything was refused"
