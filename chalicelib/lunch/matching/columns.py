"""What the matcher reads and writes: a round as columns, one row a person, people in order of location.

Everything that can be wrong with columns is found here, before anything is computed, and told in one sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Masks = NDArray[np.uint64]

HOUR_BITS = 60
"""Bits of `free`: of 5 days with 12 starts, as the rules have it to begin with, or of others."""
STARTS = 12


class BadColumns(ValueError):
    """Columns that are no round; the message is one sentence for the person who made them."""


class Filter(Protocol):
    """What the matcher asks of chalicelib.lunch.bloom.Filter."""

    def probe(self, one: bytes, other: bytes) -> bool:
        """Whether the pair may be blocked (never False for a blocked one)."""


def no_pairs() -> Ints:
    """No pairs at all, int32[0, 2]."""
    return np.zeros((0, 2), np.int32)


def no_meetings() -> Ints:
    """No meetings at all, int32[0, 3]."""
    return np.zeros((0, 3), np.int32)


@dataclass(frozen=True, eq=False)
class Columns:
    """A round: n people in ascending order of location, and the pairs that matter.

    Any integer arrays are accepted and stored in the types below. Pairs are unordered row numbers; they may repeat,
    name one person twice or people of two locations (no effect).

    :param location: int32[n], ascending, gaps allowed
    :param free: uint64[n], bit day*starts+start (0..59), set iff the person is free for a whole lunch from there
    :param eats: uint64[n], a bit for each food type that the person accepts and the location serves
    :param waited: int32[n], rounds without a lunch, 0 or more
    :param forbidden: int32[m, 2], pairs who met within lunch.repeat_days
    :param met: int32[h, 3], pairs and the weeks since they met; of repeated pairs the smallest number counts
    :param minimum: smallest group, 2 or more
    :param maximum: largest group
    :param seed: breaks ties
    :param starts: how many bits of `free` are one day's; two bits of different days are never one stretch of time
    :param blocked: int32[b, 2], pairs that are kept apart (generated instances; a real round has `filter`)
    :param person: uint8[n, 16], the people's ids, needed with `filter`
    :param filter: asked about every pair that would otherwise fit
    :raises BadColumns: if they are no round
    """

    location: Ints
    free: Masks
    eats: Masks
    waited: Ints
    forbidden: Ints = field(default_factory=no_pairs)
    met: Ints = field(default_factory=no_meetings)
    minimum: int = 2
    maximum: int = 3
    seed: int = 0
    blocked: Ints = field(default_factory=no_pairs)
    person: NDArray[np.uint8] | None = None
    filter: Filter | None = None
    starts: int = STARTS

    def __post_init__(self) -> None:
        n = len(_column("location", self.location))
        for name in ("location", "waited"):
            object.__setattr__(self, name, _integers(name, getattr(self, name), n))
        for name, bits in (("free", HOUR_BITS), ("eats", 64)):
            object.__setattr__(self, name, _masks(name, getattr(self, name), n, bits))
        for name, width in (("forbidden", 2), ("met", 3), ("blocked", 2)):
            object.__setattr__(self, name, _pairs(name, getattr(self, name), n, width))
        if (self.location[1:] < self.location[:-1]).any():
            raise BadColumns("location must be in ascending order.")
        if n and int(self.waited.min()) < 0:
            raise BadColumns("waited counts rounds and cannot be negative.")
        if len(self.met) and int(self.met[:, 2].min()) < 0:
            raise BadColumns("met counts weeks since a meeting and cannot be negative.")
        _refuse_rules(self.minimum, self.maximum)
        if not 1 <= self.starts <= HOUR_BITS:
            raise BadColumns(f"A day has 1 to {HOUR_BITS} starts, not {self.starts}.")
        self._refuse_persons(n)

    def _refuse_persons(self, n: int) -> None:
        if self.person is not None:
            if np.shape(self.person) != (n, 16) or np.asarray(self.person).dtype != np.uint8:
                raise BadColumns(f"person must be {n} rows of 16 bytes, one row a person.")
        elif self.filter is not None:
            raise BadColumns("A filter of blocked pairs needs the column person.")

    def __len__(self) -> int:
        return len(self.location)


@dataclass(frozen=True, eq=False)
class Result:
    """The lunches of a round and the proof that nobody could leave fewer people over.

    :param group: int32[n], the person's group 0..g-1, -1 if left over
    :param start: int8[g], the bit day*starts+start at which the group meets
    :param food: int8[g], the bit of the food type that all of it eat
    :param separator: bool[n], the certificate: taken away, they leave components of which at least `bound` + their own
        number cannot be covered exactly by groups
    :param bound: no method leaves fewer people over
    :param left: people left over
    """

    group: Ints
    start: NDArray[np.int8]
    food: NDArray[np.int8]
    separator: NDArray[np.bool_]
    bound: int
    left: int

    @property
    def proven(self) -> bool:
        """Whether the certificate proves that nobody could leave fewer people over."""
        return self.left == self.bound


def from_arrays(arrays: Mapping[str, Any], filter: Filter | None = None) -> Columns:
    """The round that a file of columns holds (`rules`, `starts` and `blocked` may be absent).

    :param arrays: by name, as numpy.load gives them
    :param filter: the opened filter, if the file holds a real round
    :raises BadColumns: if a column is missing or wrong
    """
    missing = [name for name in ("location", "free", "eats", "waited", "forbidden", "met") if name not in arrays]
    if missing:
        raise BadColumns(f"The columns lack {', '.join(missing)}.")
    rules = np.asarray(arrays["rules"]) if "rules" in arrays else np.array([2, 3, 0])
    if rules.shape != (3,) or rules.dtype.kind not in "iu":
        raise BadColumns("rules must be three integers: the smallest group, the largest, the seed.")
    starts = np.asarray(arrays.get("starts", STARTS))
    if starts.shape != () or starts.dtype.kind not in "iu":
        raise BadColumns("starts must be one integer: the starts of a day.")
    return Columns(
        **{name: arrays[name] for name in ("location", "free", "eats", "waited", "forbidden", "met")},
        minimum=int(rules[0]),
        maximum=int(rules[1]),
        seed=int(rules[2]),
        blocked=arrays["blocked"] if "blocked" in arrays else no_pairs(),
        person=arrays.get("person"),
        filter=filter,
        starts=int(starts),
    )


def columns_to_arrays(columns: Columns) -> dict[str, NDArray[Any]]:
    """A round as the arrays of its file (the filter, if it has one, is left out: `pages` are the caller's)."""
    names = ("location", "free", "eats", "waited", "forbidden", "met", "blocked")
    rules = np.array([columns.minimum, columns.maximum, columns.seed], np.int64)
    return {name: getattr(columns, name) for name in names} | {"rules": rules, "starts": np.array(columns.starts)}


def to_arrays(result: Result) -> dict[str, NDArray[Any]]:
    """A result as the arrays of its file; `bound` and `left` are int64 and 0-dimensional."""
    return {
        "group": result.group,
        "start": result.start,
        "food": result.food,
        "separator": result.separator,
        "bound": np.array(result.bound, np.int64),
        "left": np.array(result.left, np.int64),
    }


def _column(name: str, values: Any) -> NDArray[Any]:
    array = np.asarray(values)
    if array.ndim != 1:
        raise BadColumns(f"{name} must have one dimension, one value a person.")
    return array


def _whole(name: str, array: NDArray[Any]) -> NDArray[Any]:
    if array.size and array.dtype.kind not in "iu":
        raise BadColumns(f"{name} must hold whole numbers.")
    return array


def _integers(name: str, values: Any, n: int) -> Ints:
    array = _whole(name, _column(name, values))
    if len(array) != n:
        raise BadColumns(f"{name} has {len(array)} values for {n} people.")
    return _narrowed(name, array)


def _narrowed(name: str, array: NDArray[Any]) -> Ints:
    limits = np.iinfo(np.int32)
    if array.dtype != np.int32 and array.size and not limits.min <= int(array.min()) <= int(array.max()) <= limits.max:
        raise BadColumns(f"{name} holds numbers that do not fit in 32 bits.")
    return np.ascontiguousarray(array, np.int32)


def _masks(name: str, values: Any, n: int, bits: int) -> Masks:
    array = _whole(name, _column(name, values))
    if len(array) != n:
        raise BadColumns(f"{name} has {len(array)} values for {n} people.")
    if array.dtype.kind == "i" and array.size and int(array.min()) < 0:
        raise BadColumns(f"{name} holds bits and cannot be negative.")
    masks = np.ascontiguousarray(array, np.uint64)
    if bits < 64 and len(masks) and int(masks.max()) >> bits:
        raise BadColumns(f"{name} has bits beyond the {bits} of a week.")
    return masks


def _pairs(name: str, values: Any, n: int, width: int) -> Ints:
    array = _whole(name, np.asarray(values))
    if array.size == 0:
        return np.zeros((0, width), np.int32)
    if array.ndim != 2 or array.shape[1] != width:
        raise BadColumns(f"{name} must have {width} numbers a row.")
    if int(array[:, :2].min()) < 0 or int(array[:, :2].max()) >= n:
        raise BadColumns(
            f"{name} names a row outside 0..{n - 1}." if n else f"{name} names people, but there are none."
        )
    return _narrowed(name, array)


def _refuse_rules(minimum: int, maximum: int) -> None:
    if minimum < 2:
        raise BadColumns(f"A lunch needs at least 2 people, so the smallest group cannot be {minimum}.")
    if maximum < minimum:
        raise BadColumns(f"The largest group ({maximum}) is smaller than the smallest ({minimum}).")
