"""`make bench`: every benchmark in a process of its own; each prints its table and the baseline of the same run."""

import os
import platform
import subprocess
import sys

BENCHMARKS = (
    ("A request beside a bare route", ["tests.benchmarks.requests"]),
    ("A page beside its API twin", ["tests.benchmarks.pages"]),
    ("The weekly job beside COPY", ["tests.benchmarks.job"]),
    ("The matcher beside its peers", ["tests.benchmarks.matching"]),
    ("Blocked pairs: costs, rates, inferences", ["tests.benchmarks.blocked_pairs"]),
    ("The life of lunches", ["tests.benchmarks.lunches"]),
    ("Coaching beside pgbench and bare queries", ["tests.benchmarks.coaching"]),
    ("A call: listing, booking, and what comes after", ["tests.benchmarks.calls"]),
    ("A call through the local gateway", ["tests.benchmarks.gateway"]),
    ("Coaching beside django-appointment", ["tests.benchmarks.peers_coaching"]),
)


def main() -> int:
    """Run them one after the other; how many missed a bound or failed."""
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    missed = 0
    for title, module in BENCHMARKS:
        print(f"\n== {title}", flush=True)
        missed += subprocess.run([sys.executable, "-m", *module], check=False).returncode != 0
    return missed


if __name__ == "__main__":
    sys.exit(main())
