"""Coaching beside django-appointment: the same calls, the same PostgreSQL, the same run (LONG=1: a million calls too).

``python -m tests.benchmarks.peers_coaching`` puts the peer into an environment of its own, which goes at the end.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import Any

import psycopg2

from infra.local.postgres import Postgres
from tests.benchmarks.coaching import LISTED, NOW, SIZES, client_id, coach_id, installation, owner, token

PEER = ("django-appointment==3.12.0", "psycopg2-binary==2.9.13")
WANTED = 100
RACES = 10
PATH = f"/api/coaches/{coach_id(LISTED).hex}/slots?from=2030-W01&weeks=4"


class Peer:
    """django-appointment in a virtual environment, on a database of its own."""

    def __init__(self, folder: Path, url: str) -> None:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        self.python, self.url = folder / "bin/python", url
        subprocess.run([self.python, "-m", "pip", "install", "--quiet", *PEER], check=True)

    def __call__(self, what: str, argument: int) -> Any:
        program = Path(__file__).with_name("peer_django_appointment.py")
        ended = subprocess.run(
            [self.python, program, what, self.url, str(argument)], capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stderr[-3000:]
        return json.loads(ended.stdout.splitlines()[-1])

    def versions(self) -> str:
        listed = subprocess.run([self.python, "-m", "pip", "list", "--format=json"], capture_output=True, check=True)
        return ", ".join(f"{one['name']} {one['version']}" for one in json.loads(listed.stdout)
                         if one["name"] in ("Django", "django-appointment"))  # fmt: skip


def fill(server: Postgres, count: int) -> None:
    """The peer's calls, as ours: of one coach, each with its two commitments, none of them the caller's own."""
    admin = psycopg2.connect(server.admin_url.rpartition("/")[0] + "/rendezvous")
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no triggers: the constraint on overlaps stays
        cursor.execute("DELETE FROM commitment; DELETE FROM appointment")
        cursor.execute("CREATE TEMP TABLE laid (n int, id uuid, client uuid, during tstzrange)")
        cursor.execute(
            "INSERT INTO laid SELECT n, gen_random_uuid(), (%s || lpad(to_hex(2 + n %% 190), 8, '0'))::uuid,"
            " tstzrange(t, t + interval '1 hour') FROM generate_series(1, %s) n,"
            " LATERAL (SELECT timestamptz '2030-02-15 00:00Z' - n * interval '2 hours' AS t) x",
            (str(client_id(0, 0))[:-8], count),
        )
        cursor.execute(
            "INSERT INTO appointment (id, relationship_id, coach_id, client_id, during, booked, booked_by, changed)"
            " SELECT l.id, r.id, r.coach_id, l.client, l.during, %s, l.client, %s FROM laid l"
            " JOIN relationship r ON r.client_id = l.client",
            (NOW, NOW),
        )
        assert cursor.rowcount == count
        for person in ("client_id", "coach_id"):
            cursor.execute(f"INSERT INTO commitment (person_id, during, appointment_id) SELECT {person}, during, id FROM appointment")  # fmt: skip
        cursor.execute("VACUUM ANALYZE")
    admin.close()


@contextmanager
def unread() -> Iterator[None]:
    """The log is written, as in service, and not read."""
    with Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere):
        yield


def milliseconds(work: Callable[[], Any], times: int = 200) -> float:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def listing() -> dict[str, Any]:
    """Milliseconds for the free slots of four weeks: by their function, and by the whole request; and its statements."""
    from chalicelib.coaching import free_slots
    from chalicelib.database import transaction
    from chalicelib.web.request import Caller
    from tests.benchmarks.requests import recorded
    from tests.people import Browser

    me = client_id(0, 1)
    browser = Browser(token(me))
    caller = Caller(me, me, "client", "Europe/Berlin", ("member", "client"), False)

    def by_function(db: Any) -> float:
        db.run("SELECT set_config('rendezvous.person', %(me)s, true), set_config('rendezvous.roles', 'client', true),"
               " set_config('rendezvous.now', %(now)s, true)", me=str(me), now=NOW.isoformat())  # fmt: skip
        return milliseconds(
            lambda: free_slots.of_weeks(db, caller, coach_id(LISTED).hex, "2030-W01", 4, None, None, NOW)
        )

    answer = browser.get(PATH)
    assert answer.status == 200, answer.text
    statements = sum(map(len, recorded(lambda: browser.get(PATH))))
    return {
        "function": {"ms": transaction(by_function), "queries": statements - 1},  # all but who is there
        "view": {"ms": milliseconds(lambda: browser.get(PATH)), "queries": statements, "slots": len(answer.json["slots"])},
    }  # fmt: skip


def race(sql: Callable[..., list[Any]]) -> int:
    """Two clients who both see one slot, and book it at the same time: how often both have it."""
    from chalicelib.database import disconnect
    from tests.people import Browser

    browsers = [Browser(token(client_id(0, n))) for n in (3, 4)]
    barrier = threading.Barrier(2)

    def book(browser: Browser, slot: dict[str, str]) -> int:
        assert slot in browser.get(PATH).json["slots"]
        barrier.wait(30)
        return browser.post("/api/appointments", {"coach": coach_id(LISTED).hex} | slot).status

    doubles = 0
    with ThreadPoolExecutor(2, initializer=disconnect) as threads:
        for slot in browsers[0].get(PATH).json["slots"][:RACES]:
            statuses = sorted(threads.map(book, browsers, [slot, slot]))
            assert statuses == [201, 409], statuses
            [found] = sql("SELECT count(*) FROM appointment WHERE coach_id = %s AND starts = %s", coach_id(LISTED), slot["start"])  # fmt: skip
            doubles += found[0] > 1
    return doubles


def main() -> int:
    """Print the table; 1 if a ratio is under what is wanted, or a slot was booked twice."""
    slowest = float("inf")
    with installation() as (server, url), tempfile.TemporaryDirectory() as folder, unread():
        sql = owner(url)
        sql("INSERT INTO account VALUES (%s, 'listed', 'listed@x.example', true, '')", coach_id(LISTED))
        sql("UPDATE relationship SET coach_id = %s WHERE coach_id = %s", coach_id(LISTED), coach_id(0))
        peer = Peer(Path(folder) / "peer", server.create("peer"))
        print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()},"
              f" PostgreSQL {sql('SHOW server_version')[0][0]}, {peer.versions()}")  # fmt: skip
        print(
            f"\n| calls of the coach | free slots, ours and theirs | ours ms (statements) | theirs ms (statements) | ratio ({WANTED}) |"
        )
        print("|---:|---:|---:|---:|---:|")
        for count in SIZES:
            fill(server, count)
            peer("fill", count)
            ours, theirs = listing(), peer("list", 5 if count <= 100_000 else 3)
            for what, name in (("function", "function"), ("view", "whole requests")):
                ratio = theirs[what]["ms"] / ours[what]["ms"]
                slowest = min(slowest, ratio)
                print(f"| {count:,}, {name} | {ours['view']['slots']}, {theirs[what]['slots']} | {ours[what]['ms']:.2f} ({ours[what]['queries']})"
                      f" | {theirs[what]['ms']:.0f} ({theirs[what]['queries']}) | {ratio:.0f} |", flush=True)  # fmt: skip
        raced = peer("race", RACES)
        doubles = race(sql)
        print(f"\nTwo who see the same slot and book it at once, {RACES} times: booked twice {doubles} times by ours,"
              f" {raced['doubles']} times by django-appointment.")  # fmt: skip
        from chalicelib.database import disconnect

        disconnect()
    return int(slowest < WANTED or doubles > 0)


if __name__ == "__main__":
    sys.exit(main())
