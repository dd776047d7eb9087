"""Free time as the matcher's bits. Without numpy, so that a page may ask as well."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from chalicelib.calendar.occurrences import Span


def mask(free: Iterable[Span], lunches: Sequence[Span], now: datetime) -> int:
    """A bit for each lunch that lies in one of the free spans as a whole and has not begun yet.

    :param free: merged: spans that meet are one
    :param lunches: those that the week has room for; the number of a lunch is its bit
    """
    found = 0
    for begin, end in free:
        for bit, (starts, ends) in enumerate(lunches):
            if begin <= starts and ends <= end and starts > now:
                found |= 1 << bit
    return found
