# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""The round in parts that have nothing to do with each other: people of one location who are linked by hours.

Whoever shares no hour with anybody of a part, nor with anybody who does, and so on, belongs to another one. It takes a
few steps a person, because the hours of a location fall into at most 60 parts, and most people lie within one already.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

try:
    import cython
except ModuleNotFoundError:
    from chalicelib.lunch.matching import plain as cython

if cython.compiled:
    from cython.cimports.chalicelib.lunch.matching.bits import lowest
else:
    from chalicelib.lunch.matching.bits import lowest

COMPILED: bool = cython.compiled

HOURS = cython.declare(cython.int, 60)


@cython.final
@cython.cclass
class Hours:
    """The parts into which the hours of one location fall: `part[h]` is the part of hour h, `hours[p]` all of part p."""

    part: cython.int[::1]
    hours: cython.ulonglong[::1]
    number: cython.int[::1]

    def __init__(self) -> None:
        self.part = memoryview(np.zeros(HOURS, np.int32))
        self.number = memoryview(np.zeros(HOURS, np.int32))
        self.hours = memoryview(np.zeros(HOURS, np.uint64))

    @cython.cfunc
    @cython.exceptval(check=False)
    def reset(self) -> cython.void:
        """Turn to another location: each hour is a part of its own."""
        hour: cython.int
        one: cython.ulonglong = 1
        for hour in range(HOURS):
            self.part[hour] = hour
            self.number[hour] = -1
            self.hours[hour] = one << hour

    @cython.cfunc
    @cython.exceptval(check=False)
    def link(self, free: cython.ulonglong) -> cython.void:
        """Let all these hours be of one part."""
        part: cython.int = self.part[lowest(free)]
        more: cython.ulonglong = free & ~self.hours[part]
        other: cython.ulonglong
        while more:
            other = self.hours[self.part[lowest(more)]]
            self.hours[part] |= other
            more &= ~other
            while other:
                self.part[lowest(other)] = part
                other &= other - 1


def blocks(
    location: cython.int[::1], free: cython.ulonglong[::1], eats: cython.ulonglong[::1]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Everybody who has hours and food, block by block, and where in this list the blocks begin (and the last ends)."""
    n: cython.int = len(location)
    hours: Hours = Hours()
    members = np.zeros(n, np.int32)
    begins = np.zeros(n + 1, np.int32)
    member: cython.int[::1] = memoryview(members)
    begin: cython.int[::1] = memoryview(begins)
    end: cython.int[::1] = memoryview(np.zeros(n + 1, np.int32))
    first: cython.int = 0
    last: cython.int = 0
    u: cython.int
    part: cython.int
    block: cython.int = 0
    before: cython.int
    at: cython.int = 0
    while first < n:
        hours.reset()
        last = first
        while last < n and location[last] == location[first]:
            if free[last] and eats[last]:
                hours.link(free[last])
            last += 1
        before = block
        for u in range(first, last):
            if free[u] and eats[u]:
                part = hours.part[lowest(free[u])]
                if hours.number[part] < 0:
                    hours.number[part] = block
                    begin[block] = 0
                    block += 1
                begin[hours.number[part]] += 1
        for part in range(before, block):
            end[part] = at
            at += begin[part]
            begin[part] = end[part]
        for u in range(first, last):
            if free[u] and eats[u]:
                part = hours.number[hours.part[lowest(free[u])]]
                member[end[part]] = u
                end[part] += 1
        first = last
    begin[block] = at
    return members[:at], begins[: block + 1]
