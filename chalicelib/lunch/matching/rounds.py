"""match(): the steps of a round, one after the other, block by block."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chalicelib.lunch.matching.blocks import blocks
from chalicelib.lunch.matching.columns import Columns, Result
from chalicelib.lunch.matching.emit import meeting, numbered
from chalicelib.lunch.matching.exchange import Exchange, exchange
from chalicelib.lunch.matching.fill import fill
from chalicelib.lunch.matching.forest import Forest
from chalicelib.lunch.matching.greedy import lists
from chalicelib.lunch.matching.parts import Parts
from chalicelib.lunch.matching.people import People, view
from chalicelib.lunch.matching.regroup import Neighbourhoods
from chalicelib.lunch.matching.rescue import Rescue, rescue
from chalicelib.lunch.matching.reseat import resize
from chalicelib.lunch.matching.small import Small
from chalicelib.lunch.matching.tables import Tables

SMALL = 64
"""Components of so many people are matched on the bits of their graphs, larger ones through tables."""


def match(columns: Columns) -> Result:
    """The lunches of a round: the most people matched, the longest waiting first, and so on, with the certificate.

    :returns: the same for the same columns, on every machine
    :raises AssertionError: if fewer are left over than the certificate says there must be; then this code is wrong
    """
    people = People(columns)
    separator = np.zeros(len(columns), np.uint8)
    members, begins = blocks(view(columns.location), people.free, people.eats)
    bound = len(columns) - len(members) + _pairs_and_threes(people, columns.seed, members, begins, separator)
    if columns.minimum > 2 or columns.maximum > 3:
        components = _components(people, members, begins)
        group = resize(people, columns.minimum, columns.maximum, columns.seed, components)
        many = int(group.max(initial=-1)) + 1
    else:
        group, many = numbered(people)
    start, food, left = meeting(columns, people, group, many)
    if left < bound:
        raise AssertionError(f"the matcher is at fault: {left} are left over and {bound} had to be")
    return Result(group, start, food, separator.view(np.bool_), bound, left)


def _pairs_and_threes(
    people: People, seed: int, members: NDArray[np.int32], begins: NDArray[np.int32], separator: NDArray[np.uint8]
) -> int:
    """Make pairs and threes, block by block; how many of all these people must stay over."""
    forest = Forest(people)
    rescuing, trade, improving = Rescue(people, forest), Exchange(people, forest), Neighbourhoods(people, seed)
    small = Small(people, rescuing, trade, improving, separator)
    larger, bound = small.match(memoryview(members), memoryview(begins), SMALL)
    together = [members[begins[block] : begins[block + 1]] for block in larger]
    if not together:
        return bound
    start, parts = lists(people, together), Parts(people, max(map(len, together)))
    large: list[NDArray[np.int32]] = []
    pairs: list[NDArray[np.int32]] = []
    for block in together:
        tables = None if parts.is_one(memoryview(block)) else Tables(people, block)
        components = [block]
        if tables is not None:
            components, must_stay = _larger(parts, tables, block, small)
            bound += must_stay
        for persons in components:
            start.seat(memoryview(persons))
            rescue(people, rescuing, tables, persons)
            inner, must_stay = exchange(trade, persons)
            separator[inner] = 1
            bound += must_stay
            # If each component of the certificate is one person, whoever of the separator serves one makes a pair.
            (pairs if len(persons) == must_stay + 2 * len(inner) else large).append(persons)
    fill(people, improving, large)
    fill(people, improving, pairs, trios=False)
    return bound


def _larger(
    parts: Parts, tables: Tables, block: NDArray[np.int32], small: Small
) -> tuple[list[NDArray[np.int32]], int]:
    """The larger components of a block; the small ones are matched, and so many of their people must stay over."""
    members, begins = parts.divide(tables, block)
    larger, must_stay = small.match(memoryview(members), memoryview(begins), SMALL)
    return [members[begins[part] : begins[part + 1]] for part in larger], must_stay


def _components(people: People, members: NDArray[np.int32], begins: NDArray[np.int32]) -> list[NDArray[np.int32]]:
    """The components of two people or more of all blocks."""
    parts = Parts(people, int(np.diff(begins).max(initial=0)))
    found = []
    for first, last in zip(begins[:-1].tolist(), begins[1:].tolist(), strict=True):
        if last - first > 1:
            block = members[first:last]
            rows, ends = parts.divide(Tables(people, block), block)
            found += [part for part in np.split(rows, ends[1:-1]) if len(part) > 1]
    return found
