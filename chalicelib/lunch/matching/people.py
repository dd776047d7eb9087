# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""The people of a round as the loops see them: who fits whom, and who sits with whom at the moment."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

try:
    import cython
except ModuleNotFoundError:
    from chalicelib.lunch.matching import plain as cython

COMPILED: bool = cython.compiled

FRESH_WEEKS = cython.declare(cython.int, 53)
"""Two who met this many weeks ago or more are as good as strangers."""


@cython.final
@cython.cclass
class People:
    """Masks, forbidden pairs and the groups so far.

    People of one `kind` eat the same: `menus[kind[u]]` is `eats[u]`. A group of two or three is kept as links: `one[u]` and `two[u]` are the others, -1 where there is none.
    """

    n: cython.int
    free: cython.ulonglong[::1]
    eats: cython.ulonglong[::1]
    waited: cython.int[::1]
    luck: cython.int[::1]
    one: cython.int[::1]
    two: cython.int[::1]
    apart_at: cython.int[::1]
    apart: cython.int[::1]
    met_at: cython.int[::1]
    met: cython.int[::1]
    weeks: cython.int[::1]
    kind: cython.int[::1]
    menus: list[int]
    trios: cython.bint
    filtered: cython.bint
    filter: Any
    ids: list[bytes]

    def __init__(self, columns: Any) -> None:
        n = len(columns.location)
        self.n = n
        self.free = memoryview(np.require(columns.free, requirements=["C", "W"]))
        self.eats = memoryview(np.require(columns.eats, requirements=["C", "W"]))
        self.waited = memoryview(np.require(columns.waited, requirements=["C", "W"]))
        self.luck = memoryview(lots(n, columns.seed))
        self.one = memoryview(np.full(n, -1, np.int32))
        self.two = memoryview(np.full(n, -1, np.int32))
        location = np.require(columns.location, requirements=["C", "W"])
        pairs = np.concatenate([columns.forbidden, columns.blocked])
        at, others, _ = by_person(n, memoryview(location), pairs, np.zeros(len(pairs), np.int32))
        self.apart_at, self.apart = memoryview(at), memoryview(others)
        met = columns.met[columns.met[:, 2] < int(FRESH_WEEKS)]
        at, others, weeks = by_person(n, memoryview(location), met[:, :2], met[:, 2])
        self.met_at, self.met, self.weeks = memoryview(at), memoryview(others), memoryview(weeks)
        self.menus = []
        self.trios = columns.maximum > 2
        self.filter = columns.filter
        self.filtered = columns.filter is not None
        self.ids = [row.tobytes() for row in columns.person] if columns.filter is not None else []

    def sort_by_menu(self) -> None:
        """Find everybody's kind, once."""
        if not self.menus:
            menus: dict[int, int] = {}
            kind = [menus.setdefault(eats, len(menus)) for eats in np.asarray(self.eats).tolist()]
            self.kind, self.menus = memoryview(np.array(kind, np.int32)), list(menus)

    @cython.cfunc
    @cython.exceptval(-1)
    def allowed(self, u: cython.int, v: cython.int) -> cython.bint:
        """Whether nothing keeps the two apart: no recent lunch, no blocked pair (asked last, it costs most)."""
        if self._listed(self.apart_at, self.apart, u, v) >= 0:
            return False
        return not (self.filtered and self.blocked(u, v))

    @cython.cfunc
    @cython.exceptval(-1)
    def blocked(self, u: cython.int, v: cython.int) -> cython.bint:
        """Whether the filter keeps the two apart."""
        return bool(self.filter.probe(self.ids[u], self.ids[v]))

    @cython.cfunc
    @cython.exceptval(-1)
    def fits(self, u: cython.int, v: cython.int) -> cython.bint:
        """Whether two people of one location can have lunch together."""
        if self.free[u] & self.free[v] == 0 or self.eats[u] & self.eats[v] == 0:
            return False
        return self.allowed(u, v)

    @cython.cfunc
    @cython.exceptval(-1)
    def fit(self, u: cython.int, v: cython.int, w: cython.int) -> cython.bint:
        """Whether three people of one location can have lunch together."""
        if self.free[u] & self.free[v] & self.free[w] == 0 or self.eats[u] & self.eats[v] & self.eats[w] == 0:
            return False
        return self.allowed(u, v) and self.allowed(u, w) and self.allowed(v, w)

    @cython.cfunc
    @cython.exceptval(check=False)
    def staleness(self, u: cython.int, v: cython.int) -> cython.int:
        """0 for two who never met (or a year ago), up to 53 for two who met this week."""
        at: cython.int = self._listed(self.met_at, self.met, u, v)
        return 0 if at < 0 else FRESH_WEEKS - self.weeks[at]

    @cython.cfunc
    @cython.exceptval(check=False)
    def _listed(self, at: cython.int[::1], others: cython.int[::1], u: cython.int, v: cython.int) -> cython.int:
        low: cython.int = at[u]
        high: cython.int = at[u + 1]
        middle: cython.int
        while high - low > 8:
            middle = low + (high - low) // 2
            if others[middle] <= v:
                low = middle
            else:
                high = middle
        while low < high:
            if others[low] == v:
                return low
            low += 1
        return -1

    @cython.cfunc
    @cython.exceptval(check=False)
    def pair(self, u: cython.int, v: cython.int) -> cython.void:
        """Let the two be a group."""
        self.one[u] = v
        self.two[u] = -1
        self.one[v] = u
        self.two[v] = -1

    @cython.cfunc
    @cython.exceptval(check=False)
    def trio(self, u: cython.int, v: cython.int, w: cython.int) -> cython.void:
        """Let the three be a group."""
        self.one[u] = v
        self.two[u] = w
        self.one[v] = u
        self.two[v] = w
        self.one[w] = u
        self.two[w] = v


def by_person(
    n: cython.int, location: cython.int[::1], pairs: Any, values: Any
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Pairs of one location as sorted rows: where each person's row begins, the others, their smallest values.

    Sorting is two rounds of buckets (each pair falls into the row of its one, then of its other person), so time is
    linear. Of a repeated pair every copy stays, the smallest value first.
    """
    if len(pairs) == 0:
        return np.zeros(n + 1, np.int32), np.zeros(0, np.int32), np.zeros(0, np.int32)
    left: cython.int[:, ::1] = memoryview(np.require(pairs, requirements=["C", "W"]))
    value: cython.int[::1] = memoryview(np.require(values, requirements=["C", "W"]))
    m: cython.Py_ssize_t = len(pairs)
    ends = np.zeros(n + 2, np.int64)
    end: cython.longlong[::1] = memoryview(ends)
    i: cython.Py_ssize_t
    u: cython.int
    v: cython.int
    for i in range(m):
        u, v = left[i, 0], left[i, 1]
        if u != v and location[u] == location[v]:
            end[u + 2] += 1
            end[v + 2] += 1
    np.cumsum(ends, out=ends)
    total = int(ends[n + 1])
    rough = np.zeros(total, np.int32)
    rough_value = np.zeros(total, np.int32)
    r: cython.int[::1] = memoryview(rough)
    rv: cython.int[::1] = memoryview(rough_value)
    for i in range(m):
        u, v = left[i, 0], left[i, 1]
        if u != v and location[u] == location[v]:
            r[end[u + 1]] = v
            rv[end[u + 1]] = value[i]
            end[u + 1] += 1
            r[end[v + 1]] = u
            rv[end[v + 1]] = value[i]
            end[v + 1] += 1
    at = ends[: n + 1].astype(np.int32)
    others = np.zeros(total, np.int32)
    other_value = np.zeros(total, np.int32)
    o: cython.int[::1] = memoryview(others)
    ov: cython.int[::1] = memoryview(other_value)
    a: cython.int[::1] = memoryview(at)
    full: cython.int[::1] = memoryview(at.copy())
    j: cython.int
    k: cython.int
    for u in range(n):
        for j in range(a[u], a[u + 1]):
            v = r[j]
            k = full[v]
            while k > a[v] and o[k - 1] == u and ov[k - 1] > rv[j]:
                o[k], ov[k] = o[k - 1], ov[k - 1]
                k -= 1
            o[k], ov[k] = u, rv[j]
            full[v] += 1
    return at, others, other_value


def lots(n: int, seed: int) -> NDArray[np.int32]:
    """A number drawn for each row from the seed alone (SplitMix64's last step, Steele et al. 2014), int32[n], >= 0."""
    with np.errstate(over="ignore"):
        x = np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed % 2**64)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
    return ((x ^ (x >> np.uint64(31))) >> np.uint64(33)).astype(np.int32)


def ints(length: int, value: int = 0) -> memoryview[int]:
    """A fresh int32 array as the loops index it."""
    return memoryview(np.full(length, value, np.int32))
