"""One location of 200,000 people, and rounds with a filter of blocked pairs that is as full as it may be."""

from __future__ import annotations

import resource
import time
from dataclasses import replace

import numpy as np

from chalicelib.lunch import bloom
from chalicelib.lunch.matching import check, match
from tests.benchmarks.matching.instances import SHAPES

RATE = 0.01
LAYERS = 4


def one_location(people: int = 200_000) -> None:
    """Seconds and peak memory of matching and checking."""
    columns = SHAPES["giant"](people, 1)
    print("\n| people at one location | left over | bound | matched in s | checked in s | peak MB |")
    print("|---:|---:|---:|---:|---:|---:|")
    begin = time.process_time()
    result = match(columns)
    matched = time.process_time()
    check(columns, result)
    checked = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    seconds = f"{matched - begin:.2f} | {checked - matched:.2f}"
    print(f"| {people} | {result.left} | {result.bound} | {seconds} | {peak} |", flush=True)


def filtered(people: int = 10_000) -> None:
    """Rounds with and without a filter whose layers are all full: one in a hundred strangers is kept apart."""
    chance = np.random.default_rng(1)
    person = chance.integers(0, 256, (people, 16), dtype=np.uint8)
    filter = bloom.Filter(b"k" * 32, tuple(full_layer(chance, layer) for layer in range(LAYERS)))
    print("\n| round | people | left over | without | bound | s | s without | checked in s |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for name in ("realistic", "sparse", "cliques", "acquainted"):
        columns = SHAPES[name](people, 1)
        begin = time.process_time()
        without = match(columns)
        plain = time.process_time() - begin
        asked = replace(columns, person=person, filter=filter)
        begin = time.process_time()
        result = match(asked)
        seconds = time.process_time() - begin
        begin = time.process_time()
        check(asked, result)
        times = f"{seconds:.3f} | {plain:.3f} | {time.process_time() - begin:.2f}"
        print(f"| {name} | {people} | {result.left} | {without.left} | {result.bound} | {times} |", flush=True)


def full_layer(chance: np.random.Generator, layer: int) -> tuple[bytes, ...]:
    """Chunks in which as many bits are set as a layer at its capacity has."""
    chunks = bloom.chunks_in(layer)
    marks = bloom.bits_a_pair(layer) * bloom.capacity(layer, RATE) / chunks
    share = -np.expm1(-marks / bloom.CHUNK_BITS)
    return tuple(np.packbits(chance.random(bloom.CHUNK_BITS) < share).tobytes() for _ in range(chunks))
