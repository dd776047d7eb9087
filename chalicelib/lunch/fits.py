"""How well a lunch that one may approve fits: pure, so that the order of /Validate can be checked by hand."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from chalicelib.calendar.occurrences import Span
from chalicelib.web import formats


class Fit(NamedTuple):
    """How many things speak for a lunch, and each of them in a sentence; what speaks against it likewise."""

    score: int
    why: list[str]
    but: list[str]


def fit(
    starts: datetime,
    ends: datetime,
    free: Collection[Span],
    foods: Sequence[str],
    refused: Sequence[str],
    company: Mapping[Any, str],
    met: Collection[Any],
    missing: int,
) -> Fit:
    """What speaks for a lunch and what against it.

    :param free: the person's own hours
    :param foods: what is eaten there; ``refused`` what the person refuses
    :param company: who comes or is asked: id -> name; ``met`` the ids of those the person had lunch with before
    :param missing: how many approvals the lunch still needs
    """
    why, but = [], []
    if any(begin <= starts and ends <= end for begin, end in free):
        why.append("it lies within your hours")
    else:
        but.append("it lies outside the hours you gave")
    if bad := [food for food in foods if food in refused]:
        but.append(f"it is about {formats.listed(bad)}, which you refuse")
    elif foods:
        why.append(f"you eat {formats.listed(foods)}")
    if new := [name for id, name in company.items() if id not in met]:
        why.append(f"you have not had lunch with {formats.listed(new)} yet")
    elif company:
        why.append(f"you know {formats.listed(list(company.values()))}")
    if missing <= 1:
        why.append("with you it takes place" if missing == 1 else "it takes place")
    return Fit(len(why) - len(but), why, but)
