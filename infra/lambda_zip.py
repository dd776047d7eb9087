"""What a right Lambda zip holds, and what is wrong with a given one.

Chalice leaves out with a warning what it cannot install, and a module compiled for another Python is passed over
in silence for slower source: so the zip is read again, against the wheels' own lists of their files (RECORD).
"""

import base64
import csv
import hashlib
import io
import re
from collections.abc import Iterator, Set
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection
from packaging.requirements import Requirement

PYTHON = "3.13"
TAG = "cpython-313-x86_64-linux-gnu"
GLIBC = (2, 34)
"""Of Amazon Linux 2023, on which Lambda's python3.13 stands."""
UNZIPPED_LIMIT = 120 * 1024 * 1024
"""Bytes: our own, of which numpy takes 73 MB. AWS would take 250 MB, and start the slower for it."""
HEAVY = (
    "boto3",
    "botocore",
    "cryptography",
    "icalendar",
    "jinja2",
    "kafka",
    "numpy",
    "aws_lambda_powertools",
    "recurring_ical_events",
)
"""What is imported by the functions that use it, and never before the first answer of an HTTP function."""
CHALICE = {"chalice/__init__.py", "chalice/app.py"}
"""The runtime that `chalice package` adds by itself."""
COMPILED_MATCHER = re.compile(rf"chalicelib/lunch/.*\.{TAG}\.so")

_SHARED_OBJECT = re.compile(r"\.(so(\.[0-9.]+)?|pyd|dylib)$")
_NEVER_RUN = re.compile(
    r"(^|/)(tests?|__pycache__)/|\.data/(data|headers|scripts)/|\.(c|cc|cpp|h|hpp|pyx|pxd|pxi|a|pyc|pyo|pyi|o)$"
)


def never_run(name: str) -> bool:
    """Whether a file of this name is of no use to a running Lambda: tests, commands, C sources, stubs, caches."""
    return _NEVER_RUN.search(name) is not None


def faults(path: Path, requirements: Path, sources: Set[str], *, compiled_matcher: bool) -> list[str]:
    """Everything wrong with the zip at `path`, a sentence each; none for a zip that may be deployed.

    `requirements` is the lock file, `sources` are the names that the product's own files must have in the zip, and
    `compiled_matcher` says whether the matcher must be there as machine code.
    """
    with ZipFile(path) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
        found: list[str] = []
        listed: dict[str, str] = {}
        for requirement in locked(requirements):
            files = record(archive, names, requirement)
            if files is None:
                found.append(f"{requirement.name} {pinned(requirement)} is missing.")
            listed |= files or {}
        needed = {name for name in listed if not never_run(name)} | sources | CHALICE
        found += [f"{name} is missing." for name in sorted(needed - names)]
        found += [f"{name} is superfluous." for name in sorted(names - needed) if not is_record(name)]
        for name in sorted(names & needed):
            content = archive.read(name)
            if listed.get(name) and digest(content) != listed[name]:
                found.append(f"{name} is not the file that its package lists.")
            if _SHARED_OBJECT.search(name):
                found += machine_code_faults(name, content)
        if compiled_matcher and not any(COMPILED_MATCHER.fullmatch(name) for name in names):
            found.append(f"The matcher is not compiled: there is no chalicelib/lunch/...{TAG}.so.")
        size = sum(info.file_size for info in archive.infolist())
    if size > UNZIPPED_LIMIT:
        found.append(f"It unzips to {size:,} bytes, above the {UNZIPPED_LIMIT:,} that we allow.")
    return found


def locked(requirements: Path) -> Iterator[Requirement]:
    """The packages that the lock file pins for Lambda's Python."""
    lambda_python = {"python_version": PYTHON, "python_full_version": f"{PYTHON}.0", "sys_platform": "linux"}
    for line in requirements.read_text().splitlines():
        if line and not line.startswith((" ", "#")):
            requirement = Requirement(line.removesuffix("\\"))
            if requirement.marker is None or requirement.marker.evaluate(lambda_python):
                yield requirement


def pinned(requirement: Requirement) -> str:
    """The version of a requirement from a lock file."""
    (specifier,) = requirement.specifier
    return specifier.version


def record(archive: ZipFile, names: Set[str], requirement: Requirement) -> dict[str, str] | None:
    """The files of an installed wheel and their hashes ("" where it lists none); None if it is not there."""
    distribution = re.sub(r"[-_.]+", "_", requirement.name).lower()
    wanted = f"{distribution}-{pinned(requirement)}.dist-info/RECORD".lower()
    for name in names:
        if name.lower() == wanted:
            rows = csv.reader(io.StringIO(archive.read(name).decode()))
            return {file: sha256 for file, sha256, _ in rows if ".data/" not in file and file != name}
    return None


def is_record(name: str) -> bool:
    """Whether this is a wheel's list of its files, which does not list itself with a hash."""
    return PurePosixPath(name).match("*.dist-info/RECORD")


def digest(content: bytes) -> str:
    """A file's hash as RECORD writes it."""
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")


def machine_code_faults(name: str, content: bytes) -> Iterator[str]:
    """Why Lambda's Python could not load this shared object."""
    file = PurePosixPath(name).name
    is_module = ".cpython-" in file or ".abi3." in file
    if ".cpython-" in file and TAG not in file:
        yield f"{name} is compiled for another Python or machine than {TAG}."
    elif not is_module and ".libs/" not in name:
        yield f"{name} does not say for which Python it is compiled."
    try:
        elf = ELFFile(io.BytesIO(content))
    except ELFError:
        yield f"{name} is no shared object of Linux."
        return
    if elf["e_machine"] != "EM_X86_64":
        yield f"{name} is compiled for {elf['e_machine']}, not for x86_64."
    newest = max(glibc_versions(elf), default=(0,))
    if newest > GLIBC:
        yield f"{name} needs GLIBC {'.'.join(map(str, newest))}, Lambda has {'.'.join(map(str, GLIBC))}."


def glibc_versions(elf: ELFFile) -> Iterator[tuple[int, ...]]:
    """The versions of the C library whose symbols a shared object uses."""
    for section in elf.iter_sections():
        if isinstance(section, GNUVerNeedSection):
            for _, versions in section.iter_versions():
                for version in versions:
                    if re.fullmatch(r"GLIBC_[0-9.]+", version.name):
                        yield tuple(map(int, version.name.removeprefix("GLIBC_").split(".")))
