"""The blocked pairs: a keyed Bloom filter in sealed chunks of 8 KiB, in layers that double.

Whoever holds the database without the keys learns nothing: a keyed hash of the two ids chooses a pair's bits, and
each chunk is sealed by AES-GCM under a second key. Both answers of a review open a chunk, set the pair's bits or do
not, and seal it anew, so that they look alike wherever they are stored.

All of a pair's bits lie in one chunk of each layer. Layer i has 2**i chunks and may answer wrongly at most
rate / 2**(i+1) of the time, so that the sum over any number of layers stays below the rate. The number of bits that a
pair sets depends on the layer alone, never on the rule, so a changed rule makes no mark unreadable: it only changes
when a layer is full. Pairs are marked in the newest layer and looked for in all.

Pure functions over bytes: storing, locking and adding layers are the caller's.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

CHUNK_BYTES = 8192
CHUNK_BITS = 8 * CHUNK_BYTES
NONCE_BYTES = 12
SEALED_BYTES = NONCE_BYTES + CHUNK_BYTES + 16
MOST_LAYERS = 20
EMPTY = bytes(CHUNK_BYTES)


@dataclass(frozen=True)
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


def false_positive_rate(layer: int, chunks: Iterable[bytes]) -> float:
    """The share of unmarked pairs for which these opened chunks of a layer answer "marked", from the bits set."""
    shares = [int.from_bytes(chunk, "little").bit_count() / CHUNK_BITS for chunk in chunks]
    return sum(share ** bits_a_pair(layer) for share in shares) / len(shares)


def is_full(layer: int, chunks: Iterable[bytes], rate: float) -> bool:
    """Whether the next layer is due: 19 of 20 parts of what the layer may answer wrongly are used up."""
    return bool(false_positive_rate(layer, chunks) >= 0.95 * rate / 2 ** (layer + 1))


def place(pair_key: bytes, layer: int, one: bytes, other: bytes) -> Place:
    """The only chunk of a layer that a pair touches.

    :param pair_key: 16 to 64 bytes
    :param one: a person's id, 16 bytes; the order of the two does not matter
    """
    return Place(layer, _chunk(_digest(pair_key, one, other), layer))


def mark(pair_key: bytes, layer: int, chunk: bytes, one: bytes, other: bytes, blocked: bool) -> bytes:
    """The pair's chunk after an answer: its bits are set if the two are to be kept apart, else as before."""
    bits = bytearray(chunk)
    for position in _positions(_digest(pair_key, one, other), layer):
        bits[position >> 3] |= int(blocked) << (position & 7)
    return bytes(bits)


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


@dataclass(frozen=True)
class Filter:
    """All layers opened in memory, for a round.

    :param pair_key: 16 to 64 bytes
    :param layers: the opened chunks of each layer
    """

    pair_key: bytes
    layers: tuple[tuple[bytes, ...], ...]

    def probe(self, one: bytes, other: bytes) -> bool:
        """Whether the pair may have been marked: always True for a marked one."""
        digest = _digest(self.pair_key, one, other)
        for layer, chunks in enumerate(self.layers):
            chunk = chunks[_chunk(digest, layer)]
            if all(chunk[position >> 3] >> (position & 7) & 1 for position in _positions(digest, layer)):
                return True
        return False

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


def _digest(pair_key: bytes, one: bytes, other: bytes) -> bytes:
    return hashlib.blake2b(min(one, other) + max(one, other), key=pair_key).digest()


def _chunk(digest: bytes, layer: int) -> int:
    return int.from_bytes(digest[:8], "little") & (chunks_in(layer) - 1)


def _positions(digest: bytes, layer: int) -> Iterable[int]:
    for at in range(8, 8 + 2 * bits_a_pair(layer), 2):
        yield digest[at] | digest[at + 1] << 8


def _label(where: Place) -> bytes:
    return b"blocked pairs" + where.layer.to_bytes(1, "big") + where.chunk.to_bytes(4, "big")
