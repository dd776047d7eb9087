# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""Longest waiting first: who of those that could be left over is, exactly.

After the rescue, what is left of a location are closed trees: each component of outer people is served by an inner
person or leaves one of its own over, whichever we like. So the question is which components to serve: the ones whose
cheapest member has waited longest, as far as the inner people can serve them together (a transversal matroid). It is
divided by rank and conquered (Spencer and Mayr 1984): serve as many of the upper half as possible in one forest of
all its unserved components; where that fails, the components it reached are a smaller question of their own, and the
lower half is another. Each component is in one question of a size, so there are about log2 of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

try:
    import cython
except ModuleNotFoundError:
    from chalicelib.lunch.matching import plain as cython

if cython.compiled:
    from cython.cimports.chalicelib.lunch.matching.forest import Forest
    from cython.cimports.chalicelib.lunch.matching.near import Near
    from cython.cimports.chalicelib.lunch.matching.people import People
    from cython.cimports.chalicelib.lunch.matching.servers import Servers
else:
    from chalicelib.lunch.matching.forest import Forest
    from chalicelib.lunch.matching.near import Near
    from chalicelib.lunch.matching.people import People
    from chalicelib.lunch.matching.servers import Servers

from chalicelib.lunch.matching.people import ints

COMPILED: bool = cython.compiled

FEW = 200
"""A question of so few components is not divided."""


@cython.final
@cython.cclass
class Exchange:
    """Which components are served: the best, by rank, for which that can be. `reached` are those of a search in vain."""

    people: People
    forest: Forest
    servers: Servers
    reached: cython.int[::1]

    def __init__(self, people: People, forest: Forest) -> None:
        self.people, self.forest = people, forest
        self.servers = Servers(people)

    @cython.cfunc
    @cython.exceptval(-1)
    def choose_near(self, near: Near, everybody: cython.ulonglong) -> cython.int:
        """The whole exchange among these of the people of a small graph."""
        servers: Servers = self.servers
        servers.enter_near(near, self.forest, everybody)
        self._choose_one_by_one(servers.order[:0], servers.order[: servers.count])
        self._carry_out()
        return 0

    def leave_over(self, outer: NDArray[np.int32], base: NDArray[np.int32], inner: NDArray[np.int32]) -> int:
        """The whole exchange among the outer and inner people of a block; how many of them must stay over.

        :param base: of each outer person's component
        """
        servers: Servers = self.servers
        servers.enter(outer, base, inner)
        self.reached = ints(servers.count)
        self.choose(np.zeros(0, np.int32), servers.by_rank())
        self._carry_out()
        return servers.count - len(inner)

    def choose(self, certain: NDArray[np.int32], open: NDArray[np.int32]) -> None:
        """Serve the best of the `open` components, by rank, besides the `certain` ones, all of which are served."""
        servers: Servers = self.servers
        if len(certain) + len(open) <= FEW:
            self._choose_one_by_one(memoryview(certain), memoryview(open))
            return
        unserved = int((np.asarray(servers.server)[open] < 0).sum())
        if unserved and unserved < len(open):
            upper, lower = open[: len(open) // 2], open[len(open) // 2 :]
            np.asarray(servers.lower)[lower] = 1
            self._serve(memoryview(upper))
            np.asarray(servers.lower)[lower] = 0
            reached = np.asarray(self.reached)
            in_certain, in_upper = reached[certain] == servers.phase, reached[upper] == servers.phase
            if in_upper.any():
                self.choose(certain[in_certain], upper[in_upper])
            self.choose(np.concatenate([certain[~in_certain], upper[~in_upper]]), lower)
        else:
            serving = np.asarray(servers.server)[np.concatenate([certain, open])]
            np.asarray(servers.settled)[serving[serving >= 0]] = 1

    @cython.cfunc
    @cython.exceptval(-1)
    def _choose_one_by_one(self, certain: cython.int[::1], open: cython.int[::1]) -> cython.int:
        """The same for a small question: in order of rank, each is served at the cost of lower ones, if it can be."""
        servers: Servers = self.servers
        i: cython.int
        for i in range(len(open)):
            servers.lower[open[i]] = 1
        for i in range(len(open)):
            servers.lower[open[i]] = 0
            if servers.server[open[i]] < 0:
                servers.phase += 1
                servers.search(open[i])
        for i in range(len(open)):
            if servers.server[open[i]] >= 0:
                servers.settled[servers.server[open[i]]] = 1
        for i in range(len(certain)):
            servers.settled[servers.server[certain[i]]] = 1
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def _serve(self, upper: cython.int[::1]) -> cython.int:
        """Serve as many of these as can be at the cost of lower ones; `reached` are those in the trees that failed."""
        servers: Servers = self.servers
        i: cython.int
        j: cython.int
        length: cython.int
        served: cython.bint = True
        while served:
            served = False
            servers.phase += 1
            for i in range(len(upper)):
                if servers.server[upper[i]] < 0:
                    length = servers.search(upper[i])
                    if length < 0:
                        served = True
                    for j in range(length):
                        self.reached[servers.queue[j]] = servers.phase
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def _carry_out(self) -> cython.int:
        """Change the partners within each component, then pair it with its server or leave its cheapest member over."""
        servers: Servers = self.servers
        forest: Forest = self.forest
        c: cython.int
        a: cython.int
        u: cython.int
        for c in range(servers.count):
            forest.mate[forest.base(servers.member[servers.at[c]])] = -1
        for c in range(servers.count):
            a = servers.server[c]
            u = servers.member[servers.at[c]] if a < 0 else servers.served[a]
            forest.rematch(forest.mate, u, -1)
            if a >= 0:
                self.people.pair(u, a)
        return 0


def exchange(trade: Exchange, persons: NDArray[np.int32]) -> tuple[NDArray[np.int32], int]:
    """Leave over those whose waits sum to the least, of equal waits those on whom the lot falls.

    :param persons: a block, after its rescue
    :returns: the inner people, for the certificate, and how many of `persons` must stay over
    """
    inner = trade.forest.inner_people(persons)
    outer, base = trade.forest.outer_people(persons)
    if len(inner) == 0 and (base == outer).all():
        return inner, len(outer)
    return inner, trade.leave_over(outer, base, inner)
