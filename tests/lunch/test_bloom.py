"""The filter forgets no blocked pair, tells nobody without the keys, and errs no more often than the rule says."""

import math
import os
import random
import struct
from functools import cache

import numpy as np
import pytest

from chalicelib.lunch import bloom
from chalicelib.lunch.bloom import EMPTY, Filter, Place, capacity, chunks_in, mark, place, places, seal, unseal
from chalicelib.lunch.matching.probes import Probes
from chalicelib.lunch.siphash import siphash

KEY = bytes(range(32))
RATE = 0.01


def person(number: int) -> bytes:
    return number.to_bytes(16, "big")


def put(bits: np.ndarray, layer: int, numbers: np.ndarray) -> None:
    """As bloom.mark, for each of these people and the next: what hashes a number hashes an array of them as well.

    bits: uint8[chunks, CHUNK_BYTES], of a whole layer
    """
    one, other = numbers.byteswap(), (numbers + 1).byteswap()
    none = np.zeros_like(one)
    words = none, np.minimum(one, other), none, np.maximum(one, other)
    key = struct.unpack("<4Q", KEY)
    where, seed = siphash(key[0], key[1], words), siphash(key[2], key[3], words)
    for position in bloom._positions(layer, seed):
        chunk = where & (chunks_in(layer) - 1)
        np.bitwise_or.at(bits, (chunk, position >> 3), (1 << (position & 7)).astype(np.uint8))


def empty(layer: int) -> np.ndarray:
    return np.zeros((chunks_in(layer), bloom.CHUNK_BYTES), np.uint8)


def chunks_of(bits: np.ndarray) -> tuple[bytes, ...]:
    return tuple(chunk.tobytes() for chunk in bits)


@cache
def marked(layer_count: int, rate: float, share: float = 1.0) -> tuple[Filter, list[tuple[bytes, bytes]]]:
    """A filter of full layers and the pairs that were marked in it."""
    layers = []
    pairs = []
    for layer in range(layer_count):
        bits = empty(layer)
        numbers = 2 * (len(pairs) + np.arange(int(share * capacity(layer, rate)), dtype=np.uint64))
        put(bits, layer, numbers)
        pairs += [(person(number), person(number + 1)) for number in numbers.tolist()]
        layers.append(chunks_of(bits))
    return Filter(KEY, tuple(layers)), pairs


def test_a_blocked_pair_is_found_whoever_is_named_first():
    one, other = person(7), person(4)
    where = place(KEY, 0, one, other)
    chunk = mark(KEY, where.layer, EMPTY, one, other, blocked=True)
    assert place(KEY, 0, other, one) == where
    assert Filter(KEY, ((chunk,),)).probe(other, one)
    assert not Filter(KEY, ((EMPTY,),)).probe(one, other)


def test_many_marks_are_put_as_each_of_them():
    for layer in (0, 1, 5):
        numbers = np.array([3, 255, 70_000], np.uint64)
        bits = empty(layer)
        put(bits, layer, numbers)
        chunks = [EMPTY] * chunks_in(layer)
        for one, other in ((person(number), person(number + 1)) for number in numbers.tolist()):
            where = place(KEY, layer, one, other).chunk
            chunks[where] = mark(KEY, layer, chunks[where], one, other, blocked=True)
        assert chunks_of(bits) == tuple(chunks)


def test_who_enjoyed_the_lunch_is_not_kept_apart():
    chunk = mark(KEY, 0, EMPTY, person(1), person(2), blocked=False)
    assert chunk == EMPTY


def test_an_answer_never_forgets_earlier_blocked_pairs():
    chunk = mark(KEY, 0, EMPTY, person(1), person(2), blocked=True)
    chunk = mark(KEY, 0, chunk, person(1), person(2), blocked=False)
    chunk = mark(KEY, 0, chunk, person(1), person(3), blocked=True)
    assert Filter(KEY, ((chunk,),)).probe(person(1), person(2))


def test_both_answers_rewrite_the_whole_chunk_alike():
    key, where = os.urandom(32), Place(0, 0)
    before = seal([key], where, EMPTY)
    for blocked in (True, False):
        after = seal([key], where, mark(KEY, 0, unseal([key], where, before), person(1), person(2), blocked))
        assert len(after) == len(before) == bloom.SEALED_BYTES
        same = sum(x == y for x, y in zip(before, after, strict=True))
        assert same < len(before) / 64


def test_a_sealed_chunk_opens_at_its_own_place_and_under_its_own_key_only():
    key = os.urandom(32)
    sealed = seal([key], Place(1, 0), EMPTY)
    assert unseal([key], Place(1, 0), sealed) == EMPTY
    for keys, where, altered in [
        ([os.urandom(32)], Place(1, 0), sealed),
        ([key], Place(1, 1), sealed),
        ([key], Place(1, 0), sealed[:-1] + bytes([sealed[-1] ^ 1])),
    ]:
        with pytest.raises(ValueError, match="another key or altered"):
            unseal(keys, where, altered)


def test_the_sealing_key_can_be_rotated():
    former, newest = os.urandom(32), os.urandom(32)
    sealed = seal([former], Place(0, 0), EMPTY)
    again = seal([newest, former], Place(0, 0), unseal([newest, former], Place(0, 0), sealed))
    assert unseal([newest], Place(0, 0), again) == EMPTY


def test_a_half_written_chunk_cannot_be_sealed():
    with pytest.raises(ValueError, match="8192"):
        seal([os.urandom(32)], Place(0, 0), EMPTY[:-1])


def test_a_filter_opens_from_its_sealed_pages_in_order():
    key, (full, pairs) = os.urandom(32), marked(3, RATE, 0.01)
    chunks = [chunk for layer in full.layers for chunk in layer]
    pages = [seal([key], where, chunk) for where, chunk in zip(places(3), chunks, strict=True)]
    opened = bloom.open_all(pages, KEY, key)
    assert opened == full
    assert all(opened.probe(*pair) for pair in pairs)
    with pytest.raises(ValueError, match="no whole number of layers"):
        bloom.open_all(pages[:-1], KEY, key)


@pytest.mark.parametrize(("length", "expected"), [(8, 0x93F5F5799A932462), (16, 0x3F2ACC7F57C29BDB)])
def test_the_keyed_hash_is_siphash(length, expected):
    """Two of the vectors that its authors publish: the key 00, 01, ..., 0f, the message 00, 01, ..."""
    key = struct.unpack("<2Q", bytes(range(16)))
    assert siphash(*key, struct.unpack(f"<{length // 8}Q", bytes(range(length)))) == expected


@pytest.mark.parametrize("rate", [0.1, 0.01, 0.001])
def test_full_layers_together_err_no_more_often_than_the_rule_says(rate):
    full, pairs = marked(3, rate)
    assert all(full.probe(*pair) for pair in random.Random(5).sample(pairs, 2000))
    asked = round(3000 / rate)  # as exact at each rate
    chance = np.random.default_rng(5)
    ones, others = chance.integers(0, 4000, asked), chance.integers(4000, 8000, asked)
    wrong = np.count_nonzero(Probes(full, chance.integers(0, 256, (8000, 16), np.uint8))(ones, others))
    assert full.rate < rate
    assert wrong / asked < rate
    right = math.prod(1 - bloom.false_positive_rate(layer, chunks) for layer, chunks in enumerate(full.layers))
    assert wrong / asked == pytest.approx(1 - right, abs=5 * (rate / asked) ** 0.5)


@pytest.mark.parametrize("rate", [0.01, 0.001])
def test_a_layer_has_room_until_its_capacity_is_used_up(rate):
    for layer in range(3):
        empty = [EMPTY] * chunks_in(layer)
        assert bloom.room(layer, empty, rate) == capacity(layer, 0.95 * rate)
    full, _ = marked(3, rate)
    assert [bloom.room(layer, chunks, rate) for layer, chunks in enumerate(full.layers)] == [0, 0, 0]
    half, _ = marked(3, rate, 0.5)
    for layer, chunks in enumerate(half.layers):
        assert bloom.room(layer, chunks, rate) == pytest.approx(capacity(layer, rate) / 2, rel=0.1)


@pytest.mark.parametrize("rate", [0.01, 0.001])
def test_pairs_given_as_long_as_there_is_room_keep_to_the_rate(rate):
    for layer in range(3):
        bits, given = empty(layer), 0
        while left := bloom.room(layer, chunks_of(bits), rate):
            put(bits, layer, 2 * np.arange(given, given + left, dtype=np.uint64))
            given += left
        assert 0.85 < bloom.false_positive_rate(layer, chunks_of(bits)) / (rate / 2 ** (layer + 1)) <= 1


def test_many_pairs_are_answered_as_each_of_them_alone():
    full, pairs = marked(3, RATE)
    chance = random.Random(6)
    assert Probes(full, np.zeros((0, 16), np.uint8))(np.zeros(0, int), np.zeros(0, int)).tolist() == []
    pairs = chance.sample(pairs, 700) + [(chance.randbytes(16), chance.randbytes(16)) for _ in range(5_000)]
    pairs += [pair[::-1] for pair in pairs[:900]]
    people = np.frombuffer(b"".join(one + other for one, other in pairs), np.uint8).reshape(-1, 16)
    rows = np.arange(len(pairs)) * 2
    for filter in (full, Filter(KEY, full.layers[:1]), Filter(KEY, ((EMPTY,), (EMPTY, EMPTY)))):
        alone = [filter.probe(*pair) for pair in pairs]
        assert Probes(filter, people)(rows, rows + 1).tolist() == alone
        assert Probes(filter, people)(rows + 1, rows).tolist() == alone
    assert Probes(full, people)(rows, rows + 1)[:700].all()
    assert Probes(full, people)(rows[:0], rows[:0]).tolist() == []


def test_another_key_chooses_other_bits():
    chunk = mark(KEY, 0, EMPTY, person(1), person(2), blocked=True)
    assert not Filter(bytes(32), ((chunk,),)).probe(person(1), person(2))
