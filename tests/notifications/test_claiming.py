"""The mail that is next is found by its index, also by a connection that planned that while there were no mails."""

from datetime import UTC, datetime
from typing import Any

from chalicelib.database import JOB, Database, disconnect, transaction
from chalicelib.notifications import sending

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def claimed(db: Database) -> tuple[Any, int]:
    """The row, and how often the table was read from end to end for it."""
    before = scans(db)
    row = db.row(sending._CLAIM, now=NOW, taken=[], crowded=False)
    return row, scans(db) - before


def scans(db: Database) -> int:
    """Of this transaction, and of those before it that the session has not reported yet."""
    found: int = db.value("SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'mail'")
    return found


def test_a_plan_of_an_empty_table_reads_a_full_one_by_its_index(sql: Any, community: Any) -> None:
    sql("ANALYZE mail")
    for _ in range(8):  # PostgreSQL settles for one plan after some
        assert transaction(claimed, JOB)[0] is None
    sql(
        "INSERT INTO mail (message, recipient, kind, about, urgent, written, due)"
        " SELECT gen_random_uuid(), gen_random_uuid(), 'call_booked', '{}', n > 4990, %s, %s - n * interval '1 second'"
        " FROM generate_series(1, 5000) n",
        NOW,
        NOW,
    )
    row, read_whole = transaction(claimed, JOB)
    assert read_whole == 0
    assert (NOW - row.due).total_seconds() == 4991, "the newest of those that somebody waits for"
    sql("DELETE FROM mail WHERE urgent")
    row, read_whole = transaction(claimed, JOB)
    assert read_whole == 0 and (NOW - row.due).total_seconds() == 4990, "else the oldest"
    disconnect()
