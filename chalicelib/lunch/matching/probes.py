# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""The filter of blocked pairs asked about the people of a round, by their rows: a round asks about more pairs than it
has people.

Compiled, a pair is hashed and looked for here, as chalicelib/lunch/bloom.py does it in words; a test holds both to the
same answers. Uncompiled, or with a filter of another kind, the filter itself is asked.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

try:
    import cython
except ModuleNotFoundError:
    from chalicelib.lunch.matching import plain as cython

COMPILED: bool = cython.compiled

CHUNK_BYTES = cython.declare(cython.longlong, 8192)
FEWEST_BITS = cython.declare(cython.int, 8)
# SplitMix64's numbers; without a declared type they would be Python's, and slow.
GOLDEN = cython.declare(cython.ulonglong, 0x9E3779B97F4A7C15)
ONE_FACTOR = cython.declare(cython.ulonglong, 0xBF58476D1CE4E5B9)
OTHER_FACTOR = cython.declare(cython.ulonglong, 0x94D049BB133111EB)


@cython.final
@cython.cclass
class Probes:
    """Whether two rows are kept apart. Layer i of the filter begins at chunk 2**i - 1 of `bits`."""

    filter: Any
    inlined: cython.bint
    layers: cython.int
    ids: list[bytes]
    key: cython.ulonglong[::1]
    word: cython.ulonglong[:, ::1]
    bits: cython.uchar[::1]
    state: cython.ulonglong[::1]

    def __init__(self, filter: Any, person: NDArray[np.uint8]) -> None:
        """
        :param filter: a chalicelib.lunch.bloom.Filter, or what else has its `probe`
        :param person: uint8[n, 16], the people's ids
        """
        chunks: Any = getattr(filter, "layers", None)
        self.filter, self.inlined = filter, COMPILED and chunks is not None
        person = np.ascontiguousarray(person, np.uint8).reshape(-1, 16)
        self.ids = [] if self.inlined else [row.tobytes() for row in person]
        self.layers = 0
        if self.inlined:
            self.layers = len(chunks)
            self.key = memoryview(np.array(np.frombuffer(filter.pair_key, "<u8"), np.uint64))
            self.word = memoryview(np.array(person.view("<u8"), np.uint64))
            self.bits = memoryview(np.array(np.frombuffer(b"".join(map(b"".join, chunks)), np.uint8)))
            self.state = memoryview(np.zeros(4, np.uint64))

    def __call__(self, ones: NDArray[Any], others: NDArray[Any]) -> NDArray[np.bool_]:
        """Whether each pair may have been marked.

        :param ones: int[m], rows of people
        :param others: int[m], the rows of those they are asked about
        """
        one: cython.longlong[::1] = memoryview(np.array(ones, np.int64))
        other: cython.longlong[::1] = memoryview(np.array(others, np.int64))
        answers = np.zeros(len(ones), np.uint8)
        found: cython.uchar[::1] = memoryview(answers)
        i: cython.Py_ssize_t
        for i in range(len(ones)):
            found[i] = self.blocked(one[i], other[i])
        return answers.view(np.bool_)

    @cython.cfunc
    @cython.exceptval(-1)
    def blocked(self, u: cython.int, v: cython.int) -> cython.bint:
        """Whether the filter keeps the two rows apart."""
        if not self.inlined:
            return bool(self.filter.probe(self.ids[u], self.ids[v]))
        swap: cython.int
        low: cython.int = u
        high: cython.int = v
        if self.word[u, 0] > self.word[v, 0] or (
            self.word[u, 0] == self.word[v, 0] and self.word[u, 1] > self.word[v, 1]
        ):
            swap = low
            low = high
            high = swap
        where: cython.ulonglong = self._hashed(0, low, high)
        seed: cython.ulonglong = self._hashed(2, low, high)
        layer: cython.int
        for layer in range(self.layers):
            if self._holds(layer, where, seed):
                return True
        return False

    @cython.cfunc
    @cython.exceptval(check=False)
    def _holds(self, layer: cython.int, where: cython.ulonglong, seed: cython.ulonglong) -> cython.bint:
        """Whether all bits of the pair are set in its chunk of the layer."""
        one: cython.ulonglong = 1
        first: cython.ulonglong = (one << layer) - 1
        begin: cython.longlong = (first + (where & first)) * CHUNK_BYTES
        word: cython.ulonglong = 0
        position: cython.longlong
        bit: cython.int
        for bit in range(FEWEST_BITS + layer):
            if bit % 4 == 0:
                seed += GOLDEN
                word = (seed ^ (seed >> 30)) * ONE_FACTOR
                word = (word ^ (word >> 27)) * OTHER_FACTOR
                word ^= word >> 31
            position = word & 0xFFFF
            word >>= 16
            if (self.bits[begin + (position >> 3)] >> (position & 7)) & 1 == 0:
                return False
        return True

    @cython.cfunc
    @cython.exceptval(check=False)
    def _hashed(self, key: cython.int, low: cython.int, high: cython.int) -> cython.ulonglong:
        """SipHash-2-4 of the two ids under the words `key` and `key` + 1 of the key."""
        self.state[0] = self.key[key] ^ 0x736F6D6570736575
        self.state[1] = self.key[key + 1] ^ 0x646F72616E646F6D
        self.state[2] = self.key[key] ^ 0x6C7967656E657261
        self.state[3] = self.key[key + 1] ^ 0x7465646279746573
        length: cython.ulonglong = 32
        self._absorb(self.word[low, 0])
        self._absorb(self.word[low, 1])
        self._absorb(self.word[high, 0])
        self._absorb(self.word[high, 1])
        self._absorb(length << 56)
        self.state[2] ^= 0xFF
        self._rounds(4)
        return self.state[0] ^ self.state[1] ^ self.state[2] ^ self.state[3]

    @cython.cfunc
    @cython.exceptval(check=False)
    def _absorb(self, word: cython.ulonglong) -> cython.void:
        self.state[3] ^= word
        self._rounds(2)
        self.state[0] ^= word

    @cython.cfunc
    @cython.exceptval(check=False)
    def _rounds(self, many: cython.int) -> cython.void:
        a: cython.ulonglong = self.state[0]
        b: cython.ulonglong = self.state[1]
        c: cython.ulonglong = self.state[2]
        d: cython.ulonglong = self.state[3]
        i: cython.int
        for i in range(many):
            a += b
            b = (b << 13) | (b >> 51)
            b ^= a
            a = (a << 32) | (a >> 32)
            c += d
            d = (d << 16) | (d >> 48)
            d ^= c
            a += d
            d = (d << 21) | (d >> 43)
            d ^= a
            c += b
            b = (b << 17) | (b >> 47)
            b ^= c
            c = (c << 32) | (c >> 32)
        self.state[0] = a
        self.state[1] = b
        self.state[2] = c
        self.state[3] = d
