"""Plants each fault in a copy of the tree and runs the tests nearest to it: they must fail.

``python -m tests.planted calls book_calls`` plants those whose list or place has one of these words in it;
WORKERS=1 one at a time. What the tests said stays in build/planted.
"""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

from tests.planted import ROOT, Fault, calls, lunches, people, place, rules

BUILD = ROOT / "build" / "planted"
COPIED = (
    "chalicelib",
    "tests",
    "infra",
    "sql",
    "docs",
    "vendor",
    ".chalice",
    "app.py",
    "pyproject.toml",
    "requirements.txt",
)
LISTS = {"lunches": lunches.FAULTS, "calls": calls.FAULTS, "people": people.FAULTS, "rules": rules.FAULTS}
SECONDS = 600
CAUGHT, MISSED, BROKEN = "caught", "NOT CAUGHT", "BROKEN"


def lay_copy(number: int) -> Path:
    """A copy of what is tested, uncompiled: the tree itself is never changed."""
    copy = BUILD / f"tree-{number}"
    copy.mkdir(parents=True)
    for name in COPIED:
        if (ROOT / name).is_dir():
            left_out = shutil.ignore_patterns("__pycache__", ".terraform", "compiled")
            shutil.copytree(ROOT / name, copy / name, ignore=left_out)
        else:
            shutil.copy2(ROOT / name, copy / name)
    return copy


def plant(fault: Fault, copy: Path, log: Path) -> str:
    """What became of the fault: caught, not caught, or broken, where it is no fault that a test could tell."""
    file, begin = place(fault, copy)
    right = file.read_text()
    wrong = right[:begin] + fault.instead + right[begin + len(fault.text) :]
    if file.suffix == ".py":
        compile(wrong, str(file), "exec")
    file.write_text(wrong)
    try:
        return _tested(fault, copy, log)
    finally:
        file.write_text(right)


def _tested(fault: Fault, copy: Path, log: Path) -> str:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-n",
        "0",
        "--tb=short",
        "--durations=0",
        "-p",
        "no:cacheprovider",
        "-m",
        "not (kafka or browser or lynx or package or localstack)",
    ]
    # What is compiled stays compiled: a run lasts longer than the second by which an altered file is told.
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": ""}
    with log.open("w") as said:
        said.write(f"{fault.where}\n- {fault.text}\n+ {fault.instead}\n")
        said.flush()
        try:
            ended = subprocess.run(
                [*command, *shlex.split(fault.tests)],
                cwd=copy,
                stdout=said,
                stderr=said,
                timeout=SECONDS,
                env=environment,
            )
        except subprocess.TimeoutExpired:
            return CAUGHT
    if ended.returncode == 0:
        return MISSED
    # Where the migrations themselves fail, or nothing was collected, no test has told anything.
    text = log.read_text()
    return CAUGHT if ended.returncode == 1 and "in server\n" not in text else BROKEN


def chosen(words: list[str]) -> Iterator[tuple[str, Fault]]:
    for name, faults in LISTS.items():
        for number, fault in enumerate(faults, 1):
            if not words or any(word in f"{name} {name}-{number} {fault.where}" for word in words):
                yield f"{name}-{number:02}", fault


def main(words: list[str]) -> int:
    shutil.rmtree(BUILD, ignore_errors=True)
    workers = int(os.environ.get("WORKERS", os.cpu_count() or 1))
    copies: Queue[Path] = Queue()
    for number in range(workers):
        copies.put(lay_copy(number))

    def run(name: str, fault: Fault) -> str:
        copy = copies.get()
        try:
            what = plant(fault, copy, BUILD / f"{name}.log")
        except (ValueError, SyntaxError) as error:
            what = f"{BROKEN}: {error}"
        finally:
            copies.put(copy)
        print(f"{what:10} {name:11} {fault.where}: {fault.text.strip()[:70]!r}", flush=True)
        return what

    with ThreadPoolExecutor(workers) as pool:
        results = list(pool.map(lambda one: run(*one), chosen(words)))
    caught = results.count(CAUGHT)
    print(f"{len(results)} faults planted, {caught} caught, {len(results) - caught} not.")
    return int(caught < len(results) or not results)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
