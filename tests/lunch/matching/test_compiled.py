"""The compiled matcher and its source are one program: both are exact, and give the same arrays."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks.matching.instances import SHAPES

ROOT = Path(__file__).resolve().parents[3]
COPIED = ["chalicelib/lunch", "tests/lunch/matching", "infra/compile_matcher.py"]
ROUNDS = 150 if not os.environ.get("LONG") else 10_000

EXACT = """
import sys
import numpy as np
from chalicelib.lunch.matching import check, fill, people, regroup
from tests.lunch.matching.rounds import both_ways, brute_force, columns, outcome
fill.SPARE_EFFORT = regroup.SPARE = 0
assert people.COMPILED == (sys.argv[1] == "compiled"), people.__file__
for seed in range(int(sys.argv[2])):
    chance = np.random.default_rng(seed)
    n = int(chance.integers(0, 12))
    hours, foods = int(chance.integers(1, 12)), int(chance.integers(1, 4))
    free = (chance.random((n, hours)) < chance.choice([0.15, 0.3, 0.6])) @ (1 << np.arange(hours))
    eats = (chance.random((n, foods)) < chance.choice([0.5, 0.8, 1])) @ (1 << np.arange(foods))
    forbidden = chance.integers(0, max(n, 1), (int(chance.integers(0, 1 + n * n // 3)), 2)) if n else []
    met = np.column_stack([chance.integers(0, n, (n, 2)), chance.integers(0, 60, n)]) if n else []
    round = columns(free, eats, chance.integers(0, 9, n), forbidden, met, seed=seed, maximum=int(chance.integers(2, 4)))
    best = brute_force(round)
    for result in both_ways(round):
        assert outcome(round, result) == best and result.proven, seed
        check(round, result)
print("exact")
"""


@pytest.fixture(scope="module")
def trees(tmp_path_factory) -> dict[str, Path]:
    """The package twice: as it is in the repository, and compiled."""
    found = {}
    for name in ("source", "compiled"):
        found[name] = tmp_path_factory.mktemp(name)
        for path in COPIED:
            target = found[name] / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / path).is_dir():
                shutil.copytree(ROOT / path, target, ignore=shutil.ignore_patterns("__pycache__", "*.so", "compiled"))
            else:
                shutil.copy2(ROOT / path, target)
        for package in ("chalicelib", "tests", "tests/lunch"):
            (found[name] / package / "__init__.py").touch()
    (ROOT / "build").mkdir(exist_ok=True)
    (found["compiled"] / "build").symlink_to(ROOT / "build")  # what `make test` has compiled is not compiled again
    built = run(found["compiled"], "infra/compile_matcher.py", "--require")
    if built.returncode:
        pytest.skip(f"no compiled matcher to compare with: {built.stderr}")
    return found


def run(tree: Path, *arguments: object) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["source", "compiled"])
def test_both_are_exact(trees, name):
    done = run(trees[name], "-c", EXACT, name, ROUNDS)
    assert done.stdout.strip() == "exact", done.stderr[-2000:]


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_both_give_the_same_arrays(trees, shape, tmp_path):
    round = SHAPES[shape](120, 3)
    names = ("location", "free", "eats", "waited", "forbidden", "met", "blocked")
    np.savez(tmp_path / "in.npz", **{name: getattr(round, name) for name in names}, rules=[2, 3, round.seed])
    found = {}
    for name, tree in trees.items():
        done = run(tree, "-m", "chalicelib.lunch.matching", tmp_path / "in.npz", tmp_path / f"{name}.npz")
        assert done.returncode == 0, done.stderr
        found[name] = np.load(tmp_path / f"{name}.npz")
    for array in found["source"].files:
        assert np.array_equal(found["source"][array], found["compiled"][array]), array
    assert int(found["source"]["left"]) == int(found["source"]["bound"])


def test_compiling_twice_does_nothing_and_missing_tools_are_said(trees):
    again = run(trees["compiled"], "infra/compile_matcher.py")
    assert "compiled already" in again.stdout
    absent = run(trees["source"], "infra/compile_matcher.py", "/no/such/python")
    assert absent.returncode == 0
    assert "runs uncompiled" in absent.stderr
    assert run(trees["source"], "infra/compile_matcher.py", "--require", "/no/such/python").returncode == 1
