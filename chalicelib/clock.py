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
    """How far the clock was moved: zero unless CLOCK_FILE names a file that holds a number of seconds."""
    path = os.environ.get("CLOCK_FILE")
    if not path:
        return timedelta()
    try:
        return timedelta(seconds=float(Path(path).read_text()))
    except FileNotFoundError:
        return timedelta()
