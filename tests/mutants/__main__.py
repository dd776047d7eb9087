"""Runs mutmut (pyproject.toml, tool.mutmut) in a copy of the tree, and says which mutants survived.

A survivor stands in docs/mutants.md with the reason why it is harmless, or this fails, as it does below 95 per cent.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent
COPY = ROOT / "build" / "mutants"
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
LISTED = ROOT / "docs" / "mutants.md"
WANTED = 0.95
PURE_FUNCTIONS = {
    "chalicelib.calendar.availability": ("checked", "shown"),
    "chalicelib.coaching.agenda": ("weeks", "farthest", "last_week", "span_of", "following"),
    "chalicelib.rules": ("check_together", "_minutes"),
}
"""Of modules that ask the database as well: the functions that do not. Of all other modules every function counts. What
runs while a module is imported (rules._rule) has run before any mutant begins: no tool of this kind reaches it."""
METHODS_OF = {"chalicelib.rules": ("Rule", "Rules")}


class Survivor(NamedTuple):
    name: str
    line: str
    """As docs/mutants.md has it."""


def patterns() -> list[str]:
    """The mutants that count, as mutmut names them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutmut"]
    modules = [path.removesuffix(".py").replace("/", ".") for path in settings["only_mutate"]]
    of_functions = [f"{module}.x_{name}__mutmut_*" for module, names in PURE_FUNCTIONS.items() for name in names]
    of_methods = [f"{module}.xǁ{name}ǁ*" for module, names in METHODS_OF.items() for name in names]
    return [f"{module}.*" for module in modules if module not in PURE_FUNCTIONS] + of_functions + of_methods


def lay_copy() -> None:
    """A copy of what is tested: the tree itself is never changed."""
    shutil.rmtree(COPY, ignore_errors=True)
    COPY.mkdir(parents=True)
    unwanted = shutil.ignore_patterns("__pycache__", ".terraform", "node_modules")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, COPY / name, ignore=unwanted)
        else:
            shutil.copy2(source, COPY / name)


def mutmut(*arguments: str) -> str:
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(command, cwd=COPY, capture_output=True, text=True, check=True).stdout


def described(name: str) -> str:
    """A mutant as the line before and after, with its function."""
    diff = [line for line in mutmut("show", name).splitlines() if re.match(r"[-+](?![-+])", line)]
    old, new = (" ".join(line[1:].strip() for line in diff if line[0] == sign) for sign in "-+")
    module, _, rest = name.removeprefix("chalicelib.").rpartition(".")
    function = rest.partition("__mutmut_")[0].removeprefix("x").lstrip("_ǁ" if "ǁ" in rest else "_").replace("ǁ", ".")
    return f"`{module.replace('.', '/')}.py` `{function}`: `{old}` became `{new}`"


def results() -> dict[str, str]:
    """Every mutant that counts, and what became of it."""
    wanted = patterns()
    lines = (line.strip().rpartition(": ") for line in mutmut("results", "--all", "true").splitlines() if ": " in line)
    return {name: what for name, _, what in lines if any(fnmatch(name, pattern) for pattern in wanted)}


def main(arguments: list[str]) -> int:
    if "--again" not in arguments:
        lay_copy()
        children = os.environ.get("CHILDREN", str(os.cpu_count() or 1))
        command = [sys.executable, "-m", "mutmut", "run", "--max-children", children, *patterns()]
        subprocess.run(command, cwd=COPY, check=True)
    found = results()
    if not found:
        print("There are no mutants: does pyproject.toml name the modules that are there?")
        return 1
    survivors = [Survivor(name, described(name)) for name, what in found.items() if what not in ("killed", "timeout")]
    listed = LISTED.read_text() if LISTED.exists() else ""
    unlisted = [survivor for survivor in survivors if survivor.line not in listed]
    share = 1 - len(survivors) / len(found)
    for survivor in unlisted:
        print(f"{found[survivor.name]}, not in docs/mutants.md: {survivor.name}\n- {survivor.line}: ")
    print(f"{len(found)} mutants, {len(found) - len(survivors)} killed ({share:.1%}), {len(survivors)} survived.")
    return int(bool(unlisted) or share < WANTED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
