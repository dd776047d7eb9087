"""The filter where it is small enough to be reckoned by hand: what is stored today is read for ever, so none of it may move."""

import hashlib
import math
import os

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chalicelib.lunch import bloom
from chalicelib.lunch.bloom import CHUNK_BITS, CHUNK_BYTES, EMPTY, Filter, Place, capacity, mark, place, probe

KEY = bytes(range(32))
ONE, OTHER = (3).to_bytes(16, "big"), (9).to_bytes(16, "big")
FIRST_EIGHT = {19779, 24904, 25887, 38118, 39221, 48457, 61587, 63747}
BITS = {
    0: (0, FIRST_EIGHT),
    1: (0, FIRST_EIGHT | {15530}),
    4: (4, FIRST_EIGHT | {15530, 11100, 46230, 52792}),
    6: (20, FIRST_EIGHT | {15530, 11100, 46230, 52792, 2696, 8319}),
}
"""Layer -> chunk and bits of these two, as they were when the first was stored."""


def bits_of(chunk: bytes) -> set[int]:
    return {bit for bit in range(CHUNK_BITS) if chunk[bit >> 3] >> (bit & 7) & 1}


def with_bits(count: int) -> bytes:
    return ((1 << count) - 1).to_bytes(CHUNK_BYTES, "little")


@pytest.mark.parametrize("layer", BITS)
def test_a_pair_that_was_blocked_stays_at_its_bits(layer: int) -> None:
    chunk, bits = BITS[layer]
    assert place(KEY, layer, ONE, OTHER) == place(KEY, layer, OTHER, ONE) == Place(layer, chunk)
    assert bits_of(mark(KEY, layer, EMPTY, ONE, OTHER, True)) == bits
    assert bits_of(mark(KEY, layer, EMPTY, OTHER, ONE, True)) == bits
    assert bloom.bits_a_pair(layer) == 8 + layer == len(bits)


def test_words_of_a_key_and_of_an_id_are_numbers_without_a_sign() -> None:
    key, one, other = bytes(range(255, 223, -1)), b"\xfd" * 16, b"\xfe" * 16
    bits = {64, 3502, 15329, 25843, 26028, 43111, 48388, 53123}
    assert bits_of(mark(key, 0, EMPTY, one, other, True)) == bits
    more = {5842, 11622, 13538, 24240, 55936, 62542}
    assert (place(key, 6, one, other).chunk, bits_of(mark(key, 6, EMPTY, one, other, True))) == (57, bits | more)


def test_an_answer_adds_to_what_is_there_and_takes_nothing_away() -> None:
    before = with_bits(20_000)  # 19779 is among them
    assert bits_of(mark(KEY, 0, before, ONE, OTHER, True)) == bits_of(before) | FIRST_EIGHT
    assert mark(KEY, 0, before, ONE, OTHER, False) == before


def test_a_pair_is_found_only_with_all_of_its_bits() -> None:
    whole = mark(KEY, 0, EMPTY, ONE, OTHER, True)
    assert Filter(KEY, ((whole,),)).probe(ONE, OTHER)
    for bit in FIRST_EIGHT:
        less = bytearray(whole)
        less[bit >> 3] ^= 1 << (bit & 7)
        assert not Filter(KEY, ((bytes(less),),)).probe(ONE, OTHER)


def test_a_pair_is_looked_for_in_every_layer_and_in_its_chunk_alone() -> None:
    asked = []

    def empty(at: Place) -> bytes:
        asked.append(at)
        return EMPTY

    assert not probe(KEY, 5, empty, ONE, OTHER)
    assert [(at.layer, at.chunk) for at in asked] == [(0, 0), (1, 0), (2, 0), (3, 4), (4, 4)]
    marked = mark(KEY, 4, EMPTY, ONE, OTHER, True)
    assert probe(KEY, 5, lambda at: marked if at == Place(4, 4) else EMPTY, ONE, OTHER)
    assert not probe(KEY, 4, lambda at: marked if at == Place(4, 4) else EMPTY, ONE, OTHER)
    layers = ((EMPTY,), (EMPTY,) * 2, (EMPTY,) * 4, (EMPTY,) * 8, (EMPTY,) * 4 + (marked,) + (EMPTY,) * 11)
    assert Filter(KEY, layers).probe(ONE, OTHER)


@pytest.mark.parametrize(("layer", "rate"), [(0, 0.01), (1, 0.01), (4, 0.2), (0, 0.0001)])
def test_a_layer_holds_as_many_pairs_as_keep_its_part_of_the_rate(layer: int, rate: float) -> None:
    """n pairs of k bits in m leave a stranger's k bits all set with (1 - exp(-k n / m)) ** k: n fit, and not one more a chunk."""
    bits, chunks = 8 + layer, 2**layer

    def wrong(pairs_of_a_chunk: int) -> float:
        return (1 - math.exp(-bits * pairs_of_a_chunk / CHUNK_BITS)) ** bits

    held = capacity(layer, rate)
    assert held % chunks == 0
    assert wrong(held // chunks) <= rate / 2 ** (layer + 1) < wrong(held // chunks + 1)


def test_room_is_what_the_bits_leave_of_nineteen_parts_in_twenty() -> None:
    for layer, chunks in ((0, [EMPTY]), (1, [EMPTY, EMPTY])):
        assert bloom.room(layer, chunks, 0.01) == capacity(layer, 0.95 * 0.01)
    half = with_bits(CHUNK_BITS // 8)
    held = math.ceil(-CHUNK_BITS * math.log(1 - 1 / 8) / 8)
    assert bloom.room(0, [half], 0.01) == capacity(0, 0.95 * 0.01) - held
    ninth = math.ceil(-CHUNK_BITS * math.log(1 - 1 / 8) / 9)
    assert bloom.room(1, [half, EMPTY], 0.01) == capacity(1, 0.95 * 0.01) - ninth
    both = math.ceil(-2 * CHUNK_BITS * math.log(1 - 1 / 8) / 9)
    assert bloom.room(1, [half, half], 0.01) == capacity(1, 0.95 * 0.01) - both
    assert bloom.room(0, [with_bits(CHUNK_BITS)], 0.01) == 0, "full to the last bit"


def test_one_pair_more_is_let_in_while_there_is_room_for_it() -> None:
    """One bit at a time: the room shrinks to nought and never below."""
    rooms = [bloom.room(0, [with_bits(bits)], 0.01) for bits in range(33_000, 34_500)]
    assert rooms == sorted(rooms, reverse=True) and {0, 1, 2} <= set(rooms) and min(rooms) == 0


def test_the_rate_is_the_share_of_set_bits_to_the_power_of_a_pairs() -> None:
    quarter, half = with_bits(CHUNK_BITS // 4), with_bits(CHUNK_BITS // 2)
    assert bloom.false_positive_rate(0, [half]) == pytest.approx(0.5**8)
    assert bloom.false_positive_rate(1, [half, quarter]) == pytest.approx((0.5**9 + 0.25**9) / 2)
    assert Filter(KEY, ((half,), (half, quarter))).rate == pytest.approx(0.5**8 + (0.5**9 + 0.25**9) / 2)


def test_a_chunk_is_sealed_for_its_place_under_the_first_key_and_a_nonce_of_its_own() -> None:
    keys, where = [os.urandom(32), os.urandom(32)], Place(3, 0x01020304)
    chunk = os.urandom(CHUNK_BYTES)
    sealed = bloom.seal(keys, where, chunk)
    assert len(sealed) == bloom.SEALED_BYTES
    label = b"blocked pairs\x03\x01\x02\x03\x04"
    assert AESGCM(keys[0]).decrypt(sealed[:12], sealed[12:], label) == chunk
    assert bloom.seal(keys, where, chunk)[:12] != sealed[:12]
    for size in (CHUNK_BYTES - 1, CHUNK_BYTES + 1):
        with pytest.raises(ValueError, match=f"^a chunk has 8192 bytes, not {size}$"):
            bloom.seal(keys, where, bytes(size))


def test_a_former_key_opens_what_it_sealed_and_a_strange_one_nothing() -> None:
    former, newest, strange = (os.urandom(32) for _ in range(3))
    sealed = bloom.seal([former], Place(1, 1), EMPTY)
    assert bloom.unseal([newest, former], Place(1, 1), sealed) == EMPTY
    with pytest.raises(ValueError, match=r"^chunk 1 of layer 1 was sealed by another key or altered$"):
        bloom.unseal([newest, strange], Place(1, 1), sealed)


def test_a_key_is_known_by_a_name_that_does_not_tell_it() -> None:
    assert bloom.name_of_key(KEY) == "894c4158"
    assert bloom.name_of_key(KEY) == hashlib.blake2b(KEY, digest_size=4, person=b"name of a key").hexdigest()


def test_places_go_layer_by_layer_and_chunk_by_chunk() -> None:
    assert bloom.places(0) == []
    assert bloom.places(3) == [
        Place(0, 0), Place(1, 0), Place(1, 1), Place(2, 0), Place(2, 1), Place(2, 2), Place(2, 3),
    ]  # fmt: skip


def test_all_pages_are_opened_into_their_layers_by_whichever_key_fits() -> None:
    former, newest = os.urandom(32), os.urandom(32)
    chunks = [with_bits(bits) for bits in range(7)]
    for layers in (1, 2, 3):
        pages = [
            bloom.seal([former if at.chunk else newest], at, chunk)
            for at, chunk in zip(bloom.places(layers), chunks, strict=False)
        ]
        opened = bloom.open_all(pages, KEY, newest, former)
        assert opened.pair_key == KEY
        assert opened.layers == ((chunks[0],), tuple(chunks[1:3]), tuple(chunks[3:7]))[:layers]
        with pytest.raises(ValueError, match=f"^{len(pages) + 1} chunks are no whole number of layers$"):
            bloom.open_all([*pages, pages[0]], KEY, newest, former)
    assert bloom.open_all([], KEY, newest) == Filter(KEY, ())


def test_the_halves_of_the_key_choose_chunk_and_bits() -> None:
    low, high = bytes(range(16)), bytes(range(16, 32))
    other_bits = low + bytes(16)
    assert place(other_bits, 6, ONE, OTHER) == place(KEY, 6, ONE, OTHER)
    assert mark(other_bits, 6, EMPTY, ONE, OTHER, True) != mark(KEY, 6, EMPTY, ONE, OTHER, True)
    other_place = bytes(16) + high
    assert mark(other_place, 6, EMPTY, ONE, OTHER, True) == mark(KEY, 6, EMPTY, ONE, OTHER, True)
    assert place(other_place, 6, ONE, OTHER) != place(KEY, 6, ONE, OTHER)
