"""The verified zip, built again only where what it is made of has changed: it takes a minute."""

import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from infra.local.errors import LocalError
from infra.local.processes import ROOT

PACKAGE = ROOT / "build" / "lambda" / "deployment.zip"
STAMP = ROOT / "build" / "deployment.digest"
SOURCES = ("app.py", "chalicelib", ".chalice/config.json", "sql", "requirements.txt", "infra/compile_matcher.py")
BUILDERS = ("infra/package.py", "infra/lambda_zip.py")
BUILT = (".so", ".c", ".pyc")


def fresh_package() -> Path:
    """Builds it if need be (`make package`); where it is. Raises LocalError."""
    if not (PACKAGE.exists() and STAMP.exists() and STAMP.read_text() == digest(sources()) + digest([PACKAGE])):
        ended = subprocess.run(["make", "--silent", "package"], cwd=ROOT, capture_output=True, text=True, check=False)
        if ended.returncode:
            said = "\n".join((ended.stdout + ended.stderr).strip().splitlines()[-5:])
            raise LocalError(f"There is no package to deploy, for make package failed:\n{said}")
    return PACKAGE


def note(built_of: str) -> None:
    """Remember of which sources (their digest) the package was built."""
    STAMP.write_text(built_of + digest([PACKAGE]))


def sources() -> Iterator[Path]:
    """Every file that the zip comes of, in the same order everywhere."""
    for name in SOURCES + BUILDERS:
        path = ROOT / name
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in found if file.is_file() and file.suffix not in BUILT)


def digest(files: "Iterator[Path] | list[Path]") -> str:
    """Of the names and contents of the files."""
    sum = hashlib.sha256()
    for file in files:
        sum.update(str(file.relative_to(ROOT)).encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return sum.hexdigest()
