# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""Which components cannot be covered by groups: what the checker counts, proven for each of them.

A component that is odd and has no feasible three cannot be. One that has some cannot either if it is factor-critical
(whoever is taken away, the rest can be made pairs) and no three leave a rest that can be made pairs (Cornuejols,
Hartvigsen and Pulleyblank 1982). Both are read off alternating trees (Edmonds 1965): from the one person without a
partner, everybody must be reached evenly; and without a and b, b's partner must not reach any third evenly.
"""

from __future__ import annotations

import numpy as np

try:
    import cython
except ModuleNotFoundError:
    from chalicelib.lunch.matching import plain as cython

if cython.compiled:
    from cython.cimports.chalicelib.lunch.matching.component import Component
    from cython.cimports.chalicelib.lunch.matching.graph import Graph
    from cython.cimports.chalicelib.lunch.matching.trees import Tree
else:
    from chalicelib.lunch.matching.component import Component
    from chalicelib.lunch.matching.graph import Graph
    from chalicelib.lunch.matching.trees import Tree

COMPILED: bool = cython.compiled

NEW = cython.declare(cython.int, 0)
EVEN = cython.declare(cython.int, 1)
GONE = cython.declare(cython.int, 3)


@cython.final
@cython.cclass
class Covers:
    """Counts the components of one location after the other."""

    graph: Graph
    component: Component
    tree: Tree
    kept: cython.int[::1]

    def __init__(self, graph: Graph, largest: int) -> None:
        """
        :param largest: people at the largest location
        """
        self.graph = graph
        self.component = Component(graph, largest)
        self.tree = Tree(self.component)
        self.kept = memoryview(np.zeros(largest, np.int32))

    def least_left(
        self,
        locations: memoryview[int],
        separators: memoryview[int],
        loosely: memoryview[int],
        partners: memoryview[int],
        trios: bool,
    ) -> int:
        """How many people any method would leave over at least, as far as the separator proves it.

        :param locations: int32[n], each person's location, ascending
        :param separators: uint8[n], who is the separator's
        :param loosely: uint8[n], who is left over or in a group with somebody of the separator; a component without such
            a person is covered as it is
        :param partners: int32[n], pairs who are known to fit
        :param trios: whether groups of three are allowed
        """
        location: cython.int[::1] = locations
        separator: cython.uchar[::1] = separators
        loose: cython.uchar[::1] = loosely
        partner: cython.int[::1] = partners
        n: cython.int = len(location)
        three: cython.bint = trios
        first: cython.int = 0
        last: cython.int
        total: cython.longlong = 0
        excess: cython.int
        while first < n:
            last = first
            excess = 0
            while last < n and location[last] == location[first]:
                excess -= separator[last]
                last += 1
            excess += self.graph.enter(first, last, separator)
            excess += self._count(loose, partner, three)
            total += max(0, excess)
            first = last
        return total

    @cython.cfunc
    @cython.exceptval(-1)
    def _count(self, loose: cython.uchar[::1], partner: cython.int[::1], trios: cython.bint) -> cython.int:
        """How many components of the location provably cannot be covered."""
        graph: Graph = self.graph
        components: cython.int = graph.components()
        count: cython.int = 0
        crossing: cython.bint
        c: cython.int
        k: cython.int
        for c in range(components):
            if (graph.begin[c + 1] - graph.begin[c]) % 2 == 0:
                continue
            crossing = False
            for k in range(graph.begin[c], graph.begin[c + 1]):
                crossing |= loose[graph.row[graph.member[k]]]
            if not crossing:
                continue
            if not trios or graph.begin[c + 1] - graph.begin[c] == 1:
                count += 1
            else:
                count += self._uncoverable(graph.begin[c], graph.begin[c + 1], partner)
        return count

    @cython.cfunc
    @cython.exceptval(-1)
    def _uncoverable(self, first: cython.int, last: cython.int, partner: cython.int[::1]) -> cython.bint:
        """Whether the odd component `graph.member[first:last]` provably cannot be covered."""
        if not self.component.enter(first, last):
            return False
        if not self.component.has_trio():
            return True
        self._take_partners(partner)
        return self._is_critical() and not self._can_spare_a_trio()

    @cython.cfunc
    @cython.exceptval(-1)
    def _take_partners(self, partner: cython.int[::1]) -> cython.int:
        """Begin with the pairs that lie in the component."""
        k: cython.int
        self.tree.enter()
        for k in range(self.component.size):
            self.tree.mate[k] = self.component.inside(partner[self.graph.row[self.component.who[k]]])
        return 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def _is_critical(self) -> cython.bint:
        """Whether all but one are paired in the end, and everybody could be that one; then the tree stands."""
        tree: Tree = self.tree
        component: Component = self.component
        root: cython.int = -1
        k: cython.int
        for k in range(component.size):
            if tree.mate[k] < 0 and not tree.grow(k):
                if root >= 0:
                    return False
                root = k
        # Partners may have changed since the root's tree grew.
        if root < 0 or tree.grow(root):
            return False
        for k in range(component.size):
            if tree.label[k] != EVEN:
                return False
        return True

    @cython.cfunc
    @cython.exceptval(check=False)
    def _can_spare_a_trio(self) -> cython.bint:
        """Whether three could have lunch and the rest be made pairs, in a factor-critical component.

        With a left over everybody else is paired. Without a and b, the partner of b is left over, and whoever that one reaches
        evenly could be it instead: if that one makes three with a and b, the rest are pairs.
        """
        tree: Tree = self.tree
        component: Component = self.component
        a: cython.int
        b: cython.int
        x: cython.int
        for a in range(component.size):
            self.kept[a] = tree.mate[a]
            component.marked[a] = 0
        for a in range(component.size):
            component.mark_friends(a)
            for x in range(component.at[a], component.at[a + 1]):
                b = component.friend[x]
                if b > a and component.third(a, b, component.at[b]) >= 0 and self._can_spare(a, b):
                    return True
        return False

    @cython.cfunc
    @cython.exceptval(check=False)
    def _can_spare(self, a: cython.int, b: cython.int) -> cython.bint:
        """Whether these two and a third could have lunch and the rest be made pairs."""
        tree: Tree = self.tree
        component: Component = self.component
        k: cython.int
        x: cython.int
        for k in range(component.size):
            tree.mate[k] = self.kept[k]
            tree.label[k] = NEW
        for k in range(component.size):
            if tree.mate[k] < 0:
                tree.grow(k)
                break
        tree.rematch(a, -1)
        k = tree.mate[b]
        tree.mate[k] = tree.mate[b] = -1
        tree.label[a] = tree.label[b] = GONE
        tree.grow(k)
        tree.label[a] = tree.label[b] = NEW
        x = component.third(a, b, component.at[b])
        while x >= 0 and tree.label[component.friend[x]] != EVEN:
            x = component.third(a, b, x + 1)
        return x >= 0
