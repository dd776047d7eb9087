"""The blocked pairs: a keyed Bloom filter in sealed chunks of 8 KiB, in layers that double.

Whoever holds the database without the keys learns nothing: a keyed hash of the two ids chooses a pair's bits, and
each chunk is sealed by AES-GCM under a second key. Both answers of a review open a chunk, set the pair's bits or do
not, and seal it anew, so that they look alike wherever they are stored.

All of a pair's bits lie in one chunk of each layer. Layer i has 2**i chunks and may answer wrongly at most
rate / 2**(i+1) of the time, so that the sum over any number of layers stays below the rate. The number of bits that a
pair sets depends on the layer alone, never on the rule, so a changed rule makes no mark unreadable: it only changes
how many pairs a layer holds. Pairs are marked in the newest layer and looked for in all.

The keyed hash is SipHash-2-4 (Aumasson and Bernstein 2012), a pseudo-random function for short messages, of the
two ids: once under each half of the key, for the chunk and for the seed of SplitMix64, which gives the bits
(Steele, Lea and Flood 2014). matching/probes.py does the same compiled, for rounds, at a few hundredths of the time.

Pure functions over bytes: storing, locking and adding layers are blocked_pairs.py's.
"""

from __future__ import annotations

import hashlib
import math
import os
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from chalicelib.lunch.siphash import siphash

CHUNK_BYTES = 8192
CHUNK_BITS = 8 * CHUNK_BYTES
NONCE_BYTES = 12
SEALED_BYTES = NONCE_BYTES + CHUNK_BYTES + 16
MOST_LAYERS = 20
EMPTY = bytes(CHUNK_BYTES)
_WORD = (1 << 64) - 1


@dataclass(frozen=True, order=True)
class Place:
    """Where a chunk belongs: chunk 0..2**layer-1 of layer 0, 1, 2, ..."""

    layer: int
    chunk: int


def chunks_in(layer: int) -> int:
    """How many chunks a layer has."""
    return 1 << layer


def bits_a_pair(layer: int) -> int:
    """How many bits a pair sets in its chunk of the layer."""
    return 8 + layer


def capacity(layer: int, rate: float) -> int:
    """How many pairs a layer holds before it answers wrongly more than rate / 2**(layer+1) of the time.

    Of m bits a share 1 - exp(-k n / m) is set after n pairs of k bits each (Bloom 1970), and a pair that was never
    marked finds all of its k bits set with that share to the power of k.

    :param rate: the rule bloom.false_positive_rate, between 0 and 1
    """
    bits = bits_a_pair(layer)
    share = (rate / 2 ** (layer + 1)) ** (1 / bits)
    return chunks_in(layer) * int(-CHUNK_BITS * math.log1p(-share) / bits)


def room(layer: int, chunks: Iterable[bytes], rate: float) -> int:
    """How many more pairs a layer can be given, as its bits tell: 1 of 20 parts of its rate is kept, because chance
    gives some chunks more than their share."""
    bits = bits_a_pair(layer)
    held = sum(-CHUNK_BITS * math.log1p(-min(_share(chunk), 0.999)) / bits for chunk in chunks)
    return max(0, capacity(layer, 0.95 * rate) - math.ceil(held))


def false_positive_rate(layer: int, chunks: Sequence[bytes]) -> float:
    """The share of unmarked pairs for which these opened chunks of a layer answer "marked", from the bits set."""
    return sum(_share(chunk) ** bits_a_pair(layer) for chunk in chunks) / len(chunks)


def place(pair_key: bytes, layer: int, one: bytes, other: bytes) -> Place:
    """The only chunk of a layer that a pair touches.

    :param pair_key: 32 bytes
    :param one: a person's id, 16 bytes; the order of the two does not matter
    """
    return _place(layer, _digest(pair_key, one, other).where)


def mark(pair_key: bytes, layer: int, chunk: bytes, one: bytes, other: bytes, blocked: bool) -> bytes:
    """The pair's chunk after an answer: its bits are set if the two are to be kept apart, else as before."""
    bits = bytearray(chunk)
    for position in _positions(layer, _digest(pair_key, one, other).seed):
        bits[position >> 3] |= int(blocked) << (position & 7)
    return bytes(bits)


def probe(pair_key: bytes, layers: int, chunk_at: Callable[[Place], bytes], one: bytes, other: bytes) -> bool:
    """Whether the pair may have been marked in one of so many layers: always True for a marked one.

    :param chunk_at: the opened chunk of a place
    """
    digest = _digest(pair_key, one, other)
    return any(_holds(chunk_at(_place(layer, digest.where)), layer, digest.seed) for layer in range(layers))


def seal(seal_keys: Sequence[bytes], where: Place, chunk: bytes) -> bytes:
    """A chunk under the first key and a fresh nonce, bound to its place (SEALED_BYTES bytes).

    :param seal_keys: 32 bytes each; the first seals, the others are former ones
    :raises ValueError: if it is no chunk
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(chunk) != CHUNK_BYTES:
        raise ValueError(f"a chunk has {CHUNK_BYTES} bytes, not {len(chunk)}")
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(seal_keys[0]).encrypt(nonce, chunk, _label(where))


def unseal(seal_keys: Sequence[bytes], where: Place, sealed: bytes) -> bytes:
    """A sealed chunk opened by the first of the keys that fits; seal it again and the newest key has taken over.

    :raises ValueError: if no key opens it, it was altered, or it belongs to another place
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    for key in seal_keys:
        try:
            return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _label(where))
        except InvalidTag:
            continue
    raise ValueError(f"chunk {where.chunk} of layer {where.layer} was sealed by another key or altered")


def name_of_key(seal_key: bytes) -> str:
    """What a sealing key is called where it is only to be told from others: 8 hexadecimal digits."""
    return hashlib.blake2b(seal_key, digest_size=4, person=b"name of a key").hexdigest()


@dataclass(frozen=True)
class Filter:
    """All layers opened in memory, for a round.

    :param pair_key: 32 bytes
    :param layers: the opened chunks of each layer
    """

    pair_key: bytes
    layers: tuple[tuple[bytes, ...], ...]

    def probe(self, one: bytes, other: bytes) -> bool:
        """Whether the pair may have been marked: always True for a marked one."""
        return probe(self.pair_key, len(self.layers), lambda at: self.layers[at.layer][at.chunk], one, other)

    @cached_property
    def rate(self) -> float:
        """At most this share of unmarked pairs is taken for marked ones, by the bits that are set."""
        return sum(false_positive_rate(layer, chunks) for layer, chunks in enumerate(self.layers))


def places(layers: int) -> list[Place]:
    """The places of all chunks of so many layers, in the order in which open_all wants them."""
    return [Place(layer, chunk) for layer in range(layers) for chunk in range(chunks_in(layer))]


def open_all(pages: Sequence[bytes], pair_key: bytes, *seal_keys: bytes) -> Filter:
    """The filter of all sealed chunks in order of layer and chunk.

    :raises ValueError: if chunks are missing, or one cannot be opened
    """
    layers = (len(pages) + 1).bit_length() - 1
    if len(pages) != (1 << layers) - 1:
        raise ValueError(f"{len(pages)} chunks are no whole number of layers")
    opened = [unseal(seal_keys, where, page) for where, page in zip(places(layers), pages, strict=True)]
    return Filter(pair_key, tuple(tuple(opened[(1 << i) - 1 : (2 << i) - 1]) for i in range(layers)))


def _share(chunk: bytes) -> float:
    return int.from_bytes(chunk, "little").bit_count() / CHUNK_BITS


class _Digest(NamedTuple):
    """What is known of a pair: a number whose lowest bits choose its chunk, and the seed of its bits."""

    where: int
    seed: int


def _digest(pair_key: bytes, one: bytes, other: bytes) -> _Digest:
    low, high = sorted(struct.unpack("<2Q", id) for id in (one, other))
    key = struct.unpack("<4Q", pair_key)
    return _Digest(siphash(key[0], key[1], low + high), siphash(key[2], key[3], low + high))


def _place(layer: int, where: int) -> Place:
    return Place(layer, where & (chunks_in(layer) - 1))


def _positions(layer: int, seed: int) -> Iterable[int]:
    """The pair's bits in its chunk: four of each word of SplitMix64."""
    word = 0
    for bit in range(bits_a_pair(layer)):
        if bit % 4 == 0:
            seed = seed + 0x9E3779B97F4A7C15 & _WORD
            word = (seed ^ seed >> 30) * 0xBF58476D1CE4E5B9 & _WORD
            word = (word ^ word >> 27) * 0x94D049BB133111EB & _WORD
            word ^= word >> 31
        yield word & 0xFFFF
        word >>= 16


def _holds(chunk: bytes, layer: int, seed: int) -> bool:
    return all(chunk[position >> 3] >> (position & 7) & 1 for position in _positions(layer, seed))


def _label(where: Place) -> bytes:
    return b"blocked pairs" + where.layer.to_bytes(1, "big") + where.chunk.to_bytes(4, "big")
