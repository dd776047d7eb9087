"""What people use today, and the exact yardstick, on the same columns; each gives groups of rows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

import numpy as np

from chalicelib.lunch.matching import Columns

Groups = list[tuple[int, ...]]
Pairs = list[tuple[int, int]]


class Feasible:
    """Who fits whom, built edge by edge as the peers want it."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.free = columns.free.tolist()
        self.eats = columns.eats.tolist()
        self.apart = {
            (min(one, other), max(one, other))
            for one, other in np.concatenate([columns.forbidden, columns.blocked]).tolist()
        }

    def fit(self, *rows: int) -> bool:
        """Whether these people of one location can have lunch together."""
        free = eats = (1 << 64) - 1
        for row in rows:
            free &= self.free[row]
            eats &= self.eats[row]
        return bool(free and eats) and not any((min(pair), max(pair)) in self.apart for pair in combinations(rows, 2))

    def locations(self) -> Iterator[range]:
        """The rows of each location."""
        edges = [0, *(np.flatnonzero(np.diff(self.columns.location)) + 1).tolist(), len(self.columns)]
        return (range(first, last) for first, last in pairwise(edges))

    def edges(self) -> Pairs:
        """All pairs that fit."""
        columns, edges = self.columns, []
        for rows in self.locations():
            span = slice(rows.start, rows.stop)
            for row in rows:
                near = (columns.free[span] & columns.free[row] != 0) & (columns.eats[span] & columns.eats[row] != 0)
                others = (rows.start + np.flatnonzero(near)).tolist()
                edges += [(row, other) for other in others if other > row and (row, other) not in self.apart]
        return edges


def shuffle_and_pair(columns: Columns) -> Groups:
    """Shuffle each location and pair neighbours; a pair that does not fit has no lunch."""
    chance, feasible = np.random.default_rng(columns.seed), Feasible(columns)
    groups: Groups = []
    for rows in feasible.locations():
        order = chance.permutation(np.array(rows)).tolist()
        groups += [pair for pair in zip(order[::2], order[1::2], strict=False) if feasible.fit(*pair)]
    return groups


def shuffle_and_first_fit(columns: Columns) -> Groups:
    """Shuffle each location; each joins the first group that he fits and that is not full."""
    chance, feasible = np.random.default_rng(columns.seed), Feasible(columns)
    groups: Groups = []
    for rows in feasible.locations():
        open_groups: Groups = []
        for row in chance.permutation(np.array(rows)).tolist():
            place = next((i for i, group in enumerate(open_groups) if feasible.fit(*group, row)), None)
            if place is None:
                open_groups.append((row,))
            else:
                grown = (*open_groups.pop(place), row)
                (groups if len(grown) == columns.maximum else open_groups).append(grown)
        groups += [group for group in open_groups if len(group) >= columns.minimum]
    return groups


def joined(columns: Columns, pairs: Groups) -> Groups:
    """Leftovers added to the first pair that they fit."""
    feasible = Feasible(columns)
    seated = {row for pair in pairs for row in pair}
    groups = {pair[0]: pair for pair in pairs}
    for rows in feasible.locations():
        for row in rows:
            if row not in seated:
                for head in rows:
                    if len(groups.get(head, ())) == 2 and feasible.fit(*groups[head], row):
                        groups[head] = (*groups[head], row)
                        break
    return list(groups.values())


def networkx(columns: Columns, edges: Pairs) -> Groups:
    """networkx.max_weight_matching on pairs."""
    import networkx as nx

    graph = nx.Graph()
    graph.add_edges_from(edges)
    return list(nx.max_weight_matching(graph, maxcardinality=True))


def rustworkx(columns: Columns, edges: Pairs) -> Groups:
    """rustworkx.max_weight_matching on pairs."""
    import rustworkx as rx

    graph = rx.PyGraph()
    graph.add_nodes_from(range(len(columns)))
    graph.add_edges_from_no_data(edges)
    return list(rx.max_weight_matching(graph, max_cardinality=True))


class Highs:
    """The exact yardstick for a location at a time: a column for each pair and each group of three.

    :param rows: the location
    :param seconds: after so long it gives up (None)
    """

    def __init__(self, columns: Columns, rows: range, seconds: float = 60.0) -> None:
        feasible = Feasible(columns)
        self.rows, self.columns, self.seconds = rows, columns, seconds
        pairs = [pair for pair in combinations(rows, 2) if feasible.fit(*pair)]
        near: dict[int, set[int]] = {row: set() for row in rows}
        for one, other in pairs:
            near[one].add(other)
        self.groups: Groups = []
        grown: Groups = pairs
        for size in range(2, columns.maximum + 1):
            self.groups += grown if size >= columns.minimum else []
            grown = [
                (*group, row)
                for group in grown
                for row in sorted(set.intersection(*(near[one] for one in group)))
                if row > group[-1] and feasible.fit(*group, row)
            ]

    def least(self, cost: list[int], kept: list[tuple[list[int], int]]) -> int | None:
        """The least that groups can cost, if each of the other costs stays what it is; None if that takes too long."""
        import highspy

        if not self.groups:
            return 0
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("time_limit", self.seconds)
        solver.setOptionValue("mip_rel_gap", 0.0)
        columns = [solver.addBinary() for _ in self.groups]
        for row in self.rows:
            with_row = [column for column, group in zip(columns, self.groups, strict=True) if row in group]
            if with_row:
                solver.addConstr(sum(with_row) <= 1)
        for other, most in kept:
            solver.addConstr(sum(value * column for value, column in zip(other, columns, strict=True)) <= most)
        solver.minimize(sum(value * column for value, column in zip(cost, columns, strict=True)))
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return round(solver.getObjectiveValue())

    def best(self, weight: list[float], least_left: int | None = None, least_waited: int | None = None) -> float | None:
        """The most that groups can weigh together, if need be with so few left over and so few rounds waited."""
        import highspy

        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("time_limit", self.seconds)
        solver.setOptionValue("mip_rel_gap", 0.0)
        columns = [solver.addBinary() for _ in self.groups]
        of: dict[int, list[int]] = {row: [] for row in self.rows}
        for number, group in enumerate(self.groups):
            for row in group:
                of[row].append(number)
        for chosen in of.values():
            if chosen:
                solver.addConstr(sum(columns[number] for number in chosen) <= 1)
        if self.groups and least_left is not None:
            covered = sum(len(group) * column for group, column in zip(self.groups, columns, strict=True))
            solver.addConstr(covered >= len(self.rows) - least_left)
        if self.groups and least_waited is not None:
            waited = self.columns.waited.tolist()
            spared = sum(sum(waited[row] for row in g) * column for g, column in zip(self.groups, columns, strict=True))
            solver.addConstr(spared >= sum(waited[row] for row in self.rows) - least_waited)
        if not self.groups:
            return 0.0
        solver.maximize(sum(value * column for value, column in zip(weight, columns, strict=True)))
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return float(solver.getObjectiveValue())
