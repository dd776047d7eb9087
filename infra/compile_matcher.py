"""Compiles the matcher by Cython's pure Python mode: python infra/compile_matcher.py [--require] [--nice] [--project DIRECTORY] [PYTHON]

PYTHON (default: the one that runs this) is the interpreter for which the modules are built; it needs Cython and
setuptools. What comes of the same sources is kept in build/matcher/ and never changed. The link `compiled` beside the
sources leads to it: it is laid when all modules are there, and Python follows it once in a process
(chalicelib/lunch/matching/__init__.py), so that no process has some modules compiled and others not. Where there is no C
compiler or no Python headers, a line says so and the status is 0, because the same source runs uncompiled; with
--require (the Lambda package) the status is then 1.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path("chalicelib/lunch/matching")
KEPT = ROOT / "build" / "matcher"
"""A folder for what was compiled of each state of the sources, of which the last few are kept."""
STATES = 5
LINK = "compiled"
SUFFIX = "import sysconfig; print(sysconfig.get_config_var('EXT_SUFFIX'))"
MODULES = (
    "probes",
    "people",
    "lots",
    "blocks",
    "near",
    "tables",
    "parts",
    "greedy",
    "forest",
    "search",
    "rescue",
    "servers",
    "exchange",
    "partition",
    "regroup",
    "small",
    "chains",
    "fill",
    "division",
    "rings",
    "first_fit",
    "reseat",
    "emit",
    "groups",
    "graph",
    "component",
    "trees",
    "covers",
)
SHARED = "_shared"
"""The module that holds what Cython gives every module (its memoryviews) once: half the time, and half the size."""
BUILD = """
import os, sys
from Cython.Build import cythonize
from setuptools import Extension, setup

if __name__ == "__main__":  # Cython's processes may begin by reading this again
    folder, shared, *modules = sys.argv[1:]
    package = folder.replace("/", ".")
    extensions = [Extension(f"{package}.{shared}", [f"{folder}/{shared}.c"])]
    extensions += [Extension(f"{package}.{module}", [f"{folder}/{module}.py"]) for module in modules]
    cores = os.cpu_count() or 1
    built = cythonize(extensions, nthreads=cores, quiet=True, shared_utility_qualified_name=f"{package}.{shared}")
    setup(script_args=["-q", "build_ext", "--inplace", "--parallel", str(cores)], ext_modules=built)
"""


def main(arguments: list[str]) -> int:
    """Compile what is not compiled yet or has changed; the exit status."""
    parser = argparse.ArgumentParser(description="Compiles the matcher.")
    parser.add_argument("python", nargs="?", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--require", action="store_true", help="fail where it cannot be compiled")
    parser.add_argument("--nice", action="store_true", help="give way to whatever else runs")
    parser.add_argument("--project", type=Path, default=ROOT, help="the checkout, or a copy of it")
    options = parser.parse_args(arguments)
    if options.nice:
        os.nice(19)
    if not (suffix := _ask(options.python, SUFFIX)):
        return _give_up(options.require, f"{options.python} does not run")
    with _alone():
        if is_compiled(options.project, suffix):
            print(f"The matcher is compiled already ({suffix}).")
            return 0
        withdraw(options.project)
        kept = _kept(options.project, suffix)
        if not kept.exists():
            if missing := what_is_missing(options.python):
                return _give_up(options.require, missing)
            if failure := _compile(options.project / PACKAGE, options.python, suffix, kept):
                return _give_up(options.require, failure)
        _lay(options.project / PACKAGE, kept)
    print(f"The matcher is compiled ({len(MODULES)} modules, {suffix}).")
    return 0


def is_compiled(project: Path = ROOT, suffix: str = "") -> bool:
    """Whether Python would find the modules compiled of these very sources."""
    link = project / PACKAGE / LINK
    wanted = _kept(project, suffix or sysconfig.get_config_var("EXT_SUFFIX"))
    return wanted.exists() and link.is_symlink() and link.resolve() == wanted.resolve()


def withdraw(project: Path = ROOT) -> None:
    """Let processes that begin from now on run the source as it stands; others keep what they began with."""
    for stale in [project / PACKAGE / LINK, *(project / PACKAGE).glob("*.so")]:  # they stood beside the sources once
        stale.unlink(missing_ok=True)


def what_is_missing(python: str = sys.executable) -> str:
    """What keeps this Python from compiling, in words; empty if nothing does."""
    if not _ask(python, "import Cython, setuptools; print('yes')"):
        return "Cython and setuptools are not installed"
    headers = _ask(python, "import sysconfig; print(sysconfig.get_path('include'))")
    if not (Path(headers) / "Python.h").exists():
        return "Python's headers are not installed"
    compiler = _ask(python, "import sysconfig; print(sysconfig.get_config_var('CC') or 'cc')").split()
    if not compiler or not (shutil.which(compiler[0]) or shutil.which("cc")):
        return "there is no C compiler"
    return ""


@contextmanager
def _alone() -> Iterator[None]:
    """One at a time: who comes while another compiles waits, and finds it done. The compiler holds the lock too."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        os.set_inheritable(lock.fileno(), True)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("The matcher is being compiled already: waiting for it.", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        for broken_off in KEPT.glob("draft-*"):
            shutil.rmtree(broken_off, ignore_errors=True)
        yield


def _kept(project: Path, suffix: str) -> Path:
    """Where the modules that come of these sources for this Python are, or would be."""
    made = hashlib.sha256(Path(__file__).read_bytes() + suffix.encode())
    package = project / PACKAGE
    for source in sorted([*package.glob("*.pxd"), *(package / f"{module}.py" for module in MODULES)]):
        made.update(source.name.encode() + b"\0" + hashlib.sha256(source.read_bytes()).digest())
    return KEPT / made.hexdigest()[:24]


def _compile(package: Path, python: str, suffix: str, kept: Path) -> str:
    """Compile in a draft, and give it its name when it is whole; what kept it from that, or nothing."""
    print("Compiling the matcher, once: this takes about a minute.", flush=True)
    with tempfile.TemporaryDirectory(prefix="draft-", dir=KEPT) as folder:
        draft = Path(folder)
        shutil.copytree(package, draft / PACKAGE, ignore=shutil.ignore_patterns("*.so", "__pycache__", LINK))
        for parent in (PACKAGE.parent, PACKAGE.parent.parent):
            (draft / parent / "__init__.py").touch()
        (draft / "build.py").write_text(BUILD)
        command = [python, "build.py", str(PACKAGE), SHARED, *MODULES]
        # A newcomer waits for it: without what debuggers want, and on every core.
        quick = os.environ | {"CFLAGS": os.environ.get("CFLAGS", "-O2 -g0")}
        done = subprocess.run(
            command, cwd=draft, env=quick, capture_output=True, text=True, check=False, close_fds=False
        )
        built = [draft / PACKAGE / f"{module}{suffix}" for module in (SHARED, *MODULES)]
        if done.returncode or not all(path.exists() for path in built):
            return (done.stderr or done.stdout).strip()[-2000:] or "the compiler gave no module"
        whole = draft / "whole"
        whole.mkdir()
        for path in built:
            path.rename(whole / path.name)
        whole.rename(kept)
    return ""


def _lay(package: Path, kept: Path) -> None:
    """Lead Python to the modules, by one renaming, and forget those of long ago."""
    draft = package / f"{LINK}.new"
    draft.unlink(missing_ok=True)
    draft.symlink_to(os.path.relpath(kept, package.resolve()))
    draft.replace(package / LINK)
    os.utime(kept)
    states = sorted((path for path in KEPT.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    for old in states[:-STATES]:
        shutil.rmtree(old, ignore_errors=True)


def _ask(python: str, question: str) -> str:
    try:
        answer = subprocess.run([python, "-c", question], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


def _give_up(require: bool, why: str) -> int:
    *before, reason = why.splitlines()
    print(*before, sep="\n", end="\n" if before else "", file=sys.stderr)
    print(f"The matcher runs uncompiled, slower and with the same result: {reason.rstrip('.')}.", file=sys.stderr)
    return 1 if require else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
