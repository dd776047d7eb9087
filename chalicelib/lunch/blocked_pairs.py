"""The blocked pairs as they are stored: the sealed chunks of a Bloom filter, a row each.

Whatever is answered about a person, the same rows are locked, opened, sealed anew and written. Who is kept apart from
whom can be asked about pairs that one knows already, and be listed by nobody.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from chalicelib import config, rules
from chalicelib.database import Database
from chalicelib.lunch import bloom
from chalicelib.lunch.bloom import Place


def note(db: Database, person: UUID, enjoyed: Mapping[UUID, bool]) -> None:
    """Keep the person apart from those whose company they did not enjoy, and write as much for the others."""
    layer = _newest_layer(db)
    pair_key = config.secret("filter")
    of_chunk = defaultdict(list)
    for other in sorted(enjoyed):
        of_chunk[bloom.place(pair_key, layer, person.bytes, other.bytes)].append(other)
    for where, others in sorted(of_chunk.items()):  # in one order, so that two people never wait for each other
        chunk = _open(where, _locked(db, where))
        for other in others:
            chunk = bloom.mark(pair_key, layer, chunk, person.bytes, other.bytes, blocked=not enjoyed[other])
        _write(db, where, chunk)


def kept_apart(db: Database, person: UUID, others: Iterable[UUID]) -> frozenset[UUID]:
    """Those of the others whom the filter keeps apart from the person, whichever of the two wanted it."""
    pair_key, layers = config.secret("filter"), _layers(db)
    asked = set(others) - {person}
    where = {bloom.place(pair_key, layer, person.bytes, other.bytes) for other in asked for layer in range(layers)}
    rows = db.rows(
        "SELECT layer, chunk, sealed FROM filter_chunk WHERE (layer, chunk) IN"
        " (SELECT * FROM unnest(%(layers)s::smallint[], %(chunks)s::integer[]))",
        layers=[place.layer for place in where],
        chunks=[place.chunk for place in where],
    )
    opened = {Place(row.layer, row.chunk): _open(Place(row.layer, row.chunk), row.sealed) for row in rows}
    return frozenset(
        other for other in asked if bloom.probe(pair_key, layers, opened.__getitem__, person.bytes, other.bytes)
    )


def read(db: Database) -> bloom.Filter | None:
    """The filter with all of its chunks opened, for a round; None where it keeps nobody apart. For jobs."""
    layers: list[list[bytes]] = []
    for row in db.rows("SELECT layer, chunk, sealed FROM filter_chunk ORDER BY layer, chunk"):
        if row.chunk == 0:
            layers.append([])
        layers[-1].append(_open(Place(row.layer, row.chunk), row.sealed))
    if all(chunk == bloom.EMPTY for layer in layers for chunk in layer):
        return None
    return bloom.Filter(config.secret("filter"), tuple(map(tuple, layers)))


def grow(db: Database, answers: int) -> int:
    """Add layers until the newest has room for so many answers, whatever they will be; how many. For jobs."""
    rate = rules.read(db).bloom.false_positive_rate
    newest = _layers(db) - 1
    room = bloom.room(newest, _chunks(db, newest), rate) if newest >= 0 else -1
    first = newest + 1
    while room < answers and newest + 1 < bloom.MOST_LAYERS:
        newest += 1
        _add_layer(db, newest)
        room = bloom.capacity(newest, rate)
    return newest + 1 - first


def seal_anew(db: Database, batch: int = 50) -> int:
    """Seal a batch of chunks under the newest key that a former one sealed; how many. For jobs."""
    rows = db.rows(
        "SELECT layer, chunk, sealed FROM filter_chunk WHERE seal_key <> %(newest)s ORDER BY layer, chunk"
        " LIMIT %(batch)s FOR UPDATE SKIP LOCKED",
        newest=bloom.name_of_key(config.secret_keys("seal")[0]),
        batch=batch,
    )
    for row in rows:
        where = Place(row.layer, row.chunk)
        _write(db, where, _open(where, row.sealed))
    return len(rows)


class Size(NamedTuple):
    """What may be said of the filter. Nothing that a single answer would change stands here: it would tell it."""

    layers: int
    chunks: int
    bytes: int
    holds: int
    keys: dict[str, int]
    newest_key: str


def size(db: Database) -> Size:
    """How large the filter is, how many pairs it holds at the rule's rate, and how many chunks each key sealed."""
    rows = db.rows("SELECT seal_key, count(*) AS chunks FROM filter_chunk GROUP BY seal_key ORDER BY seal_key")
    keys = {row.seal_key: row.chunks for row in rows}
    chunks, layers = sum(keys.values()), _layers(db)
    rate = rules.read(db).bloom.false_positive_rate
    holds = sum(bloom.capacity(layer, rate) for layer in range(layers))
    newest = bloom.name_of_key(config.secret_keys("seal")[0])
    return Size(layers, chunks, chunks * bloom.SEALED_BYTES, holds, keys, newest)


def _layers(db: Database) -> int:
    found: int = db.value("SELECT coalesce(max(layer) + 1, 0) FROM filter_chunk")
    return found


def _newest_layer(db: Database) -> int:
    layers = _layers(db)
    if layers == 0:
        _add_layer(db, 0)
    return max(0, layers - 1)


def _add_layer(db: Database, layer: int) -> None:
    """Two who add the same layer add it once."""
    keys = config.secret_keys("seal")
    name = bloom.name_of_key(keys[0])
    places = [Place(layer, chunk) for chunk in range(bloom.chunks_in(layer))]
    db.many(
        "INSERT INTO filter_chunk (layer, chunk, seal_key, sealed) VALUES %s ON CONFLICT DO NOTHING",
        [(layer, place.chunk, name, bloom.seal(keys, place, bloom.EMPTY)) for place in places],
    )


def _chunks(db: Database, layer: int) -> list[bytes]:
    rows = db.rows("SELECT chunk, sealed FROM filter_chunk WHERE layer = %(layer)s ORDER BY chunk", layer=layer)
    return [_open(Place(layer, row.chunk), row.sealed) for row in rows]


def _locked(db: Database, where: Place) -> Any:
    return db.value(
        "SELECT sealed FROM filter_chunk WHERE layer = %(layer)s AND chunk = %(chunk)s FOR UPDATE",
        layer=where.layer,
        chunk=where.chunk,
    )


def _open(where: Place, sealed: Any) -> bytes:
    """The chunk opened. A key that this process does not know yet may have been added since it read them."""
    try:
        return bloom.unseal(config.secret_keys("seal"), where, bytes(sealed))
    except ValueError:
        config.forget_secrets()
    return bloom.unseal(config.secret_keys("seal"), where, bytes(sealed))


def _write(db: Database, where: Place, chunk: bytes) -> None:
    keys = config.secret_keys("seal")
    db.run(
        "UPDATE filter_chunk SET seal_key = %(key)s, sealed = %(sealed)s WHERE layer = %(layer)s AND chunk = %(chunk)s",
        key=bloom.name_of_key(keys[0]),
        sealed=bloom.seal(keys, where, chunk),
        layer=where.layer,
        chunk=where.chunk,
    )
