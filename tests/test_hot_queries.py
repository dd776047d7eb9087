"""The queries that are asked all the time, in a large installation and under row-level security: each finds its index."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg2
import pytest

from tests.people import Browser, Community
from tests.state import serving, shared_community

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
PEOPLE = 20_000
LARGE = 1_000
"""Rows from which reading a whole table is a fault."""


def fill(url: str) -> None:
    """20,000 people, each with a session, hours, an invitation and two lunches; 20,000 messages, 50 of them waiting."""
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        person = "md5('person ' || n)::uuid"
        cursor.execute(
            f"""
            INSERT INTO person SELECT {person}, 'p' || n, 'P ' || n, 'UTC', %(now)s FROM generate_series(1, %(people)s) n;
            INSERT INTO account SELECT {person}, 'person' || n, 'p' || n || '@example.org', true, '' FROM generate_series(1, %(people)s) n;
            INSERT INTO person_role SELECT {person}, 'member' FROM generate_series(1, %(people)s) n;
            INSERT INTO session (token_hash, person_id, opened, expires)
                SELECT sha256(('token ' || n)::bytea), {person}, %(now)s, 'infinity' FROM generate_series(1, %(people)s) n;
            INSERT INTO availability (id, person_id, purpose, starts, ends, timezone, weekly, until)
                SELECT gen_random_uuid(), {person}, 'lunch', '2026-11-24 11:00', '2026-11-24 13:00', 'UTC', true, 'infinity'
                FROM generate_series(1, %(people)s) n;
            INSERT INTO invitation (id, by_person, digest, made, expires)
                SELECT gen_random_uuid(), {person}, sha256(('code ' || n)::bytea), %(now)s, 'infinity' FROM generate_series(1, %(people)s) n;
            INSERT INTO event (id, title, location_id, during, public)
                SELECT md5('event ' || n)::uuid, 'Lunch', 1, tstzrange(s, s + interval '1 hour'), n %% 1000 = 0
                FROM generate_series(1, %(people)s) n, LATERAL (SELECT %(now)s::timestamptz + (n %% 1000 - 900) * interval '1 day' AS s) x;
            INSERT INTO attendance
                SELECT md5('event ' || ((n + k * 331) %% %(people)s + 1))::uuid, {person}, 'approved'
                FROM generate_series(1, %(people)s) n, generate_series(0, 1) k;
            INSERT INTO commitment (person_id, during, event_id)
                SELECT DISTINCT ON (a.person_id) a.person_id, e.during, e.id FROM attendance a JOIN event e ON e.id = a.event_id;
            INSERT INTO outbox (topic, key, event, published)
                SELECT 'Mails', 'k' || n, '{{}}', CASE WHEN n %% 400 > 0 THEN %(now)s::timestamptz END FROM generate_series(1, %(people)s) n;
            """,
            {"now": NOW, "people": PEOPLE},
        )
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    connection.close()


@pytest.fixture(scope="module")
def _large(server: Any) -> Iterator[str]:
    from infra.local.postgres import ADMIN

    with shared_community(server, "large_installation") as (url, community):
        assert isinstance(community, Community)
        fill(server.url_of("large_installation", ADMIN))
        yield url


@pytest.fixture
def large(_large: str) -> Iterator[str]:
    with serving(_large):
        yield _large


def person(number: int) -> UUID:
    import hashlib

    return UUID(hashlib.md5(f"person {number}".encode()).hexdigest())


class Undone(Exception):
    """Ends a transaction that is to leave nothing behind."""


def read_by(
    work: Callable[[Any], Any], role: str = "rendezvous_app", token: str = "token 77"
) -> dict[str, tuple[int, int]]:
    """What ``work`` reads of large tables: rows by a scan of the whole table, rows by an index.

    Counted by PostgreSQL itself, so that functions and policies count too.
    """
    import hashlib

    from chalicelib.database import transaction

    def counted(db: Any) -> Any:
        # The indexes are there to be used; a small machine's costs must not decide.
        db.run("SET LOCAL jit = off")
        # What an index answers alone is counted nowhere, and whether one can depends on when it was last vacuumed.
        db.run("SET LOCAL enable_indexonlyscan = off")
        before = read_so_far(db)
        if role == "rendezvous_app":
            db.run("SELECT * FROM enter(%(token)s, %(now)s)", token=hashlib.sha256(token.encode()).digest(), now=NOW)
        else:
            db.run("SELECT set_config('rendezvous.now', %(now)s, true)", now=NOW.isoformat())
        work(db)
        return {name: (rows[0] - before[name][0], rows[1] - before[name][1]) for name, rows in read_so_far(db).items()}

    found: dict[str, tuple[int, int]] = {}

    def undone(db: Any) -> None:
        found.update(counted(db))
        raise Undone

    with pytest.raises(Undone):
        transaction(undone, role)
    return {name: rows for name, rows in found.items() if any(rows)}


def read_so_far(db: Any) -> dict[str, tuple[int, int]]:
    """What the session has read of large tables: rows by a scan of the whole table, rows by an index."""
    rows = db.rows(
        "SELECT s.relname AS name, s.seq_tup_read AS scanned, coalesce(s.idx_tup_fetch, 0) AS found"
        " FROM pg_stat_xact_user_tables s JOIN pg_class c ON c.oid = s.relid WHERE c.reltuples >= %(large)s",
        large=LARGE,
    )
    return {row.name: (row.scanned, row.found) for row in rows}


def uses_its_indexes(read: dict[str, tuple[int, int]], most: int = 500) -> None:
    assert read, "nothing was read at all"
    scanned = {name: rows for name, (rows, _) in read.items() if rows}
    assert not scanned, f"whole tables were read: {scanned}"
    wasteful = {name: rows for name, (_, rows) in read.items() if rows > most}
    assert not wasteful, f"an index that finds too much: {wasteful}"


def the_caller(number: int = 77) -> Any:
    from chalicelib.web.request import Caller

    return Caller._make(
        (person(number), person(number), "P", "UTC", ("member",), False, *([False] * (len(Caller._fields) - 6)))
    )


def test_who_is_there(large: str) -> None:
    read = read_by(lambda db: None)
    uses_its_indexes(read, 10)
    assert {"session", "person"} <= set(read)


def test_my_events(large: str) -> None:
    from chalicelib.lunch import events

    read = read_by(lambda db: events.mine(db, the_caller(), NOW))
    uses_its_indexes(read)
    assert {"event", "attendance"} <= set(read)


def test_public_events(large: str) -> None:
    from chalicelib.lunch import events

    uses_its_indexes(read_by(lambda db: events.public(db, the_caller(), NOW)))


def test_my_hours_invitations_and_sessions(large: str) -> None:
    from chalicelib.accounts import invitations, sessions
    from chalicelib.calendar import availability

    uses_its_indexes(read_by(lambda db: availability.mine(db, the_caller())))
    uses_its_indexes(read_by(lambda db: invitations.mine(db, the_caller(), NOW)))
    uses_its_indexes(read_by(lambda db: sessions.mine(db, the_caller())))


def test_when_a_person_is_taken(large: str) -> None:
    def taken(db: Any) -> Any:
        return db.rows(
            "SELECT during FROM commitment WHERE person_id = %(me)s AND during && tstzrange(%(now)s, %(until)s)",
            me=person(77),
            now=NOW - timedelta(days=1000),
            until=NOW + timedelta(days=1000),
        )

    uses_its_indexes(read_by(taken), 20)
    uses_its_indexes(read_by(taken, "rendezvous_job"), 20)


def test_logging_in_and_a_live_code(large: str) -> None:
    import hashlib

    code = hashlib.sha256(b"code 77").digest()
    uses_its_indexes(read_by(lambda db: db.rows("SELECT * FROM login_of('Person77')")), 10)
    uses_its_indexes(
        read_by(lambda db: db.rows("SELECT live_invitation(%(code)s, 'x@example.org', %(now)s)", code=code, now=NOW)),
        10,
    )


def test_what_the_relay_looks_for(large: str) -> None:
    from chalicelib.messaging import relay

    asked: list[tuple[str, dict[str, Any]]] = []

    class Listening:
        """Hears which statement the relay polls with."""

        def rows(self, sql: str, **values: Any) -> list[Any]:
            asked.append((sql, values))
            return []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(relay, "transaction", lambda work, role: work(Listening()))
        relay.publish_batch(lambda messages: set(), NOW)
    [(sql, values)] = asked
    read = read_by(lambda db: db.rows(sql, **values), "rendezvous_job")
    uses_its_indexes(read, 60)
    assert read["outbox"][1] >= 50, "all that wait"


def test_a_list_over_http_reads_a_few_rows(large: str) -> None:
    answer = Browser("token 77").get("/MyEvents/")
    assert answer.status == 200
    assert len(answer.json["appointments"]) <= 2
