"""The weekly job against PostgreSQL: people read, matched, lunches written with their messages.

The yardstick is what psql needs to copy the same rows out of the same tables and in again: ``COPY ... TO``, then
``COPY ... FROM`` with every constraint and trigger in place.
"""

import argparse
import io
import os
import random
import resource
import time
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg2
import psycopg2.extras

from infra.local.logins import logins

MONDAY = date(2026, 11, 30)
NOW = datetime(2026, 11, 26, 15, tzinfo=UTC)
READ = ("person_location", "availability", "refusal")
WRITTEN = ("event", "event_food", "attendance", "commitment", "outbox", "left_over", "round", "round_hour")


def fill(cursor: Any, people: int) -> None:
    """One location in Berlin with that many people, weekly hours on two days each, some refusing some food."""
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


def timed(what: str, work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    result = work()
    took = time.perf_counter() - started
    print(f"  {what:<28}{took:8.2f} s", flush=True)
    return took, result


def measure(url: str, people: int) -> float:
    """Print the parts, and return the job's time as a multiple of the copying."""
    from chalicelib.database import JOB, transaction
    from chalicelib.lunch import candidates, rounds
    from chalicelib.lunch.matching import check, match, reasons

    owner = psycopg2.connect(url)
    with owner, owner.cursor() as cursor:
        fill(cursor, people)
    print(f"{people} people at one location")
    read, given = timed("read", lambda: transaction(lambda db: candidates.read(db, MONDAY, 1, NOW), JOB))
    matched, result = timed("match", lambda: match(given.columns))
    checked, _ = timed("check", lambda: check(given.columns, result))
    timed("(reasons, part of write)", lambda: reasons(given.columns, result))
    wrote, outcome = timed("write", lambda: transaction(lambda db: rounds.write(db, given, result, NOW), JOB))
    job = read + matched + checked + wrote
    print(f"  {'job':<28}{job:8.2f} s   {len(outcome.lunches)} lunches, {len(outcome.left)} left over")
    print(f"  {'peak memory, with the data':<28}{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:8.0f} MB")
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

    copied = timed("psql copies out", out)[0] + timed("psql copies in", back)[0]
    print(f"  {'job / copying':<28}{job / copied:8.2f}")
    owner.close()
    return job / copied


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
        measure(server.url, people)


if __name__ == "__main__":
    main()
