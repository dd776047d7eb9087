"""What a page costs beside its API twin: `python -m tests.benchmarks.pages`.

CPU of this process for the page and for the API route that answers the same, in turn in one run. At most five times.
"""

import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks.requests import cpu, event_of, prepare, settings

LIMIT = 5.0
ROUNDS = 9
REQUESTS = 20
TWINS = (
    ("/", "/MyEvents"),
    ("/availability", "/api/availability"),
    ("/availability/pauses", "/api/pauses"),
    ("/public", "/PublicEvents"),
    ("/invitations", "/api/invitations"),
    ("/account", "/api/me"),
)


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
        token = prepare(server.url)
        shown, sys.stderr = sys.stderr, open(os.devnull, "w")  # noqa: PTH123, SIM115  the log is written, and not read
        try:
            for page, twin in TWINS:
                ratio = measure(page, twin, token)
                worst = max(worst, ratio)
                print(f"{page:<24}{ratio:6.2f} times the CPU of {twin} (at most {LIMIT:g})", flush=True)
        finally:
            sys.stderr = shown
    return int(worst > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
