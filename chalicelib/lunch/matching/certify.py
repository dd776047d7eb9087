"""An independent checker: proves from the columns alone that groups are feasible and how few could be left over.

It shares no code with the matcher, so a fault there cannot hide here. The proof (docs/matching.md): take the
separator's people away. A component of the others that feasible groups inside it cannot cover exactly leaves somebody
over or uses up one of the separator; so of c such components at least c - |separator| leave somebody over.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from chalicelib.lunch.matching.columns import Columns, Result
from chalicelib.lunch.matching.components import Graph

Rows = NDArray[np.int64]


class Unproven(AssertionError):
    """A result that is not what it claims to be; the message says where."""


def check(columns: Columns, result: Result) -> None:
    """Prove that every group is feasible and that nobody could leave fewer than `result.bound` people over.

    :raises Unproven: if a group is not feasible or the bound does not follow from the separator
    """
    proven = prove(columns, result)
    if proven != result.bound:
        raise Unproven(f"the separator proves that {proven} are left over at least, not {result.bound}")


def prove(columns: Columns, result: Result) -> int:
    """How many people any method would leave over at least, as far as the separator proves it.

    What the matcher believes of it is not asked: whoever writes a round goes by this.

    :raises Unproven: if a group is not feasible
    """
    _check_groups(columns, result)
    return _proven_bound(columns, result)


def _check_groups(columns: Columns, result: Result) -> None:
    group, g = result.group, len(result.start)
    if group.shape != (len(columns),) or len(result.food) != g or result.separator.shape != group.shape:
        raise Unproven("the result is of another size than the columns")
    seated = np.flatnonzero(group >= 0)
    rows = seated[np.argsort(group[seated], kind="stable")]
    sizes = np.bincount(group[seated], minlength=g)
    if len(sizes) != g or (g and not columns.minimum <= sizes.min() <= sizes.max() <= columns.maximum):
        raise Unproven("a group is smaller or larger than the rules say")
    if g and not (result.start.min() >= 0 and result.start.max() < 60 and 0 <= result.food.min() < 64):
        raise Unproven("a group meets at no hour or eats nothing")
    hours = columns.free[rows] >> result.start[group[rows]].astype(np.uint64)
    foods = columns.eats[rows] >> result.food[group[rows]].astype(np.uint64)
    for what, fits in (("is not free then", hours & 1), ("does not eat that", foods & 1)):
        if not fits.all():
            raise Unproven(f"row {rows[np.argmin(fits)]} {what}")
    if (np.diff(columns.location[rows])[np.diff(group[rows]) == 0] != 0).any():
        raise Unproven("a group spans two locations")
    apart = np.concatenate([columns.forbidden, columns.blocked])
    for one, other in apart[_together(group, apart)].tolist():
        raise Unproven(f"rows {one} and {other} must not meet")
    _check_filter(columns, np.split(rows, np.cumsum(sizes)[:-1]) if columns.filter is not None and g else [])
    if result.left != len(columns) - len(seated):
        raise Unproven("left is not the number of people left over")


def _together(group: NDArray[np.int32], pairs: NDArray[np.int32]) -> NDArray[np.bool_]:
    one, other = pairs[:, 0], pairs[:, 1]
    together: NDArray[np.bool_] = (one != other) & (group[one] >= 0) & (group[one] == group[other])
    return together


def _check_filter(columns: Columns, groups: list[Rows]) -> None:
    for rows in groups:
        for one, other in itertools.combinations(rows.tolist(), 2):
            if columns.filter.probe(columns.person[one].tobytes(), columns.person[other].tobytes()):  # type: ignore
                raise Unproven(f"rows {one} and {other} must not meet")


def _proven_bound(columns: Columns, result: Result) -> int:
    """The sum over locations of the components that cannot be covered less the separator's people."""
    graph = Graph(columns)
    component = graph.components(result.separator)
    uncovered = _uncoverable(columns, result, graph, component)
    excess: dict[int, int] = {}
    for row in uncovered:
        place = int(columns.location[row])
        excess[place] = excess.get(place, 0) + 1
    places, counts = np.unique(columns.location[result.separator], return_counts=True)
    for place, count in zip(places.tolist(), counts.tolist(), strict=True):
        excess[place] = excess.get(place, 0) - count
    return sum(max(0, surplus) for surplus in excess.values())


def _uncoverable(columns: Columns, result: Result, graph: Graph, component: NDArray[np.int64]) -> Iterator[int]:
    """One person of each component that provably cannot be covered by groups inside it."""
    rows = np.flatnonzero(~result.separator)
    rows = rows[np.argsort(component[rows], kind="stable")]
    starts = np.flatnonzero(np.diff(component[rows], prepend=-1))
    sizes = np.diff(np.append(starts, len(rows)))
    yield from rows[starts[sizes == 1]].tolist()
    crossing = set(component[_crossing(result, component)].tolist())
    for start, size in zip(starts.tolist(), sizes.tolist(), strict=True):
        members = rows[start : start + size].tolist()
        if size == 1 or size % 2 == 0 or component[members[0]] not in crossing:
            continue
        if columns.maximum == 2 or not graph.has_trio(members) or _stubborn(graph, members):
            yield members[0]


def _crossing(result: Result, component: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Who is left over or sits with the separator; a component without such a person is covered as it is."""
    touched = np.zeros(len(result.start) + 1, np.bool_)
    touched[result.group[result.separator]] = True
    touched[-1] = True
    crossing: NDArray[np.bool_] = touched[result.group] & ~result.separator
    return crossing


def _stubborn(graph: Graph, members: list[int]) -> bool:
    """Whether a component with feasible trios is factor-critical and no trio of it leaves a rest that is all pairs.

    Then it cannot be covered at all (Cornuejols, Hartvigsen and Pulleyblank 1982).
    """
    friends = graph.friends(members)
    everybody = set(members)
    if any(not pairs_cover(friends, everybody - {row}) for row in members):
        return False
    return not any(pairs_cover(friends, everybody - set(trio)) for trio in graph.trios(members))


def pairs_cover(friends: dict[int, set[int]], people: set[int]) -> bool:
    """Whether all these people can be made pairs of friends (Edmonds 1965, as plainly as possible)."""
    mate: dict[int, int] = {}
    return all(person in mate or _augment(friends, people, mate, person) for person in sorted(people))


def _augment(friends: dict[int, set[int]], people: set[int], mate: dict[int, int], root: int) -> bool:
    base = {person: person for person in people}
    before: dict[int, int] = {}
    even, queue = {root}, [root]
    for one in queue:
        for other in sorted(friends[one] & people):
            if base[one] == base[other] or mate.get(one) == other:
                continue
            if other == root or (other in mate and mate[other] in before):
                _contract(one, other, base, before, mate, even, queue)
            elif other not in before:
                before[other] = one
                if other not in mate:
                    _flip(other, before, mate)
                    return True
                even.add(mate[other])
                queue.append(mate[other])
    return False


def _contract(
    one: int,
    other: int,
    base: dict[int, int],
    before: dict[int, int],
    mate: dict[int, int],
    even: set[int],
    queue: list[int],
) -> None:
    stem = set()
    at: int | None = one
    while at is not None:
        at = base[at]
        stem.add(at)
        at = before[mate[at]] if at in mate else None
    top = base[other]
    while top not in stem:
        top = base[before[mate[top]]]
    blossom: set[int] = set()
    for end, child in ((one, other), (other, one)):
        at = end
        while base[at] != top:
            blossom |= {base[at], base[mate[at]]}
            before[at] = child
            child = mate[at]
            at = before[child]
    for person in sorted(base):
        if base[person] in blossom:
            base[person] = top
            if person not in even:
                even.add(person)
                queue.append(person)


def _flip(end: int, before: dict[int, int], mate: dict[int, int]) -> None:
    at: int | None = end
    while at is not None:
        partner = before[at]
        following = mate.get(partner)
        mate[at], mate[partner] = partner, at
        at = following
