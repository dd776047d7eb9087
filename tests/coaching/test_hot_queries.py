"""What is asked of a coach with 50,000 calls (95,000 commitments), as the application's role: each query finds its index."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
import pytest

from tests.state import serving, shared_community
from tests.test_hot_queries import NOW, fill, read_by, the_caller, uses_its_indexes

pytestmark = pytest.mark.long
COACH, CALLS = 10_000, 50_000


def fill_calls(url: str) -> None:
    """50,000 calls of one coach with 190 clients: every other hour for 11 years, a tenth of them cancelled."""
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            """
            CREATE TEMP TABLE laid ON COMMIT DROP AS
                SELECT md5('call ' || n)::uuid AS id, md5('person ' || %(coach)s)::uuid AS coach,
                       md5('person ' || %(coach)s + 1 + n %% 190)::uuid AS client, tstzrange(t, t + interval '1 hour') AS during, n
                FROM generate_series(1, %(calls)s) n,
                     LATERAL (SELECT timestamptz '2027-02-15 00:00Z' - n * interval '2 hours' AS t) x;
            INSERT INTO person_role VALUES (md5('person ' || %(coach)s)::uuid, 'coach');
            INSERT INTO person_role SELECT DISTINCT client, 'client' FROM laid;
            INSERT INTO relationship (coach_id, client_id, begun) SELECT DISTINCT coach, client, '2000-01-01'::timestamptz FROM laid;
            INSERT INTO availability (id, person_id, purpose, starts, ends, timezone, weekly, until)
                SELECT gen_random_uuid(), md5('person ' || %(coach)s)::uuid, 'coaching', '2026-11-02 09:00'::timestamp + n * interval '1 day',
                       '2026-11-02 17:00'::timestamp + n * interval '1 day', 'UTC', true, 'infinity' FROM generate_series(0, 4) n;
            INSERT INTO appointment (id, relationship_id, coach_id, client_id, during, booked, booked_by, changed)
                SELECT l.id, r.id, l.coach, l.client, l.during, %(now)s, l.client, %(now)s
                FROM laid l JOIN relationship r ON r.client_id = l.client;
            INSERT INTO appointment_change SELECT id, 2, during, during, client, %(now)s FROM laid;
            INSERT INTO cancellation (appointment_id, at, cancelled_by, reason) SELECT id, %(now)s, client, '' FROM laid WHERE n %% 10 = 0;
            INSERT INTO commitment (person_id, during, appointment_id)
                SELECT p.id, l.during, l.id FROM laid l, LATERAL (VALUES (l.coach), (l.client)) p (id) WHERE n %% 10 > 0;
            INSERT INTO rule VALUES ('coaching.calls_per_month', '', '31');
            """,
            {"now": NOW, "coach": COACH, "calls": CALLS},
        )
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    connection.close()


@pytest.fixture(scope="module")
def _large(server: Any) -> Iterator[str]:
    from infra.local.postgres import ADMIN

    with shared_community(server, "large_practice") as (url, _):
        fill(server.url_of("large_practice", ADMIN))
        fill_calls(server.url_of("large_practice", ADMIN))
        yield url


@pytest.fixture
def large(_large: str) -> Iterator[str]:
    with serving(_large):
        yield _large


def calls_asked(
    work: Callable[[Any, Any], Any], number: int = COACH + 78, role: str = "client"
) -> dict[str, tuple[int, int]]:
    """What a request about calls reads, of a coach with 50,000 of them; ``work`` takes the database and the caller."""
    caller = the_caller(number)._replace(roles=("member", role))
    read = read_by(lambda db: work(db, caller), token=f"token {number}")
    assert "appointment" in read or "commitment" in read, read
    return read


def test_the_slots_of_four_weeks(large: str) -> None:
    from chalicelib.coaching import api

    slug = f"p{COACH}"
    found = []
    uses_its_indexes(
        calls_asked(lambda db, me: found.append(api.list_slots(db, me, slug, api.WhichSlots(first="2026-W49"), NOW)))
    )
    assert len(found[0]["slots"]) > 80, "odd hours, and what was cancelled"
    uses_its_indexes(calls_asked(lambda db, me: api.first_slot(db, me, slug, NOW)))
    asked = api.WhichStart(start=NOW + timedelta(days=3))
    uses_its_indexes(calls_asked(lambda db, me: api.nearest_slots(db, me, slug, asked, NOW)))
    uses_its_indexes(
        calls_asked(
            lambda db, me: api.why_not_free(db, me, slug, api.WhichTime(start=asked.start), NOW), COACH, "coach"
        )
    )


def test_booking_moving_and_cancelling_a_call(large: str) -> None:
    from chalicelib.coaching import api

    start = datetime(2026, 12, 2, 13, tzinfo=UTC)
    span = {"start": start, "end": start + timedelta(hours=1)}

    def book(db: Any, me: Any) -> Any:
        return api.book(db, me, api.BookCall(coach=f"p{COACH}", **span), NOW).body

    def book_and_change(db: Any, me: Any) -> None:
        call = book(db, me)
        later = {name: at + timedelta(hours=2) for name, at in span.items()}
        assert api.move(db, me, call["id"], api.MoveCall(version=1, **later), NOW)["version"] == 2
        api.cancel(db, me, call["id"], api.CancelCall(), NOW)

    booked = calls_asked(book)
    uses_its_indexes(booked, 200)
    assert {"appointment", "commitment"} <= set(booked)
    uses_its_indexes(calls_asked(book_and_change), 200)


def test_a_list_of_calls(large: str) -> None:
    from chalicelib.coaching import api

    def listed(db: Any, me: Any) -> Any:
        return api.list_appointments(db, me, api.WhichWeeks(), NOW)

    uses_its_indexes(calls_asked(listed), 100)
    # 168 calls, each with a person whom the policies let him see
    uses_its_indexes(calls_asked(listed, COACH, "coach"), 1200)
