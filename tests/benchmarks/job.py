"""The weekly job against PostgreSQL: people read, matched, lunches written with their messages.

The yardstick is what psql needs to copy the same rows out of the same tables and in again: ``COPY ... TO``, then
``COPY ... FROM`` with every constraint and trigger in place. CPU seconds, so that a busy machine gives the same ratio.
"""

import argparse
import io
import multiprocessing
import os
import random
import resource
import time
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import psycopg2.extras

from infra.local.logins import logins

MONDAY = date(2026, 11, 30)
NOW = datetime(2026, 11, 26, 15, tzinfo=UTC)
READ = ("person_location", "availability", "refusal")
WRITTEN = ("event", "event_food", "attendance", "commitment", "outbox", "left_over", "round", "round_hour")


def fill(url: str, people: int) -> None:
    """One location in Berlin with that many people, weekly hours on two days each, some refusing some food."""
    owner = psycopg2.connect(url)
    with owner, owner.cursor() as cursor:
        write(cursor, people)
    owner.close()


def write(cursor: Any, people: int) -> None:
    """The rows of it."""
    chance = random.Random(7)
    ids = [str(uuid.UUID(int=chance.getrandbits(128))) for _ in range(people)]
    cursor.execute("INSERT INTO location (name, timezone) VALUES ('Hall', 'Europe/Berlin')")
    psycopg2.extras.execute_values(cursor, "INSERT INTO food_type VALUES %s", [(n, f"food {n}") for n in range(8)])
    psycopg2.extras.execute_values(cursor, "INSERT INTO location_food VALUES %s", [(1, n) for n in range(8)])
    copy(cursor, "person", ((id, f"s{n}", f"Name {n}", "Europe/Berlin", NOW) for n, id in enumerate(ids)))
    copy(cursor, "account", ((id, f"user{n}", f"u{n}@example.org", "true", "x") for n, id in enumerate(ids)))
    copy(cursor, "person_role", ((id, "member", "true") for id in ids))
    copy(cursor, "person_location", ((id, 1) for id in ids))
    copy(cursor, "refusal", ((id, food) for id in ids for food in chance.sample(range(8), chance.choice((0, 0, 1, 3)))))
    copy(cursor, "availability", (hours for id in ids for hours in weekly(chance, id)))
    cursor.execute("ANALYZE")


def weekly(chance: random.Random, id: str) -> Any:
    for day in chance.sample(range(5), 2):
        start = datetime(2026, 11, 2, 11) + timedelta(days=day, minutes=15 * chance.randrange(8))
        length = timedelta(minutes=15 * chance.randrange(4, 8))
        yield (
            uuid.UUID(int=chance.getrandbits(128)), id, "lunch", start, start + length, "Europe/Berlin", "true", "infinity"
        )  # fmt: skip


def copy(cursor: Any, table: str, rows: Any) -> None:
    text = "".join("\t".join(map(str, row)) + "\n" for row in rows)
    cursor.copy_expert(f"COPY {table} FROM STDIN", io.StringIO(text))


class Spent:
    """CPU seconds of this process and of the backends that work for it, and the seconds that pass meanwhile."""

    def __init__(self, *backends: int) -> None:
        self.backends = backends

    def so_far(self) -> float:
        """Linux alone tells of other processes."""
        ticks = 0
        for pid in self.backends:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")

    def on(self, what: str, work: Callable[[], Any]) -> tuple[float, Any]:
        """CPU seconds of one step, which are printed, and its result."""
        cpu, began = self.so_far(), time.perf_counter()
        result = work()
        took = self.so_far() - cpu
        print(f"  {what:<28}{took:8.2f} s of CPU{time.perf_counter() - began:10.2f} s", flush=True)
        return took, result


def measure(url: str, people: int) -> float:
    """Print the parts, and return the job's CPU time as a multiple of the copying's."""
    from chalicelib.database import JOB, transaction
    from chalicelib.lunch import candidates, rounds
    from chalicelib.lunch.matching import check, match

    print(f"{people} people at one location")
    spent = Spent(transaction(lambda db: db.value("SELECT pg_backend_pid()"), JOB))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read, given = spent.on("read", lambda: transaction(lambda db: candidates.read(db, MONDAY, 1, NOW), JOB))
    matched, result = spent.on("match", lambda: match(given.columns))
    checked, _ = spent.on("check", lambda: check(given.columns, result))
    wrote, outcome = spent.on("write", lambda: transaction(lambda db: rounds.write(db, given, result, NOW), JOB))
    job = read + matched + checked + wrote
    print(f"  {'job':<28}{job:8.2f} s of CPU   {len(outcome.lunches)} lunches, {len(outcome.left)} left over")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"  {'peak memory':<28}{peak / 1000:8.0f} MB, {before / 1000:.0f} of them before the round")
    ratio = job / copied(url)
    print(f"  {'job / copying':<28}{ratio:8.2f}")
    return ratio


def copied(url: str) -> float:
    """CPU seconds of copying the same rows out and in again."""
    owner = psycopg2.connect(url)
    spent = Spent(owner.info.backend_pid)
    files = {table: io.StringIO() for table in READ + WRITTEN}

    def out() -> None:
        with owner.cursor() as cursor:
            for table, file in files.items():
                cursor.copy_expert(f"COPY {table} ({columns(cursor, table)}) TO STDOUT", file)

    def back() -> None:
        with owner, owner.cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(WRITTEN)} CASCADE")
            cursor.execute("ALTER TABLE event DISABLE TRIGGER event_begins_proposed")
            for table in ("round", *(t for t in WRITTEN if t != "round")):
                files[table].seek(0)
                cursor.copy_expert(f"COPY {table} ({columns(cursor, table)}) FROM STDIN", files[table])

    took = spent.on("psql copies out", out)[0] + spent.on("psql copies in", back)[0]
    owner.close()
    return took


def columns(cursor: Any, table: str) -> str:
    """The columns of a table that can be copied in."""
    cursor.execute(
        "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
        (table,),
    )
    return str(cursor.fetchone()[0])


def main() -> None:
    """Measure on a PostgreSQL of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    people = parser.parse_args().people
    from chalicelib.migrate import make_logins, migrate
    from infra.local.postgres import Postgres

    with Postgres() as server:
        os.environ |= logins(server.url)
        migrate(server.url)
        make_logins()
        # In a process of its own, so that its texts are no part of the job's memory.
        filling = multiprocessing.get_context("spawn").Process(target=fill, args=(server.url, people))
        filling.start()
        filling.join()
        measure(server.url, people)


if __name__ == "__main__":
    main()
