"""What time it is: the one place where the product asks.

A rule takes ``now`` as a value and SQL never calls now() for what a person can observe, so the running
local system can be set to any hour (``make clock NOW=2026-11-30T12:00Z``) and everything follows.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path


def now() -> datetime:
    """The present as an aware datetime in UTC, moved by what CLOCK_FILE holds (seconds; local stage only)."""
    return datetime.now(UTC) + offset()


def offset() -> timedelta:
    """How far the clock was moved: zero unless CLOCK_FILE names a file that holds a number of seconds.

    The file is read anew only when it is another one or has changed: a request asks several times.
    """
    global _last_read
    path = os.environ.get("CLOCK_FILE")
    if not path:
        return timedelta()
    try:
        file = os.stat(path)  # noqa: PTH116 - a third of what Path.stat() costs
        seen = (path, file.st_ino, file.st_mtime_ns, file.st_size)
        if _last_read[0] != seen:
            _last_read = seen, timedelta(seconds=float(Path(path).read_text()))
    except FileNotFoundError:
        return timedelta()
    return _last_read[1]


_last_read: tuple[tuple[str, int, int, int], timedelta] = ("", 0, 0, 0), timedelta()
"""Which file was read last, as it was then, and what it said; one tuple, so that threads see both or neither."""
