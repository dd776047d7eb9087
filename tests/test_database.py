"""What stands between the product and psycopg2: times in arrays, and statements that a connection plans once."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.database import Database, Prepared, disconnect, transaction

COUNTED = Prepared(
    "SELECT count(*) AS n, %(word)s::text AS word FROM location WHERE name = %(name)s OR name LIKE '%%!'"
)


@pytest.mark.parametrize(
    ("array", "times"),
    [
        ("NULL", None),
        ("'{}'", []),
        ("ARRAY['2030-01-01 09:00Z', NULL]", [datetime(2030, 1, 1, 9, tzinfo=UTC), None]),
        ("ARRAY['2030-01-01 10:00:00.25+05:30']", [datetime(2030, 1, 1, 4, 30, 0, 250_000, tzinfo=UTC)]),
        (
            "ARRAY[ARRAY['2030-01-01 09:00Z', '2030-01-01 10:00Z'], ARRAY['2030-01-02 09:00Z', NULL]]",
            [
                [datetime(2030, 1, 1, 9, tzinfo=UTC), datetime(2030, 1, 1, 10, tzinfo=UTC)],
                [datetime(2030, 1, 2, 9, tzinfo=UTC), None],
            ],
        ),
    ],
)
def test_an_array_of_times_is_read_as_it_is(database: str, array: str, times: Any) -> None:
    assert transaction(lambda db: db.value(f"SELECT ({array})::timestamptz[]")) == times


def counted(db: Database) -> tuple[int, str]:
    row = db.row(COUNTED, name="Harbour", word="O'Hara %s")
    assert row is not None
    return row.n, row.word


def prepared(db: Database) -> int:
    found: int = db.value("SELECT count(*) FROM pg_prepared_statements WHERE name = %(name)s", name=COUNTED.name)
    return found


def test_a_planned_statement_is_planned_once_by_each_connection(database: str) -> None:
    assert transaction(counted) == transaction(counted) == (0, "O'Hara %s")
    assert transaction(prepared) == 1
    disconnect()
    assert transaction(prepared) == 0
    assert transaction(counted) == (0, "O'Hara %s")


def test_a_planned_statement_outlives_the_transaction_that_planned_it_and_a_change_of_its_table(
    database: str, sql: Any
) -> None:
    def failing(db: Database) -> None:
        counted(db)
        raise RuntimeError

    disconnect()
    with pytest.raises(RuntimeError):
        transaction(failing)
    assert transaction(counted) == (0, "O'Hara %s")
    sql("ALTER TABLE location ADD COLUMN more text NOT NULL DEFAULT ''")
    try:
        assert transaction(counted) == (0, "O'Hara %s")
    finally:
        sql("ALTER TABLE location DROP COLUMN more")
