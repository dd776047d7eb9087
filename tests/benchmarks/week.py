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


class Week:
    """One week: each method is a part of it, and prints what it cost."""

    def __init__(self, owner: Any, postmaster: int, people: int, sample: int) -> None:
        set_clock(THURSDAY)
        self.owner, self.people, self.sample = owner, people, sample
        self.ids = fill(owner, people, sample)
        self.meter = Meter(postmaster)
        self.browsers: dict[str, Any] = {}
        self.lunches = 0
        owner.autocommit = True

    def live(self) -> None:
        """All of it, in order."""
        self.give_hours()
        self.match()
        self.publish()
        self.mail("mails: will you come?", "InvitedUser", "event.invited")
        seats = self.approve()
        self.publish()
        self.mail("mails: it takes place", "Events_All", "event.approved")
        set_clock(THURSDAY + timedelta(days=9))
        self.sweep("lunches over (sweep)")
        self.publish()
        self.mail("mails: how was it?", "Event_Evaluate", "event.evaluate")
        self.review(seats)
        set_clock(THURSDAY + timedelta(days=20))
        self.sweep("reviews closed (sweep)")
        size, outbox = self.sql(
            "SELECT pg_size_pretty(pg_database_size(current_database())), (SELECT count(*) FROM outbox)"
        )[0]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        print(f"\nThe database has {size}, the outbox {outbox} rows; peak memory {peak:.0f} MB")

    def sql(self, statement: str, **values: Any) -> list[Any]:
        with self.owner.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def browser(self, id: str) -> Any:
        """A browser in which that member is logged in."""
        from chalicelib.web.credentials import hashed, new_token
        from tests.people import Browser

        if id not in self.browsers:
            token = new_token()
            self.sql(
                "INSERT INTO session (token_hash, person_id, opened, expires) VALUES (%(hash)s, %(id)s, %(now)s, %(until)s)",
                hash=hashed(token.encode()),
                id=id,
                now=THURSDAY,
                until=datetime(2100, 1, 1, tzinfo=UTC),
            )
            self.browsers[id] = Browser(token)
        return self.browsers[id]

    def give_hours(self) -> None:
        """The sample gives two hours each, and looks at its week."""
        chance, later = random.Random(8), timedelta(days=28)
        given = [
            (
                self.browser(id),
                {
                    "purpose": "lunch",
                    "start": (start + later).isoformat(),
                    "end": (end + later).isoformat(),
                    "timezone": zone,
                    "weekly": True,
                },
            )
            for id in self.ids
            for _, _, _, start, end, zone, *_ in weekly(chance, id)
        ]
        self.meter.run(
            "weekly hours given (API)",
            lambda: answered(browser.post("/api/availability", body) for browser, body in given),
            2 * self.people,
        )
        pages = list(self.browsers.values())
        self.meter.run("my week (page)", lambda: answered(one.get("/") for one in pages), 3 * self.people)

    def match(self) -> None:
        """Every location's round."""
        from chalicelib import clock
        from chalicelib.database import JOB, transaction
        from chalicelib.lunch import jobs, rounds

        due = transaction(lambda db: jobs.claim(db, clock.now()), JOB)
        outcomes = []

        def work() -> int:
            outcomes.extend(rounds.run(monday, location, clock.now()) for location, monday in due)
            return len(outcomes)

        self.meter.run("rounds, one a location", work)
        self.lunches = sum(len(one.lunches) for one in outcomes)
        left = sum(len(one.left) for one in outcomes)
        print(f"\n{self.lunches} lunches, {left} left over, of {self.people}\n")

    def publish(self) -> None:
        """The relay, until nothing waits."""
        from chalicelib import clock
        from chalicelib.messaging import kafka, relay

        def work() -> int:
            done = 0
            while count := relay.publish_batch(kafka.send, clock.now()):
                done += count
            kafka.close()
            return done

        self.meter.run("messages published (relay, Tansu)", work)

    def mail(self, what: str, topic: str, kind: str) -> None:
        """The mails that a sample of the messages of that kind call for."""
        import app
        from chalicelib import clock
        from chalicelib.messaging import mail
        from chalicelib.notifications.sending import Shift

        rows = self.sql(
            "SELECT event::text FROM outbox WHERE topic = %(topic)s AND event->>'type' = %(kind)s ORDER BY id DESC LIMIT %(limit)s",
            topic=topic,
            kind=kind,
            limit=self.sample,
        )
        records = [
            {"topic": topic, "partition": 0, "offset": n, "value": base64.b64encode(event.encode()).decode()}
            for n, (event,) in enumerate(rows)
        ]

        def take() -> int:
            for start in range(0, len(records), 100):
                app.mailer({"records": {f"{topic}-0": records[start : start + 100]}}, None)
            return int(self.sql("SELECT count(*) FROM mail WHERE state = 'waiting'")[0][0])

        def send() -> int:
            before = int(self.sql("SELECT count(*) FROM mail WHERE state = 'waiting'")[0][0])
            Shift(clock.now, mail.transport).work_off()
            return before

        everybody = int(self.sql("SELECT count(*) FROM attendance")[0][0])
        self.meter.run(what + " written", take, everybody)
        self.meter.run(what + " sent", send, everybody)

    def approve(self) -> list[Any]:
        """The members of some lunches approve; everybody else's approval is written as the handler writes it."""
        seats = self.sql(
            "SELECT event_id::text, person_id::text FROM attendance WHERE event_id IN"
            " (SELECT id FROM event WHERE status = 'Proposed' ORDER BY id LIMIT %(some)s)",
            some=self.sample // 2,
        )
        for _, id in seats:
            self.browser(id)
        approved = {"response": "approved"}
        self.meter.run(
            "approvals (API)",
            lambda: answered(
                self.browser(id).ask("PUT", f"/api/events/{event}/attendance", approved) for event, id in seats
            ),
            int(self.sql("SELECT count(*) FROM attendance")[0][0]),
        )
        self.sql(
            "BEGIN; INSERT INTO commitment (person_id, during, event_id) SELECT a.person_id, e.during, e.id"
            " FROM attendance a JOIN event e ON e.id = a.event_id WHERE a.response = 'invited' ON CONFLICT DO NOTHING;"
            " UPDATE attendance SET response = 'approved' WHERE response = 'invited';"
            " UPDATE event SET status = 'Confirmed' WHERE status = 'Proposed'; COMMIT"
        )
        return seats

    def sweep(self, what: str) -> None:
        """What time moves on."""
        from chalicelib import clock
        from chalicelib.lunch import jobs

        def work() -> int:
            jobs.sweep(clock.now())
            return self.lunches

        self.meter.run(what, work)

    def review(self, seats: list[Any]) -> None:
        """Those who approved say whether they enjoyed the company."""
        company = self.sql(
            "SELECT a.event_id::text, a.person_id::text, array_agg(p.slug) FROM attendance a JOIN attendance b"
            " ON b.event_id = a.event_id AND b.person_id <> a.person_id JOIN person p ON p.id = b.person_id"
            " WHERE a.event_id = ANY(%(events)s::uuid[]) GROUP BY 1, 2",
            events=list({event for event, _ in seats}),
        )
        self.meter.run(
            "reviews (API)",
            lambda: answered(
                self.browser(id).ask("PUT", f"/api/events/{event}/review", {"enjoyed": dict.fromkeys(slugs, True)})
                for event, id, slugs in company
            ),
            int(self.sql("SELECT count(*) FROM attendance")[0][0]),
        )


def main() -> None:
    """Live through one week, of as many members as are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--sample", type=int, default=1_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, surroundings(Path(folder)) as (owner, postmaster):
        Week(owner, postmaster, given.people, min(given.sample, given.people)).live()


if __name__ == "__main__":
    main()
