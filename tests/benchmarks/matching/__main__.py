"""Measures the matcher against its peers: python -m tests.benchmarks.matching [--sizes 100,1000,10000,100000] ...

Times are CPU times and their ratios within one run: to numpy.lexsort((free, location)) on the same columns, and to the peers, who get
their edge lists for nothing. Everything is printed as Markdown tables.
"""

from __future__ import annotations

import argparse
import platform
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from chalicelib.lunch.matching import Columns, Result, check, match, people
from tests.benchmarks.matching import peers
from tests.benchmarks.matching.command import command, million
from tests.benchmarks.matching.extremes import filtered, one_location
from tests.benchmarks.matching.instances import SHAPES, giant, realistic
from tests.benchmarks.matching.other_sizes import other_sizes
from tests.benchmarks.matching.yardstick import fullness


def main() -> int:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="100,1000,10000,100000")
    parser.add_argument("--million", action="store_true", help="the realistic round of a million people too")
    parser.add_argument("--seeds", type=int, default=8, help="small rounds of each shape for the exact yardstick")
    parser.add_argument("--parts", default="large,million,filter,proof,time,command,peers,fullness,sizes")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, ", end="")
    print("compiled" if people.COMPILED else "UNCOMPILED", flush=True)
    if "large" in options.parts:  # first: memory once taken is never given back
        one_location()
    if "million" in options.parts:
        million()
    if "command" in options.parts:
        command()
    if "filter" in options.parts:
        filtered()
    if "proof" in options.parts:
        proof(sizes)
    if "sizes" in options.parts:
        other_sizes(options.seeds)
    if "time" in options.parts:
        pace([*(size for size in sizes if size >= 10_000), *([1_000_000] if options.million else [])])
    if "peers" in options.parts:
        compare([size for size in sizes if size <= 1000])
    if "fullness" in options.parts:
        fullness(options.seeds)
    return 0


def timed(do: Callable[..., Any], *arguments: Any, times: int = 1) -> tuple[float, Any]:
    """The least CPU seconds of so many runs, and what the last gave."""
    least, result = float("inf"), None
    for _ in range(times):
        begin = time.process_time()
        result = do(*arguments)
        least = min(least, time.process_time() - begin)
    return least, result


def proof(sizes: list[int]) -> None:
    """Left over and bound on every shape and size, checked."""
    print(
        "\n| shape | people | left over | bound | groups of 3 | of 2 | matched in s | checked in s | checking / matching |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for name, shape in SHAPES.items():
        for size in sizes:
            columns = shape(size, 1)
            seconds, result = timed(match, columns, times=3)
            checking, _ = timed(check, columns, result, times=3)
            full = np.bincount(np.bincount(result.group[result.group >= 0]), minlength=4)
            print(
                f"| {name} | {size} | {result.left} | {result.bound} | {full[3]} | {full[2]} |"
                f" {seconds:.4f} | {checking:.4f} | {checking / seconds:.2f} |",
                flush=True,
            )


def lexsort(columns: Columns) -> Any:
    """The unit of time."""
    return np.lexsort((columns.free, columns.location))


def pace(sizes: list[int]) -> None:
    """Time in units of lexsort; hubs in units of a realistic location."""
    print("\n| round | people | seconds | times lexsort | times one realistic location | peak MB |")
    print("|---|---:|---:|---:|---:|---:|")
    for size in sizes:
        unit, _ = timed(lexsort, realistic(size, 1), times=5)
        one_location, _ = timed(match, giant(size, 1), times=3)
        shapes = ("realistic",) if size > 100_000 else tuple(SHAPES)
        for name in shapes:
            columns = SHAPES[name](size, 1)
            seconds, _ = timed(match, columns, times=3)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            ratios = f"{seconds / unit:.1f} | {seconds / one_location:.1f}"
            print(f"| {name} | {size} | {seconds:.3f} | {ratios} | {peak} |", flush=True)


def compare(sizes: list[int]) -> None:
    """Left over and time against what people use today; of pairs alone, and with the leftovers joined to pairs."""
    print("\n| round | people | method | left over | times our time | without joining |\n|---|---:|---|---:|---:|---:|")
    for name in SHAPES:
        for size in sizes:
            columns = SHAPES[name](size, 2)
            edges = peers.Feasible(columns).edges()
            ours, result = timed(match, columns, times=20)
            print(f"| {name} | {size} | ours | {result.left} | 1 | |", flush=True)
            for method in (peers.shuffle_and_pair, peers.shuffle_and_first_fit):
                seconds, groups = timed(method, columns, times=3)
                tell(name, columns, result, method.__name__, groups, f"{seconds / ours:.1f} | ")
            for method in (peers.networkx, peers.rustworkx):
                seconds, pairs = timed(method, columns, edges, times=3 if len(edges) < 20_000 else 1)
                joining, groups = timed(peers.joined, columns, pairs, times=3)
                ratios = f"{(seconds + joining) / ours:.1f} | {seconds / ours:.1f}"
                tell(name, columns, result, method.__name__, groups, ratios)


def tell(name: str, columns: Columns, result: Result, method: str, groups: peers.Groups, ratios: str) -> None:
    """A peer's row."""
    left = len(columns) - sum(map(len, groups))
    assert left >= result.left, "a peer leaves fewer over"
    print(f"| {name} | {len(columns)} | {method} | {left} | {ratios} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
