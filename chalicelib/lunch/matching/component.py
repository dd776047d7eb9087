# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""One component of the checker's graph, with its edges written out."""

from __future__ import annotations

import numpy as np

try:
    import cython
except ModuleNotFoundError:
    from chalicelib.lunch.matching import plain as cython

if cython.compiled:
    from cython.cimports.chalicelib.lunch.matching.bits import lowest
    from cython.cimports.chalicelib.lunch.matching.graph import Graph
else:
    from chalicelib.lunch.matching.bits import lowest
    from chalicelib.lunch.matching.graph import Graph

COMPILED: bool = cython.compiled

MOST_EDGES = cython.declare(cython.int, 1 << 24)
"""A component of more pairs is not looked into, and not counted, so that memory has a bound."""

WORD = 64
ALL = cython.declare(cython.ulonglong, (1 << 64) - 1)


@cython.final
@cython.cclass
class Component:
    """Person k is person `who[k]` of the graph and fits `friend[at[k]:at[k + 1]]`."""

    graph: Graph
    size: cython.int
    who: cython.int[::1]
    number: cython.int[::1]
    ends: cython.int[::1]
    edges: cython.int
    at: cython.int[::1]
    friend: cython.int[::1]
    marked: cython.int[::1]

    def __init__(self, graph: Graph, largest: int) -> None:
        """
        :param largest: people at the largest location
        """
        self.graph = graph
        self.size = self.edges = 0
        self.number = _ints(largest)
        self.who = self.friend = self.at = self.marked = _ints(0)
        self.ends = _ints(64)

    @cython.cfunc
    @cython.exceptval(-1)
    def enter(self, first: cython.int, last: cython.int) -> cython.bint:
        """Turn to the component `graph.member[first:last]`; False if it has too many edges."""
        graph: Graph = self.graph
        noted: cython.bint
        near: cython.ulonglong
        k: cython.int
        i: cython.int
        j: cython.int
        w: cython.int
        self.size = last - first
        if self.size > len(self.who):
            room = max(WORD, 2 * self.size)
            self.who, self.marked, self.at = _ints(room), _ints(room), _ints(room + 2)
        for k in range(self.size):
            self.who[k] = graph.member[first + k]
            self.number[self.who[k]] = k
            self.marked[k] = 0
        self.edges = 0
        for k in range(self.size):
            i = self.who[k]
            noted = False
            for w in range(i // 64, graph.highest_word(i)):
                near = graph.near(i, w, ALL)
                if near and not noted:
                    graph.note(graph.row[i])
                    noted = True
                while near:
                    j = w * 64 + lowest(near)
                    near &= near - 1
                    if j > i and not graph.kept_apart(graph.row[i], graph.row[j]):
                        if self.edges == MOST_EDGES:
                            return False
                        self._add(k, self.number[j])
        self._sort_edges()
        return True

    @cython.cfunc
    @cython.exceptval(-1)
    def _add(self, k: cython.int, j: cython.int) -> cython.int:
        if 2 * self.edges == len(self.ends):
            self.ends = memoryview(np.concatenate([np.asarray(self.ends), np.zeros(2 * self.edges, np.int32)]))
        self.ends[2 * self.edges] = k
        self.ends[2 * self.edges + 1] = j
        self.edges += 1
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def _sort_edges(self) -> cython.int:
        """Let everybody have a list of whom they fit."""
        e: cython.int
        k: cython.int
        for k in range(self.size + 2):
            self.at[k] = 0
        for e in range(2 * self.edges):
            self.at[self.ends[e] + 2] += 1
        for k in range(self.size):
            self.at[k + 2] += self.at[k + 1]
        if len(self.friend) < 2 * self.edges:
            self.friend = _ints(4 * self.edges)
        for e in range(2 * self.edges):
            k = self.ends[e]
            self.friend[self.at[k + 1]] = self.ends[e ^ 1]
            self.at[k + 1] += 1
        return 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def inside(self, row: cython.int) -> cython.int:
        """The number of the person of that row, -1 if they are of no such component."""
        i: cython.int
        k: cython.int
        if row < 0 or self.graph.row[self.graph.spot[row]] != row:
            return -1
        i = self.graph.spot[row]
        k = self.number[i]
        return k if k < self.size and self.who[k] == i else -1

    @cython.cfunc
    @cython.exceptval(check=False)
    def _share(self, i: cython.int, j: cython.int, k: cython.int) -> cython.bint:
        """Whether three people, any two of whom fit, share an hour and a food."""
        graph: Graph = self.graph
        a: cython.int = graph.row[self.who[i]]
        b: cython.int = graph.row[self.who[j]]
        c: cython.int = graph.row[self.who[k]]
        return graph.free[a] & graph.free[b] & graph.free[c] != 0 and graph.eats[a] & graph.eats[b] & graph.eats[c] != 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def mark_friends(self, i: cython.int) -> cython.void:
        """Mark whom person i fits, for `third`."""
        k: cython.int
        for k in range(self.at[i], self.at[i + 1]):
            self.marked[self.friend[k]] = i + 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def has_trio(self) -> cython.bint:
        """Whether three of the component could have lunch together."""
        i: cython.int
        j: cython.int
        x: cython.int
        for i in range(self.size):
            self.mark_friends(i)
            for x in range(self.at[i], self.at[i + 1]):
                j = self.friend[x]
                if j > i and self.third(i, j, self.at[j]) >= 0:
                    return True
        return False

    @cython.cfunc
    @cython.exceptval(check=False)
    def third(self, a: cython.int, b: cython.int, x: cython.int) -> cython.int:
        """Where in `friend`, from x on, is somebody after b who makes three with b and a, whose friends are marked; or -1."""
        c: cython.int
        while x < self.at[b + 1]:
            c = self.friend[x]
            if c > b and self.marked[c] == a + 1 and self._share(a, b, c):
                return x
            x += 1
        return -1


def _ints(length: int) -> memoryview[int]:
    return memoryview(np.zeros(length, np.int32))
