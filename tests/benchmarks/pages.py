"""What a page costs beside its API twin: `python -m tests.benchmarks.pages`.

CPU of this process for the page and for the API route that answers the same, in turn in one run. At most five times.
"""

import os
import statistics
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.benchmarks.requests import community, cpu, event_of, settings

LIMIT = 5.0
ROUNDS = 9
REQUESTS = 20
TWINS = (
    ("member", "/", "/MyEvents"),
    ("member", "/availability", "/api/availability"),
    ("member", "/availability/pauses", "/api/pauses"),
    ("member", "/public", "/PublicEvents"),
    ("member", "/invitations", "/api/invitations"),
    ("member", "/account", "/api/me"),
    ("member", "/events/{event}", "/api/events/{event}"),
    ("client", "/book", "/api/coaches/{coach}/slots"),
    ("client", "/appointments", "/api/appointments"),
    ("client", "/waiting", "/api/waiting"),
    ("coach", "/coach/hours", "/api/office-hours"),
    ("coach", "/coach/away", "/api/days-away"),
    ("admin", "/admin/people", "/api/admin/people"),
    ("admin", "/admin/people/{person}", "/api/admin/people/{person}"),
    ("admin", "/admin/events", "/api/admin/events"),
    ("admin", "/admin/events/{event}", "/api/admin/events/{event}"),
    ("admin", "/admin/rounds", "/api/admin/rounds"),
    ("admin", "/admin/rounds/{round}", "/api/admin/rounds/{round}"),
    ("admin", "/admin/locations", "/api/admin/locations"),
    ("admin", "/admin/food-types", "/api/admin/food-types"),
    ("admin", "/admin/rules", "/api/admin/rules"),
    ("admin", "/admin/relationships", "/api/admin/relationships"),
    ("admin", "/admin/audit", "/api/admin/audit"),
    ("admin", "/admin/outbox", "/api/admin/outbox"),
)
"""Who opens it, a page, and the route that answers the same."""


def cast(url: str) -> tuple[dict[str, str], dict[str, str]]:
    """A session's token of everybody who opens pages, and what stands for the names in braces."""
    from chalicelib import clock
    from chalicelib.lunch import rounds
    from tests.coaching.practice import Practice

    tokens = {}
    town, tokens["member"] = community(url)
    practice = Practice(town, town.sql)
    tokens["coach"] = practice.coach("carla").cookie
    tokens["client"] = practice.client("clara", "carla").cookie
    tokens["admin"] = town.admin().cookie
    week = clock.now().date()
    rounds.run(week + timedelta(days=7 - week.weekday()), town.locations["Harbour"], clock.now())
    [one] = town.sql(
        "SELECT (SELECT id FROM event ORDER BY starts LIMIT 1) AS event, (SELECT id FROM round LIMIT 1) AS round,"
        " (SELECT person_id FROM account WHERE username = 'ada') AS person,"
        " (SELECT slug FROM person WHERE id = %s) AS coach",
        practice.ids["carla"],
    )
    return tokens, {name: str(value) for name, value in one._asdict().items()}


def measure(page: str, twin: str, token: str) -> float:
    """How many times the CPU of its twin a page costs: the median of the rounds."""
    from chalice.local import LambdaContext

    from app import app

    context = LambdaContext("bench", memory_size=512, max_runtime_ms=30_000)
    events = [event_of("GET", path, token) for path in (page, twin)]
    for event in events:
        assert app(event, context)["statusCode"] == 200, event["path"]

    def cost(event: Any) -> float:
        return cpu(lambda: app(event, context), REQUESTS)

    return statistics.median(cost(events[0]) / cost(events[1]) for _ in range(ROUNDS))


def main() -> int:
    """Print the table; 1 if a page is over the limit."""
    from infra.local.postgres import Postgres

    worst = 0.0
    with tempfile.TemporaryDirectory() as folder, Postgres(durable=False) as server:
        settings(Path(folder), server.url)
        from chalicelib.migrate import make_logins, migrate

        migrate(server.url)
        make_logins()
        tokens, named = cast(server.url)
        shown, sys.stderr = sys.stderr, open(os.devnull, "w")  # noqa: PTH123, SIM115  the log is written, and not read
        try:
            for who, page, twin in TWINS:
                ratio = measure(page.format(**named), twin.format(**named), tokens[who])
                worst = max(worst, ratio)
                print(f"{page:<24}{ratio:6.2f} times the CPU of {twin} (at most {LIMIT:g})", flush=True)
        finally:
            sys.stderr = shown
    return int(worst > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
