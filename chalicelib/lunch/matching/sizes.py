"""Groups of other sizes than two and three.

From four people on a group can be divided into pairs and threes, so with a minimum of two nobody is left over whom
larger groups would seat. With a larger minimum it is NP-hard to leave the fewest over (Hell and Kirkpatrick 1983). So
here are groups to begin with: pairs and threes of strangers joined, then filled up from those that stay too small; and
`reseat.py` makes them better, the best there are where components are small.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chalicelib.lunch.matching.columns import Columns
from chalicelib.lunch.matching.division import Division
from chalicelib.lunch.matching.people import People
from chalicelib.lunch.matching.reseat import WHOLE, Seating

CANDIDATES = 200
"""So many groups or people are thought of for each group."""


@dataclass
class Group:
    """Rows of one location with the hours and foods that all of them share."""

    rows: list[int]
    free: int
    eats: int


class Sizes:
    """Joins and fills groups under the rules of a round."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.apart: dict[int, set[int]] = defaultdict(set)
        for one, other in np.concatenate([columns.forbidden, columns.blocked]).tolist():
            self.apart[one].add(other)
            self.apart[other].add(one)
        self.met: dict[int, set[int]] = defaultdict(set)
        for one, other, _ in columns.met.tolist():
            self.met[one].add(other)
            self.met[other].add(one)

    def group(self, rows: list[int]) -> Group:
        """These rows as a group."""
        free, eats = self.columns.free[rows], self.columns.eats[rows]
        return Group(rows, int(np.bitwise_and.reduce(free)), int(np.bitwise_and.reduce(eats)))

    def fit(self, one: Group, other: Group) -> bool:
        """Whether the two groups can have lunch together."""
        if not (one.free & other.free and one.eats & other.eats):
            return False
        if len(one.rows) + len(other.rows) > self.columns.maximum:
            return False
        return not any(self._kept_apart(a, b) for a in one.rows for b in other.rows)

    def strangers(self, one: Group, other: Group) -> bool:
        """Whether none of the one group has met any of the other."""
        return not any(b in self.met.get(a, ()) for a in one.rows for b in other.rows)

    def _kept_apart(self, one: int, other: int) -> bool:
        if other in self.apart.get(one, ()):
            return True
        person, filter = self.columns.person, self.columns.filter
        if filter is None or person is None:
            return False
        return filter.probe(person[one].tobytes(), person[other].tobytes())

    def begin(self, persons: NDArray[np.int32], group: NDArray[np.int32]) -> list[list[int]]:
        """Groups to begin with for one component."""
        order = persons[np.argsort(group[persons], kind="stable")]
        begins = np.flatnonzero(np.diff(group[order])) + 1
        apart = [rows.tolist() for rows in np.split(order, begins)]
        alone = apart.pop(0) if group[order[0]] < 0 else []
        groups = [self.group(rows) for rows in apart]
        if self.columns.maximum > 3:
            groups = self.join(self.join(groups))
        return [made.rows for made in self.fill_up(groups, [self.group([row]) for row in alone])]

    def join(self, groups: list[Group]) -> list[Group]:
        """Join groups of one location two at a time, the fullest that fits first."""
        by_hour: dict[int, list[Group]] = defaultdict(list)
        gone: set[int] = set()
        for group in sorted(groups, key=lambda group: -len(group.rows)):
            hours = [hour for hour in range(60) if group.free >> hour & 1]
            near = (other for hour in hours for other in by_hour[hour][-CANDIDATES:] if id(other) not in gone)
            partner = next((other for other in near if self.fit(group, other) and self.strangers(group, other)), None)
            if partner is not None:
                gone.add(id(partner))
                groups.remove(partner)
                groups.remove(group)
                group = Group(partner.rows + group.rows, partner.free & group.free, partner.eats & group.eats)
                groups.append(group)
            if len(group.rows) < self.columns.maximum:
                for hour in range(60):
                    if group.free >> hour & 1:
                        by_hour[hour].append(group)
        return groups

    def fill_up(self, groups: list[Group], lonely: list[Group]) -> list[Group]:
        """Groups of at least the minimum, made of these and of people without one."""
        least = self.columns.minimum
        done = [group for group in groups if len(group.rows) >= least]
        short = sorted((group for group in groups if len(group.rows) < least), key=lambda group: -len(group.rows))
        spare = lonely + [self.group([row]) for group in reversed(short) for row in group.rows]
        spare.sort(key=lambda single: -int(self.columns.waited[single.rows[0]]))
        used: set[int] = set()
        for group in short + spare:
            if used.isdisjoint(group.rows):
                for single in spare[:CANDIDATES]:
                    fresh = single.rows[0] not in used and single.rows[0] not in group.rows
                    if fresh and len(group.rows) < least and self.fit(group, single):
                        group = Group(group.rows + single.rows, group.free & single.free, group.eats & single.eats)
                if len(group.rows) >= least:
                    used.update(group.rows)
                    done.append(group)
                    spare = [single for single in spare if single.rows[0] not in used]
        return self._seat_the_rest(done, [single for single in spare if single.rows[0] not in used])

    def _seat_the_rest(self, groups: list[Group], lonely: list[Group]) -> list[Group]:
        for single in lonely:
            for number, group in enumerate(groups[:CANDIDATES]):
                if self.fit(group, single):
                    groups[number] = Group(group.rows + single.rows, group.free & single.free, group.eats & single.eats)
                    break
        return groups


def resize(
    columns: Columns, people: People, group: NDArray[np.int32], components: list[NDArray[np.int32]]
) -> NDArray[np.int32]:
    """Groups of the sizes that the rules want, int32[n], made of pairs and threes.

    :param components: of two people or more, who fit nobody else
    """
    sizes = Sizes(columns)
    number = 0
    begun = np.full(len(columns), -1, np.int32)
    for persons in components:
        if len(persons) > WHOLE:
            for made in sizes.begin(persons, group):
                begun[made] = number
                number += 1
    seating = Seating(people, Division(people, columns.minimum, columns.maximum), begun, columns.seed)
    for persons in components:
        seating.improve(memoryview(persons))
    return seating.groups()
