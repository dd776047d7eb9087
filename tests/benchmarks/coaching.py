"""What coaching costs, as ratios within one run: ``python -m tests.benchmarks.coaching`` (LONG=1: a million calls too).

A durable PostgreSQL of its own, pgbench as the baseline of the same minute.
"""

import json
import os
import platform
import re
import statistics
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psycopg2

from infra.local.logins import logins
from infra.local.postgres import Postgres

SECONDS = float(os.environ.get("SECONDS_EACH", "8"))
WORKERS = 4
CLIENTS = 200
LISTED = 7
BASE = datetime(2030, 1, 1, tzinfo=UTC)
NOW = BASE - timedelta(days=2)
QUARTER = timedelta(minutes=15)
SIZES = [1_000, 100_000] + ([1_000_000] if os.environ.get("LONG") else [])
ENTER = "SELECT set_config('rendezvous.now', '2029-12-30T00:00:00Z', false), set_config('rendezvous.roles', 'client', false)"


@contextmanager
def installation() -> Iterator[tuple[Postgres, str]]:
    """A migrated database on a durable server, with WORKERS coaches who are always there, and their clients."""
    with tempfile.TemporaryDirectory() as folder, Postgres(durable=True) as server:
        kept = Path(folder) / "secrets.json"
        kept.write_text(json.dumps({"links": "ab" * 32, "filter": "cd" * 32, "seal": ["ef" * 32]}))
        os.environ |= {
            "STAGE": "test", "SITE": "http://bench.test", "SECRETS_FILE": str(kept), "CLOCK_FILE": f"{folder}/clock",
            "KAFKA_BOOTSTRAP": "", **logins(server.url), "SMTP_URL": "", "MAIL_FROM": "a@bench.test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }  # fmt: skip
        Path(f"{folder}/clock").write_text(str((NOW - datetime.now(UTC)).total_seconds()))
        from chalicelib.migrate import make_logins, migrate

        migrate(server.url)
        make_logins()
        _people(server.url)
        yield server, server.url


def coach_id(number: int) -> uuid.UUID:
    return uuid.UUID(int=0xC0AC << 64 | number)


def client_id(coach: int, number: int) -> uuid.UUID:
    return uuid.UUID(int=0xC11E << 64 | coach << 32 | number)


def token(person: uuid.UUID) -> str:
    return f"token-{person.hex}"


def _people(url: str) -> None:
    from chalicelib.web.credentials import hashed

    sql = owner(url)
    for name, value in (
        ("call_minutes", 15),
        ("slot_interval_minutes", 15),
        ("calls_per_month", 31),
        ("horizon_weeks", 104),
    ):
        sql("INSERT INTO rule VALUES (%s, '', %s::jsonb)", f"coaching.{name}", str(value))
    for coach in range(WORKERS + 1):
        people = [(coach_id(coach), "coach")] + [(client_id(coach, n), "client") for n in range(CLIENTS)]
        for id, role in people:
            sql("INSERT INTO person VALUES (%s, %s, %s, 'UTC', %s)", id, id.hex, role, NOW)
            sql("INSERT INTO person_role VALUES (%s, %s)", id, role)
            sql("INSERT INTO session (token_hash, person_id, opened, expires) VALUES (%s, %s, %s, '2100-01-01')",
                hashed(token(id).encode()), id, NOW)  # fmt: skip
            if role == "client":
                sql("INSERT INTO account VALUES (%s, %s, %s, true, '')", id, f"u{id.hex[-12:]}", f"{id.hex}@x.example")
                sql(
                    "INSERT INTO relationship (coach_id, client_id, begun) VALUES (%s, %s, %s)",
                    coach_id(coach),
                    id,
                    NOW,
                )
            else:
                sql("INSERT INTO account VALUES (%s, %s, %s, true, '')", id, f"c{id.hex[-12:]}", f"{id.hex}@x.example")
        for day in range(7):
            start = datetime(2029, 12, 3 + day)
            sql("INSERT INTO availability VALUES (%s, %s, 'coaching', %s, %s, 'UTC', true, 'infinity')",
                uuid.uuid4(), coach_id(coach), start, start + timedelta(days=1))  # fmt: skip
    _listed(sql)


def _listed(sql: Callable[..., list[Any]]) -> None:
    """The coach that is listed: hours and rules as they come, 9 to 17 on weekdays, an hour each."""
    sql("INSERT INTO person VALUES (%s, %s, 'coach', 'Europe/Berlin', %s)", coach_id(LISTED), coach_id(LISTED).hex, NOW)
    sql("INSERT INTO person_role VALUES (%s, 'coach')", coach_id(LISTED))
    for name in ("call_minutes", "slot_interval_minutes"):
        sql("INSERT INTO rule VALUES (%s, %s, '60')", f"coaching.{name}", str(coach_id(LISTED)))
    me = client_id(0, 1)
    sql("UPDATE relationship SET coach_id = %s WHERE client_id = %s", coach_id(LISTED), me)
    for day in range(5):
        start = datetime(2029, 12, 3 + day, 9)
        sql("INSERT INTO availability VALUES (%s, %s, 'coaching', %s, %s, 'Europe/Berlin', true, 'infinity')",
            uuid.uuid4(), coach_id(LISTED), start, start + timedelta(hours=8))  # fmt: skip


def owner(url: str) -> Callable[..., list[Any]]:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    psycopg2.extras.register_uuid(conn_or_curs=connection)

    def ask(statement: str, *values: Any) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    return ask


# --- through the handlers ---


def book(coach: int, k: int, slot: int | None = None) -> int:
    """The k-th client books the k-th quarter of an hour, or a given one; the status."""
    from tests.people import Browser

    start = BASE + QUARTER * (k if slot is None else slot)
    browser = Browser(token(client_id(coach, 2 + k % (CLIENTS - 2))))
    wanted = {"coach": coach_id(coach).hex, "start": start.isoformat(), "end": (start + QUARTER).isoformat()}
    return browser.post("/api/appointments", wanted).status


def _work(coach: int, offset: int, taken: bool, seconds: float, answers: Any) -> None:
    import logging

    logging.disable()
    book(coach, offset + 1, 0 if taken else None)
    done, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        status = book(coach, offset + done + 2, 0 if taken else None)
        assert status == (409 if taken else 201), status
        done += 1
    answers.put(done)


def through_handlers(offset: int, taken: bool = False) -> float:
    """Bookings (or refusals of a taken slot) a second by WORKERS processes."""
    context = get_context("spawn")
    answers = context.Queue()
    workers = [context.Process(target=_work, args=(n, offset, taken, SECONDS, answers)) for n in range(WORKERS)]
    for one in workers:
        one.start()
    done = [answers.get(timeout=300) for _ in workers]
    for one in workers:
        one.join()
    return float(sum(done) / SECONDS)


# --- pgbench ---

CALL = """
\\set coach {coach}
\\set client random(2, {last})
SELECT book_calls(ARRAY[gen_random_uuid()], ids.coach, ids.client, ARRAY[tstzrange(s, s + interval '15 min')],
    ARRAY[tstzrange(date_trunc('month', s), date_trunc('month', s) + interval '1 month')], 1000000,
    ARRAY[jsonb_build_object('id', gen_random_uuid(), 'type', 'appointment.booked', 'source', '/rendezvous',
        'specversion', '1.0', 'time', s, 'datacontenttype', 'application/json', 'data', jsonb_build_object(
        'appointment', gen_random_uuid(), 'coach', ids.coach, 'client', ids.client, 'week', '2030-W01'))])
FROM (SELECT ('00000000-0000-c0ac-0000-' || lpad(to_hex(:coach), 12, '0'))::uuid AS coach,
             ('00000000-0000-c11e-0000-' || lpad(to_hex(:coach), 4, '0') || lpad(to_hex(:client), 8, '0'))::uuid AS client) ids,
     LATERAL (SELECT set_config('rendezvous.person', ids.client::text, false)) me,
     LATERAL (SELECT timestamptz '2040-01-01Z' + interval '15 min' * {slot} AS s) slot;
"""


def pgbench(url: str, script: str, clients: int = WORKERS) -> float:
    """Transactions a second of a script, as the application's role."""
    program = next(Path("/usr/lib/postgresql").glob("*/bin/pgbench"))
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        ended = subprocess.run(
            [program, "-n", "-f", file.name, "-c", str(clients), "-j", "2", "-T", str(max(2, int(SECONDS))), url],
            capture_output=True, text=True,
            env=os.environ | {"PGOPTIONS": "-c role=rendezvous_app -c rendezvous.now=2029-12-30T00:00:00Z -c rendezvous.roles=client"},
        )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert "deadlock" not in ended.stderr, ended.stderr
    failed = re.search(r"failed transactions: (\d+)", ended.stdout)
    assert not failed or failed[1] == "0", ended.stdout + ended.stderr
    match = re.search(r"tps = ([\d.]+)", ended.stdout)
    assert match, ended.stdout
    return float(match[1])


def script(slot: str, coach: str = str(WORKERS)) -> str:
    return CALL.format(coach=coach, last=CLIENTS - 1, slot=slot)


def hot_slots(url: str) -> tuple[float, float]:
    """Ten slots that sixteen want at once, freed half of the time: ours, and a bare UNIQUE with ON CONFLICT."""
    sql = owner(url)
    sql("CREATE SEQUENCE bench; GRANT USAGE ON bench TO rendezvous_app")
    sql(
        "CREATE TABLE wanted (coach int, slot int, id uuid, UNIQUE (coach, slot)); GRANT ALL ON wanted TO rendezvous_app"
    )
    sql(
        "CREATE FUNCTION free_slot(at timestamptz) RETURNS void LANGUAGE sql SECURITY DEFINER AS $$"
        f" DELETE FROM appointment WHERE coach_id = '{coach_id(WORKERS)}' AND starts = at $$"
    )
    sql("GRANT EXECUTE ON FUNCTION free_slot TO rendezvous_app")
    again = "\\set hot random(0, 9)\n\\set free random(0, 9)\n"
    ours = pgbench(
        url,
        again
        + script("(-:hot - 1)")
        + "SELECT free_slot(timestamptz '2040-01-01Z' - interval '15 min' * (:free + 1));",
        16,
    )
    unique = pgbench(
        url,
        again
        + "WITH made AS (INSERT INTO wanted VALUES (1, :hot, gen_random_uuid()) ON CONFLICT DO NOTHING RETURNING id)"
        " INSERT INTO outbox (topic, key, event) SELECT 'x', id::text, '{}' FROM made;\nDELETE FROM wanted WHERE slot = :free;",
        16,
    )
    return ours, unique


# --- listing ---


def fill_calendar(url: str, server: Postgres, count: int) -> None:
    """That many commitments of one coach's colleagues and of himself, around the four weeks that are listed."""
    sql = owner(url)
    sql("DELETE FROM appointment")
    admin = psycopg2.connect(server.admin_url.rpartition("/")[0] + "/rendezvous")
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no triggers: the constraint on overlaps stays
        cursor.execute("DELETE FROM commitment; DELETE FROM block")
        cursor.execute(
            "INSERT INTO commitment (person_id, during, block_id) SELECT"
            " ('00000000-0000-c0ac-0000-' || lpad(to_hex(n %% 50), 12, '0'))::uuid,"
            " tstzrange(t, t + interval '1 hour'), gen_random_uuid()"
            " FROM generate_series(0, %s - 1) n, LATERAL (SELECT %s::timestamptz + n / 50 * interval '4 hours' AS t) x",
            (count, BASE - timedelta(days=1 if count <= 100_000 else 2000)),
        )
        cursor.execute("VACUUM ANALYZE commitment")
    admin.close()


def listing(url: str, server: Postgres, count: int) -> dict[str, float]:
    """Milliseconds (the fastest tenth: the machine is shared) of the bare query and of the slots, and CPU of the whole stack a request."""
    from chalicelib.coaching import coaches, slots
    from chalicelib.database import transaction
    from tests.people import Browser

    fill_calendar(url, server, count)
    me, coach = client_id(0, 1), coach_id(LISTED)
    begin, end = BASE - timedelta(days=1), BASE + timedelta(days=27)

    def measured(work: Callable[[Any], Any]) -> float:
        def run(db: Any) -> float:
            db.run("SELECT set_config('rendezvous.person', %(me)s, true), set_config('rendezvous.roles', 'client', true),"
                   " set_config('rendezvous.now', %(now)s, true)", me=str(me), now=NOW.isoformat())  # fmt: skip
            taken = []
            for _ in range(200):
                started = time.perf_counter()
                work(db)
                taken.append(time.perf_counter() - started)
            return statistics.quantiles(taken, n=10)[0] * 1000

        return transaction(run)

    def shown(db: Any) -> Any:
        found = coaches.read(db, coach.hex, me, begin, end)
        assert found is not None
        return slots.free(found.calendar, begin, end, NOW)

    connection = psycopg2.connect(url)
    with connection.cursor() as cursor:
        bare = []
        for _ in range(200):
            started = time.perf_counter()
            cursor.execute(
                "SELECT lower(during), upper(during) FROM commitment WHERE person_id = %s AND during && tstzrange(%s, %s)"
                " ORDER BY during", (str(coach), begin, end))  # fmt: skip
            rows = len(cursor.fetchall())
            bare.append(time.perf_counter() - started)
    connection.close()
    browser = Browser(token(me))
    path = f"/api/coaches/{coach.hex}/slots?from=2030-W01&weeks=4"
    assert browser.get(path).status == 200
    return {
        "rows": rows,
        "bare": statistics.quantiles(bare, n=10)[0] * 1000,
        "slots": measured(shown),
        "listing_cpu": cpu(lambda: browser.get(path)),
        "hello_cpu": cpu(lambda: browser.post("/Login/Success/")),
    }


def cpu(request: Callable[[], Any], times: int = 200) -> float:
    """CPU of this process and of its database backend for one request, in milliseconds."""
    from chalicelib.database import APP, connect, transaction

    del APP, connect
    pid = transaction(lambda db: db.value("SELECT pg_backend_pid()"))
    tick = os.sysconf("SC_CLK_TCK")

    def backend() -> float:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / tick

    before, mine = backend(), time.process_time()
    for _ in range(times):
        request()
    return (time.process_time() - mine + backend() - before) / times * 1000


def main() -> None:
    import logging

    logging.disable()
    with installation() as (server, url):
        sql = owner(url)
        sql("CREATE SEQUENCE quarter; GRANT USAGE ON quarter TO rendezvous_app")
        booking_sql = pgbench(url, script("nextval('quarter')", f"random(0, {WORKERS - 1})"))
        booking = through_handlers(0)
        refusing = through_handlers(200_000 // 4, taken=True)
        refusing_sql = pgbench(url, script("1"))
        ours, unique = hot_slots(url)
        print(
            f"{platform.machine()}, {os.cpu_count()} cores, PostgreSQL {sql('SHOW server_version')[0][0]}, {WORKERS} at once"
        )
        print("| what | a second | baseline | ratio | wanted |\n|---|---|---|---|---|")
        for name, value, base, wanted in (
            ("booking through the handlers / the same statement in pgbench", booking, booking_sql, "0.7"),
            ("refusing a taken slot in SQL / booking in SQL", refusing_sql, booking_sql, "3"),
            ("refusing through the handlers / booking through the handlers", refusing, booking, "1"),
            ("ten hot slots, 16 clients / UNIQUE with ON CONFLICT", ours, unique, "0.7"),
        ):
            print(f"| {name} | {value:.0f} | {base:.0f} | {value / base:.2f} | {wanted} |")
        print(
            "\n| commitments | rows in four weeks | bare query ms | slots ms | ratio (2.5) | CPU a listing / hello (100) |"
        )
        print("|---|---|---|---|---|---|")
        for count in SIZES:
            m = listing(url, server, count)
            print(f"| {count:,} | {m['rows']} | {m['bare']:.2f} | {m['slots']:.2f} | {m['slots'] / m['bare']:.2f}"
                  f" | {m['listing_cpu']:.2f} ms / {m['hello_cpu']:.3f} ms = {m['listing_cpu'] / m['hello_cpu']:.0f} |")  # fmt: skip
        from chalicelib.database import disconnect

        disconnect()


if __name__ == "__main__":
    main()
