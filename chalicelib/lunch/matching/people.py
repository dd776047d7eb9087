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

if cython.compiled:
    from cython.cimports.chalicelib.lunch.matching.probes import Probes
else:
    from chalicelib.lunch.matching.probes import Probes

COMPILED: bool = cython.compiled

FRESH_WEEKS = cython.declare(cython.int, 53)
"""Two who met this many weeks ago or more are as good as strangers."""

# SplitMix64's numbers; without a declared type they would be Python's, and slow.
GOLDEN = cython.declare(cython.ulonglong, 0x9E3779B97F4A7C15)
ONE_FACTOR = cython.declare(cython.ulonglong, 0xBF58476D1CE4E5B9)
OTHER_FACTOR = cython.declare(cython.ulonglong, 0x94D049BB133111EB)
WORD = cython.declare(cython.ulonglong, (1 << 64) - 1)


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
    probes: Probes

    def __init__(self, columns: Any) -> None:
        n = len(columns.location)
        self.n = n
        self.free, self.eats, self.waited = view(columns.free), view(columns.eats), view(columns.waited)
        location = view(columns.location)
        self.luck = memoryview(lots(location, columns.seed % 2**64))
        self.one, self.two = ints(n, -1), ints(n, -1)
        apart = columns.forbidden
        if len(columns.blocked):
            apart = np.concatenate([columns.forbidden, columns.blocked])
        at, others, _ = by_person(n, location, apart)
        self.apart_at, self.apart = memoryview(at), memoryview(others)
        at, others, weeks = by_person(n, location, columns.met)
        self.met_at, self.met, self.weeks = memoryview(at), memoryview(others), memoryview(weeks)
        self.menus = []
        self.trios = columns.maximum > 2
        self.filtered = columns.filter is not None
        if self.filtered:
            self.probes = Probes(columns.filter, columns.person)

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
        return self.probes.blocked(u, v)

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
    n: cython.int, location: cython.int[::1], pairs: Any
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Pairs of one location as sorted rows: where each person's row begins, the others, their smallest values.

    Sorting is two rounds of buckets (each pair falls into the row of its one, then of its other person), so time is
    linear. Of a repeated pair every copy stays, the smallest value first.

    :param pairs: int32[m, 2], or int32[m, 3] with values: those of FRESH_WEEKS and more are left out
    """
    m: cython.Py_ssize_t = len(pairs)
    ends = np.zeros(n + 2, np.int32)
    if m == 0:
        return ends[1:], ends[:0], ends[:0]
    left: cython.int[:, ::1] = view(pairs)
    valued: cython.bint = pairs.shape[1] == 3
    end: cython.int[::1] = memoryview(ends)
    i: cython.Py_ssize_t
    u: cython.int
    v: cython.int
    value: cython.int = 0
    for i in range(m):
        u, v = left[i, 0], left[i, 1]
        if u != v and location[u] == location[v] and not (valued and left[i, 2] >= FRESH_WEEKS):
            end[u + 2] += 1
            end[v + 2] += 1
    for i in range(n + 1):
        end[i + 1] += end[i]
    total: cython.int = end[n + 1]
    r: cython.int[::1] = memoryview(np.empty(total, np.int32))
    rv: cython.int[::1] = memoryview(np.empty(total, np.int32))
    for i in range(m):
        u, v = left[i, 0], left[i, 1]
        if u != v and location[u] == location[v] and not (valued and left[i, 2] >= FRESH_WEEKS):
            if valued:
                value = left[i, 2]
            r[end[u + 1]], rv[end[u + 1]] = v, value
            end[u + 1] += 1
            r[end[v + 1]], rv[end[v + 1]] = u, value
            end[v + 1] += 1
    at = ends[: n + 1]
    others = np.empty(total, np.int32)
    other_value = np.empty(total, np.int32)
    o: cython.int[::1] = memoryview(others)
    ov: cython.int[::1] = memoryview(other_value)
    full: cython.int[::1] = memoryview(at.copy())
    j: cython.int
    k: cython.int
    for u in range(n):
        for j in range(end[u], end[u + 1]):
            v = r[j]
            k = full[v]
            while k > end[v] and o[k - 1] == u and ov[k - 1] > rv[j]:
                o[k], ov[k] = o[k - 1], ov[k - 1]
                k -= 1
            o[k], ov[k] = u, rv[j]
            full[v] += 1
    return at, others, other_value


def view(array: NDArray[Any]) -> Any:
    """An array as the loops index it; copied if it is read-only, because Cython's views can be written to."""
    return memoryview(array if array.flags.writeable and array.flags.c_contiguous else array.copy())


def lots(location: cython.int[::1], seed: cython.ulonglong) -> NDArray[np.int32]:
    """A number drawn for each row (SplitMix64's last step, Steele et al. 2014), int32[n], >= 0.

    It depends on the seed and the row's place among those of its location, so that other locations change nothing.
    """
    n: cython.int = len(location)
    found = np.empty(n, np.int32)
    lot: cython.int[::1] = memoryview(found)
    x: cython.ulonglong = seed
    y: cython.ulonglong
    row: cython.int
    for row in range(n):
        if row and location[row] != location[row - 1]:
            x = seed
        x = (x + GOLDEN) & WORD
        y = ((x ^ (x >> 30)) * ONE_FACTOR) & WORD
        y = ((y ^ (y >> 27)) * OTHER_FACTOR) & WORD
        lot[row] = (y ^ (y >> 31)) >> 33
    return found


def ints(length: int, value: int = 0) -> memoryview[int]:
    """A fresh int32 array as the loops index it."""
    return memoryview(np.full(length, value, np.int32))
