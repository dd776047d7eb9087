"""What need not be kept is forgotten, not before its time: every table of the list, a moment before and a moment after."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib import retention

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
MOMENT = timedelta(seconds=1)
OPEN = ("%(now)s", "'infinity'")
SESSION = "INSERT INTO session (token_hash, person_id, opened, expires) VALUES ('\\x01', %(me)s, {}, {}) RETURNING id"
ROWS = {
    "rate": "INSERT INTO rate (what, who, since, count) VALUES ('login', '\\x01', %(at)s, 1)",
    "session": SESSION.format("%(at)s - interval '30 days'", "%(at)s"),
    "api_token": "INSERT INTO api_token (person_id, name, token_hash, scope, made, expires)"
    " VALUES (%(me)s, 'cron', '\\x01', 'read', %(at)s - interval '90 days', %(at)s)",
    "ticket": f"WITH s AS ({SESSION.format(*OPEN)})"
    " INSERT INTO ticket (token_hash, session_id, expires) SELECT '\\x01', id, %(at)s FROM s",
    "socket": f"WITH s AS ({SESSION.format(*OPEN)})"
    " INSERT INTO socket (connection, session_id, opened) SELECT 'abc', id, %(at)s FROM s",
    "idempotency": "INSERT INTO idempotency (person_id, key, request, status, headers, body, at)"
    " VALUES (%(me)s, 'key', '\\x01', 200, '{}', '', %(at)s)",
    "pressed_form": "INSERT INTO pressed_form (person_id, press, location, at) VALUES (%(me)s, '\\x01', '/', %(at)s)",
    "password_reset": "INSERT INTO password_reset (id, person_id, asked) VALUES (gen_random_uuid(), %(me)s, %(at)s)",
    "address_change": "INSERT INTO address_change (id, person_id, email, asked)"
    " VALUES (gen_random_uuid(), %(me)s, 'new@example.org', %(at)s)",
    "former_address": "INSERT INTO former_address (id, person_id, email, at)"
    " VALUES (gen_random_uuid(), %(me)s, 'old@example.org', %(at)s)",
    "mail": "INSERT INTO mail (message, recipient, kind, about, urgent, written, due)"
    " VALUES (gen_random_uuid(), %(me)s, 'reset', '{}', false, %(at)s, %(at)s)",
    "delivered": "INSERT INTO delivered (consumer, event_id, at) VALUES ('mailer', gen_random_uuid(), %(at)s)",
}
"""Table -> a row whose time is ``at``. Of batch_report, tests/admin/test_invitations.py tells."""
KEPT = {
    "rate": timedelta(days=1), "session": timedelta(), "api_token": timedelta(days=30), "ticket": timedelta(),
    "socket": timedelta(hours=3), "idempotency": timedelta(days=1), "pressed_form": timedelta(minutes=1),
    "password_reset": timedelta(days=1), "address_change": timedelta(days=8), "former_address": timedelta(days=7),
    "batch_report": timedelta(days=7), "mail": timedelta(days=30), "delivered": timedelta(days=60),
}  # fmt: skip
"""What people are promised, beside how the job keeps it: a time that is changed is changed in both."""


@pytest.fixture
def insert(community: Any, database: str) -> Callable[..., None]:
    import psycopg2

    ada = str(community.person("ada"))

    def insert(table: str, at: datetime) -> None:
        connection = psycopg2.connect(database)
        with connection, connection.cursor() as cursor:
            cursor.execute(ROWS[table], {"me": ada, "at": at, "now": NOW})
        connection.close()

    return insert


def test_every_table_of_the_list_is_kept_as_long_as_is_promised() -> None:
    assert {table: kept for table, _, kept in retention.KEPT} == KEPT
    assert set(ROWS) | {"batch_report"} == set(KEPT)


@pytest.mark.parametrize("table", ROWS)
def test_a_row_is_there_until_its_time_and_no_longer(table: str, insert: Callable[..., None], sql: Any) -> None:
    def are_left() -> int:
        return int(sql(f"SELECT count(*) AS count FROM {table}")[0].count)

    before = are_left()
    insert(table, NOW - KEPT[table] + MOMENT)
    retention.forget(NOW)
    assert are_left() == before + 1, "not yet"
    retention.forget(NOW + 2 * MOMENT)
    assert are_left() == before


def test_messages_are_kept_for_the_rules_days_after_they_were_told_and_for_ever_until_then(
    community: Any, sql: Any
) -> None:
    community.rule("outbox.days_kept", 3)
    sql("DELETE FROM outbox")
    event = '{"type": "event.tested"}'
    for key, published in (
        ("kept", NOW - timedelta(days=3)),
        ("gone", NOW - timedelta(days=3) - MOMENT),
        ("waits", None),
    ):
        sql("INSERT INTO outbox (topic, key, event, published) VALUES ('NewUser', %s, %s, %s)", key, event, published)
    retention.forget(NOW)
    assert sorted(row.key for row in sql("SELECT key FROM outbox")) == ["kept", "waits"]


def test_the_address_of_an_invitation_goes_when_nobody_can_use_it_any_more(community: Any, sql: Any) -> None:
    ada = community.person("ada")
    for name, expires in (("expired", NOW), ("open", NOW + MOMENT)):
        [made] = sql(
            "INSERT INTO invitation (id, by_person, digest, made, expires)"
            " VALUES (gen_random_uuid(), %s, sha256(%s::bytea), %s, %s) RETURNING id",
            str(ada), name, NOW - timedelta(days=14), expires,
        )  # fmt: skip
        sql("INSERT INTO invitation_address (invitation_id, email) VALUES (%s, %s)", made.id, f"{name}@example.org")
    retention.forget(NOW)
    assert [row.email for row in sql("SELECT email FROM invitation_address")] == ["open@example.org"]
