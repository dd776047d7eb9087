"""A week of many members through the real code: hours, rounds, messages, mails, approvals, sweeps, reviews.

Members, their accounts and most of their hours are copied in; everything else goes the way it goes in production: the
handlers of app.py are called with the events that AWS would send, on a PostgreSQL of its own, a broker and a mail
server that takes everything. What is done once for everybody (rounds, relay, sweeps) is done whole; what each member
does alone is done by a sample, and counted for all. Costs are CPU time, of this process and of PostgreSQL.
"""

import argparse
import base64
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg2
import psycopg2.extras

from infra.local.logins import logins
from tests.benchmarks.job import copy, weekly

OFFICE = 250
"""Members of a location."""
THURSDAY = datetime(2026, 11, 26, 14, 30, tzinfo=UTC)
SINK = """
import sys, time
from aiosmtpd.controller import Controller
class Sink:
    async def handle_DATA(self, server, session, envelope):
        return "250 OK"
Controller(Sink(), hostname="127.0.0.1", port=int(sys.argv[1])).start()
print("ready", flush=True)
time.sleep(86400)
"""


class Meter:
    """Prints what a step cost: CPU of this process and of PostgreSQL, each operation, and all of them."""

    def __init__(self, postmaster: int) -> None:
        self.postmaster = postmaster
        print(f"| {'step':<34} | {'done':>8} | {'ms each':>8} | {'of it SQL':>9} | {'of all':>8} | {'CPU s':>7} |")
        print(f"|{'---|' * 6}")

    def run(self, what: str, work: Callable[[], int], of_all: int = 0) -> int:
        """Do it, and print its line; ``of_all`` is how often a week with everybody does it, where this is a sample."""
        python, database, wall = time.process_time(), self.database(), time.perf_counter()
        done = work()
        python, database = time.process_time() - python, self.database() - database
        each = (python + database) / max(done, 1)
        whole = of_all or done
        print(
            f"| {what:<34} | {done:>8} | {each * 1000:>8.2f} | {database / max(done, 1) * 1000:>9.2f} | {whole:>8} |"
            f" {each * whole:>7.1f} |   (wall {time.perf_counter() - wall:.0f} s)",
            flush=True,
        )
        return done

    def database(self) -> float:
        """Seconds of CPU that PostgreSQL has used so far."""
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(stat.parent.name) == self.postmaster:
                ticks += sum(map(int, fields[11:15]))  # with those of its children that have ended
            elif int(fields[1]) == self.postmaster:
                ticks += sum(map(int, fields[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")


def fill(owner: Any, people: int, sample: int) -> list[str]:
    """Everybody, and hours for all but the sample, whose sessions are open; the sample's ids."""
    chance = random.Random(7)
    ids = [str(UUID(int=chance.getrandbits(128))) for _ in range(people)]
    offices = max(1, people // OFFICE)
    with owner, owner.cursor() as cursor:
        places = [(f"Hall {n}", "Europe/Berlin") for n in range(offices)]
        psycopg2.extras.execute_values(cursor, "INSERT INTO location (name, timezone) VALUES %s", places)
        foods = [(n, f"food {n}") for n in range(8)]
        psycopg2.extras.execute_values(cursor, "INSERT INTO food_type VALUES %s", foods)
        cursor.execute("INSERT INTO location_food SELECT l.id, f.id FROM location l, food_type f")
        copy(cursor, "person", ((id, f"s{n}", f"Name {n}", "Europe/Berlin", THURSDAY) for n, id in enumerate(ids)))
        copy(cursor, "account", ((id, f"user{n}", f"u{n}@example.org", "true", "x") for n, id in enumerate(ids)))
        copy(cursor, "person_role", ((id, "member", "true") for id in ids))
        copy(cursor, "person_location", ((id, 1 + n % offices) for n, id in enumerate(ids)))
        some = (0, 0, 1, 3)
        copy(cursor, "refusal", ((id, food) for id in ids for food in chance.sample(range(8), chance.choice(some))))
        copy(cursor, "availability", (hours for id in ids[sample:] for hours in weekly(chance, id)))
        cursor.execute("INSERT INTO rule VALUES ('lunch.auto_approve', '', 'false')")
        cursor.execute("ANALYZE")
    return ids[:sample]


@contextmanager
def surroundings(folder: Path) -> Iterator[tuple[Any, int]]:
    """PostgreSQL, a broker with the topics, a mail server, secrets and a clock; the database and its postmaster."""
    from chalicelib.messaging.kafka import make_topics
    from chalicelib.messaging.topics import KEPT_FOREVER, TOPICS
    from chalicelib.migrate import make_logins, migrate
    from infra.local import processes
    from infra.local.broker import Tansu
    from infra.local.postgres import Postgres

    port = processes.free_port()
    keys = {"links": "ab" * 32, "filter": "cd" * 32, "seal": ["ef" * 32]}
    (folder / "secrets.json").write_text(json.dumps(keys))
    os.environ |= {
        "STAGE": "test",
        "SITE": "http://rendezvous.test",
        "SECRETS_FILE": str(folder / "secrets.json"),
        "CLOCK_FILE": str(folder / "clock"),
        "SMTP_URL": f"smtp://127.0.0.1:{port}",
        "MAIL_FROM": "lunch@rendezvous.test",
    }
    mail = subprocess.Popen([sys.executable, "-c", SINK, str(port)], stdout=subprocess.PIPE)
    try:
        assert mail.stdout is not None
        mail.stdout.readline()
        with Postgres() as server, Tansu(folder / "broker.log") as broker:
            os.environ |= logins(server.url) | {"KAFKA_BOOTSTRAP": broker.bootstrap}
            make_topics(broker.bootstrap, TOPICS, KEPT_FOREVER)
            migrate(server.url)
            make_logins()
            assert server.process is not None
            owner = psycopg2.connect(server.url)
            yield owner, server.process.pid
            owner.close()
    finally:
        mail.kill()
        mail.wait()


def set_clock(now: datetime) -> None:
    """Set the clock that the handlers ask."""
    Path(os.environ["CLOCK_FILE"]).write_text(str((now - datetime.now(UTC)).total_seconds()))


def answered(answers: Iterator[Any]) -> int:
    """How many requests there were; each must have been granted."""
    count = 0
    for answer in answers:
        assert answer.status < 300, (answer.status, answer.body)
        count += 1
    return count


def week(owner: Any, postmaster: int, people: int, sample: int) -> None:
    """Live through it, and print what each part cost."""
    import app
    from chalicelib import clock
    from chalicelib.calendar import zones
    from chalicelib.database import JOB, transaction
    from chalicelib.lunch import jobs, rounds
    from chalicelib.messaging import kafka, relay
    from chalicelib.messaging.topics import CONSUMERS
    from tests.people import Browser

    set_clock(THURSDAY)
    ids = fill(owner, people, sample)
    meter = Meter(postmaster)
    owner.autocommit = True

    def sql(statement: str, **values: Any) -> list[Any]:
        with owner.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def browser(id: str) -> Browser:
        from chalicelib.web.credentials import hashed, new_token

        token = new_token()
        until = datetime(2100, 1, 1, tzinfo=UTC)
        sql(
            "INSERT INTO session (token_hash, person_id, opened, expires) VALUES (%(hash)s, %(id)s, %(now)s, %(until)s)",
            hash=hashed(token.encode()),
            id=id,
            now=THURSDAY,
            until=until,
        )
        return Browser(token)

    # --- hours, and the page everybody looks at ---
    chance = random.Random(8)
    browsers = {id: browser(id) for id in ids}
    given = [
        (id, {"purpose": "lunch", "start": h[3].isoformat(), "end": h[4].isoformat(), "timezone": h[5], "weekly": True})
        for id in ids
        for h in weekly(chance, id)
    ]
    shift = timedelta(days=28)
    for _, body in given:
        for end in ("start", "end"):
            body[end] = (datetime.fromisoformat(str(body[end])) + shift).isoformat()
    meter.run(
        "weekly hours given (API)",
        lambda: answered(browsers[id].post("/api/availability", body) for id, body in given),
        2 * people,
    )
    meter.run("my week (page)", lambda: answered(b.get("/") for b in browsers.values()), 3 * people)

    # --- the match ---
    due = transaction(lambda db: jobs.claim(db, clock.now()), JOB)
    counts = {"lunches": 0, "left": 0}

    def match() -> int:
        for location, monday in due:
            outcome = rounds.run(monday, location, clock.now())
            counts["lunches"] += len(outcome.lunches)
            counts["left"] += len(outcome.left)
        return len(due)

    meter.run("rounds, one a location", match)
    lunches = counts["lunches"]
    print(f"\n{lunches} lunches, {counts['left']} left over, of {people}\n")

    # --- messages and mails ---
    def publish() -> int:
        done = 0
        while count := relay.publish_batch(kafka.send, clock.now()):
            done += count
        kafka.close()
        return done

    def mails(limit: int, topic: str, kind: str) -> int:
        assert topic in CONSUMERS["mailer"]
        rows = sql(
            "SELECT topic, event::text FROM outbox WHERE topic = %(topic)s AND event->>'type' = %(kind)s"
            " ORDER BY id DESC LIMIT %(limit)s",
            topic=topic,
            kind=kind,
            limit=limit,
        )
        for start in range(0, len(rows), 100):
            by_topic: dict[str, list[Any]] = {}
            for offset, (topic, event) in enumerate(rows[start : start + 100]):
                record = {"topic": topic, "partition": 0, "offset": offset}
                by_topic.setdefault(f"{topic}-0", []).append(
                    record | {"value": base64.b64encode(event.encode()).decode(), "headers": []}
                )
            app.mailer({"records": by_topic}, None)
        if hasattr(app, "send_mails"):
            app.send_mails({}, None)
        return len(rows)

    meter.run("messages published (relay, Tansu)", publish)
    meter.run("mails: will you come?", lambda: mails(sample, "InvitedUser", "event.invited"), lunches)

    # --- approvals ---
    seats = sql(
        "SELECT event_id::text, person_id::text FROM attendance WHERE event_id IN"
        " (SELECT id FROM event WHERE status = 'Proposed' ORDER BY id LIMIT %(some)s)",
        some=sample // 2,
    )
    for _, id in seats:
        browsers.setdefault(id, browser(id))
    meter.run(
        "approvals (API)",
        lambda: answered(
            browsers[id].ask("PUT", f"/api/events/{event}/attendance", {"response": "approved"}) for event, id in seats
        ),
        int(sql("SELECT count(*) FROM attendance")[0][0]),
    )
    # Everybody else's, as the handler writes them, so that the week ends with all of its lunches.
    with owner.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(
            "INSERT INTO commitment (person_id, during, event_id) SELECT a.person_id, e.during, e.id FROM attendance a"
            " JOIN event e ON e.id = a.event_id WHERE a.response = 'invited' ON CONFLICT DO NOTHING"
        )
        cursor.execute("UPDATE attendance SET response = 'approved' WHERE response = 'invited'")
        cursor.execute("UPDATE event SET status = 'Confirmed' WHERE status = 'Proposed'")
        cursor.execute("COMMIT")
    meter.run("messages published (relay, Tansu)", publish)
    meter.run("mails: it takes place", lambda: mails(sample, "Events_All", "event.approved"), lunches)

    # --- afterwards ---
    set_clock(THURSDAY + timedelta(days=9))

    def sweep() -> int:
        jobs.sweep(clock.now())
        return lunches

    meter.run("lunches over (sweep)", sweep)
    meter.run("messages published (relay, Tansu)", publish)
    meter.run("mails: how was it?", lambda: mails(sample, "Event_Evaluate", "event.evaluate"), lunches)
    if "/api/events/{id}/review" in app.app.routes:
        company = {
            (event, id): [slug for (slug,) in sql(
                "SELECT p.slug FROM attendance a JOIN person p ON p.id = a.person_id"
                " WHERE a.event_id = %(event)s AND a.person_id <> %(id)s",
                event=event,
                id=id,
            )]
            for event, id in seats
        }  # fmt: skip
        meter.run(
            "reviews (API)",
            lambda: answered(
                browsers[id].ask("PUT", f"/api/events/{event}/review", {"enjoyed": dict.fromkeys(slugs, True)})
                for (event, id), slugs in company.items()
            ),
            int(sql("SELECT count(*) FROM attendance")[0][0]),
        )
    set_clock(THURSDAY + timedelta(days=20))
    meter.run("reviews closed (sweep)", sweep)
    size = sql("SELECT pg_size_pretty(pg_database_size(current_database())), (SELECT count(*) FROM outbox)")[0]
    monday = zones.week_name(due[0][1])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"\n{monday}: the database has {size[0]}, the outbox {size[1]} rows; peak memory {peak:.0f} MB")


def main() -> None:
    """Live through one week, of as many members as are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--sample", type=int, default=1_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, surroundings(Path(folder)) as (owner, postmaster):
        week(owner, postmaster, given.people, min(given.sample, given.people))


if __name__ == "__main__":
    main()
