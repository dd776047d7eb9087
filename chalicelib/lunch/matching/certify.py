"""An independent checker: proves from the columns alone that groups are feasible and how few could be left over.

It shares no code with the matcher but the counting of bits and the probing of the filter (probes.py, which is tested against
bloom.py pair by pair), so a fault elsewhere cannot hide here. The proof
(docs/matching.md): take the separator's people away. A component of the others that feasible groups inside it cannot
cover exactly leaves somebody over or uses up one of the separator; so of c such components at least c - |separator|
leave somebody over.
"""

from __future__ import annotations

import numpy as np

from chalicelib.lunch.matching.columns import Columns, Result
from chalicelib.lunch.matching.covers import Covers
from chalicelib.lunch.matching.graph import Graph
from chalicelib.lunch.matching.groups import Unproven, check_groups, typed

__all__ = ["Unproven", "check", "prove"]


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
    partner = check_groups(columns, result)
    location, separator = columns.location, typed(result.separator, np.bool_)
    # Who is left over or sits with the separator: a component without such a person is covered as it is.
    touched = np.zeros(len(result.start) + 1, np.bool_)
    touched[result.group[separator]] = True
    touched[-1] = True
    loose = touched[result.group]
    begins = np.flatnonzero(np.diff(location, prepend=location[:1] - 1)) if len(location) else location
    largest = int(np.diff(begins, append=len(location)).max(initial=0))
    covers = Covers(Graph(columns, largest), largest)
    return int(
        covers.least_left(
            memoryview(typed(location, np.int32)),
            memoryview(separator.view(np.uint8)),
            memoryview(loose.view(np.uint8)),
            memoryview(partner),
            columns.maximum > 2,
        )
    )
