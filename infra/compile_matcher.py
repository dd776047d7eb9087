"""Compiles the matcher in place by Cython's pure Python mode: python infra/compile_matcher.py [--require] [--project DIRECTORY] [PYTHON]

PYTHON (default: the one that runs this) is the interpreter for which the modules are built; it needs Cython and
setuptools. Sources are copied to a scratch directory, compiled there, and only the finished modules are laid beside
their .py files. Where there is no C compiler or no Python headers, a line says so and the status is 0, because the same
source runs uncompiled; with --require (the Lambda package) the status is then 1.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path("chalicelib/lunch/matching")
MODULES = (
    "probes",
    "people",
    "blocks",
    "near",
    "tables",
    "parts",
    "greedy",
    "rescue",
    "exchange",
    "regroup",
    "small",
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
    parser = argparse.ArgumentParser(description="Compiles the matcher in place.")
    parser.add_argument("python", nargs="?", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--require", action="store_true", help="fail where it cannot be compiled")
    parser.add_argument("--project", type=Path, default=ROOT, help="the checkout, or a copy of it")
    options = parser.parse_args(arguments)
    package = options.project / PACKAGE
    suffix = _ask(options.python, "import sysconfig; print(sysconfig.get_config_var('EXT_SUFFIX'))")
    if not suffix:
        return _give_up(options.require, f"{options.python} does not run")
    if _is_fresh(package, suffix):
        print(f"The matcher is compiled already ({suffix}).")
        return 0
    missing = _missing(options.python)
    if missing:
        return _give_up(options.require, missing)
    return _compile(package, options.python, suffix, options.require)


def _compile(package: Path, python: str, suffix: str, require: bool) -> int:
    print("Compiling the matcher, once: this takes about half a minute.", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copytree(package, Path(scratch) / PACKAGE, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
        for folder in (PACKAGE.parent, PACKAGE.parent.parent):
            (Path(scratch) / folder / "__init__.py").touch()
        (Path(scratch) / "build.py").write_text(BUILD)
        command = [python, "build.py", str(PACKAGE), SHARED, *MODULES]
        # A newcomer waits for it: without what debuggers want, and on every core.
        quick = os.environ | {"CFLAGS": os.environ.get("CFLAGS", "-O2 -g0")}
        done = subprocess.run(command, cwd=scratch, env=quick, capture_output=True, text=True, check=False)
        built = [Path(scratch) / PACKAGE / f"{module}{suffix}" for module in (SHARED, *MODULES)]
        if done.returncode or not all(path.exists() for path in built):
            return _give_up(require, (done.stderr or done.stdout).strip()[-2000:] or "the compiler gave no module")
        for path in built:
            shutil.copyfile(path, package / f"{path.name}.new")
            (package / f"{path.name}.new").replace(package / path.name)
    print(f"The matcher is compiled ({len(MODULES)} modules, {suffix}).")
    return 0


def _is_fresh(package: Path, suffix: str) -> bool:
    sources = [*package.glob("*.pxd"), *(package / f"{module}.py" for module in MODULES)]
    newest = max(path.stat().st_mtime for path in sources)
    built = [package / f"{module}{suffix}" for module in (SHARED, *MODULES)]
    return all(path.exists() and path.stat().st_mtime >= newest for path in built)


def _missing(python: str) -> str:
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


def _ask(python: str, question: str) -> str:
    try:
        answer = subprocess.run([python, "-c", question], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


def _give_up(require: bool, why: str) -> int:
    print(f"The matcher runs uncompiled, slower and with the same result: {why}.", file=sys.stderr)
    return 1 if require else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
