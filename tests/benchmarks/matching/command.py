"""What a round costs whoever runs it whole: the command, from a file to a file, and a million people with their proof."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from chalicelib.lunch.matching import Columns, check, match
from tests.benchmarks.matching.instances import SHAPES, realistic

TURNS = 7
ARRAYS = ("location", "free", "eats", "waited", "forbidden", "met", "blocked")
ROUNDS = (("realistic", 100_000), ("giant", 100_000), ("acquainted", 10_000), ("estranged", 1000), ("blossoms", 10_000))


def command() -> None:
    """CPU of ``python -m chalicelib.lunch.matching IN.npz OUT.npz`` beside that of matching, and of a process that only starts."""
    print("\n| round | people | matched in s | the command in s | its start | without it / matching |")
    print("|---|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for name, size in ROUNDS:
            columns = SHAPES[name](size, 1)
            write(Path(folder) / "in.npz", columns)
            turns = [
                (
                    spent("-c", "import chalicelib.lunch.matching"),
                    spent("-m", "chalicelib.lunch.matching", f"{folder}/in.npz", f"{folder}/out.npz"),
                    seconds_of(columns),
                )
                for _ in range(TURNS)
            ]
            start, whole, matching = (statistics.median(column) for column in zip(*turns, strict=True))
            ratio = (whole - start) / matching
            print(f"| {name} | {size} | {matching:.3f} | {whole:.3f} | {start:.3f} | {ratio:.2f} |", flush=True)


def million() -> None:
    """Matching and checking a million people in this process, in units of lexsort."""
    columns = realistic(1_000_000, 1)
    unit = min(timed_lexsort(columns) for _ in range(3))
    begin = time.process_time()
    result = match(columns)
    matched = time.process_time() - begin
    check(columns, result)
    both = time.process_time() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print("\n| people | matched in s | checked in s | both, times lexsort | peak MB |\n|---:|---:|---:|---:|---:|")
    print(f"| 1000000 | {matched:.2f} | {both - matched:.2f} | {both / unit:.1f} | {peak} |", flush=True)


def write(path: Path, columns: Columns) -> None:
    """The columns as the command reads them."""
    rules = [columns.minimum, columns.maximum, columns.seed]
    np.savez(path, **{name: getattr(columns, name) for name in ARRAYS}, rules=rules)  # type: ignore[arg-type]


def spent(*arguments: str) -> float:
    """CPU seconds of a Python of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    alone = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=alone)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def seconds_of(columns: Columns) -> float:
    """CPU seconds of one matching."""
    begin = time.process_time()
    match(columns)
    return time.process_time() - begin


def timed_lexsort(columns: Columns) -> float:
    """CPU seconds of the unit of time."""
    begin = time.process_time()
    np.lexsort((columns.free, columns.location))
    return time.process_time() - begin
