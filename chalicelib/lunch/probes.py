"""The filter asked about many pairs at once: a round asks about more pairs than it has people."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from chalicelib.lunch import bloom

BATCH = 1 << 16
"""Pairs hashed at once: what they need stays within a few megabytes."""


class Probes:
    """What a filter says of the pairs of a round's people (the same as Filter.probe, for many pairs at once)."""

    def __init__(self, filter: bloom.Filter, person: NDArray[Any]) -> None:
        self.person = np.ascontiguousarray(person, np.uint8).reshape(-1, 16).view(np.uint64)
        self.encrypt = bloom.block_cipher(filter.pair_key)
        self.begun = self._hashed(self.person)
        halves = self.person.view(">u8")
        self.rank = np.empty(len(halves), np.int64)
        self.rank[np.lexsort((halves[:, 1], halves[:, 0]))] = np.arange(len(halves))
        # A layer without a bit answers no question.
        self.layers = [
            (layer, np.frombuffer(b"".join(chunks), np.uint8))
            for layer, chunks in enumerate(filter.layers)
            if any(map(any, chunks))
        ]

    def __call__(self, ones: NDArray[Any], others: NDArray[Any]) -> NDArray[Any]:
        """Whether each pair may have been marked.

        :param ones: int[m], rows of people
        :param others: int[m], the rows of those they are asked about
        :returns: bool[m]
        """
        found = np.zeros(len(ones), np.bool_)
        for begin in range(0, len(ones) if self.layers else 0, BATCH):
            some = slice(begin, begin + BATCH)
            macs = self._macs(np.asarray(ones[some]), np.asarray(others[some]))
            first = self._hashed(macs)
            for layer, chunks in self.layers:
                found[begin + self._hits(macs, first, layer, chunks)] = True
        return found

    def _macs(self, ones: NDArray[Any], others: NDArray[Any]) -> NDArray[Any]:
        ordered = self.rank.take(ones) <= self.rank.take(others)
        low, high = np.where(ordered, ones, others), np.where(ordered, others, ones)
        return self._hashed(self.begun.take(low, axis=0) ^ self.person.take(high, axis=0))

    def _hits(self, macs: NDArray[Any], first: NDArray[Any], layer: int, chunks: NDArray[Any]) -> NDArray[Any]:
        """Which of the pairs have all of their bits set in the layer: half of those left fall away with each bit."""
        base = (first[:, 0] & np.uint64(bloom.chunks_in(layer) - 1)).astype(np.int64) * bloom.CHUNK_BYTES
        words, left = first.view("<u2"), np.arange(len(macs))
        for word in range(4, 4 + bloom.bits_a_pair(layer)):
            if not len(left):
                break
            if word % 8 == 0:
                words = self._hashed(macs.take(left, axis=0) ^ _count(word // 8)).view("<u2")
            position = words[:, word % 8]
            hit = np.flatnonzero(chunks.take(base + (position >> 3)) >> (position & 7).astype(np.uint8) & 1)
            left, base, words = left.take(hit), base.take(hit), words.take(hit, axis=0)
        return left

    def _hashed(self, blocks: NDArray[Any]) -> NDArray[Any]:
        """AES of each row (uint64[m, 2])."""
        return np.frombuffer(self.encrypt(blocks.tobytes()), "<u8").reshape(-1, 2)


def _count(number: int) -> NDArray[Any]:
    return np.frombuffer(number.to_bytes(16), np.uint64)
