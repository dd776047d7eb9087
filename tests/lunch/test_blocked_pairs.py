"""The filter as it is stored: it grows before it is full, its keys can be changed, and rounds go by it."""

import json
import os
import secrets
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg2.errors
import pytest

from chalicelib import config
from chalicelib.database import JOB, Database, transaction
from chalicelib.lunch import blocked_pairs, bloom, candidates, jobs, reviews, rounds
from tests.lunches import lunch
from tests.people import Community

Sql = Callable[..., list[Any]]
NOW = datetime(2026, 11, 26, 15, tzinfo=UTC)
MONDAY = date(2026, 11, 30)
LAST_LUNCH = "2026-09-01T11:30:00+00:00"
"""So long ago that it keeps nobody apart."""


def job(work: Callable[[Database], Any]) -> Any:
    return transaction(work, JOB)


def block(one: uuid.UUID, other: uuid.UUID) -> None:
    job(lambda db: blocked_pairs.note(db, one, {other: False}))


def apart(one: uuid.UUID, *others: uuid.UUID) -> frozenset[uuid.UUID]:
    found: frozenset[uuid.UUID] = job(lambda db: blocked_pairs.kept_apart(db, one, others))
    return found


def layers(sql: Sql) -> list[int]:
    rows = sql("SELECT count(*) AS chunks FROM filter_chunk GROUP BY layer ORDER BY layer")
    return [row.chunks for row in rows]


@pytest.fixture
def people() -> list[uuid.UUID]:
    return [uuid.uuid4() for _ in range(40)]


@pytest.fixture
def secrets_file() -> Iterator[Path]:
    """The file of the secrets, which a test may change; put back at the end."""
    path = Path(os.environ["SECRETS_FILE"])
    kept = path.read_text()
    yield path
    path.write_text(kept)
    config.forget_secrets()


def add_seal_key(path: Path) -> str:
    """A new key in front of the others; what it is called."""
    found = json.loads(path.read_text())
    key = secrets.token_hex(32)
    path.write_text(json.dumps(found | {"seal": [key, *found["seal"]]}))
    return bloom.name_of_key(bytes.fromhex(key))


# --- who is kept apart ---


def test_two_are_kept_apart_from_both_sides_and_from_nobody_else(database: str, people: list[uuid.UUID]) -> None:
    one, other, *rest = people
    assert apart(one, *people) == frozenset()
    block(one, other)
    assert apart(one, *people) == {other}
    assert apart(other, *people) == {one}
    assert all(apart(third, *people) == frozenset() for third in rest)
    assert apart(one) == frozenset()


def test_whoever_is_kept_apart_stays_so_as_the_filter_grows(database: str, sql: Sql, people: list[uuid.UUID]) -> None:
    pairs = list(zip(people[::2], people[1::2], strict=True))
    for number, (one, other) in enumerate(pairs):
        block(one, other)
        if number % 5 == 0:
            job(lambda db: blocked_pairs.grow(db, bloom.capacity(len(layers(sql)), 0.01)))
    assert layers(sql) == [1, 2, 4, 8, 16]
    assert all(apart(one, other) for one, other in pairs)
    found = job(blocked_pairs.read)
    assert all(found.probe(one.bytes, other.bytes) for one, other in pairs)
    assert job(lambda db: blocked_pairs.kept_apart(db, people[0], people[2:])) == frozenset()


# --- growing ---


def test_the_filter_has_room_for_whatever_will_be_answered(database: str, sql: Sql) -> None:
    assert job(lambda db: blocked_pairs.grow(db, 0)) == 1
    first = bloom.capacity(0, 0.95 * 0.01)
    assert job(lambda db: blocked_pairs.grow(db, first)) == 0
    assert job(lambda db: blocked_pairs.grow(db, first + 1)) == 1
    assert layers(sql) == [1, 2]
    assert job(lambda db: blocked_pairs.grow(db, 100_000)) == 4, "several at once, if need be"
    assert layers(sql) == [1, 2, 4, 8, 16, 32]
    assert job(lambda db: blocked_pairs.grow(db, 100_000)) == 0


def test_a_layer_that_fills_up_is_followed_by_the_next(database: str, sql: Sql) -> None:
    job(lambda db: blocked_pairs.grow(db, 0))
    key = config.secret("filter")
    chunk = bloom.EMPTY
    for _ in range(5000):
        chunk = bloom.mark(key, 0, chunk, secrets.token_bytes(16), secrets.token_bytes(16), blocked=True)
    job(lambda db: blocked_pairs._write(db, bloom.Place(0, 0), chunk))
    assert job(lambda db: blocked_pairs.grow(db, 500)) == 0
    assert job(lambda db: blocked_pairs.grow(db, 2000)) == 1
    assert job(blocked_pairs.read).rate < 0.005


def test_a_lower_rate_makes_the_next_layer_come_sooner(community: Community, sql: Sql) -> None:
    job(lambda db: blocked_pairs.grow(db, 3000))
    assert layers(sql) == [1]
    community.rule("bloom.false_positive_rate", 0.0001)
    assert job(lambda db: blocked_pairs.grow(db, 3000)) == 1


def test_the_sweep_makes_room_before_a_lunch_is_over(community: Community, sql: Sql) -> None:
    jobs.sweep(NOW)
    assert layers(sql) == [1]
    people = [community.person(name) for name in ("ada", "bea", "cem")]
    lunch(sql, community.locations["Harbour"], "2026-11-27T11:30+00:00", approved=people, confirmed=True)
    lunch(sql, community.locations["Harbour"], "2026-11-29T11:30+00:00", approved=people, confirmed=True)
    assert job(lambda db: reviews.answers_due(db, NOW + jobs.AHEAD)) == 6
    sql("UPDATE attendance SET reviewed = true WHERE person_id = %s", people[0])
    assert job(lambda db: reviews.answers_due(db, NOW + jobs.AHEAD)) == 4


def test_two_who_add_a_layer_at_once_add_it_once(database: str, sql: Sql, people: list[uuid.UUID]) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: block(people[2 * n], people[2 * n + 1]), range(8)))
        list(pool.map(lambda n: job(lambda db: blocked_pairs.grow(db, 20_000)), range(4)))
    assert layers(sql) == [1, 2, 4, 8]
    assert all(apart(people[2 * n], people[2 * n + 1]) for n in range(8))


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ("0, 1, '00000000', %s", "filter_chunk_is_within_its_layer"),
        ("0, -1, '00000000', %s", "filter_chunk_is_within_its_layer"),
        ("20, 0, '00000000', %s", "filter_chunk_is_of_a_layer"),
        ("1, 0, 'key', %s", "filter_chunk_names_its_key"),
        ("1, 0, '00000000', substr(%s, 2)", "filter_chunk_is_whole"),
    ],
)
def test_no_chunk_is_stored_that_belongs_nowhere(values: str, constraint: str, sql: Sql) -> None:
    with pytest.raises(psycopg2.errors.CheckViolation) as refused:
        sql(f"INSERT INTO filter_chunk VALUES ({values})", bytes(bloom.SEALED_BYTES))
    assert refused.value.diag.constraint_name == constraint


# --- keys ---


def test_the_sealing_key_is_changed_while_all_goes_on(
    database: str, sql: Sql, people: list[uuid.UUID], secrets_file: Path
) -> None:
    block(people[0], people[1])
    job(lambda db: blocked_pairs.grow(db, 20_000))
    former = {row.seal_key for row in sql("SELECT seal_key FROM filter_chunk")}
    newest = add_seal_key(secrets_file)
    config.forget_secrets()
    assert apart(people[0], people[1]), "a former key still opens"
    jobs.sweep(NOW)
    assert {row.seal_key for row in sql("SELECT seal_key FROM filter_chunk")} == {newest} != former
    secrets_file.write_text(json.dumps(json.loads(secrets_file.read_text()) | {"seal": [_newest(secrets_file)]}))
    config.forget_secrets()
    assert apart(people[0], people[1]), "the former key is not needed any more"


def _newest(path: Path) -> str:
    return str(json.loads(path.read_text())["seal"][0])


def test_a_process_that_read_its_keys_before_reads_them_again(
    database: str, people: list[uuid.UUID], secrets_file: Path
) -> None:
    block(people[0], people[1])
    kept = config.secret_keys("seal")
    add_seal_key(secrets_file)
    config.forget_secrets()
    while job(blocked_pairs.seal_anew):
        pass
    config._secrets.cache_clear()
    config._secrets()["seal"] = [key.hex() for key in kept]  # as a process that has not read them since
    assert apart(people[0], people[1])
    block(people[2], people[3])
    assert apart(people[2], people[3])


def test_a_chunk_that_no_key_opens_is_an_error_and_not_an_empty_one(
    database: str, sql: Sql, people: list[uuid.UUID]
) -> None:
    block(people[0], people[1])
    sql("UPDATE filter_chunk SET sealed = set_byte(sealed, 100, get_byte(sealed, 100) # 1)")
    with pytest.raises(ValueError, match="another key or altered"):
        apart(people[0], people[1])
    with pytest.raises(ValueError, match="another key or altered"):
        block(people[2], people[3])
    with pytest.raises(ValueError, match="another key or altered"):
        job(blocked_pairs.read)


# --- rounds ---


def free(sql: Sql, person: uuid.UUID) -> None:
    sql(
        "INSERT INTO availability (id, person_id, purpose, starts, ends, timezone, weekly, until)"
        " VALUES (%s, %s, 'lunch', '2026-11-03 11:00', '2026-11-03 14:00', 'Europe/Berlin', true, 'infinity')",
        uuid.uuid4(),
        person,
    )


def test_a_round_keeps_apart_whom_the_filter_does_and_nobody_else(community: Community, sql: Sql) -> None:
    ada, bea, cem, dan = (community.person(name) for name in ("ada", "bea", "cem", "dan"))
    community.rule("lunch.max_attendees", 2)
    for person in (ada, bea, cem, dan):
        free(sql, person)
    for other in (bea, cem):
        block(ada, other)
    outcome = rounds.run(MONDAY, community.locations["Harbour"], NOW)
    assert {frozenset(one.people) for one in outcome.lunches} == {frozenset((ada, dan)), frozenset((bea, cem))}
    assert (outcome.left, outcome.proven) == ({}, True)


def test_who_is_left_over_for_a_blocked_pair_reads_no_other_reason_than_others(community: Community, sql: Sql) -> None:
    ada, bea = community.person("ada"), community.person("bea")
    for person in (ada, bea):
        free(sql, person)
    block(bea, ada)
    outcome = rounds.run(MONDAY, community.locations["Harbour"], NOW)
    assert outcome.lunches == []
    assert set(outcome.left.values()) == {"nobody_suitable"}


def test_a_filter_that_keeps_nobody_apart_is_not_asked(community: Community) -> None:
    ada, bea = community.person("ada"), community.person("bea")
    job(lambda db: blocked_pairs.note(db, ada, {bea: True}))
    given = job(lambda db: candidates.read(db, MONDAY, community.locations["Harbour"], NOW))
    assert (given.columns.filter, given.columns.person) == (None, None)


def test_an_empty_location_has_a_round_with_a_filter_too(community: Community, people: list[uuid.UUID]) -> None:
    block(people[0], people[1])
    outcome = rounds.run(MONDAY, community.locations["Harbour"], NOW)
    assert (outcome.lunches, outcome.left) == ([], {})


# --- what admins see ---


def test_admins_see_size_rate_and_keys_and_nothing_that_an_answer_changes(
    community: Community, people: list[uuid.UUID]
) -> None:
    admin = community.admin()
    assert "No chunk yet" in admin.get("/admin/blocked-pairs").text
    job(lambda db: blocked_pairs.grow(db, 8000))
    before = admin.get("/admin/blocked-pairs").text
    for found in ("at most 0.01", "24,660 bytes", bloom.name_of_key(config.secret_keys("seal")[0])):
        assert found in before
    block(people[0], people[1])
    assert admin.get("/admin/blocked-pairs").text == before
