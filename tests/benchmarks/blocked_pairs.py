"""What the blocked pairs cost, and what can be inferred from them: ``python -m tests.benchmarks.blocked_pairs``.

Beside each cost stands its yardstick of the same run. Rates and inferences are counted, not computed.
"""

import json
import os
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chalicelib.lunch import bloom
from chalicelib.lunch.bloom import EMPTY, Filter, Place
from chalicelib.lunch.matching.probes import Probes
from infra.local.logins import logins

KEY = bytes(range(32))
RATE = 0.01
LAYERS = 4
ASKED = 3_000_000


def cpu(work: Callable[[], Any], times: int) -> float:
    """Microseconds of CPU a call: the median of five runs."""
    found = []
    for _ in range(5):
        begin = time.process_time()
        for _ in range(times):
            work()
        found.append((time.process_time() - begin) / times * 1e6)
    return statistics.median(found)


def filled(layers: int, rate: float, share: float = 1.0) -> Filter:
    """A filter whose layers are used up by pairs that nobody is asked about."""
    chance = np.random.default_rng(1)
    found = []
    for layer in range(layers):
        bits = bloom.bits_a_pair(layer)
        pairs = int(share * (bloom.room(layer, [EMPTY] * bloom.chunks_in(layer), rate)))
        marks = np.zeros(bloom.chunks_in(layer) * bloom.CHUNK_BITS, np.uint8)
        chunk = chance.integers(0, bloom.chunks_in(layer), pairs)
        for _ in range(bits):
            marks[chunk * bloom.CHUNK_BITS + chance.integers(0, bloom.CHUNK_BITS, pairs)] = 1
        chunks = np.packbits(marks, bitorder="little").reshape(-1, bloom.CHUNK_BYTES)
        found.append(tuple(one.tobytes() for one in chunks))
    return Filter(KEY, tuple(found))


def people(count: int) -> NDArray[np.uint8]:
    return np.random.default_rng(2).integers(0, 256, (count, 16), np.uint8)


def costs() -> None:
    """The pure parts, without a database."""
    full, person = filled(LAYERS, RATE), people(10_000)
    chance = np.random.default_rng(3)
    ones, others = chance.integers(0, 10_000, (2, 200_000))
    one, other = person[0].tobytes(), person[1].tobytes()
    keys, where = [bytes(32)], Place(0, 0)
    sealed = bloom.seal(keys, where, EMPTY)
    asking = Probes(full, person)
    print("| CPU in microseconds | |")
    print("|---|---:|")
    rows = {
        "probe, one pair": cpu(lambda: full.probe(one, other), 2000),
        "probe, a pair of 200,000 at once": cpu(lambda: asking(ones, others), 1) / 200_000,
        "getting ready for 10,000 people": cpu(lambda: Probes(full, person), 1),
        "mark a pair in a chunk": cpu(lambda: bloom.mark(KEY, 0, EMPTY, one, other, True), 500),
        "mark a pair or not (a yes)": cpu(lambda: bloom.mark(KEY, 0, EMPTY, one, other, False), 500),
        "seal a chunk": cpu(lambda: bloom.seal(keys, where, EMPTY), 500),
        "open a chunk": cpu(lambda: bloom.unseal(keys, where, sealed), 500),
    }
    for what, took in rows.items():
        print(f"| {what} | {took:.2f} |")


def stored() -> None:
    """A review's part that touches the filter, in PostgreSQL, beside an UPDATE of a row of the same length."""
    import psycopg2

    from chalicelib.database import JOB, transaction
    from chalicelib.lunch import blocked_pairs
    from chalicelib.migrate import make_logins, migrate
    from infra.local.postgres import Postgres

    with Postgres() as server, tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "secrets.json"
        kept.write_text(json.dumps({"links": "00" * 32, "filter": KEY.hex(), "seal": ["00" * 32]}))
        os.environ |= logins(server.url) | {"SECRETS_FILE": str(kept)}
        migrate(server.url)
        make_logins()
        transaction(lambda db: blocked_pairs.grow(db, 20_000), JOB)
        owner = psycopg2.connect(server.url)
        owner.autocommit = True
        with owner.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE bare (id int PRIMARY KEY, page bytea); ALTER TABLE bare ALTER page SET STORAGE EXTERNAL"
            )
            cursor.execute("INSERT INTO bare SELECT n, %s FROM generate_series(1, 8) n", (os.urandom(8220),))

            def bare() -> None:
                cursor.execute("UPDATE bare SET page = %s WHERE id = 1", (os.urandom(8220),))

            def answer(yes: bool) -> None:
                one, other = uuid.uuid4(), uuid.uuid4()
                transaction(lambda db: blocked_pairs.note(db, one, {other: yes}), JOB)

            took = {"a bare UPDATE": bare, "a yes": lambda: answer(True), "a no": lambda: answer(False)}
            found: dict[str, list[float]] = {what: [] for what in took}
            for _ in range(400):
                for what, work in took.items():
                    begin = time.perf_counter()
                    work()
                    found[what].append((time.perf_counter() - begin) * 1000)
        medians = {what: statistics.median(times) for what, times in found.items()}
        print("\n| one answer stored, milliseconds | median | times the UPDATE |\n|---|---:|---:|")
        for what, median in medians.items():
            print(f"| {what} | {median:.2f} | {median / medians['a bare UPDATE']:.2f} |")
        owner.close()


def rates() -> None:
    """How often a pair that was never marked is kept apart, at several fillings."""
    print("\n| the rule | layers | filled | pairs marked | kept apart by mistake |\n|---|---:|---:|---:|---:|")
    chance = np.random.default_rng(5)
    person = people(20_000)
    ones, others = chance.integers(0, 10_000, ASKED), chance.integers(10_000, 20_000, ASKED)
    for rate in (0.1, 0.01, 0.001):
        for layers, share in ((1, 0.5), (1, 1.0), (4, 1.0), (7, 1.0)):
            full = filled(layers, rate, share)
            marked = sum(int(share * bloom.capacity(layer, 0.95 * rate)) for layer in range(layers))
            wrong = np.count_nonzero(Probes(full, person)(ones, others)) / ASKED
            print(f"| {rate} | {layers} | {share:.0%} | {marked:,} | {wrong:.5f} |", flush=True)


def inferences() -> None:
    """Of those who are kept apart, how many disliked each other: what somebody may conclude who learns that they are."""
    print("\n| who had lunch together and disliked it | full filter | half full |\n|---|---:|---:|")
    chance = np.random.default_rng(6)
    count = 400_000
    person = people(2 * count)
    ones, others = np.arange(count), np.arange(count, 2 * count)
    for dislike in (0.01, 0.05, 0.1, 0.2):
        disliked = chance.random(count) < dislike
        found = []
        for share in (1.0, 0.5):
            apart = disliked | Probes(filled(1 if share < 1 else LAYERS, RATE, share), person)(ones, others)
            found.append(np.count_nonzero(disliked) / np.count_nonzero(apart))
        print(f"| {dislike:.0%} | {found[0]:.1%} | {found[1]:.1%} |", flush=True)


def rounds() -> None:
    """A round of many people with a full filter beside one without."""
    from dataclasses import replace

    from chalicelib.lunch.matching import match
    from tests.benchmarks.matching.instances import realistic

    print(
        "\n| people | without, s | with a full filter, s | times | left over without, with |\n|---:|---:|---:|---:|---:|"
    )
    for count in (10_000, 100_000):
        columns = realistic(count, 1)
        full = filled(6, RATE)
        begin = time.process_time()
        without = match(columns)
        plain = time.process_time() - begin
        begin = time.process_time()
        result = match(replace(columns, person=people(count), filter=full))
        took = time.process_time() - begin
        print(
            f"| {count:,} | {plain:.2f} | {took:.2f} | {took / plain:.1f} | {without.left}, {result.left} |", flush=True
        )


if __name__ == "__main__":
    parts = {part.__name__: part for part in (costs, stored, rates, inferences, rounds)}
    for name in sys.argv[1:] or parts:
        parts[name]()
