"""Faults that a person planted, each of a kind that has been made somewhere once: what asks the database, what is told to
whom, who may. `make planted` puts each into a copy of the tree, alone, and the tests nearest to it must fail.

A fault is in a file, or in the newest definition of an SQL function, wherever migrations have moved it to.
"""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent


class Fault(NamedTuple):
    where: str
    """A file below the root, or the name of an SQL function."""
    text: str
    """What stands there once."""
    instead: str
    tests: str
    """Arguments of pytest."""
    seen: str
    """What somebody would see."""


def place(fault: Fault, root: Path = ROOT) -> tuple[Path, int]:
    """The file, and where in it the text begins. Raises ValueError where it is not found, or more than once."""
    file, begin, end = _room(fault.where, root)
    within = file.read_text()[begin:end]
    if within.count(fault.text) != 1:
        raise ValueError(f"{fault.where}: {fault.text!r} is there {within.count(fault.text)} times")
    return file, begin + within.index(fault.text)


def _room(where: str, root: Path) -> tuple[Path, int, int]:
    if "/" in where:
        return root / where, 0, len((root / where).read_text())
    begins = re.compile(rf"^CREATE (?:OR REPLACE )?FUNCTION {where}\(", re.M)
    for file in sorted((root / "sql" / "migrations").glob("*.sql"), reverse=True):
        text = file.read_text()
        found = list(begins.finditer(text))
        if found:
            return file, found[-1].start(), text.index("$$;", found[-1].end())
    raise ValueError(f"there is no SQL function {where}")
