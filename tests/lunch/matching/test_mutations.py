"""Break any condition of a lunch in the source, and a test fails: here each is broken once, in a copy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.long

SECONDS = 30
COPIED = ["chalicelib/lunch", "tests/lunch/matching"]

MUTATIONS = {
    "hour of a pair, few people": ("near", "if free & people.free[self.row[j]] and eats", "if eats"),
    "food of a pair, few people": ("near", "and eats & people.eats[self.row[j]]:", ":"),
    "met or blocked, few people": ("near", "self._part()", "pass"),
    "filter, few people": ("near", "if people.filtered and", "if False and"),
    "hour of three, greedy": ("near", "people.free[u] & people.free[v] & people.free[w] != 0", "True"),
    "food of three, greedy": ("near", "people.eats[u] & people.eats[v] & people.eats[w] != 0", "True"),
    "hour of three, regrouped": ("partition", "if free & people.free[w] and eats", "if eats"),
    "food of three, regrouped": ("partition", "and eats & people.eats[w]:", ":"),
    "hour of a pair": ("people", "if self.free[u] & self.free[v] == 0 or self.eats", "if self.eats"),
    "food of a pair": ("people", "or self.eats[u] & self.eats[v] == 0:", ":"),
    "hour of three": ("people", "if self.free[u] & self.free[v] & self.free[w] == 0 or", "if"),
    "food of three": ("people", "or self.eats[u] & self.eats[v] & self.eats[w] == 0:", ":"),
    "met or blocked, of three": ("people", "self.allowed(u, v) and self.allowed(u, w) and self.allowed(v, w)", "True"),
    "met or blocked": ("people", "if self._listed(self.apart_at, self.apart, u, v) >= 0:", "if False:"),
    "filter": ("people", "not (self.filtered and self.blocked(u, v))", "True"),
    "met": ("people", "apart = columns.forbidden\n", "apart = columns.forbidden[:0]\n"),
    "blocked": ("people", "np.concatenate([columns.forbidden, columns.blocked])", "columns.forbidden"),
    "food, greedy": ("greedy", "or eats & people.eats[w] == 0:", ":"),
    "met or blocked, greedy": ("greedy", "not people.allowed(u, w) or", ""),
    "met or blocked of the third, greedy": ("greedy", "and not people.allowed(v, w)", "and False"),
    "met or blocked, search": ("search", "return self.apart[v] == self.token or", "return"),
    "filter, search": ("search", "(self.people.filtered and self.people.blocked(u, v))", "False"),
    "three of a blossom": ("rescue", "if people.fit(row[i], row[j], row[k]) and", "if"),
    "hour, other sizes": ("division", "if both == 0 or dishes == 0:", "if dishes == 0:"),
    "food, other sizes": ("division", "if both == 0 or dishes == 0:", "if both == 0:"),
    "met or blocked, other sizes": ("division", "if self.people.fits(self.member[i], self.member[j]):", "if True:"),
    "size, other sizes": ("division", "if size >= self.minimum:", "if size >= 2:"),
    "hour, first fit": ("first_fit", "if free == 0 or eats == 0:", "if eats == 0:"),
    "food, first fit": ("first_fit", "if free == 0 or eats == 0:", "if free == 0:"),
    "met or blocked, first fit": ("first_fit", "if not people.allowed(x, y) or", "if"),
    "hour, checker": ("groups", "if (free[u] >> start[g]) & 1 == 0:", "if False:"),
    "food, checker": ("groups", "if (eats[u] >> food[g]) & 1 == 0:", "if False:"),
    "location, checker": ("groups", "elif location[u] != location[first[g]]:", "elif False:"),
    "met, checker": ("groups", "in (columns.forbidden, columns.blocked):", "in (columns.blocked,):"),
    "blocked, checker": ("groups", "in (columns.forbidden, columns.blocked):", "in (columns.forbidden,):"),
    "filter, checker": ("groups", "if columns.filter is not None:", "if False:"),
    "size, checker": ("groups", "or size[g] > maximum:", ":"),
    "met or blocked, checker's graph": ("graph", "if self.marked[v] == self.token:", "if False:"),
    "filter, checker's graph": ("graph", "return self.filtered and self.probes", "return False and self.probes"),
    "food, checker's graph": ("graph", "return found & foods", "return found"),
    "hour of three, checker": ("component", "graph.free[a] & graph.free[b] & graph.free[c] != 0", "True"),
    "food of three, checker": ("component", "graph.eats[a] & graph.eats[b] & graph.eats[c] != 0", "True"),
    "a three to spare, checker": ("covers", "and not self._can_spare_a_trio()", ""),
    "factor-critical, checker": ("covers", "return self._is_critical() and", "return"),
    "evenly, checker": ("covers", "while x >= 0 and tree.label", "while False and tree.label"),
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    """The package as source."""
    tree = tmp_path_factory.mktemp("source")
    for path in COPIED:
        shutil.copytree(ROOT / path, tree / path, ignore=shutil.ignore_patterns("__pycache__", "compiled"))
    for package in ("chalicelib", "tests", "tests/lunch"):
        (tree / package / "__init__.py").touch()
    return tree


def complaint(tree: Path) -> str:
    """What is said of the source in the tree, empty if nothing is found wrong. Broken, it may also go on for ever."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "tests.lunch.matching.feasibility"]
    try:
        done = subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return "it does not end"
    return done.stderr if done.returncode else ""


def test_the_source_as_it_is_passes(tree):
    assert complaint(tree) == ""


@pytest.mark.parametrize("condition", MUTATIONS)
def test_a_broken_condition_is_noticed(tree, condition):
    module, condition_text, broken = MUTATIONS[condition]
    path = tree / "chalicelib/lunch/matching" / f"{module}.py"
    source = path.read_text()
    assert source.count(condition_text) == 1, "the source has changed: mutate it as it is now"
    try:
        path.write_text(source.replace(condition_text, broken))
        said = complaint(tree)
    finally:
        path.write_text(source)
    assert said, "nobody noticed"
    assert "SyntaxError" not in said
