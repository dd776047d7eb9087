"""What stands between the product and psycopg2: times in arrays, and statements that a connection plans once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.database import JOB, Database, Prepared, disconnect, transaction
from chalicelib.errors import Conflict

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


IN_EACH_OTHERS_WAY = """
CREATE TABLE door (id int PRIMARY KEY, opened int NOT NULL DEFAULT 0); INSERT INTO door VALUES (1), (2);
CREATE TABLE wish (door int NOT NULL);
CREATE FUNCTION grant_wish() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN UPDATE door SET opened = opened + 1 WHERE id = NEW.door; RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER later AFTER INSERT ON wish DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION grant_wish();
GRANT ALL ON door, wish TO rendezvous_job
"""


def at_once(db: Database, second: int) -> None:
    db.run("UPDATE door SET opened = opened + 1 WHERE id = %(id)s", id=second)


def at_the_commit(db: Database, second: int) -> None:
    db.run("INSERT INTO wish VALUES (%(id)s)", id=second)


@pytest.mark.parametrize("refused", [False, True], ids=["", "and what a refusal keeps"])
@pytest.mark.parametrize("then", [at_once, at_the_commit])
def test_whoever_loses_a_deadlock_is_carried_out_after_all(
    sql: Callable[..., list[Any]], then: Callable[[Database, int], None], refused: bool
) -> None:
    sql(IN_EACH_OTHERS_WAY)
    both, attempts = threading.Barrier(2), []

    def through(first: int) -> None:
        def work(db: Database) -> None:
            attempts.append(first)
            db.run("UPDATE door SET opened = opened + 1 WHERE id = %(id)s", id=first)
            if len(attempts) <= 2:
                both.wait(10)
            then(db, 3 - first)
            if refused:
                raise Conflict("Not so", keep=True)

        try:
            transaction(work, JOB)
        except Conflict:
            assert refused
        finally:
            disconnect()

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(through, (1, 2)))
    assert len(attempts) == 3 and [row[0] for row in sql("SELECT opened FROM door")] == [2, 2]
