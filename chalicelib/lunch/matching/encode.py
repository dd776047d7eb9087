"""Windows in local time to bits: when may a person's lunch begin?

Bit day*12 + start is set iff the person is free for the whole of a lunch that begins on that day at
first + start*step. Everything is local wall time of the location, so a change to summer time moves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

DAYS = 5
STARTS = 12
DAY_MINUTES = 24 * 60


@dataclass(frozen=True)
class Grid:
    """The starts that a lunch can have, the same on each of five days.

    :param first: first start, minutes after local midnight
    :param last: last start, minutes after local midnight
    :param minutes: how long a lunch takes
    :param step: minutes from start to start
    :raises ValueError: if the starts are more than 12 a day (60 bits a week), or none, or a lunch outlasts the day
    """

    first: int
    last: int
    minutes: int = 60
    step: int = 15

    def __post_init__(self) -> None:
        if self.step < 1 or self.minutes < 1 or self.first < 0:
            raise ValueError("A lunch needs a first start, a length and a step of at least one minute.")
        if self.last < self.first:
            raise ValueError("The last start of lunch is before the first.")
        if self.last + self.minutes > DAY_MINUTES:
            raise ValueError("A lunch that begins at the last start would outlast the day.")
        if self.starts > STARTS:
            raise ValueError(f"{self.starts} starts a day do not fit: {STARTS} do; begin later, end earlier, or rarer.")

    @property
    def starts(self) -> int:
        """How many starts a day has."""
        return (self.last - self.first) // self.step + 1

    def minute(self, bit: int) -> tuple[int, int]:
        """The day (0..4) and the minute after local midnight at which the lunch of a bit begins."""
        return bit // STARTS, self.first + bit % STARTS * self.step


def hours(spans: Mapping[int, Iterable[tuple[int, int]]], grid: Grid) -> int:
    """The bits of a person's week.

    :param spans: free spans (from, to) of each day 0..4, half-open, in minutes after local midnight; they may touch
        or overlap, and reach beyond midnight on either side, which is cut off (the next day has spans of its own)
    :returns: the mask, 0 if no lunch fits
    :raises ValueError: if a day is none of the week, or a span ends before it begins
    """
    mask = 0
    for day, free in spans.items():
        if not 0 <= day < DAYS:
            raise ValueError(f"Day {day} is none of the {DAYS} on which there is lunch.")
        for begin, end in merged(free):
            for start in range(grid.starts):
                at = grid.first + start * grid.step
                if begin <= at and at + grid.minutes <= end:
                    mask |= 1 << (day * STARTS + start)
    return mask


def merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans of one day, cut at midnight, touching and overlapping ones made one."""
    result: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if end < begin:
            raise ValueError("A span ends before it begins.")
        begin, end = max(begin, 0), min(end, DAY_MINUTES)
        if result and begin <= result[-1][1]:
            result[-1] = result[-1][0], max(result[-1][1], end)
        elif begin < end:
            result.append((begin, end))
    return result


def foods(accepted: Iterable[int], served: Iterable[int]) -> int:
    """The bits of what a person accepts and the location serves.

    :param accepted: numbers 0..63 of food types, and so `served`
    :raises ValueError: if a number does not fit in 64 bits
    """
    both = set(accepted) & set(served)
    if any(not 0 <= food < 64 for food in both):
        raise ValueError("There is room for 64 food types.")
    return sum(1 << food for food in both)
