"""The blocked pairs: a keyed Bloom filter in sealed chunks of 8 KiB, in layers that double.

Whoever holds the database without the keys learns nothing: a keyed hash of the two ids chooses a pair's bits, and
each chunk is sealed by AES-GCM under a second key. Both answers of a review open a chunk, set the pair's bits or do
not, and seal it anew, so that they look alike wherever they are stored.

All of a pair's bits lie in one chunk of each layer. Layer i has 2**i chunks and may answer wrongly at most
rate / 2**(i+1) of the time, so that the sum over any number of layers stays below the rate. The number of bits that a
pair sets depends on the layer alone, never on the rule, so a changed rule makes no mark unreadable: it only changes
how many pairs a layer holds. Pairs are marked in the newest layer and looked for in all.

The keyed hash is the CBC-MAC of AES-256 over messages of one length, which is a pseudo-random function (Bellare,
Kilian and Rogaway 1994): the smaller id, the larger, and a count, for as many blocks as are needed. One call of AES
hashes as many pairs as a round has, which no hash of hashlib does.

Pure functions over bytes: storing, locking and adding layers are blocked_pairs.py's.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.lunch.probes import Probes

CHUNK_BYTES = 8192
CHUNK_BITS = 8 * CHUNK_BYTES
NONCE_BYTES = 12
SEALED_BYTES = NONCE_BYTES + CHUNK_BYTES + 16
MOST_LAYERS = 20
EMPTY = bytes(CHUNK_BYTES)
BLOCKS = 4
"""Of 16 bytes of hash each: 8 bytes choose the chunk, 2 each of the 27 bits of the last layer."""

Cipher = Callable[[bytes], bytes]


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
    return Place(layer, _chunk(_digest(block_cipher(pair_key), one, other), layer))


def mark(pair_key: bytes, layer: int, chunk: bytes, one: bytes, other: bytes, blocked: bool) -> bytes:
    """The pair's chunk after an answer: its bits are set if the two are to be kept apart, else as before."""
    bits = bytearray(chunk)
    for position in _positions(_digest(block_cipher(pair_key), one, other), layer):
        bits[position >> 3] |= int(blocked) << (position & 7)
    return bytes(bits)


def probe(pair_key: bytes, layers: int, chunk_at: Callable[[Place], bytes], one: bytes, other: bytes) -> bool:
    """Whether the pair may have been marked in one of so many layers: always True for a marked one.

    :param chunk_at: the opened chunk of a place
    """
    digest = _digest(block_cipher(pair_key), one, other)
    return any(_holds(chunk_at(Place(layer, _chunk(digest, layer))), digest, layer) for layer in range(layers))


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
        digest = _digest(self._encrypt, one, other)
        return any(_holds(chunks[_chunk(digest, layer)], digest, layer) for layer, chunks in enumerate(self.layers))

    def among(self, person: NDArray[Any]) -> Probes:
        """The filter made ready for these people, whose pairs are then asked about by their rows, many at once.

        :param person: uint8[n, 16], the people's ids
        """
        from chalicelib.lunch.probes import Probes

        return Probes(self, person)

    @cached_property
    def _encrypt(self) -> Cipher:
        return block_cipher(self.pair_key)

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


def block_cipher(key: bytes) -> Cipher:
    """AES-256 of each block of 16 bytes by itself: the cipher that CBC-MAC is made of."""
    from cryptography.hazmat.primitives import ciphers

    if len(key) != 32:
        raise ValueError(f"the key of the pairs has 32 bytes, not {len(key)}")
    return ciphers.Cipher(ciphers.algorithms.AES(key), ciphers.modes.ECB()).encryptor().update  # noqa: S305


def _digest(encrypt: Cipher, one: bytes, other: bytes) -> bytes:
    both = int.from_bytes(encrypt(min(one, other))) ^ int.from_bytes(max(one, other))
    mac = int.from_bytes(encrypt(both.to_bytes(16)))
    return encrypt(b"".join((mac ^ n).to_bytes(16) for n in range(BLOCKS)))


def _chunk(digest: bytes, layer: int) -> int:
    return int.from_bytes(digest[:8], "little") & (chunks_in(layer) - 1)


def _positions(digest: bytes, layer: int) -> Iterable[int]:
    for at in range(8, 8 + 2 * bits_a_pair(layer), 2):
        yield digest[at] | digest[at + 1] << 8


def _holds(chunk: bytes, digest: bytes, layer: int) -> bool:
    for at in range(8, 8 + 2 * bits_a_pair(layer), 2):
        if not chunk[digest[at] >> 3 | digest[at + 1] << 5] >> (digest[at] & 7) & 1:
            return False
    return True


def _label(where: Place) -> bytes:
    return b"blocked pairs" + where.layer.to_bytes(1, "big") + where.chunk.to_bytes(4, "big")
