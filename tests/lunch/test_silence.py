"""A "yes" and a "no" leave the same traces: rows, counters, WAL, messages, logs, answers, and time.

Clones of one database get the same review with other answers, with the same clock and the same ids, and everything
that can be observed of them is compared.
"""

import contextlib
import dataclasses
import io
import json
import random
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib import clock, logs
from chalicelib.database import JOB, disconnect, transaction
from chalicelib.lunch import blocked_pairs, jobs
from infra.local.postgres import ADMIN
from tests.lunches import lunch
from tests.people import Browser, Community
from tests.state import owner, serving

NOW = datetime(2026, 11, 24, 13, tzinfo=UTC)
STARTS = "2026-11-24T11:30:00+00:00"
NAMES = ("ada", "bea", "cem")
ANSWERS = ((True, True), (True, False), (False, True), (False, False))
SECRET_COLUMNS = {"filter_chunk": ("sealed",)}
"""What must differ, for it is sealed under a fresh nonce; its length must not."""


@dataclasses.dataclass
class Traces:
    """What can be observed of one review."""

    answer: tuple[int, str, dict[str, str]]
    log: list[dict[str, Any]]
    rows: dict[str, list[str]]
    chunks: list[tuple[int, int, str, int]]
    counters: dict[str, tuple[int, ...]]
    wal: list[tuple[Any, ...]]
    pointers: list[int] = dataclasses.field(compare=False)


@pytest.fixture
def template(server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, dict[str, Browser], uuid.UUID]]:
    """A database in which Ada, Bea and Cem wait to review their lunch, and others are kept apart already."""
    url = server.create("silence", "template_of_tests")
    monkeypatch.setattr(clock, "now", lambda: NOW)
    try:
        with owner(url) as ask, serving(url):
            community = Community(ask)
            people = {name: community.person(name) for name in NAMES}
            browsers = {name: community.browser_of(id) for name, id in people.items()}
            event = lunch(ask, community.locations["Harbour"], STARTS, approved=tuple(people.values()), confirmed=True)
            jobs.sweep(NOW)
            strangers = [uuid.UUID(int=n) for n in range(8)]
            for one in strangers:
                transaction(lambda db: blocked_pairs.note(db, one, {o: False for o in strangers if o != one}), JOB)
            browsers["ada"].get("/")  # what a first use leaves behind is there before
        yield "silence", browsers, event
    finally:
        server.drop("silence")


Send = Callable[[Browser, uuid.UUID, tuple[bool, bool]], Any]


def by_api(browser: Browser, event: uuid.UUID, answers: tuple[bool, bool]) -> Any:
    body = {"enjoyed": {"bea": answers[0], "cem": answers[1]}, "description": "Noisy"}
    return browser.ask("PUT", f"/api/events/{event}/review", body)


def by_page(browser: Browser, event: uuid.UUID, answers: tuple[bool, bool]) -> Any:
    from tests.test_permissions import csrf

    body = {"csrf": csrf(browser), "once": "twelve_chars", "description": "Noisy"}
    body |= {
        f"company_{n}": f"{int(yes)} {who}" for n, (yes, who) in enumerate(zip(answers, ("bea", "cem"), strict=True), 1)
    }
    return browser.post(f"/Review/{event}", body, kind="form")


@pytest.mark.parametrize("send", [by_api, by_page])
def test_every_answer_leaves_the_same_traces(
    send: Send,
    template: tuple[str, dict[str, Browser], uuid.UUID],
    server: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name, browsers, event = template
    found = [traces(server, name, monkeypatch, lambda: send(browsers["ada"], event, answers)) for answers in ANSWERS]
    first = found[0]
    assert first.answer[0] in (204, 303)
    assert len(first.rows["review"]) == 1
    assert first.counters["filter_chunk"][1] == len({chunk[:2] for chunk in first.chunks}) >= 1
    assert any(record[1].startswith("INSERT") for record in first.wal)
    for other in found[1:]:
        for field in filter(lambda field: field.compare, dataclasses.fields(Traces)):
            assert getattr(other, field.name) == getattr(first, field.name), field.name
        assert all(abs(one - other) <= 4 for one, other in zip(first.pointers, other.pointers, strict=True))


def test_the_answers_did_reach_the_filter(
    template: tuple[str, dict[str, Browser], uuid.UUID], server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else all traces would be alike because there is nothing to be seen."""
    name, browsers, event = template
    kept = []
    for answers in ANSWERS:
        with clone(server, name, monkeypatch) as url, owner(url) as ask:
            by_api(browsers["ada"], event, answers)
            ids = {row.slug: row.id for row in ask("SELECT slug, id FROM person WHERE slug = ANY(%s)", list(NAMES))}
            apart = transaction(lambda db: blocked_pairs.kept_apart(db, ids["ada"], ids.values()), JOB)
            kept.append(tuple(ids[who] not in apart for who in ("bea", "cem")))
    assert kept == list(ANSWERS)


def test_an_answer_takes_as_long_as_any_other(
    template: tuple[str, dict[str, Browser], uuid.UUID], server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CPU time of what is done with the answers, by turns; the medians differ by less than a run from the next."""
    name, _, _ = template
    people = [uuid.UUID(int=n) for n in range(400)]
    took: dict[bool, list[float]] = {True: [], False: []}
    with clone(server, name, monkeypatch):
        for number in range(0, 400, 2):
            for yes in random.Random(number).sample((True, False), 2):
                begin = time.process_time()
                transaction(lambda db: blocked_pairs.note(db, people[number], {people[number + 1]: yes}), JOB)
                took[yes].append(time.process_time() - begin)
    yes, no = (statistics.median(took[answer]) for answer in (True, False))
    spread = statistics.quantiles(took[True] + took[False], n=4)
    assert abs(yes - no) < max(spread[2] - spread[0], 0.05 * yes), (yes, no, spread)


@contextlib.contextmanager
def clone(server: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The application on a copy of that database, with ids that are the same in every copy."""
    chance = random.Random(11)
    url = server.create("clone_of_" + name, name)
    try:
        with monkeypatch.context() as fixed, serving(url):
            fixed.setattr(uuid, "uuid4", lambda: uuid.UUID(int=chance.getrandbits(128), version=4))
            fixed.setattr("chalicelib.lunch.reviews.uuid4", uuid.uuid4)
            yield url
    finally:
        server.drop("clone_of_" + name)


def traces(server: Any, name: str, monkeypatch: pytest.MonkeyPatch, review: Callable[[], Any]) -> Traces:
    with clone(server, name, monkeypatch), owner(server.url_of("clone_of_" + name, ADMIN)) as ask:
        ask("CREATE EXTENSION pg_walinspect")
        ask("CHECKPOINT")
        before, counted = ask("SELECT pg_current_wal_insert_lsn() AS at")[0].at, counters(ask)
        written = io.TextIOWrapper(io.BytesIO())
        with contextlib.redirect_stderr(written), contextlib.redirect_stdout(written):
            logs.start()
            answer = review()
        logs.start()
        disconnect()  # counters are told when the connection ends
        wait_for(lambda: counters(ask)["attendance"] != counted["attendance"])
        records = wal(ask, before)
        after = counters(ask)  # before the rows are read, which counts as well
        headers = {key: value for key, value in answer.headers.items() if key.lower() != "date"}
        return Traces(
            answer=(answer.status, answer.text, headers),
            log=[without_durations(line) for line in logged(written)],
            rows=rows(ask),
            chunks=[
                tuple(row)
                for row in ask("SELECT layer, chunk, seal_key, length(sealed) FROM filter_chunk ORDER BY 1, 2")
            ],
            counters={
                table: tuple(now - then for now, then in zip(found, counted[table], strict=True))
                for table, found in after.items()
            },
            wal=[record[:-1] if record[-1] else (*record[:2], *record[3:-1]) for record in records],
            pointers=[record[2] for record in records if not record[-1]],
        )


def logged(written: io.TextIOWrapper) -> list[str]:
    written.flush()
    written.seek(0)
    return written.read().splitlines()


def without_durations(line: str) -> dict[str, Any]:
    entry: dict[str, Any] = json.loads(line)
    return {key: value for key, value in entry.items() if key not in ("ms", "time", "request_id")}


def rows(ask: Callable[..., list[Any]]) -> dict[str, list[str]]:
    """Every row of every table, sorted, less what is sealed."""
    found = {}
    tables = ask(
        "SELECT relname AS name FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
    )
    for table in tables:
        secret = "".join(f" - '{column}'" for column in SECRET_COLUMNS.get(table.name, ()))
        found[table.name] = sorted(
            row.text for row in ask(f'SELECT (to_jsonb(t){secret})::text AS text FROM "{table.name}" t')
        )
    assert len(found) > 30
    return found


def counters(ask: Callable[..., list[Any]]) -> dict[str, tuple[int, ...]]:
    """Tuples inserted, updated, deleted and updated in place, and scans, of each table and of what is kept beside it."""
    ask("SELECT pg_stat_clear_snapshot()")
    found = ask(
        "SELECT coalesce(owner.relname || ' (toast)', s.relname) AS name, n_tup_ins, n_tup_upd, n_tup_del,"
        " n_tup_hot_upd, n_live_tup, n_dead_tup, seq_scan, idx_scan, pg_relation_size(s.relid) AS size"
        " FROM pg_stat_all_tables s LEFT JOIN pg_class owner ON owner.reltoastrelid = s.relid"
        " WHERE schemaname = 'public' OR owner.relnamespace = 'public'::regnamespace"
    )
    return {row.name: tuple(value or 0 for value in row[1:]) for row in found}


def wal(ask: Callable[..., list[Any]], before: str) -> list[tuple[Any, ...]]:
    """The records that the review's transaction wrote, in order: what kind, how many bytes, of which page images, and
    whether they are as long wherever they are written. One is not: it leaves out those of the four bytes of the number of the
    sealed value that are the former number's, and a whole server counts these numbers up."""
    ask("SELECT pg_switch_wal()")  # so that all of it is on the disk
    found = ask(
        "SELECT resource_manager, record_type, record_length, main_data_length, fpi_length,"
        " NOT (record_type LIKE '%%HOT_UPDATE%%' AND block_ref LIKE '%%/' || pg_relation_filenode('filter_chunk') || ' %%')"
        " FROM pg_get_wal_records_info(%s, pg_current_wal_flush_lsn())"
        " WHERE xid = (SELECT xmin FROM attendance WHERE reviewed) ORDER BY start_lsn",
        before,
    )
    return [tuple(row) for row in found]


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)
