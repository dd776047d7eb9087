# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True, language_level=3
# mypy: disable-error-code="import-untyped,untyped-decorator,no-any-return"
"""Better groups of the same people: fewer who met before, then fuller groups, then longer overlaps.

Making groups as full as can be is NP-hard, so this is local search, by chains of people who take each other's places
(chains.py). A pair is dissolved if both its people find a place: three pairs become two groups of three. People who met
lately are parted in the same way, and no pair is dissolved for the sake of a meeting of such people.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

try:
    import cython
except ModuleNotFoundError:
    from chalicelib.lunch.matching import plain as cython

if cython.compiled:
    from cython.cimports.chalicelib.lunch.matching.chains import Chains
    from cython.cimports.chalicelib.lunch.matching.people import People
else:
    from chalicelib.lunch.matching.chains import Chains
    from chalicelib.lunch.matching.people import People

from chalicelib.lunch.matching.people import ints
from chalicelib.lunch.matching.regroup import Neighbourhoods

COMPILED: bool = cython.compiled

EFFORT = 100
"""Groups thought of for each person, in all."""

SPARE_EFFORT = 3_000_000
SPARE_EFFORT_EACH = 400
"""Groups thought of besides, so that a small component is searched thoroughly."""

EFFORT_A_PERSON = cython.declare(cython.int, 5000)
PATIENCE = cython.declare(cython.int, 300)
FRESH = cython.declare(cython.int, 1 << 10)


@cython.final
@cython.cclass
class LocalSearch:
    """The groups of one block, changed as long as something is gained.

    Whose `hopeless` is the `epoch` was looked at in vain since the groups last changed.
    """

    people: People
    chains: Chains
    hopeless: cython.int[::1]
    epoch: cython.int

    def __init__(self, people: People, chains: Chains) -> None:
        self.people, self.chains = people, chains
        self.hopeless, self.epoch = ints(people.n), 0

    def improve(self, persons: cython.int[::1], effort: cython.longlong) -> None:
        """Improve the groups of a block, whom the chains have entered.

        :param effort: how many places may be thought of, for each of the objectives
        """
        self._part_acquaintances(persons, effort)
        if self.people.trios:
            self._dissolve_pairs(persons, effort)

    @cython.cfunc
    @cython.exceptval(-1)
    def _part_acquaintances(self, persons: cython.int[::1], effort: cython.longlong) -> cython.int:
        """Find other places for people who met lately, as long as that lets fewer of them meet."""
        chains: Chains = self.chains
        gained: cython.bint = True
        i: cython.int
        u: cython.int
        chains.effort = effort
        while gained and chains.effort > 0:
            gained = False
            chains.list_pairs(persons)
            for i in range(len(persons)):
                u = persons[i]
                if self.people.one[u] < 0 or chains.effort <= 0 or chains.stale(u) == 0:
                    continue
                if self._move(u, 0, False) or self._move(u, FRESH, False) or self._move(u, FRESH, True):
                    gained = True
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def _move(self, u: cython.int, slack: cython.int, splitting: cython.bint) -> cython.bint:
        """Find u a place that lets fewer acquaintances meet, and somebody for the one they had unless two stay."""
        people: People = self.people
        chains: Chains = self.chains
        one: cython.int = people.one[u]
        two: cython.int = people.two[u]
        stale: cython.int = chains.stale(u)
        if splitting and two < 0:
            return False
        chains.begin(EFFORT_A_PERSON, min(slack, stale - 1), splitting, one, two)
        chains.note(u)
        chains.note(one)
        if two >= 0:
            chains.note(two)
            people.pair(one, two)
        else:
            people.one[one] = -1
        people.one[u] = people.two[u] = -1
        if chains.place(u, stale - 1):
            return True
        chains.undo()
        return False

    @cython.cfunc
    @cython.exceptval(-1)
    def _dissolve_pairs(self, persons: cython.int[::1], effort: cython.longlong) -> cython.int:
        """Dissolve pairs as long as one can be."""
        chains: Chains = self.chains
        gained: cython.bint = True
        i: cython.int
        in_vain: cython.int = 0
        chains.effort = effort
        self.epoch += 1
        while gained and chains.effort > 0:
            gained = False
            chains.list_pairs(persons)
            i = 0
            while chains.pair_count >= 3 and chains.effort > 0:
                while i < chains.pair_count and not self._heads_pair(chains.pairs[i]):
                    chains.pair_count -= 1
                    chains.pairs[i] = chains.pairs[chains.pair_count]
                if i >= chains.pair_count:
                    break
                if self._dissolve(chains.pairs[i], max(200, chains.effort // (chains.pair_count - i))):
                    gained = True
                    in_vain = 0
                in_vain += 1
                if in_vain > PATIENCE:
                    return 0
                i += 1
        return 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def _heads_pair(self, u: cython.int) -> cython.bint:
        return self.people.two[u] < 0 and self.people.one[u] >= 0

    @cython.cfunc
    @cython.exceptval(-1)
    def _dissolve(self, a: cython.int, effort: cython.longlong) -> cython.bint:
        """Find other places for both people of a pair; all stays as it was if one finds none.

        Who was looked at in vain is not begun with until something changes: whatever they could reach was reached.
        """
        chains: Chains = self.chains
        b: cython.int = self.people.one[a]
        i: cython.int
        if self.hopeless[a] == self.epoch or self.hopeless[b] == self.epoch:
            return False
        chains.begin(effort, 0, False, -1, -1)
        chains.note(a)
        chains.note(b)
        self.people.one[a] = self.people.one[b] = -1
        if not chains.place(a, 0):
            if chains.effort > chains.limit:
                for i in range(chains.reached):
                    self.hopeless[chains.queue[i]] = self.epoch
        elif chains.place(b, 0):
            self.epoch += 1
            return True
        chains.undo()
        return False


def fill(people: People, improving: Neighbourhoods, blocks: list[NDArray[np.int32]], trios: bool = True) -> None:
    """Improve the groups in every one of these blocks.

    :param trios: False if no best way has groups of three here, so that nobody looks for them
    """
    allowed: cython.bint = people.trios
    if not blocks:
        return
    people.trios = allowed and trios
    hours = np.bitwise_count(np.asarray(people.free))
    seats = max(int(hours[persons].sum()) for persons in blocks)
    chains = Chains(people, max(map(len, blocks)), seats)
    search = LocalSearch(people, chains)
    for persons in blocks:
        size = len(persons)
        rows = memoryview(persons)
        chains.enter(rows)
        search.improve(rows, EFFORT * size + min(SPARE_EFFORT, SPARE_EFFORT_EACH * size))
        improving.improve(rows, chains.at, chains.seats)
    people.trios = allowed
