"""Groups of other sizes than two and three: good ones, without a claim to the best.

From four people on a group can be divided into pairs and threes, so with a minimum of two nobody is left over whom
larger groups would seat: pairs and threes are joined as far as they fit. With a larger minimum it is NP-hard to leave
the fewest over (Hell and Kirkpatrick 1983): groups are joined, then filled up from those that stay too small.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chalicelib.lunch.matching.columns import Columns

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

    def _kept_apart(self, one: int, other: int) -> bool:
        if other in self.apart.get(one, ()):
            return True
        person, filter = self.columns.person, self.columns.filter
        if filter is None or person is None:
            return False
        return filter.probe(person[one].tobytes(), person[other].tobytes())

    def join(self, groups: list[Group]) -> list[Group]:
        """Join groups of one location two at a time, the fullest that fits first."""
        by_hour: dict[int, list[Group]] = defaultdict(list)
        gone: set[int] = set()
        for group in sorted(groups, key=lambda group: -len(group.rows)):
            hours = [hour for hour in range(60) if group.free >> hour & 1]
            near = (other for hour in hours for other in by_hour[hour][-CANDIDATES:] if id(other) not in gone)
            partner = next((other for other in near if self.fit(group, other)), None)
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


def resize(columns: Columns, group: NDArray[np.int32]) -> NDArray[np.int32]:
    """Pairs and threes made groups of the sizes that the rules want, int32[n]."""
    sizes = Sizes(columns)
    by_location: dict[int, list[Group]] = defaultdict(list)
    seated = np.flatnonzero(group >= 0)
    rows = seated[np.argsort(group[seated], kind="stable")]
    for members in np.split(rows, np.flatnonzero(np.diff(group[rows])) + 1) if len(rows) else []:
        by_location[int(columns.location[members[0]])].append(sizes.group(members.tolist()))
    lonely: dict[int, list[Group]] = defaultdict(list)
    for row in np.flatnonzero(group < 0).tolist():
        lonely[int(columns.location[row])].append(sizes.group([row]))
    result = np.full(len(columns), -1, np.int32)
    number = 0
    for place in sorted(by_location):
        groups = sizes.join(by_location[place]) if columns.maximum > 3 else by_location[place]
        if columns.maximum > 3:
            groups = sizes.join(groups)
        for made in sizes.fill_up(groups, lonely[place]):
            result[made.rows] = number
            number += 1
    return result
