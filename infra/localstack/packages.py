"""Function packages on this machine: each is unpacked once, however many functions are made of it."""

import hashlib
import tempfile
import threading
import zipfile
from pathlib import Path
from typing import Any

_lock = threading.Lock()


def location(function_version: Any) -> Path:
    """The folder of the function's unpacked package."""
    name = hashlib.sha256(function_version.config.code.code_sha256.encode()).hexdigest()[:24]
    return Path(tempfile.gettempdir()) / "packages" / name


def unpack(function_version: Any) -> None:
    """Unpacks it where it is not yet. What it is found to be is what LocalStack was given, to the byte."""
    target = location(function_version)
    with _lock:
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as draft:
            archive = Path(draft) / "package.zip"
            with archive.open("wb") as file:
                function_version.config.code._download_archive_to_file(file)
            with zipfile.ZipFile(archive) as package:
                package.extractall(Path(draft) / "code")
            (Path(draft) / "code").rename(target)
