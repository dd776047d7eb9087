# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""Alternating trees, their blossoms, and how partners change along them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

try:
    import cython
except ModuleNotFoundError:
    from chalicelib.lunch.matching import plain as cython

if cython.compiled:
    from cython.cimports.chalicelib.lunch.matching.people import People
else:
    from chalicelib.lunch.matching.people import People

from chalicelib.lunch.matching.people import ints

COMPILED: bool = cython.compiled

NEW = cython.declare(cython.int, 0)
OUTER = cython.declare(cython.int, 1)
INNER = cython.declare(cython.int, 2)


@cython.final
@cython.cclass
class Forest:
    """The alternating trees of one location (labels as in Gabow 1976), of which one at a time grows.

    An OUTER person can be the one left over instead of the root; an INNER one is the partner of an outer one. How the
    tree changes when the outer person v is left over: `link[v]` takes over v's partner, or, where `left[v]` is set, v
    became outer in the blossom that the edge from `left[v]` to `right[v]` closed. `parent` keeps blossoms as disjoint
    sets; the root of a set is the blossom's base. `marked[:marks]` are the people of the tree that grows, and
    `queue[head:tail]` the outer ones from whom nobody has looked around yet; `folded` says that it has a blossom.
    """

    mate: cython.int[::1]
    label: cython.int[::1]
    link: cython.int[::1]
    left: cython.int[::1]
    right: cython.int[::1]
    parent: cython.int[::1]
    closed: cython.int[::1]
    queue: cython.int[::1]
    head: cython.int
    tail: cython.int
    marked: cython.int[::1]
    marks: cython.int
    folded: cython.bint
    seen: cython.int[::1]
    walk: cython.int

    def __init__(self, people: People, mate: NDArray[np.int32] | None = None) -> None:
        """All of the round's people, nobody labelled.

        :param mate: partners to use instead of the people's groups
        """
        n: int = people.n
        self.mate = people.one if mate is None else memoryview(mate)
        self.label, self.closed = ints(n), ints(n)
        self.link, self.left, self.right = ints(n, -1), ints(n, -1), ints(n, -1)
        self.parent = memoryview(np.arange(n, dtype=np.int32))
        self.seen, self.queue, self.marked = ints(n), ints(n), ints(n)
        self.walk = self.head = self.tail = self.marks = 0
        self.folded = False

    @cython.cfunc
    @cython.exceptval(check=False)
    def plant(self, root: cython.int) -> cython.void:
        """Begin a tree with somebody who has no partner."""
        self.head = self.tail = self.marks = 0
        self.folded = False
        self.mark(root, OUTER)
        self.push(root)

    @cython.cfunc
    @cython.exceptval(check=False)
    def mark(self, u: cython.int, label: cython.int) -> cython.void:
        """Let u into the tree."""
        self.label[u] = label
        self.marked[self.marks] = u
        self.marks += 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def push(self, u: cython.int) -> cython.void:
        """Queue the outer person u, to look around from."""
        self.queue[self.tail] = u
        self.tail += 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def forget(self) -> cython.void:
        """Let everybody go whom the tree has."""
        i: cython.int
        u: cython.int
        for i in range(self.marks):
            u = self.marked[i]
            self.label[u] = NEW
            self.parent[u] = u
            self.link[u] = self.left[u] = self.right[u] = -1

    @cython.cfunc
    @cython.exceptval(check=False)
    def close(self) -> cython.void:
        """Close the tree: no later search needs its people."""
        i: cython.int
        for i in range(self.marks):
            self.closed[self.marked[i]] = 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def base(self, u: cython.int) -> cython.int:
        """The base of the blossom in which u is."""
        while self.parent[u] != u:
            self.parent[u] = self.parent[self.parent[u]]
            u = self.parent[u]
        return u

    @cython.cfunc
    @cython.exceptval(check=False)
    def _up(self, base: cython.int) -> cython.int:
        """The next base on the way to the root, -1 from the root."""
        return -1 if self.link[base] < 0 else self.base(self.link[base])

    @cython.cfunc
    @cython.exceptval(check=False)
    def fold(self, u: cython.int, w: cython.int) -> cython.void:
        """Close a blossom with the edge between the outer people u and w."""
        a: cython.int = self.base(u)
        b: cython.int = self.base(w)
        top: cython.int
        self.walk += 1
        while a < 0 or self.seen[a] != self.walk:
            if a >= 0:
                self.seen[a] = self.walk
                a = self._up(a)
            a, b = b, a
        top = a
        self.folded = True
        self._fold_side(u, u, w, top)
        self._fold_side(w, u, w, top)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _fold_side(self, v: cython.int, u: cython.int, w: cython.int, top: cython.int) -> cython.void:
        inner: cython.int
        v = self.base(v)
        while v != top:
            inner = self.mate[v]
            self.left[inner], self.right[inner] = u, w
            self.label[inner] = OUTER
            self.push(inner)
            self.parent[v] = self.parent[inner] = top
            v = self.base(self.link[v])

    @cython.cfunc
    @cython.exceptval(check=False)
    def rematch(self, mate: cython.int[::1], v: cython.int, w: cython.int) -> cython.void:
        """Give the outer person v the partner w (-1: none) and change partners up to the root (Gabow's R)."""
        t: cython.int
        stack: list[int] = [v, w]
        while stack:
            w = stack.pop()
            v = stack.pop()
            while True:
                t = mate[v]
                mate[v] = w
                if t < 0 or mate[t] != v:
                    break
                if self.left[v] >= 0:
                    stack += [self.right[v], self.left[v], self.left[v], self.right[v]]
                    break
                mate[t] = self.link[v]
                v, w = self.link[v], t

    def outer_people(self, persons: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The outer people of closed trees among `persons`, and the base of each one's component."""
        rows = persons[(np.asarray(self.label)[persons] == OUTER) & (np.asarray(self.closed)[persons] == 1)]
        bases = np.zeros(len(rows), np.int32)
        row: cython.int[::1] = memoryview(rows)
        base: cython.int[::1] = memoryview(bases)
        i: cython.Py_ssize_t
        for i in range(len(row)):
            base[i] = self.base(row[i])
        return rows, bases

    def inner_people(self, persons: NDArray[np.int32]) -> NDArray[np.int32]:
        """The inner people of closed trees among `persons`: the certificate."""
        return persons[(np.asarray(self.label)[persons] == INNER) & (np.asarray(self.closed)[persons] == 1)]
