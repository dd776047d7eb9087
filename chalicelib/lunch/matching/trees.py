# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""The checker's alternating trees in one component (Edmonds 1965; labels as in Gabow 1976)."""

from __future__ import annotations

import numpy as np

try:
    import cython
except ModuleNotFoundError:
    from chalicelib.lunch.matching import plain as cython

if cython.compiled:
    from cython.cimports.chalicelib.lunch.matching.component import Component
else:
    from chalicelib.lunch.matching.component import Component

COMPILED: bool = cython.compiled

NEW = cython.declare(cython.int, 0)
EVEN = cython.declare(cython.int, 1)
ODD = cython.declare(cython.int, 2)
GONE = cython.declare(cython.int, 3)


@cython.final
@cython.cclass
class Tree:
    """The partners in a component, and the tree of one person without a partner, the root.

    `mate[k]` is k's partner, -1 for none. `label[k]` is EVEN for whoever could be without a partner instead of the root,
    GONE for whom the tree must not enter. `before[k]` is whoever reached an ODD k; the edge from `left[k]` to `right[k]`
    closed the blossom in which k became EVEN. `base` keeps blossoms as disjoint sets.
    """

    component: Component
    mate: cython.int[::1]
    label: cython.int[::1]
    before: cython.int[::1]
    base: cython.int[::1]
    left: cython.int[::1]
    right: cython.int[::1]
    stack: cython.int[::1]
    seen: cython.int[::1]
    walk: cython.int
    queue: cython.int[::1]
    tail: cython.int

    def __init__(self, component: Component) -> None:
        self.component = component
        self.walk = self.tail = 0
        self.mate = _ints(0)

    @cython.cfunc
    @cython.exceptval(-1)
    def enter(self) -> cython.int:
        """Turn to the component as it is now: nobody has a partner."""
        k: cython.int
        room: cython.int = max(64, 2 * self.component.size)
        if self.component.size > len(self.mate):
            self.mate, self.label, self.before, self.base = _ints(room), _ints(room), _ints(room), _ints(room)
            self.left, self.right, self.seen, self.queue = _ints(room), _ints(room), _ints(room), _ints(room)
            self.stack = _ints(2 * room)
        for k in range(self.component.size):
            self.mate[k] = -1
            self.label[k] = NEW
        return 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def grow(self, root: cython.int) -> cython.bint:
        """Grow a tree from the person without a partner; True if that found them one."""
        component: Component = self.component
        head: cython.int = 0
        u: cython.int
        v: cython.int
        x: cython.int
        for v in range(component.size):
            self.base[v] = v
            self.left[v] = -1
            if self.label[v] != GONE:
                self.label[v] = NEW
        self.tail = 0
        self._reach(root)
        while head < self.tail:
            u = self.queue[head]
            head += 1
            for x in range(component.at[u], component.at[u + 1]):
                v = component.friend[x]
                if self.label[v] == NEW:
                    if self.mate[v] < 0:
                        self.rematch(u, v)
                        self.mate[v] = u
                        return True
                    self.label[v] = ODD
                    self.before[v] = u
                    self._reach(self.mate[v])
                elif self.label[v] == EVEN and self._base(u) != self._base(v):
                    self._shrink(u, v)
        return False

    @cython.cfunc
    @cython.exceptval(check=False)
    def _reach(self, k: cython.int) -> cython.void:
        self.label[k] = EVEN
        self.queue[self.tail] = k
        self.tail += 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def _base(self, k: cython.int) -> cython.int:
        """The base of k's blossom."""
        while self.base[k] != k:
            self.base[k] = self.base[self.base[k]]
            k = self.base[k]
        return k

    @cython.cfunc
    @cython.exceptval(check=False)
    def _shrink(self, u: cython.int, v: cython.int) -> cython.void:
        """Make one blossom of the odd cycle that the edge between the evenly reached u and v closes."""
        a: cython.int = self._base(u)
        b: cython.int = self._base(v)
        self.walk += 1
        while a < 0 or self.seen[a] != self.walk:
            if a >= 0:
                self.seen[a] = self.walk
                a = self._base(self.before[self.mate[a]]) if self.mate[a] >= 0 else -1
            a, b = b, a
        self._absorb(self._base(u), u, v, a)
        self._absorb(self._base(v), u, v, a)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _absorb(self, k: cython.int, u: cython.int, v: cython.int, top: cython.int) -> cython.void:
        """Take the way from base k up to the base `top` into the blossom that u and v close."""
        odd: cython.int
        while k != top:
            odd = self.mate[k]
            self.left[odd], self.right[odd] = u, v
            self._reach(odd)
            self.base[k] = self.base[odd] = top
            k = self._base(self.before[odd])

    @cython.cfunc
    @cython.exceptval(check=False)
    def rematch(self, v: cython.int, w: cython.int) -> cython.void:
        """Give the evenly reached v the partner w (-1: none), and change partners up to the root."""
        old: cython.int
        stacked: cython.int = 0
        while True:
            old = self.mate[v]
            self.mate[v] = w
            if old >= 0 and self.mate[old] == v:
                if self.left[v] < 0:
                    v, w = self.before[old], old
                    self.mate[w] = v
                    continue
                self.stack[stacked], self.stack[stacked + 1] = self.right[v], self.left[v]
                stacked += 2
                v, w = self.left[v], self.right[v]
                continue
            if stacked == 0:
                return
            stacked -= 2
            v, w = self.stack[stacked], self.stack[stacked + 1]


def _ints(length: int) -> memoryview[int]:
    return memoryview(np.zeros(length, np.int32))
